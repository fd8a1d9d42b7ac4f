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

struct settle_group {
	uint16_t visitor; /* SETTLE_NO_GROUP: it has none */
	uint16_t view;	  /* visitor and view */
	uint16_t mailing; /* never SETTLE_NO_GROUP: those of no mailing are one */
	uint16_t link;	  /* mailing and link */
	uint16_t address; /* mailing and network */
};

/*
 * Those of each event; of mails only with @mails, else they are all SETTLE_NO_GROUP. Linear in
 * @count, at most SETTLE_MAX_EVENTS. Return: 0; -ENOMEM.
 */
int settle_group(const struct settle_event *events, size_t count, bool mails,
		 struct settle_group *ret_groups);

#endif
