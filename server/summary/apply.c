/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exactly once, by construction. The transaction that stores facts also folds every unit that they
 * belong to, before and after, and stores what that changes with the position.
 *
 * "units" says under whom a subject was counted, and that is where it is taken from; touched.c says
 * whose it is now.
 *
 * A fold before must give what was added before. Its facts are still there, the rules are the same
 * (else all is folded anew), and how it was folded is kept for as long as that matters ("due"): as
 * of when, while a verdict depends on it, and up to which sequence, while facts of a large unit
 * wait. A unit of neither folds the same at any later time. What only adds facts to a large unit
 * may wait (large.h); what takes some away or moves them never does.
 *
 * Who is erased is counted to the end, then frozen: no total changes, and no fact stays.
 *
 * LMDB may ask for the whole transaction again, so it works on lists that it does not change.
 */
#include "summary/apply.h"

#include "base/cleanup.h"
#include "summary/due.h"
#include "summary/erasure.h"
#include "summary/large.h"
#include "summary/touched.h"

#include <errno.h>
#include <stdlib.h>

enum { DUE_UNITS_MAX = 4096 };

struct item {
	struct subject subject;
	struct fact fact;
};

/* A conflict, whose click came in another batch. */
struct mark {
	struct subject subjects[2];
	usec_t time;
	uint64_t sequence;
};

/* A unit that is to be folded again. */
struct dirty {
	struct subject unit;
	bool must;  /* not only by facts that are added to it */
	bool waits; /* they wait */
};

struct list {
	void *rows;
	size_t count, capacity;
};

struct apply {
	struct summary_env *env;
	struct text_ids *texts;
	struct unit_fold *fold;
	struct tally *tally;
	struct list items, marks; /* the batch */
	struct touched_list touched;
	struct list dirty; /* of one run of the transaction */
	struct erasure erasure;
	struct large large, large_after;  /* as committed; as this run leaves it */
	uint64_t before, position, facts; /* facts: all that there are */
	usec_t as_of;
	bool whole;
};

/* Room for one more row of @size; NULL when out of memory. */
static void *push(struct list *list, size_t size)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 64;
		void *rows = reallocarray(list->rows, capacity, size);

		if (!rows)
			return NULL;
		list->rows = rows;
		list->capacity = capacity;
	}
	return (uint8_t *)list->rows + list->count++ * size;
}

int apply_new(struct summary_env *env, struct text_ids *texts, struct unit_fold *fold,
	      struct tally *tally, struct apply **ret_apply)
{
	struct apply *apply = calloc(1, sizeof(*apply));

	if (!apply)
		return -ENOMEM;
	apply->env = apply->touched.env = env;
	apply->texts = texts;
	apply->fold = fold;
	apply->tally = tally;
	apply->erasure = (struct erasure){.fold = fold, .tally = tally};
	*ret_apply = apply;
	return 0;
}

void apply_free(struct apply *apply)
{
	if (!apply)
		return;
	touched_finish(&apply->touched);
	free(apply->items.rows);
	free(apply->marks.rows);
	free(apply->dirty.rows);
	erasure_finish(&apply->erasure);
	free(apply);
}

size_t apply_size(const struct apply *apply)
{
	return apply->items.count + apply->touched.count + apply->touched.pending_count;
}

static int add_facts(struct apply *apply, const struct intake_result *result)
{
	int r = 0;

	for (unsigned i = 0; i < result->copy_count && !r; i++) {
		struct item *item = push(&apply->items, sizeof(*item));

		if (!item)
			return -ENOMEM;
		item->subject = result->copies[i].subject;
		item->fact = result->fact;
		item->fact.bits = result->copies[i].bits;
		r = touched_add(&apply->touched, &item->subject, result->fact.sequence);
	}
	return r;
}

/* Both copies of the event before lie under these two, if it has a fact at all. */
static int add_conflict(struct apply *apply, const struct event *event,
			const struct intake_result *result)
{
	uint64_t sequence = event->sequence - 1;
	bool found = false;
	struct mark *mark;

	for (size_t i = apply->items.count; i-- > 0;) {
		struct item *item = (struct item *)apply->items.rows + i;

		if (item->fact.sequence != sequence)
			break;
		item->fact.bits |= FACT_CONFLICT;
		found = true;
	}
	if (found)
		return 0;
	mark = push(&apply->marks, sizeof(*mark));
	if (!mark)
		return -ENOMEM;
	*mark = (struct mark){.subjects = {subject_of_person(&result->person),
					   subject_of_visitor(&result->visitor)},
			      .time = event->time,
			      .sequence = sequence};
	return 0;
}

int apply_add(struct apply *apply, const struct event *event, const struct intake_result *result)
{
	switch (result->change) {
	case INTAKE_CONFLICT:
		return add_conflict(apply, event, result);
	case INTAKE_NOTHING:
		return add_facts(apply, result);
	default:
		return touched_add_change(&apply->touched, result, event->sequence);
	}
}

static void dirty(struct apply *apply, struct txn *txn, const struct subject *unit, bool must)
{
	struct dirty *row = push(&apply->dirty, sizeof(*row));

	if (row)
		*row = (struct dirty){.unit = *unit, .must = must};
	else
		summary_fail(txn, -ENOMEM);
}

static int compare_units(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct subject));
}

static bool is_same(const struct subject *a, const struct subject *b)
{
	return compare_units(a, b) == 0;
}

static void sort_dirty(struct apply *apply)
{
	struct dirty *rows = apply->dirty.rows;
	size_t used = 0;

	if (apply->dirty.count > 0)
		qsort(rows, apply->dirty.count, sizeof(*rows), compare_units);
	for (size_t i = 0; i < apply->dirty.count; i++) {
		if (used > 0 && is_same(&rows[used - 1].unit, &rows[i].unit))
			rows[used - 1].must |= rows[i].must;
		else
			rows[used++] = rows[i];
	}
	apply->dirty.count = used;
}

static bool take_due(void *context, const struct subject *unit)
{
	struct apply *apply = context;
	struct dirty *row;

	if (apply->dirty.count >= DUE_UNITS_MAX)
		return false;
	row = push(&apply->dirty, sizeof(*row));
	if (row)
		*row = (struct dirty){.unit = *unit, .must = true};
	return row != NULL;
}

/* A subject stays where it is, and has more facts now; or it moves, and two units change. */
static void find_dirty_of(struct apply *apply, struct txn *txn, const struct touched *touched)
{
	struct subject before;
	bool counted = unit_find(txn, &touched->subject, &before);
	bool moves = touched->erased || !counted || !is_same(&before, &touched->unit);

	if (counted)
		dirty(apply, txn, &before, moves);
	if (!touched->erased && moves)
		dirty(apply, txn, &touched->unit, true);
}

/* All units that this batch changes. */
static void find_dirty(struct apply *apply, struct txn *txn)
{
	const struct item *items = apply->items.rows;
	const struct mark *marks = apply->marks.rows;
	struct subject unit;

	apply->dirty.count = 0;
	due_each(txn, apply->as_of, take_due, apply);
	if (apply->whole)
		due_each_partial(txn, take_due, apply);
	for (size_t i = 0; i < apply->items.count; i++)
		if (subject_kind(&items[i].subject) == SUBJECT_ANONYMOUS)
			dirty(apply, txn, &items[i].subject, false);
	for (size_t i = 0; i < apply->touched.count; i++)
		find_dirty_of(apply, txn, &apply->touched.rows[i]);
	for (size_t i = 0; i < 2 * apply->marks.count; i++)
		if (unit_find(txn, &marks[i / 2].subjects[i % 2], &unit))
			dirty(apply, txn, &unit, true);
	sort_dirty(apply);
}

/* What a large unit has in the totals stays as it is, and its new facts are counted later. */
static void let_wait(struct apply *apply, struct txn *txn)
{
	struct dirty *rows = apply->dirty.rows;

	for (size_t i = 0; i < apply->dirty.count; i++) {
		struct due due = {.as_of = apply->as_of};
		usec_t next = large_next(&apply->large, &rows[i].unit);

		rows[i].waits = !rows[i].must && !apply->whole && next > apply->as_of;
		if (!rows[i].waits)
			continue;
		(void)due_find(txn, &rows[i].unit, &due);
		due.time = next;
		if (due.through == 0)
			due.through = apply->before;
		due_note(txn, &rows[i].unit, &due);
	}
}

static void fold_before(struct apply *apply, struct txn *txn)
{
	const struct dirty *rows = apply->dirty.rows;
	usec_t next;

	tally_set_sign(apply->tally, -1);
	for (size_t i = 0; i < apply->dirty.count && !summary_failed(txn); i++) {
		struct due due = {.as_of = apply->as_of};

		if (rows[i].waits)
			continue;
		(void)due_find(txn, &rows[i].unit, &due);
		unit_fold_limit(apply->fold, &(struct fact_range){.through = due.through});
		summary_fail(txn, unit_fold_run(apply->fold, &rows[i].unit, due.as_of, NULL, &next,
						NULL));
	}
	unit_fold_limit(apply->fold, NULL);
}

/* A large unit is not due before it may be folded again; it is noted as one that waits for that. */
static void note_due(struct apply *apply, struct txn *txn, const struct subject *unit, usec_t time,
		     uint64_t facts)
{
	struct due due = {.time = time, .as_of = apply->as_of};
	usec_t next = large_note(&apply->large_after, unit, facts, apply->as_of);

	if (time && !apply->whole && next > time) {
		due.time = next;
		due.through = apply->position;
	}
	due_note(txn, unit, &due);
}

static void fold_after(struct apply *apply, struct txn *txn)
{
	const struct dirty *rows = apply->dirty.rows;
	uint64_t facts = 0;
	usec_t next = 0;

	apply->large_after = apply->large;
	tally_set_sign(apply->tally, 1);
	for (size_t i = 0; i < apply->dirty.count && !summary_failed(txn); i++) {
		if (rows[i].waits)
			continue;
		summary_fail(txn, unit_fold_run(apply->fold, &rows[i].unit, apply->as_of, NULL,
						&next, &facts));
		note_due(apply, txn, &rows[i].unit, next, facts);
	}
}

/* Who is erased stays where they are until all is counted. */
static void move_subject(struct txn *txn, const struct touched *touched)
{
	struct subject before;

	if (!touched->erased && unit_find(txn, &touched->subject, &before) &&
	    !is_same(&before, &touched->unit))
		unit_set(txn, &touched->subject, &touched->unit, touched->sequence);
}

static void change_facts(struct apply *apply, struct txn *txn)
{
	const struct item *items = apply->items.rows;
	const struct touched *touched = apply->touched.rows;
	const struct mark *marks = apply->marks.rows;
	struct subject unit;

	for (size_t i = 0; i < apply->touched.count && !summary_failed(txn); i++)
		move_subject(txn, &touched[i]);
	for (size_t i = 0; i < apply->items.count && !summary_failed(txn); i++)
		if (unit_find(txn, &items[i].subject, &unit))
			apply->facts += fact_store_insert(txn, &items[i].subject, &items[i].fact);
	for (size_t i = 0; i < 2 * apply->marks.count && !summary_failed(txn); i++)
		fact_store_mark(txn, &marks[i / 2].subjects[i % 2], marks[i / 2].time,
				marks[i / 2].sequence, FACT_CONFLICT);
}

static bool is_erased(const struct apply *apply, const struct subject *subject)
{
	const struct touched *found = bsearch(subject, apply->touched.rows, apply->touched.count,
					      sizeof(*found), compare_units);

	return found && found->erased;
}

/* Those who are erased; if their unit is, all of it, since whoever is another's has moved there. */
static void erase(struct apply *apply, struct txn *txn)
{
	const struct touched *touched = apply->touched.rows;
	struct erasure *erasure = &apply->erasure;
	struct subject unit;

	erasure->removed = 0;
	erasure->as_of = apply->as_of;
	for (size_t i = 0; i < apply->touched.count && !summary_failed(txn); i++) {
		if (!touched[i].erased || !unit_find(txn, &touched[i].subject, &unit))
			continue;
		erasure->sequence = touched[i].sequence;
		summary_fail(txn, erasure_run(erasure, txn, &touched[i].subject,
					      is_erased(apply, &unit)));
	}
	apply->facts -= erasure->removed;
}

static void run(struct txn *txn, void *context)
{
	struct apply *apply = context;

	tally_clear(apply->tally);
	apply->facts = summary_get_number(txn, "facts", 0);
	apply->before = summary_get_number(txn, "position", 0);
	unit_fold_use(apply->fold, txn);
	text_ids_write(apply->texts, txn);
	find_dirty(apply, txn);
	let_wait(apply, txn);
	fold_before(apply, txn);
	change_facts(apply, txn);
	fold_after(apply, txn);
	if (!summary_failed(txn))
		summary_fail(txn, tally_write(apply->tally, txn, SUMMARY_TOTALS));
	erase(apply, txn);
	summary_put_number(txn, "position", apply->position);
	summary_put_number(txn, "as_of", apply->as_of);
	summary_put_number(txn, "facts", apply->facts);
}

int apply_run(struct apply *apply, struct store *store, const struct apply_goal *goal)
{
	int r = touched_ask(&apply->touched, store, goal->position);

	apply->position = goal->position;
	apply->as_of = goal->as_of;
	apply->whole = goal->whole;
	if (!r)
		r = summary_env_write(apply->env, run, apply);
	if (r)
		return r;
	text_ids_written(apply->texts);
	apply->large = apply->large_after;
	apply->items.count = apply->marks.count = 0;
	touched_clear(&apply->touched);
	return 0;
}
