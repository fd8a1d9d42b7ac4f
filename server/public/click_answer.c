/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a target to its answer. What the answer will be is decided at once and kept in the request's
 * arena; the event then goes to the writer, and the handler is called again until the commit is
 * done or commit_wait_ms has passed. A redirect never fails because of storage: whatever becomes of
 * the event, the answer is the one that was decided first.
 *
 * A prefetch gets 503 instead of its redirect, so that the browser asks again when a person
 * follows the link; its probe is recorded like any other.
 */
#include "public/click_answer.h"

#include "http/incident.h"
#include "public/public.h"

struct answer {
	struct commit_wait wait; /* first: request->state is a struct commit_wait */
	struct span location;
	const char *cookie; /* whole Set-Cookie value, or NULL */
	unsigned counter;
	bool prefetch;
};

void click_count_forged(struct request *request, enum purpose purpose)
{
	static const enum metric counters[PURPOSE_COUNT] = {
		[PURPOSE_CLICK] = METRIC_FORGED_CLICK,
		[PURPOSE_LINK_PART] = METRIC_FORGED_LINK_PART,
		[PURPOSE_PROSPECT_PART] = METRIC_FORGED_PROSPECT_PART,
		[PURPOSE_SELF_CONTAINED] = METRIC_FORGED_SELF_CONTAINED,
		[PURPOSE_VISITOR] = METRIC_FORGED_VISITOR,
	};
	struct app *app = request->context;

	metrics_add(&app->metrics, counters[purpose], 1);
}

static enum handled send_answer(struct request *request, const struct answer *answer)
{
	if (!answer->prefetch)
		return reply_redirect(request, answer->counter, answer->location, answer->cookie);
	return reply_body(request, answer->counter, 503, "text/plain; charset=utf-8", "no-store",
			  SPAN("Tracked links are not prefetched.\n"));
}

enum handled click_answer_again(struct request *request)
{
	struct app *app = request->context;
	struct commit_wait *wait = request->state;

	switch (commit_wait_poll(wait, app->writer, app->now)) {
	case COMMIT_PENDING:
		return WAITING;
	case COMMIT_LOST:
		incident_report(request, LOG_LEVEL_WARNING, "event_lost", 0,
				"the writer cannot take the event of a click");
		break;
	case COMMIT_STORED:
	case COMMIT_LATE:
		break;
	}
	return send_answer(request, request->state);
}

static const char *format_cookie(const struct click_request *click)
{
	struct app *app = click->request->context;
	struct buffer *text = &app->event_scratch;
	struct span copy;

	if (!click->identity.set_cookie)
		return NULL;
	buffer_clear(text);
	identity_format_cookie(click->tracker, click->identity.cookie_value, text);
	if (text->error)
		return NULL;
	copy = arena_copy(&click->request->arena, buffer_span(text));
	return (const char *)copy.data;
}

static void count_cookies(const struct click_request *click)
{
	struct app *app = click->request->context;

	if (click->identity.conflicting_cookies)
		metrics_add(&app->metrics, METRIC_CONFLICTING_COOKIES, 1);
	if (click->identity.invalid_cookie)
		click_count_forged(click->request, PURPOSE_VISITOR);
}

static unsigned counter_of(const struct click_request *click, const struct click_target *target)
{
	if (click->prefetch)
		return target->prefetch_counter;
	return click->head ? target->probe_counter : target->counter;
}

/* Without memory to wait in, the redirect leaves at once, and its event is late. */
static void append_without_waiting(struct app *app, struct event_ticket *ticket)
{
	if (event_writer_append(app->writer, ticket) != 0)
		event_ticket_free(ticket);
	else
		event_ticket_answered_late(app->writer, ticket);
}

/* Whoever is over a limit is redirected like everybody; only the event is left out. */
static void count_rejected(const struct request *request)
{
	struct app *app = request->context;

	event_writer_count_rejected(app->writer);
	metrics_add(&app->metrics,
		    request->limited == OVER_ADDRESS_RATE ? METRIC_REJECTED_ADDRESS
							  : METRIC_REJECTED_TRACKER,
		    1);
}

/* By a limit of its address or tracker, or for want of disk: it redirects, and its event is not
 * even made. */
static bool is_left_out(const struct click_request *click)
{
	struct app *app = click->request->context;
	enum event_type type = click->head || click->prefetch ? EVENT_probe : EVENT_click;

	if (click->request->limited) {
		count_rejected(click->request);
		return true;
	}
	if (!disk_room_drops(app->disk, type))
		return false;
	event_writer_count_dropped(app->writer);
	metrics_add(&app->metrics, METRIC_DROPPED_DISK, 1);
	return true;
}

enum handled click_answer(struct request *request, const struct click_target *target)
{
	struct app *app = request->context;
	struct click_request click;
	struct event_ticket *ticket;
	struct answer now, *answer;
	int code;

	click_request_init(&click, request);
	count_cookies(&click);
	now = (struct answer){
		.location = target->destination,
		.cookie = format_cookie(&click),
		.counter = counter_of(&click, target),
		.prefetch = click.prefetch,
	};
	if (is_left_out(&click))
		return send_answer(request, &now);
	code = click_event_ticket(&click, target, &ticket);
	if (code < 0)
		event_writer_count_lost(app->writer);
	if (code != 0)
		return send_answer(request, &now);
	answer = arena_alloc(&request->arena, sizeof(*answer));
	if (!answer) {
		append_without_waiting(app, ticket);
		return send_answer(request, &now);
	}
	*answer = now;
	request->state = answer;
	commit_wait_start(&answer->wait, &app->clicks, app->writer, ticket, app->now);
	return click_answer_again(request);
}
