/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /e.gif: the page view of a page without scripts, as a picture in its noscript element. The
 * page is the one that the browser names as the referrer, or the query's u where a template fills
 * it in; the other keys are those of a beacon's line.
 *
 * Whatever happens the answer is the picture, or the page would show a broken one; only a page of
 * another site gets none, and a prefetch, so that the page asks again once it is shown. HEAD views
 * nothing.
 */
#include "base/cleanup.h"
#include "public/beacon_event.h"
#include "public/origin.h"
#include "public/public.h"
#include "public/visit_commit.h"

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	const char *cookie;	    /* whole Set-Cookie value, or NULL */
	unsigned counter;
};

static enum handled send_answer(struct request *request, const struct answer *answer)
{
	(void)public_picture(request, answer->counter);
	if (answer->cookie)
		reply_header(request, "Set-Cookie", answer->cookie);
	return HANDLED;
}

static enum handled send_kept(struct request *request)
{
	return send_answer(request, request->state);
}

/* Return: 0; BEACON_E_LINE; as beacon_event_add(). */
static int add_view(struct visit_event *builder)
{
	struct request *request = builder->visit->request;
	struct beacon_line line = {
		.values[BEACON_TYPE] = SPAN("view"),
		.values[BEACON_URL] = request_value(request, HEADER_REFERER),
	};
	struct error wrong;
	int code = beacon_parse(request->query, &request->arena, &line, &wrong);

	line.type = EVENT_view;
	if (code == 0 && !line.values[BEACON_URL].data)
		code = BEACON_E_LINE;
	if (code == 0)
		code = beacon_event_add(builder, &line, &wrong);
	if (code == BEACON_E_LINE)
		visit_count_malformed(builder->visit);
	if (code < 0)
		event_writer_count_lost(builder->visit->app->writer);
	return code;
}

static enum handled finish(struct visit_event *builder, int code)
{
	struct request *request = builder->visit->request;
	struct answer now = {.counter = code == BEACON_E_LINE ? METRIC_REQUEST_PIXEL_BAD
							      : METRIC_REQUEST_PIXEL};
	struct event_ticket *ticket = visit_event_take(builder);
	struct answer *answer;

	if (!ticket)
		return send_answer(request, &now);
	now.cookie = visit_format_cookie(builder->visit);
	answer = arena_alloc(&request->arena, sizeof(*answer));
	if (!answer) {
		visit_commit_late(request, ticket);
		return send_answer(request, &now);
	}
	*answer = now;
	return visit_commit(request, ticket, &answer->commit, send_kept);
}

static enum handled take(const struct visit *visit)
{
	cleanup(visit_event_finish) struct visit_event builder;

	visit_event_init(&builder, visit);
	visit_count_cookies(visit);
	return finish(&builder, add_view(&builder));
}

enum handled public_pixel(struct request *request)
{
	const struct answer probe = {.counter = METRIC_REQUEST_PIXEL_PROBE};
	struct visit visit;

	if (request->state)
		return visit_commit_again(request);
	if (!origin_allows_get(request, public_tracker(request)))
		return reply_body(request, METRIC_REQUEST_PIXEL_ORIGIN, 403,
				  "text/plain; charset=utf-8", "no-store",
				  SPAN("This picture is for the pages of this tracker's sites.\n"));
	visit_init(&visit, request, EVENT_view);
	if (visit.prefetch)
		return public_prefetched(request, METRIC_REQUEST_PIXEL_PREFETCH);
	if (visit.head)
		return send_answer(request, &probe);
	return take(&visit);
}
