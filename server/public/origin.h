/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_ORIGIN_H
#define WAYMARK_PUBLIC_ORIGIN_H

#include "http/reply.h"
#include "track/tracker.h"

/*
 * Which pages may talk to a tracker: its own, and those of its sites (DESIGN.md 5). Browsers write
 * Origin, Sec-Fetch-Site and Referer, pages cannot; whatever is no browser can write anything, and
 * gets nothing by it but an event without a cookie.
 *
 * No request that our pages make is one that browsers ask about first (OPTIONS), and nothing here
 * answers that question: so no page can send us another type of body, or a header of its own.
 */

/*
 * For what a POST changes: exactly one Origin, of the tracker or one of its sites, that
 * Sec-Fetch-Site, where the browser sends it, does not contradict.
 */
bool origin_allows(struct request *request, const struct tracker *tracker);

/*
 * For a GET, which browsers send without an Origin for pictures and within one origin: as above
 * when there is one, else by Sec-Fetch-Site (same-origin or same-site), and by Referer, of which
 * one must be there and none may say otherwise.
 */
bool origin_allows_get(struct request *request, const struct tracker *tracker);

/* Scheme, host and port of an absolute address, as they are written. */
struct span origin_of_url(struct span url);

/*
 * Let a page of another origin, which has been allowed, read the answer that was just set, if its
 * script asked for that: a beacon that only posts (Sec-Fetch-Mode: no-cors) needs no such header.
 */
void origin_share(struct request *request);

#endif
