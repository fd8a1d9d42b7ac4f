/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /v/<token>: the link of a mail by which somebody confirms an address that they typed
 * into a form. GET shows what it is and changes nothing, since mail scanners open every link; POST,
 * from that page, proves.
 *
 * It proves in the browser that declared the address and nowhere else: the token holds the tag of
 * its visitor. Whoever gets hold of the mail, or had it sent to somebody, is told to open it where
 * the form was sent from. And it proves once: the prospect event that comes along is known by the
 * token's digest, for ever (state/sources), so that a binding which was undone stays undone.
 *
 * What this browser has typed as that person counts as theirs from then on: what was only proposed
 * takes its place.
 */
#include "public/confirm.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "public/origin.h"
#include "public/person_keep.h"
#include "public/privacy_page.h"
#include "public/proof.h"
#include "public/public.h"
#include "public/visit_commit.h"
#include "store/typed.h"
#include "text/form_body.h"

enum state { STATE_ASKS, STATE_DONE, STATE_ELSEWHERE, STATE_EXPIRED };
enum { LOCATION_BYTES = 128, DIGEST_CHARS = 2 * ID_SOURCE_MARK_BYTES };

struct confirmation {
	struct visit visit;
	struct token token;
	char digest[DIGEST_CHARS + 1];
	enum state state;
	enum language language;
};

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	const char *location, *cookie;
};

static void set_digest(struct confirmation *confirmation)
{
	uint8_t mark[ID_SOURCE_MARK_BYTES];

	id_of_source(SPAN("confirm"), confirmation->visit.request->tail, mark);
	hex_format(mark, sizeof(mark), confirmation->digest);
}

/* Return: 0; negative: state/ cannot be read. */
static int judge(struct confirmation *confirmation)
{
	const struct visit *visit = &confirmation->visit;
	const struct visitor_id *visitor = &visit->identity.visitor;
	uint64_t sequence;
	int r;

	confirmation->state = STATE_ELSEWHERE;
	if (id_is_zero(visitor, sizeof(*visitor)) ||
	    !id_tag_is_of_visitor(visit->settings->keyring, visit->tracker->index,
				  &confirmation->token.tag, visitor))
		return 0;
	r = source_find(visit->app->store, SPAN("confirm"), span_text(confirmation->digest),
			&sequence);
	if (r < 0)
		return r;
	if (r == 0)
		confirmation->state = STATE_DONE;
	else if (visit->now / USEC_PER_SEC > confirmation->token.second)
		confirmation->state = STATE_EXPIRED;
	else
		confirmation->state = STATE_ASKS;
	return 0;
}

/* False: the answer is set. */
static bool open_link(struct request *request, struct span language,
		      struct confirmation *confirmation)
{
	confirmation->language = language_choose(language, request);
	if (token_open(public_settings(request)->keyring, PURPOSE_CONFIRM,
		       public_tracker(request)->index, request->tail, &confirmation->token) != 0) {
		visit_count_forged(request, PURPOSE_CONFIRM);
		(void)public_not_found(request, METRIC_REQUEST_CONFIRM_FORGED);
		return false;
	}
	visit_init(&confirmation->visit, request, EVENT_confirm);
	visit_count_cookies(&confirmation->visit);
	set_digest(confirmation);
	if (judge(confirmation) == 0)
		return true;
	(void)public_unreadable(request, METRIC_REQUEST_CONFIRM_FAILED);
	return false;
}

static void append_text(struct buffer *to, const struct confirmation *confirmation,
			const char *element, enum text_id id)
{
	buffer_printf(to, "<%s>", element);
	text_append(to, id, confirmation->language, NULL);
	buffer_printf(to, "</%s>\n", element);
}

static void append_button(struct buffer *to, const struct confirmation *confirmation)
{
	struct span token = confirmation->visit.request->tail;

	buffer_printf(to,
		      "<form method=\"post\" action=\"/v/%.*s\">\n<input type=\"hidden\" "
		      "name=\"lang\" value=\"%s\">\n<button type=\"submit\">",
		      (int)token.size, (const char *)token.data,
		      language_tag(confirmation->language));
	text_append(to, TEXT_confirm_button, confirmation->language, NULL);
	buffer_append_text(to, "</button>\n</form>\n");
}

static enum handled send_page(struct request *request, const struct confirmation *confirmation,
			      unsigned counter)
{
	static const enum text_id texts[] = {
		[STATE_ASKS] = TEXT_confirm_lead,
		[STATE_DONE] = TEXT_confirm_done,
		[STATE_ELSEWHERE] = TEXT_confirm_elsewhere,
		[STATE_EXPIRED] = TEXT_confirm_expired,
	};
	cleanup_buffer struct buffer html = BUFFER_INIT;

	privacy_head_append(&html, TEXT_confirm_title, confirmation->language);
	buffer_append_text(&html, "<main>\n");
	append_text(&html, confirmation, "h1", TEXT_confirm_title);
	append_text(&html, confirmation, "p", texts[confirmation->state]);
	if (confirmation->state == STATE_ASKS)
		append_button(&html, confirmation);
	buffer_append_text(&html, "</main>\n</body>\n</html>\n");
	return privacy_reply(request, counter, 200, confirmation->language, &html);
}

enum handled public_confirm(struct request *request)
{
	struct form_body query = {.count = 0};
	struct confirmation confirmation;

	if (visit_is_prefetch(request))
		return public_prefetched(request, METRIC_REQUEST_CONFIRM_PREFETCH);
	/* A query that is too long or holds too much asks for nothing. */
	(void)form_body_parse(request->query, &request->arena, &query);
	if (!open_link(request, form_body_get(&query, SPAN("lang")), &confirmation))
		return HANDLED;
	return send_page(request, &confirmation, METRIC_REQUEST_CONFIRM);
}

/* The address itself is what the person is known by, and no field. */
static bool is_address(const struct person_keep *keep, struct span value)
{
	struct prospect_id id;

	return id_of_address(keep->visit->settings->keyring, value, &id) == 0 &&
	       memcmp(&id, &keep->id, sizeof(id)) == 0;
}

/* What was typed here as this person is theirs. */
static int offer_typed(struct person_keep *keep)
{
	const struct visit *visit = keep->visit;
	struct typed typed;
	const char *name;
	json_t *values, *value;
	int r = typed_find(visit->app->store, &visit->identity.visitor, &visit->request->arena,
			   &typed);

	if (r || !keep->row.created ||
	    memcmp(&typed.person, &keep->row.handle, sizeof(typed.person)) != 0)
		return r < 0 ? r : 0;
	values = json_loadb((const char *)typed.values.data, typed.values.size, 0, NULL);
	json_object_foreach(values, name, value)
	{
		struct span text = span_of(json_string_value(value), json_string_length(value));

		if (r == 0 && text.data && !is_address(keep, text))
			r = person_keep_offer(keep, span_text(name), text);
	}
	json_decref(values);
	return r;
}

static int add_person(const struct confirmation *confirmation, struct event_ticket *ticket)
{
	const struct person_keep_event how = {
		.reason = SPAN("confirmed"),
		.actor = SPAN("form"),
		.source = SPAN("confirm"),
		.source_id = span_text(confirmation->digest),
		.always = true,
	};
	cleanup(person_keep_finish) struct person_keep keep;
	int r = person_keep_begin(&keep, &confirmation->visit, &confirmation->token.prospect,
				  SPAN("form"));

	if (r)
		return r;
	keep.evidence = PERSON_EVIDENCE_PROOF;
	keep.offer.confirmed = true;
	r = offer_typed(&keep);
	return r ? r : person_keep_queue(&keep, span_of(NULL, 0), &how, ticket);
}

/* NULL: nothing is proved, which has been counted. */
static struct event_ticket *prove(struct confirmation *confirmation)
{
	cleanup(visit_event_finish) struct visit_event builder;
	struct visit *visit = &confirmation->visit;
	int code;

	visit_event_init(&builder, visit);
	if (visit_is_left_out(visit, EVENT_confirm))
		return NULL;
	code = visit_event_begin(&builder, EVENT_confirm);
	if (code == 0)
		code = add_person(confirmation, builder.ticket);
	if (code == 0)
		code = proof_take(visit, &builder, &confirmation->token.prospect);
	if (code && code != PROOF_E_LEFT_OUT)
		event_writer_count_lost(visit->app->writer);
	return code ? NULL : visit_event_take(&builder);
}

/* Back to the page, which then says that it is done. */
static enum handled send_back(struct request *request, const struct answer *answer)
{
	(void)reply_body(request, METRIC_REQUEST_CONFIRMED, 303, NULL, "no-store", SPAN(""));
	reply_header(request, "Location", answer->location);
	reply_header(request, "Referrer-Policy", "same-origin");
	if (answer->cookie)
		reply_header(request, "Set-Cookie", answer->cookie);
	return HANDLED;
}

static enum handled fail(struct request *request)
{
	return public_unreadable(request, METRIC_REQUEST_CONFIRM_FAILED);
}

static enum handled send_kept(struct request *request)
{
	const struct answer *answer = request->state;

	if (answer->commit.wait.state == COMMIT_LOST)
		return fail(request);
	return send_back(request, answer);
}

static enum handled take(struct request *request, struct confirmation *confirmation)
{
	cleanup_buffer struct buffer location = {.limit = LOCATION_BYTES};
	struct answer *answer = arena_alloc(&request->arena, sizeof(*answer));
	struct event_ticket *ticket = NULL;

	buffer_printf(&location, "/v/%.*s?lang=%s", (int)request->tail.size,
		      (const char *)request->tail.data, language_tag(confirmation->language));
	if (!answer || location.error)
		return fail(request);
	*answer = (struct answer){
		.location = (const char *)arena_copy(&request->arena, buffer_span(&location)).data};
	if (confirmation->state != STATE_ASKS)
		return send_back(request, answer);
	ticket = prove(confirmation);
	if (!ticket)
		return fail(request);
	answer->cookie = visit_format_cookie(&confirmation->visit);
	return visit_commit(request, ticket, &answer->commit, send_kept);
}

enum handled public_confirm_post(struct request *request)
{
	struct form_body form = {.count = 0};
	struct confirmation confirmation;

	if (request->state)
		return visit_commit_again(request);
	(void)form_body_parse(request->body, &request->arena, &form);
	if (!origin_allows(request, public_tracker(request)))
		return reply_page(request, METRIC_REQUEST_CONFIRM_ORIGIN, 403, "Not from this page",
				  "Please open the link of the mail again.", NULL);
	if (!open_link(request, form_body_get(&form, SPAN("lang")), &confirmation))
		return HANDLED;
	return take(request, &confirmation);
}
