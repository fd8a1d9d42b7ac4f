/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_TEXT_SWEEP_H
#define WAYMARK_SUMMARY_TEXT_SWEEP_H

#include "base/clock.h"
#include "summary/text_ids.h"

/*
 * Texts of data/summary/ that no fact and no total names any more go: numbers of orders, agents,
 * referrers of somebody who was erased or whose events are pruned. To know them takes a walk over
 * all facts, so it is done where facts were removed, and once a day at most.
 */

/* So many @facts were removed in @txn. */
void text_sweep_note(struct txn *txn, uint64_t facts);

/* Is it time for one at @as_of? Return: 0; negative errno. */
int text_sweep_is_due(struct summary_env *env, usec_t as_of, bool *ret_due);

/*
 * Look at everything, then remove. @texts are those of @env, with nothing that waits; they and all
 * who remember numbers that they gave must be made anew behind it, whatever it returns. @stop
 * (NULL: never) is asked now and then; what is done by then is right.
 *
 * Memory: a bit for each text that there ever was. Return: 0; -ECANCELED; another negative errno.
 */
int text_sweep_run(struct summary_env *env, struct text_ids *texts, usec_t as_of,
		   bool (*stop)(void));

#endif
