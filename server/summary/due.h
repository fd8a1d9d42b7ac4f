/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DUE_H
#define WAYMARK_SUMMARY_DUE_H

#include "store/summary_env.h"
#include "summary/fact.h"

/*
 * When units are to be folded again by themselves, since a verdict settles, or because not all of
 * their facts are in the totals yet; and how they were folded, for folding them before.
 */
struct due {
	usec_t time;	  /* 0: never by itself */
	usec_t as_of;	  /* with which the unit is in the totals */
	uint64_t through; /* of its facts, those up to this sequence are; 0: all */
};

/* @due->time 0: there is nothing to note, and what was is forgotten. */
void due_note(struct txn *txn, const struct subject *unit, const struct due *due);
/* False: it is settled, all of it is in the totals, and folds the same at any time. */
bool due_find(struct txn *txn, const struct subject *unit, struct due *ret_due);

/* Those that are due at @as_of, until @each says false; or those that are not in as a whole. */
void due_each(struct txn *txn, usec_t as_of,
	      bool (*each)(void *context, const struct subject *unit), void *context);
void due_each_partial(struct txn *txn, bool (*each)(void *context, const struct subject *unit),
		      void *context);

/* When the first one is; 0: none is. Likewise whether any is not in as a whole. */
usec_t due_next(struct summary_env *env);
bool due_any_partial(struct summary_env *env);

#endif
