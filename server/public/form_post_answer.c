/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaves for a post: to a browser 303 to where the form, or the post itself, wants it, else to
 * our own page, or that page again with what was typed and what is wrong with it; to a script that
 * asks for it JSON. The answer is decided before the events are queued and waits for them as that
 * of a click does; but thanks for what was lost would be a lie.
 *
 * The error location is told fields and reasons, never values: addresses of pages are kept in
 * histories and logs.
 */
#include "base/cleanup.h"
#include "public/form_page.h"
#include "public/form_post.h"
#include "public/origin.h"
#include "public/public.h"
#include "public/visit_commit.h"

enum { LOCATION_MAX_BYTES = 8192 };

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	struct form *form;	    /* its own reference */
	unsigned counter, status;
	const char *cookie;   /* whole Set-Cookie value, or NULL */
	const char *location; /* or */
	struct span json;     /* or, where that is absent: */
	struct form_page page;
	struct span key;	   /* of a post that the writer has not taken yet, or absent */
	struct span mail, mail_to; /* that goes out with the answer, or absent */
	bool thanks, share;
};

static bool holds_word(struct span text, struct span word)
{
	for (size_t at = 0; at + word.size <= text.size; at++)
		if (span_starts_nocase(span_slice(text, at, word.size), word))
			return true;
	return false;
}

static bool wants_json(const struct request *request)
{
	struct span accept = request_value(request, HEADER_ACCEPT);

	return holds_word(accept, SPAN("application/json")) &&
	       !holds_word(accept, SPAN("text/html"));
}

enum handled form_post_fail(struct request *request, unsigned counter, unsigned status,
			    const char *title, const char *sentence)
{
	enum handled handled;

	if (wants_json(request))
		handled = reply_json_error(request, counter, status, sentence);
	else
		handled = reply_page(request, counter, status, title, sentence,
				     public_tracker(request)->sites[0]);
	if (status == 503)
		reply_header(request, "Retry-After", "5");
	return handled;
}

static void release(struct request *request)
{
	struct answer *answer = request->state;

	form_release(take_ptr(answer->form));
}

static enum handled send_page(struct request *request, const struct answer *answer)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;

	form_page_append(&answer->page, &html);
	return form_page_reply(request, answer->counter, answer->status, &answer->page, &html);
}

/* What is not taken now is not sent: who waits for it sends the form again. */
static void send_mail(struct request *request, const struct answer *answer)
{
	const struct settings *settings = public_settings(request);
	struct app *app = request->context;

	(void)outbox_put(app->outbox, settings->config->smtp_from,
			 (const char *)answer->mail_to.data, answer->mail);
}

static enum handled send_answer(struct request *request, const struct answer *answer)
{
	if (answer->mail.data)
		send_mail(request, answer);
	if (answer->location) {
		(void)reply_body(request, answer->counter, 303, NULL, "no-store", SPAN(""));
		reply_header(request, "Location", answer->location);
		reply_header(request, "Referrer-Policy", "no-referrer");
	} else if (answer->json.data) {
		(void)reply_body(request, answer->counter, answer->status, "application/json",
				 "no-store", answer->json);
	} else {
		(void)send_page(request, answer);
	}
	if (answer->cookie)
		reply_header(request, "Set-Cookie", answer->cookie);
	if (answer->share)
		origin_share(request);
	return HANDLED;
}

static enum handled send_kept(struct request *request)
{
	const struct answer *answer = request->state;
	struct app *app = request->context;

	if (!answer->thanks || answer->commit.wait.state != COMMIT_LOST)
		return send_answer(request, answer);
	if (answer->key.data)
		posts_forget(&app->posts, answer->key);
	return form_post_fail(request, METRIC_REQUEST_POST_FAILED, 503, "Try again in a moment",
			      "What you sent could not be stored. Nothing was changed.");
}

static enum handled send_when_durable(struct form_post *post, struct event_ticket *ticket,
				      const struct answer *now)
{
	struct request *request = post->request;
	struct answer *answer;
	enum handled handled;

	if (!ticket)
		return send_answer(request, now);
	answer = arena_alloc(&request->arena, sizeof(*answer));
	if (!answer) {
		visit_commit_late(request, ticket);
		return send_answer(request, now);
	}
	*answer = *now;
	answer->form = form_hold((struct form *)(uintptr_t)post->form);
	request->state_free = release;
	handled = visit_commit(request, ticket, &answer->commit, send_kept);
	/* What the writer has taken is settled with its ticket, before anybody is answered. */
	if (handled == WAITING)
		answer->key = span_of(NULL, 0);
	return handled;
}

/* NULL, and then the answer is a 500: out of memory. */
static const char *keep_text(struct request *request, const struct buffer *text)
{
	return text->error ? "" : (const char *)arena_copy(&request->arena, buffer_span(text)).data;
}

static struct span keep_json(struct request *request, json_t *object)
{
	cleanup_free char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	struct span kept = arena_copy(&request->arena, span_text(text ? text : "{}"));

	json_decref(object);
	return kept.data ? kept : SPAN("{}");
}

static void begin(const struct form_post *post, unsigned counter, unsigned status,
		  struct answer *answer)
{
	*answer = (struct answer){
		.counter = counter,
		.status = status,
		.cookie = visit_format_cookie(&post->visit),
		.share = post->trusted,
		.key = post->key,
		.mail = post->mail,
		.mail_to = post->mail_to,
	};
}

enum handled form_post_thank(struct form_post *post, struct event_ticket *ticket)
{
	bool confirms = form_post_confirms(post);
	cleanup_buffer struct buffer location = {.limit = LOCATION_MAX_BYTES};
	struct request *request = post->request;
	struct form_page page;
	struct answer answer;

	begin(post, METRIC_REQUEST_POST, 200, &answer);
	answer.thanks = true;
	if (wants_json(request)) {
		answer.json = keep_json(request, json_pack("{s:b, s:s, s:b}", "ok", 1, "form",
							   post->form->name, "confirm", confirms));
		return send_when_durable(post, ticket, &answer);
	}
	if (post->success.size > 0) {
		buffer_append_span(&location, post->success);
	} else {
		form_page_init(&page, &post->visit, post->form,
			       form_body_get(&post->body, SPAN(FORM_PAGE_LANG)));
		form_page_address(post->form, confirms ? FORM_PAGE_CONFIRM : FORM_PAGE_SENT,
				  page.language, &location);
	}
	answer.location = keep_text(request, &location);
	return send_when_durable(post, ticket, &answer);
}

/* A name as it stands in a query: anything but letters, digits, '-', '_' and '.' as %XX. */
static void append_name(struct span name, struct buffer *to)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t byte = name.data[i];

		if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
		    (byte >= 'a' && byte <= 'z') || (byte && strchr("-_.", byte)))
			buffer_append_byte(to, byte);
		else
			buffer_printf(to, "%%%02X", byte);
	}
}

static void append_errors(const struct form_post *post, struct buffer *to)
{
	const char *comma = "";

	for (size_t i = 0; i < post->form->field_count; i++) {
		enum form_reason reason = post->answer.reasons[i];

		if (reason == FORM_REASON_NONE)
			continue;
		buffer_append_text(to, comma);
		append_name(span_text(post->form->fields[i].name), to);
		buffer_printf(to, ":%s", form_reason_text(reason));
		comma = ",";
	}
}

/* The word for what is wrong with all of it; "" when its fields say what is. */
static const char *refusal_word(const struct form_post *post)
{
	static const char *const words[] = {
		[FORM_REFUSAL_FIELDS] = "",
		[FORM_REFUSAL_TOO_FAST] = "too_fast",
		[FORM_REFUSAL_NO_VIEW] = "no_view",
	};

	return words[post->refusal];
}

void form_post_append_refusal(const struct form_post *post, struct buffer *to)
{
	if (*refusal_word(post))
		buffer_printf(to, "*:%s", refusal_word(post));
	else
		append_errors(post, to);
}

/* What is wrong, as one more parameter of the page's address. */
static void append_location(const struct form_post *post, struct buffer *to)
{
	struct span place = post->error;
	size_t end = span_find(place, '#', 0);

	buffer_append_span(to, span_slice(place, 0, end));
	buffer_append_byte(to, span_find(place, '?', 0) < end ? '&' : '?');
	buffer_append_text(to, FORM_POST_ERROR "=");
	form_post_append_refusal(post, to);
	buffer_append_span(to, span_slice(place, end, place.size - end));
}

static json_t *errors_json(const struct form_post *post)
{
	json_t *errors = json_object();

	for (size_t i = 0; errors && i < post->form->field_count; i++)
		if (post->answer.reasons[i] != FORM_REASON_NONE)
			(void)json_object_set_new(errors, post->form->fields[i].name,
						  json_string(form_reason_text(
							  post->answer.reasons[i])));
	if (errors && *refusal_word(post))
		(void)json_object_set_new(errors, "*", json_string(refusal_word(post)));
	return errors ? json_pack("{s:b, s:s, s:o}", "ok", 0, "form", post->form->name, "errors",
				  errors)
		      : NULL;
}

/* The form again, with what was typed; its view goes on where it was good. */
static void set_page(const struct form_post *post, struct form_page *page)
{
	form_page_init(page, &post->visit, post->form,
		       form_body_get(&post->body, SPAN(FORM_PAGE_LANG)));
	page->state = FORM_PAGE_REFUSED;
	memcpy(page->values, post->answer.values, sizeof(page->values));
	memcpy(page->reasons, post->answer.reasons, sizeof(page->reasons));
	if (post->refusal == FORM_REFUSAL_TOO_FAST && post->view.size < sizeof(page->view)) {
		memcpy(page->view, post->view.data, post->view.size);
		page->view[post->view.size] = '\0';
	}
}

enum handled form_post_refuse(struct form_post *post, struct event_ticket *ticket)
{
	cleanup_buffer struct buffer location = {.limit = LOCATION_MAX_BYTES};
	struct answer answer;

	begin(post, METRIC_REQUEST_POST_REFUSED, 422, &answer);
	if (wants_json(post->request)) {
		answer.json = keep_json(post->request, errors_json(post));
	} else if (post->error.size > 0) {
		append_location(post, &location);
		answer.location = keep_text(post->request, &location);
	} else {
		set_page(post, &answer.page);
	}
	return send_when_durable(post, ticket, &answer);
}
