/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /s/<token>: the link in a mail by which its reader leaves a list. GET shows and
 * changes nothing, since scanners and previews open every link. POST rests on the token alone: it
 * comes from the page's buttons, or from the mail program's own (RFC 8058), which sends no cookie
 * and follows no redirect, and so gets a short 200.
 *
 * Leaving is never refused for a rate: a mail service posts for all its readers from few addresses,
 * and whoever has left changes nothing by leaving again. Everything else here is. It is answered as
 * done once it is in the log, or waits for it; when it is lost the answer says so.
 */
#include "public/subscription.h"

#include "base/cleanup.h"
#include "public/privacy_page.h"
#include "public/public.h"
#include "public/visit_commit.h"
#include "store/people.h"
#include "store/people_erase.h"
#include "text/email_address.h"
#include "text/form_body.h"
#include "track/person_marks.h"

enum { LOCATION_BYTES = 128, MASKED_BYTES = 64 };

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	const char *location;	    /* NULL: a mail program asked */
};

static void set_minutes(struct subscription *subscription, const struct person_value *noted)
{
	const usec_t limit = SUBSCRIPTION_UNDO_MINUTES * 60 * USEC_PER_SEC;
	usec_t now = subscription->visit.now, age = now > noted->time ? now - noted->time : 0;

	/* What an operator or the CRM has noted is theirs to take back. */
	if (age < limit && span_equal(noted->source, SPAN("subscription")))
		subscription->minutes =
			(unsigned)((limit - age + 60 * USEC_PER_SEC - 1) / (60 * USEC_PER_SEC));
}

static void judge(struct subscription *subscription, const struct person_record *record)
{
	struct person_value noted;

	if (person_record_noted(record, PERSON_OPTED_OUT, NULL, &noted))
		subscription->state = SUBSCRIPTION_LEFT_ALL;
	else if (subscription->has_list && person_record_noted(record, PERSON_UNSUBSCRIBED,
							       &subscription->token.list, &noted))
		subscription->state = SUBSCRIPTION_LEFT;
	else
		return;
	set_minutes(subscription, &noted);
}

static void mask(struct subscription *subscription, struct span address)
{
	cleanup_buffer struct buffer masked = {.limit = MASKED_BYTES};

	if (!address.data)
		return;
	email_address_append_masked(&masked, address);
	if (!masked.error)
		subscription->address =
			arena_copy(&subscription->visit.request->arena, buffer_span(&masked));
}

/* Return: 0; else people/ cannot be read, or what it holds of the person. */
static int read_person(struct subscription *subscription)
{
	struct store *store = subscription->visit.app->store;
	struct person_record *record;
	struct person row;
	bool erased;
	int r = people_is_erased(store, &subscription->token.prospect, &erased);

	if (r == 0 && erased)
		subscription->state = SUBSCRIPTION_ERASED;
	if (r || erased)
		return r;
	r = people_find(store, &subscription->token.prospect, &subscription->visit.request->arena,
			&row);
	if (r)
		return r == PEOPLE_E_NOT_FOUND ? 0 : r;
	sodium_memzero(&row.key, sizeof(row.key));
	mask(subscription, row.address);
	r = person_record_parse(row.fields, row.changed, &record);
	if (r)
		return r;
	judge(subscription, record);
	person_record_free(record);
	return 0;
}

/* False: the answer is set. */
static bool open_link(struct request *request, struct span language,
		      struct subscription *subscription)
{
	struct token *token = &subscription->token;

	*subscription = (struct subscription){.language = language_choose(language, request)};
	if (token_open(public_settings(request)->keyring, PURPOSE_SUBSCRIPTION, 0, request->tail,
		       token) != 0) {
		visit_count_forged(request, PURPOSE_SUBSCRIPTION);
		(void)public_not_found(request, METRIC_REQUEST_SUBSCRIPTION_FORGED);
		return false;
	}
	visit_init(&subscription->visit, request, EVENT_unsubscribe);
	visit_count_cookies(&subscription->visit);
	subscription->has_list = !id_is_zero(&token->list, sizeof(token->list));
	/* Without its name the page speaks of the list that the mail was of. */
	if (subscription->has_list)
		(void)name_find(subscription->visit.app->store, NAME_LIST, &token->list,
				&request->arena, &subscription->list);
	if (read_person(subscription) == 0)
		return true;
	(void)public_unreadable(request, METRIC_REQUEST_SUBSCRIPTION_FAILED);
	return false;
}

enum handled public_subscription(struct request *request)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;
	struct subscription subscription;
	struct form_body query = {.count = 0};

	if (visit_is_prefetch(request))
		return public_prefetched(request, METRIC_REQUEST_SUBSCRIPTION_PREFETCH);
	if (request->limited)
		return reply_limited(request, METRIC_REQUEST_LIMITED);
	/* A query that is too long or holds too much asks for nothing. */
	(void)form_body_parse(request->query, &request->arena, &query);
	if (!open_link(request, form_body_get(&query, SPAN("lang")), &subscription))
		return HANDLED;
	subscription_page_append(&subscription, &html);
	return privacy_reply(request, METRIC_REQUEST_SUBSCRIPTION, 200, subscription.language,
			     &html);
}

static enum subscription_wish read_wish(const struct form_body *form)
{
	static const struct {
		const char *word;
		enum subscription_wish wish;
	} words[] = {
		{"leave", SUBSCRIPTION_LEAVE},
		{"leave_all", SUBSCRIPTION_LEAVE_ALL},
		{"undo", SUBSCRIPTION_UNDO},
	};
	struct span asked = form_body_get(form, SPAN("do"));

	/* Some write a line end behind it. */
	if (span_equal_nocase(span_trim(form_body_get(form, SPAN("List-Unsubscribe"))),
			      SPAN("One-Click")))
		return SUBSCRIPTION_ONE_CLICK;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_equal(asked, span_text(words[i].word)))
			return words[i].wish;
	return SUBSCRIPTION_NOTHING;
}

/* Whether @wish would change anything. */
static bool changes(const struct subscription *subscription, enum subscription_wish wish)
{
	switch (wish) {
	case SUBSCRIPTION_ONE_CLICK:
	case SUBSCRIPTION_LEAVE:
		return subscription->state == SUBSCRIPTION_GETS;
	case SUBSCRIPTION_LEAVE_ALL:
		return subscription->state == SUBSCRIPTION_GETS ||
		       subscription->state == SUBSCRIPTION_LEFT;
	case SUBSCRIPTION_UNDO:
		return subscription->minutes > 0;
	case SUBSCRIPTION_NOTHING:
		break;
	}
	return false;
}

/* Back to the page, which then says what it is now. */
static enum handled send_answer(struct request *request, const struct answer *answer)
{
	if (answer->location)
		return privacy_redirect(request, METRIC_REQUEST_SUBSCRIPTION_TAKEN,
					answer->location);
	return reply_body(request, METRIC_REQUEST_SUBSCRIPTION_ONE_CLICK, 200,
			  "text/plain; charset=utf-8", "no-store", SPAN("Unsubscribed.\n"));
}

static enum handled fail(struct request *request)
{
	return public_unreadable(request, METRIC_REQUEST_SUBSCRIPTION_FAILED);
}

static enum handled send_kept(struct request *request)
{
	const struct answer *answer = request->state;

	return answer->commit.wait.state == COMMIT_LOST ? fail(request)
							: send_answer(request, answer);
}

static const char *format_location(struct request *request, enum language language)
{
	cleanup_buffer struct buffer location = {.limit = LOCATION_BYTES};

	buffer_printf(&location, "/s/%.*s?lang=%s", (int)request->tail.size,
		      (const char *)request->tail.data, language_tag(language));
	return location.error
		       ? NULL
		       : (const char *)arena_copy(&request->arena, buffer_span(&location)).data;
}

static enum handled take(struct request *request, const struct subscription *subscription,
			 enum subscription_wish wish)
{
	struct answer *answer = arena_alloc(&request->arena, sizeof(*answer));
	struct event_ticket *ticket = NULL;
	int code = 0;

	if (!answer)
		return fail(request);
	*answer = (struct answer){.location = NULL};
	if (wish != SUBSCRIPTION_ONE_CLICK) {
		answer->location = format_location(request, subscription->language);
		if (!answer->location)
			return fail(request);
	}
	if (changes(subscription, wish))
		ticket = subscription_take(subscription, wish, &code);
	if (code)
		return fail(request);
	if (!ticket)
		return send_answer(request, answer);
	return visit_commit(request, ticket, &answer->commit, send_kept);
}

enum handled public_subscription_post(struct request *request)
{
	struct subscription subscription;
	struct form_body form = {.count = 0};
	enum subscription_wish wish;

	if (request->state)
		return visit_commit_again(request);
	/* What is no form asks for nothing. */
	if (form_body_read(request_value(request, HEADER_CONTENT_TYPE), request->body,
			   span_of(NULL, 0), &request->arena, &form) != 0)
		form.count = 0;
	wish = read_wish(&form);
	if (request->limited && (wish == SUBSCRIPTION_NOTHING || wish == SUBSCRIPTION_UNDO))
		return reply_limited(request, METRIC_REQUEST_LIMITED);
	if (!open_link(request, form_body_get(&form, SPAN("lang")), &subscription))
		return HANDLED;
	return take(request, &subscription, wish);
}
