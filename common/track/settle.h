/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_SETTLE_H
#define WAYMARK_TRACK_SETTLE_H

#include "base/clock.h"
#include "crypto/id.h"
#include "store/schema.h"
#include "track/verdict.h"

/*
 * Human or machine, by what happened around an event (DESIGN.md 7): several links of one mail at
 * once, a machine at the same address, the landing page that a person saw. Pure: the same events,
 * rules and time give the same verdicts.
 *
 * A verdict of an event at t rests on events from t - SETTLE_WINDOW to t + limits.settle (10
 * minutes), and on none after @as_of. From then on it stays, unless an event turns up late.
 */

/* What a request showed. Bits of struct settle_event. */
enum settle_bit {
	SETTLE_LANGUAGE = 1 << 0,  /* Accept-Language was there */
	SETTLE_SEC_FETCH = 1 << 1, /* any of Sec-Fetch-* was there */
	SETTLE_HTTPS = 1 << 2,	   /* the tracker is reached by https */
	SETTLE_HEAD = 1 << 3,
	SETTLE_PREFETCH = 1 << 4, /* Sec-Purpose and the like */
	SETTLE_TRAP = 1 << 5,	  /* a link that no person sees */
	SETTLE_INPUT = 1 << 6,	  /* of a leave: a trusted input event */
	SETTLE_NO_HEADERS =
		1 << 7 /* not from a request (imported, reported): headers say nothing */
};

struct settle_event {
	usec_t time;
	uint64_t sequence;
	enum event_type type;
	uint32_t bits;			   /* enum settle_bit */
	const struct verdict_agent *agent; /* NULL: none was sent */
	uint32_t agent_id;		   /* equal for equal agents; 0: none */
	uint32_t net;			   /* verdict_rules_recorded_net(); 0: none */
	uint64_t network;		   /* equal for equal truncated addresses; 0: none */
	struct link_id link;		   /* zeros: none; of mailing and visitor likewise */
	struct mailing_id mailing;
	struct visitor_id visitor;
	uint64_t view; /* of a view and its leave; 0: none */
	uint32_t visible_ms;
	uint8_t evidence; /* enum evidence */
};

struct settle_verdict {
	enum verdict_class class; /* as far as is known, also before it is settled */
	enum verdict_open open;	  /* of an open */
	bool settled;
	usec_t due;	  /* when it will be, where it is not */
	uint64_t reasons; /* bit by number of verdict_rules_table.h; verdict_reasons_text() */
};

/* Whoever calls cuts a unit where nothing happens for longer, and after so many events. */
#define SETTLE_WINDOW ((usec_t)30 * 60 * USEC_PER_SEC)
enum { SETTLE_MAX_EVENTS = 16384 };

/* What the rules of stage REQUEST say of one. */
uint64_t settle_request_reasons(const struct verdict_rules *rules,
				const struct settle_event *event);

/*
 * @events: of one person or browser, in order of time, at most SETTLE_MAX_EVENTS. One verdict for
 * each; an event that no request made is unknown and settled. Linear in @count; allocates where
 * these are many. Return: 0; -ENOMEM.
 */
int settle(const struct verdict_rules *rules, const struct settle_event *events, size_t count,
	   usec_t as_of, struct settle_verdict *ret_verdicts);

#endif
