/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Erases are few, so each unit is frozen by itself. What is frozen holds no id of anybody: sums by
 * day of things that many did.
 *
 * Members are gathered before anything is written, since a database must not be changed while it
 * is walked.
 */
#include "summary/erasure.h"

#include "summary/freeze.h"
#include "summary/text_sweep.h"

#include <errno.h>
#include <stdlib.h>

enum { AT_ONCE = 64 };

void erasure_finish(struct erasure *erasure)
{
	free(erasure->members);
	erasure->members = NULL;
	erasure->count = erasure->capacity = 0;
}

static void add_member(void *context, const struct subject *member)
{
	struct erasure *erasure = context;

	if (erasure->count == erasure->capacity) {
		size_t capacity = erasure->capacity ? 2 * erasure->capacity : 64;
		struct subject *members =
			reallocarray(erasure->members, capacity, sizeof(*members));

		if (!members) {
			erasure->error = -ENOMEM;
			return;
		}
		erasure->members = members;
		erasure->capacity = capacity;
	}
	erasure->members[erasure->count++] = *member;
}

static void erase_members(struct txn *txn, const struct subject *unit, void *context)
{
	struct erasure *erasure = context;
	uint64_t before = erasure->removed;

	erasure->count = 0;
	erasure->error = 0;
	if (erasure->whole) {
		unit_each_member(txn, unit, add_member, erasure);
		add_member(erasure, unit);
	} else {
		add_member(erasure, erasure->subject);
	}
	summary_fail(txn, erasure->error);
	for (size_t i = 0; i < erasure->count && !summary_failed(txn); i++) {
		erasure->removed += fact_store_delete(txn, &erasure->members[i]);
		unit_set(txn, &erasure->members[i], NULL, erasure->sequence);
	}
	text_sweep_note(txn, erasure->removed - before);
}

int erasure_run(struct erasure *erasure, struct txn *txn, const struct subject *subject, bool whole)
{
	const struct freeze freeze = {
		.fold = erasure->fold,
		.tally = erasure->tally,
		.as_of = erasure->as_of,
		.ends = whole,
		.remove = erase_members,
		.context = erasure,
	};
	struct subject unit;

	if (!unit_find(txn, subject, &unit))
		return 0;
	erasure->subject = subject;
	erasure->whole = whole;
	return freeze_units(&freeze, txn, &unit, 1);
}

static void erase_some(struct txn *txn, void *context)
{
	struct erasure *erasure = context;

	unit_fold_use(erasure->fold, txn);
	erasure->removed = erasure->some_removed;
	for (size_t i = 0; i < erasure->some_count && !summary_failed(txn); i++)
		summary_fail(txn, erasure_run(erasure, txn, &erasure->some[i], true));
}

int erasure_run_all(struct erasure *erasure, struct summary_env *env,
		    const struct subject *subjects, size_t count)
{
	int r = 0;

	for (size_t at = 0; at < count && !r; at += erasure->some_count) {
		erasure->some = subjects + at;
		erasure->some_count = count - at < AT_ONCE ? count - at : AT_ONCE;
		erasure->some_removed = erasure->removed;
		r = summary_env_write(env, erase_some, erasure);
	}
	erasure_finish(erasure);
	return r;
}
