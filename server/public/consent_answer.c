/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaves for POST /consent and POST /privacy/forget. It is decided before the event is queued,
 * so the choice holds in the browser even when the disk does not take its record: the record is
 * counted late or lost, and a person who said no is not asked to wait for a disk. To be forgotten
 * is more than a cookie: where its events are lost the answer says that nothing was done.
 */
#include "public/consent_answer.h"

#include "public/origin.h"
#include "public/public.h"
#include "public/visit_commit.h"
#include "track/held_click.h"

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	struct consent_answer how;
};

/* A page is what browsers ask for when they navigate; scripts ask for anything. */
static bool accepts_page(const struct request *request)
{
	struct span accept = request_value(request, HEADER_ACCEPT), page = SPAN("text/html");

	for (size_t at = 0; at + page.size <= accept.size; at++)
		if (span_starts_nocase(span_slice(accept, at, page.size), page))
			return true;
	return false;
}

/* Safari before 16.4 does not say what it does. */
static bool is_navigation(const struct request *request)
{
	struct span mode = request_value(request, HEADER_SEC_FETCH_MODE);

	return mode.data ? span_equal(mode, SPAN("navigate")) : accepts_page(request);
}

bool consent_answer_is_to_form(const struct request *request, const struct tracker *tracker)
{
	struct span origin = span_trim(request_value(request, HEADER_ORIGIN));

	return is_navigation(request) && span_equal(origin, span_text(tracker->origin));
}

void consent_answer_init(struct consent_answer *answer, const struct visit *visit,
			 struct span language)
{
	const struct request *request = visit->request;

	*answer = (struct consent_answer){
		.is_form = consent_answer_is_to_form(request, visit->tracker),
		.language = language_choose(language, request),
		.cookie = visit_format_cookie(visit),
	};
}

void consent_answer_drop_held(struct consent_answer *answer, const struct visit *visit)
{
	struct buffer *text = &visit->app->event_scratch;

	buffer_clear(text);
	held_click_format_none(visit->tracker, text);
	if (!text->error)
		answer->held =
			(const char *)arena_copy(&visit->request->arena, buffer_span(text)).data;
	buffer_clear(text);
}

static enum handled send_answer(struct request *request, const struct consent_answer *answer)
{
	if (answer->is_form && answer->back) {
		(void)privacy_redirect(request, answer->counter, answer->back);
	} else if (answer->is_form) {
		(void)privacy_return(request, answer->counter, answer->language, answer->done);
	} else {
		(void)reply_body(request, answer->counter, 204, NULL, "no-store", SPAN(""));
		origin_share(request);
	}
	if (answer->cookie)
		reply_header(request, "Set-Cookie", answer->cookie);
	if (answer->held)
		reply_header(request, "Set-Cookie", answer->held);
	return HANDLED;
}

static enum handled send_kept(struct request *request)
{
	const struct answer *answer = request->state;

	if (answer->how.needs_record && answer->commit.wait.state == COMMIT_LOST)
		return consent_answer_refuse(request, METRIC_REQUEST_FORGET_FAILED, 503,
					     TEXT_refused_busy,
					     span_text(language_tag(answer->how.language)));
	return send_answer(request, &answer->how);
}

enum handled consent_answer_commit(struct request *request, struct event_ticket *ticket,
				   const struct consent_answer *how)
{
	struct answer *answer;

	if (!ticket)
		return send_answer(request, how);
	answer = arena_alloc(&request->arena, sizeof(*answer));
	if (!answer) {
		visit_commit_late(request, ticket);
		return send_answer(request, how);
	}
	answer->how = *how;
	return visit_commit(request, ticket, &answer->commit, send_kept);
}

enum handled consent_answer_refuse(struct request *request, unsigned counter, unsigned status,
				   enum text_id why, struct span asked)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;
	enum language language = language_choose(asked, request);

	if (!is_navigation(request))
		return reply_body(request, counter, status, "text/plain; charset=utf-8", "no-store",
				  span_text(text_get(why, LANGUAGE_EN)));
	privacy_refusal_append(why, language, &html);
	return privacy_reply(request, counter, status, language, &html);
}
