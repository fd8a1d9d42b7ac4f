/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DUE_H
#define WAYMARK_SUMMARY_DUE_H

#include "store/summary_env.h"
#include "summary/fact.h"

/*
 * Units whose verdicts change by themselves: when, and as of when the totals have them.
 *
 * due_note() notes that @unit is in the totals as of @as_of and changes at @due (0: never).
 * due_as_of(): as of when it is in them; @otherwise for one that is settled.
 */
void due_note(struct txn *txn, const struct subject *unit, usec_t due, usec_t as_of);
usec_t due_as_of(struct txn *txn, const struct subject *unit, usec_t otherwise);

/* Those that are due by @as_of, soonest first, until @each says false. */
void due_each(struct txn *txn, usec_t as_of,
	      bool (*each)(void *context, const struct subject *unit), void *context);

/* The next time at which something is due; 0: nothing is. Outside of transactions. */
usec_t due_next(struct summary_env *env);

#endif
