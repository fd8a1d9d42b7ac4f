/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_APPLY_H
#define WAYMARK_SUMMARY_APPLY_H

#include "store/binding.h"
#include "summary/intake.h"
#include "summary/tally.h"
#include "summary/unit_fold.h"

/*
 * A batch of events into data/summary/, in one transaction with the position that they bring it to.
 * Each unit that they touch is folded as it was, which is taken from the totals, and as it is then,
 * which is added: whatever an event does to its unit (it may come late, undo, merge or erase), the
 * totals follow, and a kill leaves either all of it or nothing.
 */
struct apply;

int apply_new(struct summary_env *env, struct text_ids *texts, struct unit_fold *fold,
	      struct tally *tally, struct apply **ret_apply); /* all borrowed. 0; -ENOMEM */
void apply_free(struct apply *apply);			      /* NULL allowed */

/* One more event of the batch. Return: 0; -ENOMEM. */
int apply_add(struct apply *apply, const struct event *event, const struct intake_result *result);
size_t apply_size(const struct apply *apply); /* what waits: facts and changes */

/*
 * Bring everything up to a position and a time: the batch, with whom its browsers belong to by
 * state/ of @store, and the units whose verdicts are due. The batch is empty after it.
 *
 * Return: 0; negative errno: nothing has changed.
 */
struct apply_goal {
	uint64_t position;
	usec_t as_of;
	bool whole; /* large units, too, whose facts wait otherwise until they may be folded */
};
int apply_run(struct apply *apply, struct store *store, const struct apply_goal *goal);

#endif
