/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_TEXT_LINKS_H
#define WAYMARK_TEXT_TEXT_LINKS_H

#include "base/bytes.h"

/*
 * http and https URLs in plain text, as mail programs make them clickable: from the scheme to the
 * last character that plausibly belongs to the URL (balanced brackets stay, trailing punctuation
 * and closing quotes do not; RFC 3986 appendix C angle brackets end it). Only URLs that write their
 * scheme. Linear; any bytes.
 */
struct text_link {
	struct span url; /* into the text */
	size_t line;	 /* from 1 */
};

int text_links_find(struct span text, int (*found)(void *context, const struct text_link *link),
		    void *context);

#endif
