/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Totals = frozen + what the units fold to. First each unit that waits for something (a verdict, or
 * facts that are not counted yet) is brought up to date, so that all of its facts are in the totals
 * as of one time. Then frozen grows by what it folds to with the facts, less what it folds to
 * without them; the totals stay.
 *
 * A verdict on a fact that stays may rest on one that goes, so the second fold is as of the same
 * time, and its units are noted as folded so.
 */
#include "summary/freeze.h"

#include "summary/due.h"

/* As of when the units' facts are in the totals from now on. */
static usec_t time_of(const struct freeze *freeze)
{
	return freeze->ends ? UINT64_MAX : freeze->as_of;
}

static int count_unit(const struct freeze *freeze, const struct subject *unit, int sign,
		      usec_t as_of, usec_t *ret_due)
{
	tally_set_sign(freeze->tally, sign);
	return unit_fold_run(freeze->fold, unit, as_of, NULL, ret_due, NULL);
}

/* What waits is counted. */
static int catch_up(const struct freeze *freeze, struct txn *txn, const struct subject *unit)
{
	struct fact_range range = {0};
	struct due due;
	usec_t next;
	int r;

	if (!due_find(txn, unit, &due))
		return 0;
	range.through = due.through;
	unit_fold_limit(freeze->fold, &range);
	r = count_unit(freeze, unit, -1, due.as_of, &next);
	unit_fold_limit(freeze->fold, NULL);
	return r ? r : count_unit(freeze, unit, 1, time_of(freeze), &next);
}

static int remove_facts(const struct freeze *freeze, struct txn *txn, const struct subject *unit)
{
	struct due due = {.as_of = freeze->as_of};
	int r = count_unit(freeze, unit, 1, time_of(freeze), &due.time);

	if (r)
		return r;
	freeze->remove(txn, unit, freeze->context);
	r = count_unit(freeze, unit, -1, time_of(freeze), &due.time);
	due_note(txn, unit, &due);
	return r;
}

static int each_unit(const struct freeze *freeze, struct txn *txn, const struct subject *units,
		     size_t count, enum summary_database database,
		     int (*work)(const struct freeze *freeze, struct txn *txn,
				 const struct subject *unit))
{
	int r = 0;

	tally_clear(freeze->tally);
	for (size_t i = 0; i < count && !r && !summary_failed(txn); i++)
		r = work(freeze, txn, &units[i]);
	if (!r)
		r = tally_write(freeze->tally, txn, database);
	tally_clear(freeze->tally);
	return r;
}

int freeze_units(const struct freeze *freeze, struct txn *txn, const struct subject *units,
		 size_t count)
{
	int r = each_unit(freeze, txn, units, count, SUMMARY_TOTALS, catch_up);

	return r ? r : each_unit(freeze, txn, units, count, SUMMARY_FROZEN, remove_facts);
}
