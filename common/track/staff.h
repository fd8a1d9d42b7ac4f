/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_STAFF_H
#define WAYMARK_TRACK_STAFF_H

#include "crypto/token.h"
#include "track/tracker.h"

/*
 * The mark of a browser whose owner works for the site: what it does is kept with the reason
 * "staff" and not counted (track/internal.h). An operator mints one link for all of the staff;
 * whoever opens it in time and presses its button has that link's token as a cookie, beside the
 * visitor's own and whatever the consent is. The token is bound to one tracker and names nobody.
 */
enum { STAFF_LINK_DAYS = 30 }; /* how long a link can be used, if nobody says otherwise */

/* Into @ret_text, which needs TOKEN_STAFF_CHARS + 1 bytes; good until @second. */
int staff_mint(const struct keyring *keyring, const struct tracker *tracker, uint32_t second,
	       char *ret_text);

/* Return: 0, also when its time is over, which is the caller's to judge; TOKEN_E_*. */
int staff_open(const struct keyring *keyring, const struct tracker *tracker, struct span text,
	       uint32_t *ret_second);

/* Does one of the Cookie headers carry a mark of @tracker that verifies? */
bool staff_is_marked(const struct keyring *keyring, const struct tracker *tracker,
		     const struct span *cookies, size_t cookie_count);

/* Whole Set-Cookie values: the mark, for as long as a visitor's cookie; and its end. */
void staff_format_cookie(const struct tracker *tracker, struct span token, struct buffer *to);
void staff_format_no_cookie(const struct tracker *tracker, struct buffer *to);

#endif
