/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_UNIT_H
#define WAYMARK_SUMMARY_UNIT_H

#include "store/summary_env.h"
#include "summary/fact.h"

/* The units that facts are counted in. All of this happens inside of transactions. */

/* The unit that @subject is counted in; false: it was erased, and makes no facts any more. */
bool unit_find(struct txn *txn, const struct subject *subject, struct subject *ret_unit);
/* From now on it is @unit (which may be itself) because of event @sequence; NULL: it is erased. */
void unit_set(struct txn *txn, const struct subject *subject, const struct subject *unit,
	      uint64_t sequence);
/* All subjects that are counted in @unit but itself. */
void unit_each_member(struct txn *txn, const struct subject *unit,
		      void (*each)(void *context, const struct subject *member), void *context);

/*
 * The first person whose subject is at or behind @from and that has facts or members. False: there
 * is none.
 */
bool unit_find_person(struct txn *txn, struct span from, struct subject *ret_person);
/* The next subject in order, whether there is such a one or not. */
void subject_step(struct subject *subject);

#endif
