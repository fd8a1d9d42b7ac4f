/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that are always the same.
 *
 * robots.txt keeps well-behaved crawlers from following tracked links, which would be counted.
 * There is no icon: an empty answer, cached, spares a 404 in every browser's console.
 */
#include "public/public.h"

enum handled public_robots(struct request *request)
{
	return reply_body(request, METRIC_REQUEST_ASSET, 200, "text/plain; charset=utf-8",
			  "public, max-age=86400", SPAN("User-agent: *\nDisallow: /\n"));
}

enum handled public_favicon(struct request *request)
{
	return reply_body(request, METRIC_REQUEST_ASSET, 204, "image/x-icon",
			  "public, max-age=86400", SPAN(""));
}
