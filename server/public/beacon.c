/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /e: what a page tells of itself. One body brings up to sixty-four events; the right ones go
 * into one ticket, so that they are durable together, and the wrong ones are counted rejected.
 *
 * Whoever sends a beacon does not read the answer as a rule, so the answer is small: 204 when
 * anything was right, also where consent or a full disk keeps nothing of it. A body with nothing
 * right in it is a mistake of the page, and 400 says which.
 *
 * Beacons and clicks wait in one queue of the writer. From half of it on beacons give way: they are
 * dropped by rule, so that a page that sends without end costs no click.
 */
#include "base/cleanup.h"
#include "public/beacon_event.h"
#include "public/login.h"
#include "public/origin.h"
#include "public/public.h"
#include "public/visit_commit.h"

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	const char *cookie;	    /* whole Set-Cookie value, or NULL */
};

static enum handled refuse(struct request *request, unsigned counter, unsigned status,
			   const char *sentence)
{
	(void)reply_body(request, counter, status, "text/plain; charset=utf-8", "no-store",
			 span_text(sentence));
	if (status != 403)
		origin_share(request);
	return HANDLED;
}

static enum handled send_done(struct request *request, const char *cookie)
{
	(void)reply_done(request, METRIC_REQUEST_BEACON, cookie);
	origin_share(request);
	return HANDLED;
}

static enum handled send_kept(struct request *request)
{
	const struct answer *answer = request->state;

	return send_done(request, answer->cookie);
}

/*
 * The visitor that was made for a browser without a cookie, as long as no line has needed one. What
 * follows another line of its page and comes without a cookie has overtaken the answer to that
 * line, since its page went away: it has no visitor, and its view says whose it is. A visitor of
 * its own would be one more person who was never there, and their cookie could replace the right
 * one.
 */
struct waiting {
	bool waits, set_cookie;
	struct visitor_id visitor;
};

static void hold_visitor(struct visit *visit, struct waiting *waiting)
{
	struct identity *identity = &visit->identity;

	*waiting = (struct waiting){.waits = identity->is_new && !identity->conflicting_cookies};
	if (!waiting->waits)
		return;
	waiting->visitor = identity->visitor;
	waiting->set_cookie = identity->set_cookie;
	identity->visitor = (struct visitor_id){{0}};
	identity->set_cookie = false;
}

static void give_visitor(struct visit *visit, struct waiting *waiting)
{
	if (!waiting->waits)
		return;
	visit->identity.visitor = waiting->visitor;
	visit->identity.set_cookie = waiting->set_cookie;
	waiting->waits = false;
}

/* What became of the lines. */
struct result {
	struct waiting waiting;
	unsigned kept_out; /* right, but left out by a rule, or lost */
	unsigned rejected;
	struct error first; /* of the first that was rejected */
};

static void reject(const struct visit *visit, unsigned number, struct error *wrong,
		   struct result *result)
{
	visit_count_malformed(visit);
	if (result->rejected++ > 0)
		return;
	result->first = *wrong;
	error_prefix(&result->first, "line %u: ", number);
}

static int take_login(struct visit *visit, struct visit_event *builder, struct span proof,
		      struct error *wrong)
{
	int code = login_take(visit, builder, proof);

	if (code == LOGIN_E_FORGED)
		return error_set(wrong, BEACON_E_LINE,
				 "l is no proof of a login in this browser that is valid now");
	return code > 0 ? BEACON_EVENT_E_LEFT_OUT : code;
}

static int take_line(struct visit *visit, struct visit_event *builder, unsigned number,
		     struct span text, struct waiting *waiting, struct error *wrong)
{
	struct beacon_line line = {0};
	int code;

	if (number > BEACON_LINES_MAX)
		return error_set(wrong, BEACON_E_LINE, "a beacon has at most %d lines",
				 BEACON_LINES_MAX);
	code = beacon_parse(text, &visit->request->arena, &line, wrong);
	if (code)
		return code;
	if (!beacon_follows(&line))
		give_visitor(visit, waiting);
	if (line.type == EVENT_login)
		return take_login(visit, builder, line.values[BEACON_LOGIN], wrong);
	return beacon_event_add(builder, &line, wrong);
}

static void take_lines(struct visit *visit, struct visit_event *builder, struct result *result)
{
	struct span body = visit->request->body, text;
	struct error wrong;
	unsigned number = 0;

	for (size_t at = 0; beacon_next(body, &at, &text);) {
		int code = take_line(visit, builder, ++number, text, &result->waiting, &wrong);

		if (code == BEACON_E_LINE)
			reject(visit, number, &wrong, result);
		else if (code)
			result->kept_out++;
		if (code < 0)
			event_writer_count_lost(visit->app->writer);
	}
	if (number == 0)
		(void)error_set(&result->first, 0, "the body holds no line");
}

static enum handled finish(struct visit_event *builder, const struct result *result)
{
	struct request *request = builder->visit->request;
	struct event_ticket *ticket = visit_event_take(builder);
	struct answer *answer;
	const char *cookie;

	if (!ticket && result->kept_out == 0)
		return refuse(request, METRIC_REQUEST_BEACON_BAD, 400, result->first.text);
	if (!ticket)
		return send_done(request, NULL);
	cookie = visit_format_cookie(builder->visit);
	answer = arena_alloc(&request->arena, sizeof(*answer));
	if (!answer) {
		visit_commit_late(request, ticket);
		return send_done(request, cookie);
	}
	answer->cookie = cookie;
	return visit_commit(request, ticket, &answer->commit, send_kept);
}

static enum handled take(struct visit *visit)
{
	cleanup(visit_event_finish) struct visit_event builder;
	struct result result = {0};

	visit_event_init(&builder, visit);
	visit_count_cookies(visit);
	hold_visitor(visit, &result.waiting);
	take_lines(visit, &builder, &result);
	return finish(&builder, &result);
}

enum handled public_beacon(struct request *request)
{
	struct visit visit;

	if (request->state)
		return visit_commit_again(request);
	if (!origin_allows(request, public_tracker(request)))
		return refuse(request, METRIC_REQUEST_BEACON_ORIGIN, 403,
			      "Beacons are taken from the pages of this tracker's sites.\n");
	visit_init(&visit, request, EVENT_view);
	if (visit.prefetch)
		return public_prefetched(request, METRIC_REQUEST_BEACON_PREFETCH);
	return take(&visit);
}
