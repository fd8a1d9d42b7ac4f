/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a target to its answer. What the answer will be is decided at once and kept in the request's
 * arena; the event then goes to the writer, and the answer leaves when it is durable or
 * commit_wait_ms has passed. A redirect never fails because of storage: whatever becomes of the
 * event, the answer is the one that was decided first.
 *
 * A prefetch gets 503 instead of its redirect, so that the browser asks again when a person
 * follows the link; its probe is recorded like any other.
 */
#include "public/click_answer.h"

#include "public/public.h"
#include "public/visit_commit.h"
#include "track/held_click.h"

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	struct span location;
	const char *cookie; /* whole Set-Cookie value, or NULL */
	unsigned counter;
	bool prefetch;
};

static enum handled send_answer(struct request *request, const struct answer *answer)
{
	if (!answer->prefetch)
		return reply_redirect(request, answer->counter, answer->location, answer->cookie);
	return reply_body(request, answer->counter, 503, "text/plain; charset=utf-8", "no-store",
			  SPAN("Tracked links are not prefetched.\n"));
}

static enum handled send_kept(struct request *request)
{
	return send_answer(request, request->state);
}

enum handled click_answer_again(struct request *request)
{
	return visit_commit_again(request);
}

/* Its claim waits in a cookie until the browser chooses; NULL: it does not. */
static const char *hold(const struct visit *visit, const struct click_target *target)
{
	struct buffer *text = &visit->app->event_scratch;
	const struct held_click held = {
		.prospect = target->prospect,
		.link = target->link,
		.mailing = target->mailing,
		.campaign = target->campaign,
		.time = visit->now,
	};
	struct identity_request asked;
	struct span copy;

	if (!target->has_prospect || target->trap || visit_is_probe(visit) ||
	    !held_click_applies(visit->settings->config, &visit->identity))
		return NULL;
	visit_ask(visit, &asked);
	buffer_clear(text);
	if (!held_click_format(&asked, &held, text) || text->error)
		return NULL;
	metrics_add(&visit->app->metrics, METRIC_HELD_CLICKS, 1);
	copy = arena_copy(&visit->request->arena, buffer_span(text));
	return (const char *)copy.data;
}

/* At most one: under pending consent, where a click is held, no cookie is set. */
static const char *format_cookie(const struct visit *visit, const struct click_target *target)
{
	const char *cookie = visit_format_cookie(visit);

	return cookie ? cookie : hold(visit, target);
}

static unsigned counter_of(const struct visit *visit, const struct click_target *target)
{
	if (visit->prefetch)
		return target->prefetch_counter;
	return visit->head ? target->probe_counter : target->counter;
}

/* Whoever is over a limit, or meets a full disk, is redirected like everybody. */
enum handled click_answer(struct request *request, const struct click_target *target)
{
	struct app *app = request->context;
	struct event_ticket *ticket;
	struct answer now, *answer;
	struct visit visit;
	int code;

	visit_init(&visit, request, EVENT_click);
	visit_count_cookies(&visit);
	now = (struct answer){
		.location = target->destination,
		.cookie = format_cookie(&visit, target),
		.counter = counter_of(&visit, target),
		.prefetch = visit.prefetch,
	};
	if (visit_is_left_out(&visit, visit.type))
		return send_answer(request, &now);
	code = click_event_ticket(&visit, target, &ticket);
	if (code < 0)
		event_writer_count_lost(app->writer);
	if (code != 0)
		return send_answer(request, &now);
	answer = arena_alloc(&request->arena, sizeof(*answer));
	if (!answer) {
		visit_commit_late(request, ticket);
		return send_answer(request, &now);
	}
	*answer = now;
	return visit_commit(request, ticket, &answer->commit, send_kept);
}
