/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over all rows of facts, in slices: one that has an expired fact names its unit, and the
 * units of a slice are then frozen in one transaction. A unit is done as a whole, also where it has
 * subjects further on, which then have nothing left to remove.
 *
 * How far a walk is lies in memory: whoever is stopped in the middle begins again, and meets little
 * to do where it has been. That a walk came to its end is on disk, with what it looked for.
 */
#include "summary/expiry.h"

#include "summary/freeze.h"
#include "summary/text_sweep.h"

#include <errno.h>
#include <stdlib.h>

enum { SLICE_ROWS = 8192, SLICE_UNITS = 512, SLICE_EXPIRED_ROWS = 1024 };

struct expiry {
	struct summary_env *env;
	struct unit_fold *fold;
	struct tally *tally;
	struct fact_range range; /* of the walk that is going on */
	usec_t as_of;
	bool walking;

	/* The slice. */
	uint8_t from[FACT_KEY_BYTES], next[FACT_KEY_BYTES];
	size_t from_bytes, next_bytes; /* 0: the first row; the end */
	size_t rows, expired_rows;
	struct subject last; /* subject of the row before, and whether it was seen to have one */
	bool last_expired;
	struct subject units[SLICE_UNITS];
	size_t unit_count;
	uint64_t removed;
	int error; /* -ENOMEM */

	struct subject *members; /* of a unit, with itself */
	size_t member_count, member_capacity;
};

int expiry_new(struct summary_env *env, struct unit_fold *fold, struct tally *tally,
	       struct expiry **ret_expiry)
{
	struct expiry *expiry = calloc(1, sizeof(*expiry));

	if (!expiry)
		return -ENOMEM;
	expiry->env = env;
	expiry->fold = fold;
	expiry->tally = tally;
	*ret_expiry = expiry;
	return 0;
}

void expiry_free(struct expiry *expiry)
{
	if (!expiry)
		return;
	free(expiry->members);
	free(expiry);
}

struct before {
	uint64_t pruned, stones, at;
};

static void read_before(struct txn *txn, void *context)
{
	struct before *before = context;

	before->pruned = summary_get_number(txn, "expired_pruned", 0);
	before->stones = summary_get_number(txn, "expired_stones", 0);
	before->at = summary_get_number(txn, "expired_at", 0);
}

static int begin(struct expiry *expiry, const struct event_reader_retained *retained, usec_t as_of,
		 bool now)
{
	struct before before = {0};
	int r = summary_env_read(expiry->env, read_before, &before);

	if (r)
		return r;
	if (retained->pruned_through <= before.pruned &&
	    retained->tombstoned_through <= before.stones)
		return 0;
	if (!now && before.at && as_of < before.at + USEC_PER_DAY)
		return 0;
	expiry->range = (struct fact_range){.pruned = retained->pruned_through,
					    .stones = retained->tombstoned_through};
	expiry->from_bytes = 0;
	expiry->walking = true;
	return 0;
}

static struct subject subject_of_key(struct span key)
{
	struct subject subject;

	memcpy(subject.bytes, key.data, SUBJECT_BYTES);
	return subject;
}

/* Each unit once, as far as its subjects follow each other; a second time does no harm. */
static void add_unit(struct expiry *expiry, struct txn *txn, const struct subject *subject)
{
	struct subject unit;

	if (!unit_find(txn, subject, &unit))
		return;
	for (size_t i = 0; i < expiry->unit_count; i++)
		if (memcmp(&expiry->units[i], &unit, sizeof(unit)) == 0)
			return;
	expiry->units[expiry->unit_count++] = unit;
}

static bool is_full(const struct expiry *expiry)
{
	return expiry->rows >= SLICE_ROWS || expiry->unit_count == SLICE_UNITS ||
	       expiry->expired_rows >= SLICE_EXPIRED_ROWS;
}

struct looking {
	struct expiry *expiry;
	struct txn *txn;
};

static bool look_at(void *context, struct span key, struct span row)
{
	const struct looking *looking = context;
	struct expiry *expiry = looking->expiry;
	struct subject subject;

	if (key.size != FACT_KEY_BYTES)
		return true;
	if (is_full(expiry)) {
		memcpy(expiry->next, key.data, key.size);
		expiry->next_bytes = key.size;
		return false;
	}
	expiry->rows++;
	subject = subject_of_key(key);
	if (!fact_row_is_expired(&subject, row, &expiry->range))
		return true;
	expiry->expired_rows++;
	if (!expiry->last_expired || memcmp(&subject, &expiry->last, sizeof(subject)) != 0)
		add_unit(expiry, looking->txn, &subject);
	expiry->last = subject;
	expiry->last_expired = true;
	return true;
}

static void look(struct txn *txn, void *context)
{
	struct expiry *expiry = context;
	struct looking looking = {expiry, txn};

	expiry->rows = expiry->expired_rows = expiry->unit_count = 0;
	expiry->next_bytes = 0;
	expiry->last_expired = false;
	summary_each(txn, SUMMARY_FACTS,
		     span_of(expiry->from_bytes ? expiry->from : NULL, expiry->from_bytes), look_at,
		     &looking);
}

static void add_member(void *context, const struct subject *member)
{
	struct expiry *expiry = context;

	if (expiry->member_count == expiry->member_capacity) {
		size_t capacity = expiry->member_capacity ? 2 * expiry->member_capacity : 64;
		struct subject *members = reallocarray(expiry->members, capacity, sizeof(*members));

		if (!members) {
			expiry->error = -ENOMEM;
			return;
		}
		expiry->members = members;
		expiry->member_capacity = capacity;
	}
	expiry->members[expiry->member_count++] = *member;
}

/* A browser without facts needs no row that says whose it is: what it does next asks state/. */
static void expire(struct txn *txn, const struct subject *unit, void *context)
{
	struct expiry *expiry = context;
	bool empty;

	expiry->member_count = 0;
	unit_each_member(txn, unit, add_member, expiry);
	add_member(expiry, unit);
	for (size_t i = 0; i < expiry->member_count; i++) {
		const struct subject *member = &expiry->members[i];

		expiry->removed += fact_store_expire(txn, member, &expiry->range, &empty);
		if (empty && subject_kind(member) == SUBJECT_VISITOR)
			unit_set(txn, member, member, 0);
	}
	summary_fail(txn, expiry->error);
}

static void remove_expired(struct txn *txn, void *context)
{
	struct expiry *expiry = context;
	const struct freeze freeze = {
		.fold = expiry->fold,
		.tally = expiry->tally,
		.as_of = expiry->as_of,
		.remove = expire,
		.context = expiry,
	};

	expiry->removed = 0;
	unit_fold_use(expiry->fold, txn);
	summary_fail(txn, freeze_units(&freeze, txn, expiry->units, expiry->unit_count));
	summary_put_number(txn, "facts", summary_get_number(txn, "facts", 0) - expiry->removed);
	text_sweep_note(txn, expiry->removed);
}

static void note_end(struct txn *txn, void *context)
{
	const struct expiry *expiry = context;

	summary_put_number(txn, "expired_pruned", expiry->range.pruned);
	summary_put_number(txn, "expired_stones", expiry->range.stones);
	summary_put_number(txn, "expired_at", expiry->as_of);
}

int expiry_step(struct expiry *expiry, const struct event_reader_retained *retained, usec_t as_of,
		bool now, bool *ret_more)
{
	int r = expiry->walking ? 0 : begin(expiry, retained, as_of, now);

	*ret_more = false;
	if (r || !expiry->walking)
		return r;
	expiry->as_of = as_of;
	r = summary_env_read(expiry->env, look, expiry);
	if (!r && expiry->unit_count > 0)
		r = summary_env_write(expiry->env, remove_expired, expiry);
	if (!r && expiry->next_bytes == 0)
		r = summary_env_write(expiry->env, note_end, expiry);
	if (r)
		return r;
	memcpy(expiry->from, expiry->next, expiry->next_bytes);
	expiry->from_bytes = expiry->next_bytes;
	expiry->walking = expiry->from_bytes > 0;
	*ret_more = expiry->walking;
	return 0;
}
