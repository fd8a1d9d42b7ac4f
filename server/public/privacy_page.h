/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_PRIVACY_PAGE_H
#define WAYMARK_PUBLIC_PRIVACY_PAGE_H

#include "http/reply.h"
#include "public/texts.h"
#include "track/identity.h"

/*
 * The page /privacy: what is recorded, for whom, why and for how long, and the forms to choose and
 * to be forgotten (DESIGN.md 3; in Japan 電気通信事業法 27条の12 asks for such a page). Everything
 * on it is made from the configuration and from the consent table itself, so that it cannot say
 * what the server does not do.
 */
enum privacy_done { PRIVACY_NOTHING, PRIVACY_CHOSEN, PRIVACY_SIGNAL, PRIVACY_FORGOTTEN };

struct privacy_page {
	const struct config *config;
	const struct tracker *tracker;
	const struct identity *identity; /* of the browser that asks */
	enum language language;
	enum privacy_done done; /* what a form has just done */
};

/* The word in the address that says so: "/privacy?lang=en&done=choice". NULL: PRIVACY_NOTHING. */
const char *privacy_done_text(enum privacy_done done);
enum privacy_done privacy_done_find(struct span text);

/* What every page of ours begins with, up to <body>. */
void privacy_head_append(struct buffer *to, enum text_id title, enum language language);

void privacy_page_append(const struct privacy_page *page, struct buffer *to);

/* A short page that says why a form was not taken, with the way back. */
void privacy_refusal_append(enum text_id why, enum language language, struct buffer *to);

/* Answer with such a page: for this browser only, fetching nothing, in no frame. */
enum handled privacy_reply(struct request *request, unsigned counter, unsigned status,
			   enum language language, struct buffer *html);
/* The answer to a form of ours: 303 to @location, a path of this host. */
enum handled privacy_redirect(struct request *request, unsigned counter, const char *location);
/*
 * The same: 303 to /privacy, which says what was done, in the form's language.
 */
enum handled privacy_return(struct request *request, unsigned counter, enum language language,
			    enum privacy_done done);

#endif
