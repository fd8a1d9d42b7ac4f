/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_HANDOVER_H
#define WAYMARK_TRACK_HANDOVER_H

#include "track/tracker.h"

/*
 * A visitor who goes from a site of one tracker to a site of another one of the same owner: their
 * domains have nothing in common, so neither do their cookies. The first tracker signs a link to
 * the second one (purpose 10: a nonce, when its time is over, and the page); what the nonce stands
 * for stays in the server's memory (app/handovers.h), so that the link names nobody.
 */
enum { HANDOVER_SECONDS = 120 };

/*
 * The tracker that the page @url is on a site of: @from itself, for a page of its own, else the
 * first that has it. The page as a browser would ask for it is appended to @ret_page.
 *
 * Return: NULL when it is on no site of any tracker, holds a user name or a backslash, or is longer
 * than a token takes; then @ret_page says nothing.
 */
const struct tracker *handover_find(const struct tracker_set *trackers, const struct tracker *from,
				    struct span url, struct buffer *ret_page);

/* Is @page on a site of @tracker? As of now: a token outlives a change of the configuration. */
bool handover_leads_to(const struct tracker *tracker, struct span page);

#endif
