/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_SETTLE_INTERNAL_H
#define WAYMARK_TRACK_SETTLE_INTERNAL_H

#include "track/settle_group.h"

/* What the files of settle() share: the events that are judged, and what is known of them. */
struct settle_row {
	/* Of the group whose first event has this row: the last time before the event at hand, or
	 * the first one after it. */
	usec_t input;	 /* visitor: a trusted input event */
	usec_t proof;	 /* visitor: a login, a confirmation */
	usec_t declared; /* visitor: a form */
	usec_t hit;	 /* address: a certain machine */
	usec_t trapped;	 /* mailing: a trap link */
	usec_t sent;	 /* mailing: it was sent; forwards only */
	usec_t landed;	 /* mailing: the page of a click was shown */
	usec_t shown;	 /* visitor: a page; backwards only */
	usec_t seen;	 /* visitor: when it was known that one was seen; backwards only */
	usec_t clicked;	 /* visitor: its last click; forwards only */
	int doubt;	 /* visitor: what that weighs */

	uint16_t links;	      /* link: clicks in the window */
	uint16_t first, last; /* any: its clicks, in order */

	/* Of the event. */
	uint16_t next;	/* click of the same group */
	usec_t seen_at; /* of a view: when it was known that it was seen */
	usec_t page_at; /* of a click: when its page was shown */
};

struct settle_work {
	const struct verdict_rules *rules;
	const struct verdict_limits *limits;
	const struct settle_event *events;
	struct settle_verdict *verdicts;
	size_t count; /* of the events that are not after @as_of */
	bool clicks;  /* there are some */
	struct settle_group *groups;
	struct settle_row *rows;
};

/* The request by itself is a certain machine's that looked at links. */
bool settle_is_hit(const struct settle_work *work, size_t index);

/* settle_burst.c: what several clicks of one mail, or on one link, say of each other. */
void settle_bursts(struct settle_work *work);
void settle_repeated(struct settle_work *work);

static inline usec_t settle_at_most(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

#endif
