/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /tag: the tag of this browser's visitor, which the site's own server puts into a login proof
 * so that the proof is worth nothing in another browser. It is derived from the visitor id and
 * tells nothing about it. Without a visitor, or without the consent to tie one to a person, it is
 * all zeros.
 *
 * It reads the cookie and sets none. The answer is for one browser and one origin, and for a page
 * that somebody looks at: what a prerendered one would read may be another visitor's by then.
 */
#include "base/encode.h"
#include "crypto/id.h"
#include "public/origin.h"
#include "public/public.h"
#include "public/visit.h"

#include <stdio.h>

enum { TAG_CHARS = 2 * sizeof(struct visitor_tag) };

/* Also kept for a while, for events that the site's server reports with it. */
static void find_tag(const struct visit *visit, char ret_text[TAG_CHARS + 1])
{
	const struct visitor_id *visitor = &visit->identity.visitor;
	struct visitor_tag tag = {{0}};

	if (!id_is_zero(visitor, sizeof(*visitor))) {
		id_tag_of_visitor(visit->settings->keyring, visit->tracker->index, visitor, &tag);
		recent_tags_put(&visit->app->recent_tags, &tag, visitor);
	}
	hex_format(&tag, sizeof(tag), ret_text);
}

enum handled public_tag(struct request *request)
{
	char tag[TAG_CHARS + 1], body[sizeof("{\"tag\":\"\"}\n") + TAG_CHARS];
	struct visit visit;

	if (!origin_allows_get(request, public_tracker(request))) {
		(void)reply_json_error(request, METRIC_REQUEST_TAG_ORIGIN, 403,
				       "The tag is for the pages of this tracker's sites.");
		reply_header(request, "Vary", "Origin, Cookie");
		return HANDLED;
	}
	if (visit_is_prefetch(request))
		return public_prefetched(request, METRIC_REQUEST_TAG_PREFETCH);
	visit_init(&visit, request, EVENT_login);
	visit_count_cookies(&visit);
	find_tag(&visit, tag);
	(void)snprintf(body, sizeof(body), "{\"tag\":\"%s\"}\n", tag);
	(void)reply_body(request, METRIC_REQUEST_TAG, 200, "application/json", "private, no-store",
			 span_text(body));
	reply_header(request, "Vary", "Origin, Cookie");
	origin_share(request);
	return HANDLED;
}
