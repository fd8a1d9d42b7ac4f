/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_CLICK_EVENT_H
#define WAYMARK_PUBLIC_CLICK_EVENT_H

#include "app/app.h"
#include "track/identity.h"

/*
 * What a tracked link turned out to be, whichever route found it. Spans live in the request's
 * arena or longer; zero ids mean none.
 */
struct click_target {
	struct span destination; /* what Location will be */
	struct span url;	 /* by the page-URL rule, for the event; absent: not known */
	struct link_id link;
	struct mailing_id mailing;
	struct campaign_id campaign;
	struct span slug;
	bool has_prospect;
	struct prospect_id prospect;
	bool trap;
	/* Which request counter it ends in. */
	unsigned counter, probe_counter, prefetch_counter;
};

/* One look at the request, for the answer and for its event. */
struct click_request {
	struct request *request;
	const struct tracker *tracker;
	struct span purpose; /* Sec-Purpose, Purpose or X-Moz; absent when none */
	bool prefetch, head;
	usec_t now; /* wall: one time for the cookie and for the event */
	struct identity identity;
};
void click_request_init(struct click_request *click, struct request *request);

/*
 * The event of a click (or of a probe) as a ticket that is ready to be appended.
 *
 * Return: 0; CLICK_E_NOT_STORED when consent says that nothing is kept (counted dropped); negative
 * errno.
 */
enum { CLICK_E_NOT_STORED = 1 };
int click_event_ticket(const struct click_request *click, const struct click_target *target,
		       struct event_ticket **ret_ticket);

#endif
