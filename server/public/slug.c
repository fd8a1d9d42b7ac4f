/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /l/<slug>: a custom redirect for ads, social posts, printed codes and files. It knows no
 * person. The query names that were registered with it are handed on to the destination; all
 * others are recorded like those of any tracked link.
 */
#include "public/click_answer.h"
#include "public/public.h"
#include "store/store.h"
#include "text/url.h"
#include "track/pass_query.h"

static void take_link(struct click_target *target, const struct link *link)
{
	target->destination = link->destination;
	target->url = link->url;
	target->link = link->id;
	target->slug = link->slug;
	target->mailing = link->mailing;
	target->campaign = link->campaign;
	target->trap = (link->flags & LINK_FLAG_TRAP) != 0;
}

static void hand_query_on(struct request *request, const struct link *link,
			  struct click_target *target)
{
	cleanup_buffer struct buffer location = BUFFER_INIT;
	struct span copy;

	if (link->pass.size == 0 || request->query.size == 0)
		return;
	if (!pass_query(link->destination, link->pass, request->query, &location) || location.error)
		return;
	copy = arena_copy(&request->arena, buffer_span(&location));
	if (copy.data)
		target->destination = copy;
}

enum handled public_slug(struct request *request)
{
	const struct app *app = request->context;
	struct click_target target = {
		.counter = METRIC_REQUEST_SLUG,
		.probe_counter = METRIC_REQUEST_SLUG_PROBE,
		.prefetch_counter = METRIC_REQUEST_SLUG_PREFETCH,
	};
	cleanup_buffer struct buffer slug = {.limit = URL_MAX_BYTES};
	struct link link;
	int code;

	if (request->state)
		return click_answer_again(request);
	url_percent_decode(request->tail, &slug);
	code = link_find_slug(app->store, buffer_span(&slug), &request->arena, &link);
	if (code < 0)
		return public_unreadable(request, METRIC_REQUEST_SLUG_UNREADABLE);
	if (code != 0)
		return public_not_found(request, METRIC_REQUEST_SLUG_UNKNOWN);
	take_link(&target, &link);
	hand_query_on(request, &link, &target);
	return click_answer(request, &target);
}
