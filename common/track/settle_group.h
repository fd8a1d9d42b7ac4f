/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_SETTLE_GROUP_H
#define WAYMARK_TRACK_SETTLE_GROUP_H

#include "track/settle.h"

/*
 * Which events have something in common: the group of an event is the index of the first one with
 * the same browser, mailing, and so on, so that whatever is known of a group lies in an array by
 * that index.
 */
enum { SETTLE_NO_GROUP = UINT16_MAX };

struct settle_groups {
	uint16_t visitor[SETTLE_MAX_EVENTS]; /* SETTLE_NO_GROUP: it has none */
	uint16_t view[SETTLE_MAX_EVENTS];    /* visitor and view */
	uint16_t
		mailing[SETTLE_MAX_EVENTS]; /* never SETTLE_NO_GROUP: those of no mailing are one */
	uint16_t link[SETTLE_MAX_EVENTS];   /* mailing and link */
	uint16_t address[SETTLE_MAX_EVENTS]; /* mailing and network */
};

/* Linear in @count, at most SETTLE_MAX_EVENTS. */
void settle_group(const struct settle_event *events, size_t count,
		  struct settle_groups *ret_groups);

#endif
