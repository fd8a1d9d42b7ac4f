/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /l/<slug>: a custom redirect for ads, social posts, printed codes and files. It knows no
 * person. The query names that were registered with it are handed on to the destination; all
 * others are recorded like those of any tracked link.
 *
 * What no other row of the table answers may be a path of the system that had this host before,
 * whose links lie in mails and on paper; `waymark link import` has made such a path a slug, too.
 * Whom its recipient was that system knows: here they are anonymous.
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

/* STORE_E_NOT_FOUND: there is none, and nothing is answered yet. */
static int answer(struct request *request, struct span asked, struct click_target *target,
		  unsigned unreadable, enum handled *ret_handled)
{
	const struct app *app = request->context;
	cleanup_buffer struct buffer slug = {.limit = URL_MAX_BYTES};
	struct link link;
	int code;

	url_percent_decode(asked, &slug);
	code = link_find_asked(app->store, buffer_span(&slug), &request->arena, &link);
	if (code > 0)
		return code;
	if (code < 0) {
		*ret_handled = public_unreadable(request, unreadable);
		return 0;
	}
	take_link(target, &link);
	hand_query_on(request, &link, target);
	*ret_handled = click_answer(request, target);
	return 0;
}

enum handled public_slug(struct request *request)
{
	struct click_target target = {
		.counter = METRIC_REQUEST_SLUG,
		.probe_counter = METRIC_REQUEST_SLUG_PROBE,
		.prefetch_counter = METRIC_REQUEST_SLUG_PREFETCH,
	};
	enum handled handled;

	if (request->state)
		return click_answer_again(request);
	if (answer(request, request->tail, &target, METRIC_REQUEST_SLUG_UNREADABLE, &handled))
		return public_not_found(request, METRIC_REQUEST_SLUG_UNKNOWN);
	return handled;
}

enum handled public_path(struct request *request)
{
	struct click_target target = {
		.counter = METRIC_REQUEST_PATH,
		.probe_counter = METRIC_REQUEST_PATH_PROBE,
		.prefetch_counter = METRIC_REQUEST_PATH_PREFETCH,
	};
	enum handled handled;

	if (request->state)
		return click_answer_again(request);
	if (!answer(request, request->path, &target, METRIC_REQUEST_PATH_UNREADABLE, &handled))
		return handled;
	if (request->limited)
		return reply_limited(request, METRIC_REQUEST_LIMITED);
	return reply_page(request, METRIC_REQUEST_NOT_FOUND, 404, "Not found",
			  "There is nothing at this address.", NULL);
}
