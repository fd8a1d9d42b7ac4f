/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk over all rows of facts, in order. (A first run has folded these while it wrote them, and
 * needs people alone.) A visitor or an anonymous subject is a unit as it
 * stands, if it is not counted under a person, and is folded while its rows go by. People come
 * after them, each with the subjects that are counted under it.
 *
 * The walk is cut into slices: what a slice adds waits in memory, and is written when it is much.
 * The totals begin with those of facts that are not there any more ("frozen").
 */
#include "summary/refold.h"

#include "base/encode.h"
#include "summary/due.h"
#include "summary/rules.h"
#include "summary/text_ids.h"

#include <errno.h>
#include <stdlib.h>

enum { SLICE_ROWS = 65536, SLICE_PERSONS = 4096 };

struct due_unit {
	struct subject unit;
	usec_t due;
};

struct refold {
	struct summary_env *env;
	size_t limit; /* of what waits to be written */
	struct unit_fold *fold;
	struct tally *tally;
	usec_t as_of;
	struct due_unit *due;
	size_t due_count, due_capacity;
	bool any_members;

	/* The slice. */
	uint8_t from[FACT_KEY_BYTES]; /* where the next one begins */
	size_t from_bytes;
	struct subject unit; /* that is being folded */
	bool open, skip;
	size_t rows;
	bool more;
	int error;
	struct txn *txn;
};

static void note_due(struct refold *refold, const struct subject *unit, usec_t due)
{
	size_t capacity = refold->due_capacity ? 2 * refold->due_capacity : 256;

	if (due == 0 || refold->error)
		return;
	if (refold->due_count == refold->due_capacity) {
		struct due_unit *rows = reallocarray(refold->due, capacity, sizeof(*rows));

		if (!rows) {
			refold->error = -ENOMEM;
			return;
		}
		refold->due = rows;
		refold->due_capacity = capacity;
	}
	refold->due[refold->due_count++] = (struct due_unit){*unit, due};
}

int refold_unit(struct refold *refold, const struct subject *unit)
{
	usec_t due = 0;
	int r = unit_fold_end(refold->fold, &due);

	if (r && !refold->error)
		refold->error = r;
	note_due(refold, unit, due);
	return refold->error;
}

static void close_unit(struct refold *refold)
{
	if (refold->open && !refold->skip)
		(void)refold_unit(refold, &refold->unit);
	refold->open = false;
}

static void open_unit(struct refold *refold, const uint8_t *key)
{
	struct subject under;

	memcpy(refold->unit.bytes, key, SUBJECT_BYTES);
	refold->open = true;
	refold->skip = refold->any_members && (!unit_find(refold->txn, &refold->unit, &under) ||
					       memcmp(&under, &refold->unit, sizeof(under)) != 0);
	if (!refold->skip)
		unit_fold_begin(refold->fold, &refold->unit, refold->as_of);
}

/* Slices end between two units. */
static bool visit_row(void *context, struct span key, struct span row)
{
	struct refold *refold = context;
	int r;

	if (key.size != FACT_KEY_BYTES || key.data[0] == SUBJECT_PERSON)
		return false;
	if (!refold->open || memcmp(key.data, refold->unit.bytes, SUBJECT_BYTES) != 0) {
		close_unit(refold);
		if (refold->rows >= SLICE_ROWS) {
			memcpy(refold->from, key.data, sizeof(refold->from));
			refold->from_bytes = sizeof(refold->from);
			refold->more = true;
			return false;
		}
		open_unit(refold, key.data);
	}
	refold->rows++;
	r = refold->skip ? 0 : unit_fold_row(refold->fold, &refold->unit, row);
	if (r && !refold->error)
		refold->error = r;
	return !refold->error;
}

static void fold_browsers(struct txn *txn, void *context)
{
	struct refold *refold = context;
	struct span key, value;

	refold->txn = txn;
	refold->more = false;
	refold->rows = 0;
	refold->any_members = summary_ceiling(txn, SUMMARY_UNITS, span_of(NULL, 0), &key, &value);
	unit_fold_use(refold->fold, txn);
	summary_each(txn, SUMMARY_FACTS,
		     span_of(refold->from_bytes ? refold->from : NULL, refold->from_bytes),
		     visit_row, refold);
	close_unit(refold);
	summary_fail(txn, refold->error);
}

static void fold_people(struct txn *txn, void *context)
{
	struct refold *refold = context;
	struct subject person;
	usec_t due;

	refold->txn = txn;
	refold->more = false;
	unit_fold_use(refold->fold, txn);
	for (refold->rows = 0;
	     !refold->error &&
	     unit_find_person(txn, span_of(refold->from, refold->from_bytes), &person);
	     refold->rows++) {
		if (refold->rows >= SLICE_PERSONS) {
			refold->more = true;
			break;
		}
		refold->error =
			unit_fold_run(refold->fold, &person, refold->as_of, NULL, &due, NULL);
		note_due(refold, &person, due);
		subject_step(&person);
		memcpy(refold->from, person.bytes, SUBJECT_BYTES);
		refold->from_bytes = SUBJECT_BYTES;
	}
	summary_fail(txn, refold->error);
}

static void write_all(struct txn *txn, void *context)
{
	struct refold *refold = context;

	summary_fail(txn, tally_write(refold->tally, txn, SUMMARY_TOTALS));
	for (size_t i = 0; i < refold->due_count; i++)
		due_note(txn, &refold->due[i].unit,
			 &(struct due){.time = refold->due[i].due, .as_of = refold->as_of});
}

static int write_out(struct refold *refold, size_t limit)
{
	size_t bytes = tally_bytes(refold->tally) + refold->due_count * sizeof(*refold->due);
	int r;

	if (bytes < limit)
		return 0;
	r = summary_env_write(refold->env, write_all, refold);
	if (r)
		return r;
	tally_clear(refold->tally);
	refold->due_count = 0;
	return 0;
}

int refold_written(struct refold *refold)
{
	return write_out(refold, refold->limit);
}

static int each_slice(struct refold *refold, void (*body)(struct txn *txn, void *context))
{
	int r;

	refold->from_bytes = 0;
	do {
		r = summary_env_read(refold->env, body, refold);
		if (!r)
			r = refold_written(refold);
	} while (!r && refold->more);
	return r;
}

struct regrouping {
	const struct summary_rules *rules;
	struct tally *tally;
	struct txn *txn;
};

/* A group has what its pages have: but for visitors, who may have seen several of them. */
static void add_page(const struct regrouping *regrouping, struct span page, uint16_t day,
		     const int64_t counts[TOTAL_COUNT])
{
	static const enum total totals[] = {TOTAL_views, TOTAL_views_machine, TOTAL_visible_ms};
	int group = rules_group_of_page(regrouping->rules,
					text_ids_read(regrouping->txn, get_u32(page.data)));
	uint8_t id[2];

	if (group == RULES_NONE)
		return;
	put_u16(id, (uint16_t)group);
	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++)
		if (counts[totals[i]] != 0)
			tally_count(regrouping->tally, TOTAL_KIND_group, span_of(id, sizeof(id)),
				    day, totals[i], counts[totals[i]]);
}

static bool regroup_row(void *context, struct span key, struct span value)
{
	const struct regrouping *regrouping = context;
	int64_t counts[TOTAL_COUNT];
	struct span id;
	uint16_t day;

	if (!tally_read_row(key, value, &id, &day, counts))
		return true;
	if (key.data[0] == TOTAL_KIND_page)
		add_page(regrouping, id, day, counts);
	for (int total = 0; key.data[0] == TOTAL_KIND_group && total < TOTAL_COUNT; total++)
		if (counts[total] != 0)
			tally_count(regrouping->tally, TOTAL_KIND_group, id, day, (enum total)total,
				    -counts[total]);
	return true;
}

/* Frozen totals by page groups that are others now are made again from those by page. */
static void regroup(struct txn *txn, struct refold *refold)
{
	const struct summary_rules *rules = unit_fold_context(refold->fold)->rules;
	struct regrouping regrouping = {rules, refold->tally, txn};
	struct span groups = span_text(rules->groups_digest);

	if (span_equal(summary_get(txn, SUMMARY_META, SPAN("groups")), groups))
		return;
	summary_each(txn, SUMMARY_FROZEN, span_of(NULL, 0), regroup_row, &regrouping);
	summary_fail(txn, tally_write(refold->tally, txn, SUMMARY_FROZEN));
	summary_put(txn, SUMMARY_META, SPAN("groups"), groups);
}

static void write_begin(struct txn *txn, void *context)
{
	struct refold *refold = context;

	tally_clear(refold->tally);
	tally_set_sign(refold->tally, 1);
	summary_clear(txn, SUMMARY_TOTALS);
	summary_clear(txn, SUMMARY_DUE);
	summary_put(txn, SUMMARY_META, SPAN("rules"), SPAN(""));
	regroup(txn, refold);
}

/* Without rules it is not complete, until the end; whoever comes upon it begins again. */
static int begin(struct refold *refold)
{
	int r = summary_env_write(refold->env, write_begin, refold);

	tally_clear(refold->tally);
	return r ? r : summary_env_copy(refold->env, SUMMARY_FROZEN, refold->env, SUMMARY_TOTALS);
}

struct ending {
	const char *rules;
	usec_t as_of;
};

static void write_end(struct txn *txn, void *context)
{
	const struct ending *ending = context;

	summary_put(txn, SUMMARY_META, SPAN("rules"), span_text(ending->rules));
	summary_put_number(txn, "as_of", ending->as_of);
}

int refold_new(struct summary_env *env, struct unit_fold *fold, struct tally *tally, usec_t as_of,
	       size_t memory_bytes, struct refold **ret_refold)
{
	struct refold *refold = calloc(1, sizeof(*refold));
	int r;

	if (!refold)
		return -ENOMEM;
	refold->env = env;
	refold->fold = fold;
	refold->tally = tally;
	refold->as_of = as_of;
	refold->limit = memory_bytes;
	r = begin(refold);
	if (r) {
		refold_free(refold);
		return r;
	}
	*ret_refold = refold;
	return 0;
}

void refold_free(struct refold *refold)
{
	if (refold)
		free(refold->due);
	free(refold);
}

int refold_people(struct refold *refold)
{
	return each_slice(refold, fold_people);
}

int refold_end(struct refold *refold)
{
	struct ending ending = {unit_fold_rules(refold->fold), refold->as_of};
	int r = write_out(refold, 0);

	return r ? r : summary_env_write(refold->env, write_end, &ending);
}

int refold(struct summary_env *env, struct unit_fold *fold, struct tally *tally, usec_t as_of,
	   size_t memory_bytes)
{
	struct refold *refold;
	int r = refold_new(env, fold, tally, as_of, memory_bytes, &refold);

	if (r)
		return r;
	r = each_slice(refold, fold_browsers);
	if (!r)
		r = refold_people(refold);
	if (!r)
		r = refold_end(refold);
	refold_free(refold);
	return r;
}
