/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_INTAKE_H
#define WAYMARK_SUMMARY_INTAKE_H

#include "store/event_walk.h"
#include "summary/fact.h"
#include "summary/text_ids.h"
#include "track/tracker.h"

/*
 * What an event means to the summaries: a fact with the subjects that it lies under, and what it
 * says of who is whom. It reads clear fields only.
 */
struct intake;

enum intake_change {
	INTAKE_NOTHING,
	INTAKE_CONFLICT, /* the event right before it is about someone else's link or address */
	INTAKE_BROWSER,	 /* whose @visitor is may have changed */
	INTAKE_BINDING,	 /* whose the visitor of binding @refers is may have changed */
	INTAKE_LEAK,	 /* of all browsers that claimed @person by @link or @campaign */
	INTAKE_MERGE,	 /* @other is @person */
	INTAKE_ERASE	 /* @person was erased */
};

struct intake_copy {
	struct subject subject;
	uint32_t bits; /* of the fact, as it lies under this subject */
};

struct intake_result {
	struct fact fact;
	struct intake_copy copies[2];
	unsigned copy_count; /* 0: it makes no fact */
	enum intake_change change;
	struct visitor_id visitor;
	struct handle person, other;
	struct link_id link;
	struct campaign_id campaign;
	uint64_t refers;
};

/* Both are borrowed. Return: 0; -ENOMEM. */
int intake_new(const struct tracker_set *trackers, struct text_ids *texts,
	       struct intake **ret_intake);
void intake_free(struct intake *intake); /* NULL allowed */

/*
 * Outside of transactions, since texts may be asked for. @numbers are of one walk for as long as
 * the intake lives; what is not @change's in *ret_result is undefined. Return: 0; negative errno.
 */
int intake_take(struct intake *intake, const struct event *event,
		const struct event_walk_numbers *numbers, struct intake_result *ret_result);

#endif
