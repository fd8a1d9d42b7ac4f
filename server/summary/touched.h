/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_TOUCHED_H
#define WAYMARK_SUMMARY_TOUCHED_H

#include "store/binding.h"
#include "summary/intake.h"
#include "summary/unit.h"

/*
 * The subjects that a batch of events touches, and whose they are by state/ afterwards: whatever an
 * event does to its unit (it may come late, undo, merge or erase), the subject says which unit it
 * is counted in from then on.
 */
struct touched {
	struct subject subject, unit; /* @unit by state/ */
	bool erased;
	uint64_t sequence; /* of the event that says so */
};

struct touched_list {
	struct summary_env *env;
	struct touched *rows;
	size_t count, capacity;
	struct intake_result *pending; /* what touches whom is to be found out */
	size_t pending_count, pending_capacity;
};

/* {.env = …} is an empty list. All return 0; -ENOMEM or another negative errno. */
void touched_finish(struct touched_list *list);
void touched_clear(struct touched_list *list);
int touched_add(struct touched_list *list, const struct subject *subject, uint64_t sequence);
/* A change of who is whom, by the event of that sequence. */
int touched_add_change(struct touched_list *list, const struct intake_result *change,
		       uint64_t sequence);

/* Ask state/ of @store, and data/summary/ for who is counted together, when the log is summarized
 * through @position. Each is in the list once, in the order of subjects. */
int touched_ask(struct touched_list *list, struct store *store, uint64_t position);

#endif
