/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exactly once, by construction. The transaction that stores facts also folds every unit that they
 * belong to, before and after, and stores what that changes with the position.
 *
 * Whose a browser is, who was merged into whom and who was erased, is asked of state/, which is a
 * fold of the same log and at least as far. What it says may be newer than the batch; then a later
 * event of the log touches the same subject again, and finds nothing to change. "units" says under
 * whom a subject was counted, and that is where it is taken from.
 *
 * A fold before must give what was added before. Its facts are still there, the rules are the same
 * (else all is folded anew), and the time as of which it was folded is kept for as long as a
 * verdict depends on it ("due"); a unit that is settled folds the same at any later time.
 *
 * LMDB may ask for the whole transaction again, so it works on lists that it does not change.
 */
#include "summary/apply.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "summary/due.h"

#include <errno.h>

enum { DUE_UNITS_MAX = 4096 };

struct item {
	struct subject subject;
	struct fact fact;
};

/* A subject whose unit may be another one now. */
struct touched {
	struct subject subject, unit; /* @unit by state/ */
	bool erased;
	uint64_t sequence; /* of the event that says so */
};

/* A conflict, whose click came in another batch. */
struct mark {
	struct subject subjects[2];
	usec_t time;
	uint64_t sequence;
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
	struct list items, touched, marks; /* the batch */
	struct list pending;	  /* struct intake_result: what touches whom is to be found out */
	struct list dirty;	  /* struct subject: units, of one run of the transaction */
	uint64_t position, facts; /* facts: all that there are */
	usec_t as_of;
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
	apply->env = env;
	apply->texts = texts;
	apply->fold = fold;
	apply->tally = tally;
	*ret_apply = apply;
	return 0;
}

void apply_free(struct apply *apply)
{
	if (!apply)
		return;
	free(apply->items.rows);
	free(apply->touched.rows);
	free(apply->marks.rows);
	free(apply->pending.rows);
	free(apply->dirty.rows);
	free(apply);
}

size_t apply_size(const struct apply *apply)
{
	return apply->items.count + apply->touched.count + apply->pending.count;
}

static int touch(struct apply *apply, const struct subject *subject, uint64_t sequence)
{
	static const struct subject nobody;
	struct touched *touched;

	if (subject_kind(subject) == SUBJECT_ANONYMOUS ||
	    memcmp(subject->bytes + 1, nobody.bytes + 1, SUBJECT_BYTES - 1) == 0)
		return 0;
	touched = push(&apply->touched, sizeof(*touched));
	if (!touched)
		return -ENOMEM;
	*touched = (struct touched){.subject = *subject, .sequence = sequence};
	return 0;
}

static int touch_browser(struct apply *apply, const struct visitor_id *visitor, uint64_t sequence)
{
	struct subject subject = subject_of_visitor(visitor);

	return touch(apply, &subject, sequence);
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
		r = touch(apply, &result->copies[i].subject, result->fact.sequence);
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

static int add_pending(struct apply *apply, const struct event *event,
		       const struct intake_result *result)
{
	struct intake_result *pending = push(&apply->pending, sizeof(*pending));

	if (!pending)
		return -ENOMEM;
	*pending = *result;
	pending->fact.sequence = event->sequence;
	return 0;
}

int apply_add(struct apply *apply, const struct event *event, const struct intake_result *result)
{
	switch (result->change) {
	case INTAKE_CONFLICT:
		return add_conflict(apply, event, result);
	case INTAKE_BROWSER:
		return touch_browser(apply, &result->visitor, event->sequence);
	case INTAKE_BINDING:
	case INTAKE_LEAK:
	case INTAKE_MERGE:
	case INTAKE_ERASE:
		return add_pending(apply, event, result);
	default:
		return add_facts(apply, result);
	}
}

static int touch_binding(struct apply *apply, struct store *store, uint64_t event,
			 uint64_t sequence)
{
	struct binding binding;
	int r = binding_find_event(store, event, &binding);

	if (r)
		return r < 0 ? r : 0;
	return touch_browser(apply, &binding.visitor, sequence);
}

struct toucher {
	struct apply *apply;
	struct subject person;
	uint64_t sequence;
	int result;
};

static void touch_member(void *context, const struct subject *member)
{
	struct toucher *toucher = context;

	if (!toucher->result)
		toucher->result = touch(toucher->apply, member, toucher->sequence);
}

static void touch_unit(struct txn *txn, void *context)
{
	struct toucher *toucher = context;
	struct subject unit;

	touch_member(toucher, &toucher->person);
	if (!unit_find(txn, &toucher->person, &unit))
		return;
	touch_member(toucher, &unit);
	unit_each_member(txn, &unit, touch_member, toucher);
}

/* All that is counted with a person now, and what the batch adds to that. */
static int touch_person(struct apply *apply, const struct handle *person, uint64_t sequence)
{
	struct toucher toucher = {apply, subject_of_person(person), sequence, 0};
	int r = summary_env_read(apply->env, touch_unit, &toucher);

	return r ? r : toucher.result;
}

static int find_touched(struct apply *apply, struct store *store,
			const struct intake_result *pending)
{
	uint64_t sequence = pending->fact.sequence;
	int r;

	if (pending->change == INTAKE_BINDING)
		return touch_binding(apply, store, pending->refers, sequence);
	r = touch_person(apply, &pending->person, sequence);
	if (!r && pending->change == INTAKE_MERGE)
		r = touch_person(apply, &pending->other, sequence);
	return r;
}

static int ask_browser(struct store *store, struct touched *touched)
{
	struct visitor_id visitor;
	struct binding binding;
	int r;

	memcpy(&visitor, touched->subject.bytes + 1, sizeof(visitor));
	r = binding_find(store, &visitor, &binding);
	touched->unit = r == 0 ? subject_of_person(&binding.person) : touched->subject;
	touched->erased = r == BINDING_E_RETIRED;
	return r < 0 ? r : 0;
}

static int ask_person(struct store *store, struct touched *touched)
{
	struct handle person;
	int r;

	memcpy(&person, touched->subject.bytes + 1, sizeof(person));
	r = binding_find_person(store, &person, &person);
	touched->unit = subject_of_person(&person);
	touched->erased = id_is_zero(&person, sizeof(person));
	return r;
}

static int compare_subjects(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct subject));
}

/* Each once, with its unit by state/. */
static int ask_touched(struct apply *apply, struct store *store)
{
	struct touched *touched = apply->touched.rows;
	size_t used = 0;
	int r = 0;

	if (apply->touched.count > 0)
		qsort(touched, apply->touched.count, sizeof(*touched), compare_subjects);
	for (size_t i = 0; i < apply->touched.count && !r; i++) {
		if (used > 0 && compare_subjects(&touched[used - 1], &touched[i]) == 0)
			continue;
		touched[used] = touched[i];
		r = subject_kind(&touched[used].subject) == SUBJECT_PERSON
			    ? ask_person(store, &touched[used])
			    : ask_browser(store, &touched[used]);
		used++;
	}
	apply->touched.count = used;
	return r;
}

static void dirty(struct apply *apply, struct txn *txn, const struct subject *unit)
{
	struct subject *row = push(&apply->dirty, sizeof(*row));

	if (row)
		*row = *unit;
	else
		summary_fail(txn, -ENOMEM);
}

static void sort_dirty(struct apply *apply)
{
	struct subject *rows = apply->dirty.rows;
	size_t used = 0;

	if (apply->dirty.count > 0)
		qsort(rows, apply->dirty.count, sizeof(*rows), compare_subjects);
	for (size_t i = 0; i < apply->dirty.count; i++)
		if (used == 0 || compare_subjects(&rows[used - 1], &rows[i]) != 0)
			rows[used++] = rows[i];
	apply->dirty.count = used;
}

static void dirty_subject(struct apply *apply, struct txn *txn, const struct subject *subject)
{
	struct subject unit;

	if (unit_find(txn, subject, &unit))
		dirty(apply, txn, &unit);
}

static bool take_due(void *context, const struct subject *unit)
{
	struct apply *apply = context;
	struct subject *row;

	if (apply->dirty.count >= DUE_UNITS_MAX)
		return false;
	row = push(&apply->dirty, sizeof(*row));
	if (row)
		*row = *unit;
	return row != NULL;
}

/* All units that this batch changes. */
static void find_dirty(struct apply *apply, struct txn *txn)
{
	const struct item *items = apply->items.rows;
	const struct touched *touched = apply->touched.rows;
	const struct mark *marks = apply->marks.rows;

	apply->dirty.count = 0;
	due_each(txn, apply->as_of, take_due, apply);
	for (size_t i = 0; i < apply->items.count; i++)
		if (subject_kind(&items[i].subject) == SUBJECT_ANONYMOUS)
			dirty(apply, txn, &items[i].subject);
	for (size_t i = 0; i < apply->touched.count; i++) {
		dirty_subject(apply, txn, &touched[i].subject);
		if (!touched[i].erased)
			dirty(apply, txn, &touched[i].unit);
	}
	for (size_t i = 0; i < 2 * apply->marks.count; i++)
		dirty_subject(apply, txn, &marks[i / 2].subjects[i % 2]);
	sort_dirty(apply);
}

static void fold_before(struct apply *apply, struct txn *txn)
{
	const struct subject *units = apply->dirty.rows;
	usec_t due;

	tally_set_sign(apply->tally, -1);
	for (size_t i = 0; i < apply->dirty.count && !summary_failed(txn); i++)
		summary_fail(txn, unit_fold_run(apply->fold, &units[i],
						due_as_of(txn, &units[i], apply->as_of), NULL, &due,
						NULL));
}

static void fold_after(struct apply *apply, struct txn *txn)
{
	const struct subject *units = apply->dirty.rows;
	usec_t due = 0;

	tally_set_sign(apply->tally, 1);
	for (size_t i = 0; i < apply->dirty.count && !summary_failed(txn); i++) {
		summary_fail(txn,
			     unit_fold_run(apply->fold, &units[i], apply->as_of, NULL, &due, NULL));
		due_note(txn, &units[i], due, apply->as_of);
	}
}

static void move_subject(struct apply *apply, struct txn *txn, const struct touched *touched)
{
	struct subject before;

	if (!unit_find(txn, &touched->subject, &before))
		return;
	if (touched->erased) {
		apply->facts -= fact_store_delete(txn, &touched->subject);
		unit_set(txn, &touched->subject, NULL, touched->sequence);
	} else if (compare_subjects(&before, &touched->unit) != 0) {
		unit_set(txn, &touched->subject, &touched->unit, touched->sequence);
	}
}

static void change_facts(struct apply *apply, struct txn *txn)
{
	const struct item *items = apply->items.rows;
	const struct touched *touched = apply->touched.rows;
	const struct mark *marks = apply->marks.rows;
	struct subject unit;

	for (size_t i = 0; i < apply->touched.count && !summary_failed(txn); i++)
		move_subject(apply, txn, &touched[i]);
	for (size_t i = 0; i < apply->items.count && !summary_failed(txn); i++)
		if (unit_find(txn, &items[i].subject, &unit))
			apply->facts += fact_store_insert(txn, &items[i].subject, &items[i].fact);
	for (size_t i = 0; i < 2 * apply->marks.count && !summary_failed(txn); i++)
		fact_store_mark(txn, &marks[i / 2].subjects[i % 2], marks[i / 2].time,
				marks[i / 2].sequence, FACT_CONFLICT);
}

static void run(struct txn *txn, void *context)
{
	struct apply *apply = context;

	tally_clear(apply->tally);
	apply->facts = summary_get_number(txn, "facts", 0);
	unit_fold_use(apply->fold, txn);
	text_ids_write(apply->texts, txn);
	find_dirty(apply, txn);
	fold_before(apply, txn);
	change_facts(apply, txn);
	fold_after(apply, txn);
	if (!summary_failed(txn))
		summary_fail(txn, tally_write(apply->tally, txn));
	summary_put_number(txn, "position", apply->position);
	summary_put_number(txn, "as_of", apply->as_of);
	summary_put_number(txn, "facts", apply->facts);
}

int apply_run(struct apply *apply, struct store *store, uint64_t position, usec_t as_of)
{
	const struct intake_result *pending = apply->pending.rows;
	int r = 0;

	for (size_t i = 0; i < apply->pending.count && !r; i++)
		r = find_touched(apply, store, &pending[i]);
	if (!r)
		r = ask_touched(apply, store);
	apply->position = position;
	apply->as_of = as_of;
	if (!r)
		r = summary_env_write(apply->env, run, apply);
	if (r)
		return r;
	text_ids_written(apply->texts);
	apply->items.count = apply->touched.count = 0;
	apply->marks.count = apply->pending.count = 0;
	return 0;
}
