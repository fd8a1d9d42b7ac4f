/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REFOLD_H
#define WAYMARK_SUMMARY_REFOLD_H

#include "summary/tally.h"
#include "summary/unit_fold.h"

/*
 * All totals anew from the facts, without the log: after a first run, and when rules have changed.
 * Until it is done "rules" in "meta" is empty, so that one that was cut short begins again, and
 * nobody reads half of the totals.
 *
 * @memory_bytes: for what waits to be written. Return: 0; negative errno.
 */
int refold(struct summary_env *env, struct unit_fold *fold, struct tally *tally, usec_t as_of,
	   size_t memory_bytes);

/*
 * The same for whoever has the facts of browsers at hand anyway, and folds these units with @fold:
 * refold_unit() ends one, refold_written() is called between two transactions now and then. Then
 * refold_people() folds the units of people from the database, and refold_end() says that all is
 * done.
 */
struct refold;
int refold_new(struct summary_env *env, struct unit_fold *fold, struct tally *tally, usec_t as_of,
	       size_t memory_bytes, struct refold **ret_refold);
void refold_free(struct refold *refold); /* NULL allowed */
int refold_unit(struct refold *refold, const struct subject *unit);
int refold_written(struct refold *refold);
int refold_people(struct refold *refold);
int refold_end(struct refold *refold);

#endif
