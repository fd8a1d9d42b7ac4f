/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_INTAKE_INTERNAL_H
#define WAYMARK_SUMMARY_INTAKE_INTERNAL_H

#include "summary/intake.h"

/* What the files of the intake share. */
enum { TRACKERS_MAX = 64, TEXTS_KNOWN = EVENT_WALK_TEXTS };

/* What follows from a text with a number; 0 where that was not asked yet. */
struct intake_known {
	uint32_t number, text; /* text: its id */
	uint32_t page;	       /* id, when it is an address without a query */
	uint32_t sec_fetch;    /* bits */
};

struct intake {
	const struct tracker_set *trackers;
	struct text_ids *texts;
	uint32_t asked[TRACKERS_MAX]; /* text ids of hosts, by id; and what is known of them */
	bool https[TRACKERS_MAX];
	const struct event_walk_numbers *numbers; /* of the event at hand */
	struct intake_known known[TEXTS_KNOWN];
	struct buffer scratch, decoded;
};

/* intake_props.c: what the event's props say. Return: 0; negative errno. */
int intake_props(struct intake *intake, const struct event *event, struct fact *fact);

#endif
