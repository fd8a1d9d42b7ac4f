/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_VISIT_H
#define WAYMARK_PUBLIC_VISIT_H

#include "app/app.h"
#include "track/identity.h"

/*
 * One look at a request of the public listener, for its answer and for its events: which tracker,
 * what the request says it is for, who is asking, and at what time. Lives as long as the call of
 * the handler that made it.
 */
struct visit {
	struct request *request;
	struct app *app;
	const struct settings *settings; /* under which the request began */
	const struct tracker *tracker;
	enum event_type
		type; /* of its events; EVENT_probe for a click or open by HEAD or prefetch */
	struct span purpose; /* Sec-Purpose, Purpose or X-Moz; absent when none */
	bool prefetch, head;
	usec_t now; /* wall: one time for the cookie and for the events */
	struct identity identity;
};

/* @type: what the request causes, if it is no probe. */
void visit_init(struct visit *visit, struct request *request, enum event_type type);

static inline bool visit_is_probe(const struct visit *visit)
{
	return visit->head || visit->prefetch;
}

/* From here on the consent of the person whom the mail was sent to (identity_of_reader()) holds,
 * and not the browser's. */
void visit_for_reader(struct visit *visit, struct span choice);

/* Is it asked for before anybody looks? For whoever needs no visit to say no. */
bool visit_is_prefetch(const struct request *request);

/* What its request says of identity and consent, as track/ asks for it. */
void visit_ask(const struct visit *visit, struct identity_request *ret_asked);

/* Count what its cookies told: two that differ, one that did not verify. */
void visit_count_cookies(const struct visit *visit);
/* The whole Set-Cookie value for the answer, which sets or drops the cookie, in the request's
 * arena; NULL: there is none. */
const char *visit_format_cookie(const struct visit *visit);

/*
 * Is an event of @type not even made, by a limit of the request's address or tracker, or for want
 * of disk? If so it has been counted, as rejected or dropped.
 */
bool visit_is_left_out(const struct visit *visit, enum event_type type);

/* Whether beacons and opens give way to clicks, from half the writer's queue on. If so the event
 * has been counted dropped. */
bool visit_gives_way(const struct visit *visit);

/* Count an event that what came in could not be made of: rejected. */
void visit_count_malformed(const struct visit *visit);

/* Count a token that did not verify, by purpose. */
void visit_count_forged(struct request *request, enum purpose purpose);

#endif
