/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "due" twice: by time, so that what is due is found from its beginning, and by unit, so that a
 * unit is folded before as it was added. Both rows are there or neither is; a unit whose verdicts
 * are all settled has none, and folds the same at any later time.
 */
#include "summary/due.h"

#include "base/encode.h"

enum { DUE_TIMES = 0, DUE_UNITS = 1, DUE_VALUE_BYTES = 24 };

static struct span due_key(const struct subject *unit, uint8_t to[1 + SUBJECT_BYTES])
{
	to[0] = DUE_UNITS;
	memcpy(to + 1, unit->bytes, SUBJECT_BYTES);
	return span_of(to, 1 + SUBJECT_BYTES);
}

static struct span due_time_key(usec_t due, const struct subject *unit,
				uint8_t to[9 + SUBJECT_BYTES])
{
	to[0] = DUE_TIMES;
	put_u64(to + 1, due);
	memcpy(to + 9, unit->bytes, SUBJECT_BYTES);
	return span_of(to, 9 + SUBJECT_BYTES);
}

void due_note(struct txn *txn, const struct subject *unit, const struct due *due)
{
	uint8_t key_bytes[1 + SUBJECT_BYTES], time_bytes[9 + SUBJECT_BYTES], value[DUE_VALUE_BYTES];
	struct span key = due_key(unit, key_bytes), old = summary_get(txn, SUMMARY_DUE, key);

	if (old.size == DUE_VALUE_BYTES)
		summary_delete(txn, SUMMARY_DUE, due_time_key(get_u64(old.data), unit, time_bytes));
	if (due->time == 0) {
		if (old.size > 0)
			summary_delete(txn, SUMMARY_DUE, key);
		return;
	}
	put_u64(value, due->time);
	put_u64(value + 8, due->as_of);
	put_u64(value + 16, due->through);
	summary_put(txn, SUMMARY_DUE, key, span_of(value, sizeof(value)));
	summary_put(txn, SUMMARY_DUE, due_time_key(due->time, unit, time_bytes), SPAN(""));
}

bool due_find(struct txn *txn, const struct subject *unit, struct due *ret_due)
{
	uint8_t key[1 + SUBJECT_BYTES];
	struct span value = summary_get(txn, SUMMARY_DUE, due_key(unit, key));

	if (value.size != DUE_VALUE_BYTES)
		return false;
	*ret_due = (struct due){get_u64(value.data), get_u64(value.data + 8),
				get_u64(value.data + 16)};
	return true;
}

struct walk {
	usec_t as_of;
	bool (*each)(void *context, const struct subject *unit);
	void *context;
};

static bool visit(void *context, struct span key, struct span value)
{
	const struct walk *walk = context;
	struct subject unit;

	(void)value;
	if (key.size != 9 + SUBJECT_BYTES || key.data[0] != DUE_TIMES ||
	    get_u64(key.data + 1) > walk->as_of)
		return false;
	memcpy(unit.bytes, key.data + 9, SUBJECT_BYTES);
	return walk->each(walk->context, &unit);
}

void due_each(struct txn *txn, usec_t as_of,
	      bool (*each)(void *context, const struct subject *unit), void *context)
{
	struct walk walk = {as_of, each, context};

	summary_each(txn, SUMMARY_DUE, span_of(NULL, 0), visit, &walk);
}

static bool visit_partial(void *context, struct span key, struct span value)
{
	const struct walk *walk = context;
	struct subject unit;

	if (key.size != 1 + SUBJECT_BYTES || value.size != DUE_VALUE_BYTES ||
	    get_u64(value.data + 16) == 0)
		return true;
	memcpy(unit.bytes, key.data + 1, SUBJECT_BYTES);
	return walk->each(walk->context, &unit);
}

void due_each_partial(struct txn *txn, bool (*each)(void *context, const struct subject *unit),
		      void *context)
{
	static const uint8_t units = DUE_UNITS;
	struct walk walk = {0, each, context};

	summary_each(txn, SUMMARY_DUE, span_of(&units, 1), visit_partial, &walk);
}

static void read_due(struct txn *txn, void *context)
{
	usec_t *due = context;
	struct span key, value;

	if (summary_ceiling(txn, SUMMARY_DUE, SPAN("\0"), &key, &value) && key.size > 9 &&
	    key.data[0] == DUE_TIMES)
		*due = get_u64(key.data + 1);
}

usec_t due_next(struct summary_env *env)
{
	usec_t due = 0;

	return summary_env_read(env, read_due, &due) ? 0 : due;
}

static bool found_partial(void *context, const struct subject *unit)
{
	(void)unit;
	*(bool *)context = true;
	return false;
}

static void read_partial(struct txn *txn, void *context)
{
	due_each_partial(txn, found_partial, context);
}

bool due_any_partial(struct summary_env *env)
{
	bool any = false;

	return summary_env_read(env, read_partial, &any) == 0 && any;
}
