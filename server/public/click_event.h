/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_CLICK_EVENT_H
#define WAYMARK_PUBLIC_CLICK_EVENT_H

#include "public/visit.h"

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
	bool two_parts; /* the person came by a token of its own, a mailer's merge field */
	struct prospect_id prospect;
	bool trap;
	/* Which request counter it ends in. */
	unsigned counter, probe_counter, prefetch_counter;
};

/*
 * The event of a click (or of a probe) as a ticket that is ready to be appended.
 *
 * Return: 0; as visit_event_begin() and visit_event_add().
 */
int click_event_ticket(const struct visit *visit, const struct click_target *target,
		       struct event_ticket **ret_ticket);

#endif
