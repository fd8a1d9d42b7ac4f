/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_PRIVACY_H
#define WAYMARK_TRACK_PRIVACY_H

#include "config/config.h"

/*
 * What of an address may be recorded (DESIGN.md 6).
 *
 * Page-URL rule: scheme, host, port and path; of the query only the parameters listed in
 * config.page_query; no fragment, no userinfo; what looks like an e-mail address (also
 * percent-encoded) becomes "[email]". Appends to @to; nothing when @url is not http(s).
 */
void privacy_page_url(const struct config *config, struct span url, struct buffer *to);

/* The listed parameters of @query, as they stand, joined by '&', by the same rule. */
void privacy_query(const struct config *config, struct span query, struct buffer *to);

/* Text of a header (an agent, a language): as it is, but for what looks like an address. */
void privacy_text(struct span text, struct buffer *to);

/*
 * What a site or a visitor said, as a title or a property: where it is an http(s) address as a
 * whole, that address by the page-URL rule and without any query; all else as privacy_text().
 */
void privacy_value(struct span text, struct buffer *to);

/* Referrer rule: the origin, or for origins in config.full_referrers by the page-URL rule. */
void privacy_referrer(const struct config *config, struct span referrer, struct buffer *to);

#endif
