/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_REPLY_H
#define WAYMARK_HTTP_REPLY_H

#include "http/router.h"

/*
 * Answers. Each function sets request->reply and, unless the handler set it before, counts the
 * request in @counter; it returns HANDLED so that a handler can end with return reply_…(). Every
 * answer has X-Content-Type-Options: nosniff; redirects have Cache-Control: no-store and
 * Referrer-Policy: no-referrer, pages Referrer-Policy: same-origin. Pages and JSON of a failure
 * carry the id of the line that it leaves in the log (incident.h). The library's own refusals
 * (refusal.c) have none of these: it makes them without asking us.
 */

/* 302 to @location byte for byte. @cookie: a whole Set-Cookie value, or NULL. A location that the
 * library refuses (control bytes) becomes a 500 page, counted as such: never a 302 to nowhere. */
enum handled reply_redirect(struct request *request, unsigned counter, struct span location,
			    const char *cookie);

/* 204, not to be stored. @cookie: as above. */
enum handled reply_done(struct request *request, unsigned counter, const char *cookie);

/* A body with its type; @cache: the Cache-Control value. The body is copied. */
enum handled reply_body(struct request *request, unsigned counter, unsigned status,
			const char *content_type, const char *cache, struct span body);

/* A small HTML page in the house style: title, one sentence, a link home (@home may be NULL). */
enum handled reply_page(struct request *request, unsigned counter, unsigned status,
			const char *title, const char *sentence, const char *home);

/* 429 with Retry-After, made without anything that costs. */
enum handled reply_limited(struct request *request, unsigned counter);

/* {"error": sentence, "request": id} with the status; for the admin listener and the socket. */
enum handled reply_json_error(struct request *request, unsigned counter, unsigned status,
			      const char *sentence);

/* One more header on the reply that was just set, e.g. Retry-After. */
void reply_header(struct request *request, const char *name, const char *value);
/* The connection closes after this answer. */
void reply_close(struct request *request);

#endif
