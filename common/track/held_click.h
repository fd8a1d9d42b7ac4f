/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_HELD_CLICK_H
#define WAYMARK_TRACK_HELD_CLICK_H

#include "track/identity.h"

/*
 * A click under pending consent counts for its campaign and for nobody. With
 * consent.hold_click_minutes its claim (whose link it was) waits in a cookie of its own, which only
 * POST /consent reads: who then agrees is known as the person whose link they followed, and who
 * does not has left no trace here. The cookie is a token of purpose 12, bound to the tracker's
 * host, HttpOnly, and gone from the browser when its minutes are over.
 */
struct held_click {
	struct prospect_id prospect;
	struct link_id link; /* zeros: a self-contained link */
	struct mailing_id mailing;
	struct campaign_id campaign;
	usec_t time; /* wall, whole seconds */
};

/* Is a click with this identity one to hold? Only a top-level navigation under pending is. */
bool held_click_applies(const struct config *config, const struct identity *identity);

/*
 * The whole Set-Cookie value that holds @click, appended to @to. False, and nothing appended, when
 * it cannot be minted.
 */
bool held_click_format(const struct identity_request *request, const struct held_click *click,
		       struct buffer *to);
/* The same cookie, empty and over at once. */
void held_click_format_none(const struct tracker *tracker, struct buffer *to);

/*
 * The click that the browser's cookie holds, not older than hold_click_minutes. @ret_sent: the
 * browser sent a cookie of that name at all, so it is to be dropped. False when there is none, or
 * two different ones: somebody planted one of them.
 */
bool held_click_take(const struct identity_request *request, struct held_click *ret_click,
		     bool *ret_sent);

#endif
