/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_SESSION_H
#define WAYMARK_SUMMARY_SESSION_H

#include "base/clock.h"
#include "crypto/id.h"

/*
 * What belongs together of what one browser or one person did (DESIGN.md 9): a session ends with a
 * pause of more than 30 minutes, or when they come by another campaign. Pure; fed in the order of
 * the log, which is that of time but for a little.
 */
struct session {
	usec_t first, last;
	uint32_t events, views, arrivals; /* leaves are none of them */
	struct campaign_id campaign;	  /* zeros: none so far */
};

struct session_event {
	usec_t time;
	bool is_view;
	bool is_arrival; /* the click on a link that led there */
	bool is_leave;	 /* prolongs a session, and is nothing that they did: never the first */
	struct campaign_id campaign; /* zeros: it has none, so it belongs to any */
};

enum { SESSION_PAUSE_MINUTES = 30 };

/*
 * Add @event if it belongs to @session; to {0}, which is no session yet, every event does. It may
 * be earlier than what was added: then the session begins earlier. False: it does not, and nothing
 * is changed; whoever asks begins another one.
 */
bool session_add(struct session *session, const struct session_event *event);

static inline usec_t session_duration(const struct session *session)
{
	return session->last - session->first;
}

/* They saw one page and did nothing else, but for the click that led there. */
static inline bool session_is_bounce(const struct session *session)
{
	return session->events - session->arrivals == 1 && session->views == 1;
}

#endif
