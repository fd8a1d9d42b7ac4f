/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /p/<form>: what the script of a site may fill into a form, as {"field":"value"} with every
 * field that the form would ever show. A stranger's are all empty; so are those of whoever asks
 * from elsewhere, by HEAD, from a kiosk or without consent, and neither status nor headers nor the
 * cost tell one from the other.
 *
 * Access-Control-Allow-Origin always names one origin: the one that asked if it may, else the first
 * site, to whoever asked; a browser then keeps the answer from the page.
 *
 * Values leave when their event is durable; where it is not within commit_wait_ms, they stay. Only
 * GET with one Origin of ours may be told: a page of ours that is no script's is the form page
 * itself.
 */
#include "base/cleanup.h"
#include "public/form_request.h"
#include "public/origin.h"
#include "public/prefill.h"
#include "public/public.h"
#include "public/visit_commit.h"

#include <jansson.h>

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	struct span shown, empty;
	const char *origin;
};

static enum handled send_answer(struct request *request, struct span body, const char *origin)
{
	(void)reply_body(request, METRIC_REQUEST_PREFILL, 200, body.data ? "application/json" : "",
			 "private, no-store", body);
	reply_header(request, "Vary", "Origin, Cookie");
	if (origin)
		reply_header(request, "Access-Control-Allow-Origin", origin);
	reply_header(request, "Access-Control-Allow-Credentials", "true");
	return HANDLED;
}

static enum handled send_kept(struct request *request)
{
	const struct answer *answer = request->state;
	bool told = answer->commit.wait.state == COMMIT_STORED;

	return send_answer(request, told ? answer->shown : answer->empty, answer->origin);
}

/* The one that asked, which may be told; NULL: no memory. */
static const char *copy_origin(struct request *request)
{
	struct span origin = span_trim(request_value(request, HEADER_ORIGIN));

	return (const char *)arena_copy(&request->arena, origin).data;
}

/* In the request's arena; absent when there is no memory. */
static struct span format_values(struct request *request, const struct prefill *prefill, bool show)
{
	json_t *root = json_object();
	cleanup_free char *text = NULL;

	for (size_t i = 0; i < prefill->form->field_count; i++) {
		const struct form_field *field = &prefill->form->fields[i];
		struct span value = prefill->values[i];

		if (!show || !value.data)
			value = SPAN("");
		if (field->prefill != FORM_LEVEL_NEVER && !field->hidden)
			(void)json_object_set_new(root, field->name,
						  json_stringn((const char *)value.data,
							       value.size));
	}
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text ? arena_copy(&request->arena, span_text(text)) : span_of(NULL, 0);
}

static enum handled show(const struct visit *visit, const struct prefill *prefill,
			 struct answer *answer)
{
	struct request *request = visit->request;
	struct event_ticket *ticket;

	answer->shown = format_values(request, prefill, true);
	ticket = answer->shown.data ? prefill_record(visit, prefill) : NULL;
	if (!ticket)
		return send_answer(request, answer->empty, answer->origin);
	return visit_commit(request, ticket, &answer->commit, send_kept);
}

static enum handled refuse_unknown(struct request *request)
{
	(void)reply_json_error(request, METRIC_REQUEST_PREFILL_UNKNOWN, 404,
			       "There is no such form here.");
	reply_header(request, "Vary", "Origin, Cookie");
	origin_share(request);
	return HANDLED;
}

enum handled public_prefill(struct request *request)
{
	const struct tracker *tracker = public_tracker(request);
	cleanup(cleanup_form) struct form *form = NULL;
	struct prefill prefill;
	struct answer *answer;
	struct visit visit;
	bool allowed;

	if (request->state)
		return visit_commit_again(request);
	if (visit_is_prefetch(request))
		return public_prefetched(request, METRIC_REQUEST_PREFILL_PREFETCH);
	form = form_request_find(request);
	if (!form || form->closed)
		return refuse_unknown(request);
	allowed = form_request_allows(request, form, tracker);
	visit_init(&visit, request, EVENT_prefill);
	if (allowed && !form->kiosk)
		visit_count_cookies(&visit);
	prefill_look_up(&visit, form, allowed, &prefill);
	answer = arena_alloc(&request->arena, sizeof(*answer));
	if (!answer)
		return send_answer(request, span_of(NULL, 0), form_request_home(form, tracker));
	*answer = (struct answer){
		.empty = format_values(request, &prefill, false),
		.origin = allowed ? copy_origin(request) : form_request_home(form, tracker),
	};
	if (!prefill.shows)
		return send_answer(request, answer->empty, answer->origin);
	return show(&visit, &prefill, answer);
}
