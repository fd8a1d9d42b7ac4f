/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose a browser is, who was merged into whom and who was erased, is asked of state/, which is a
 * fold of the same log and at least as far. What it says may be newer than the batch; then a later
 * event of the log touches the same subject again, and finds nothing to change. But who is erased
 * later is not yet: what they did until then counts, and may be in the batches between.
 *
 * A merge, an erase and a leak are about all that is counted with a person now, which only
 * data/summary/ knows; it is looked up before the batch is applied, and what the batch itself adds
 * is touched by its own facts.
 */
#include "summary/touched.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_ROWS = 64 };

void touched_finish(struct touched_list *list)
{
	free(list->rows);
	free(list->pending);
}

void touched_clear(struct touched_list *list)
{
	list->count = list->pending_count = 0;
}

/* Room for one more row; NULL when out of memory. */
static void *grow(void *rows, size_t count, size_t *capacity, size_t size)
{
	size_t larger = *capacity ? 2 * *capacity : FIRST_ROWS;

	if (count < *capacity)
		return rows;
	rows = reallocarray(rows, larger, size);
	if (rows)
		*capacity = larger;
	return rows;
}

int touched_add(struct touched_list *list, const struct subject *subject, uint64_t sequence)
{
	struct touched *rows;

	if (subject_kind(subject) == SUBJECT_ANONYMOUS ||
	    id_is_zero(subject->bytes + 1, SUBJECT_BYTES - 1))
		return 0;
	rows = grow(list->rows, list->count, &list->capacity, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	list->rows = rows;
	rows[list->count++] = (struct touched){.subject = *subject, .sequence = sequence};
	return 0;
}

static int add_browser(struct touched_list *list, const struct visitor_id *visitor,
		       uint64_t sequence)
{
	struct subject subject = subject_of_visitor(visitor);

	return touched_add(list, &subject, sequence);
}

int touched_add_change(struct touched_list *list, const struct intake_result *change,
		       uint64_t sequence)
{
	struct intake_result *rows;

	if (change->change == INTAKE_BROWSER)
		return add_browser(list, &change->visitor, sequence);
	rows = grow(list->pending, list->pending_count, &list->pending_capacity, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	list->pending = rows;
	rows[list->pending_count] = *change;
	rows[list->pending_count++].fact.sequence = sequence;
	return 0;
}

static int add_binding(struct touched_list *list, struct store *store, uint64_t event,
		       uint64_t sequence)
{
	struct binding binding;
	int r = binding_find_event(store, event, &binding);

	if (r)
		return r < 0 ? r : 0;
	return add_browser(list, &binding.visitor, sequence);
}

struct gathering {
	struct touched_list *list;
	struct subject person;
	uint64_t sequence;
	int result;
};

static void add_member(void *context, const struct subject *member)
{
	struct gathering *gathering = context;

	if (!gathering->result)
		gathering->result = touched_add(gathering->list, member, gathering->sequence);
}

static void gather(struct txn *txn, void *context)
{
	struct gathering *gathering = context;
	struct subject unit;

	add_member(gathering, &gathering->person);
	if (!unit_find(txn, &gathering->person, &unit))
		return;
	add_member(gathering, &unit);
	unit_each_member(txn, &unit, add_member, gathering);
}

/* All that is counted with a person now. */
static int add_person(struct touched_list *list, const struct handle *person, uint64_t sequence)
{
	struct gathering gathering = {list, subject_of_person(person), sequence, 0};
	int r = summary_env_read(list->env, gather, &gathering);

	return r ? r : gathering.result;
}

static int add_pending(struct touched_list *list, struct store *store,
		       const struct intake_result *pending)
{
	uint64_t sequence = pending->fact.sequence;
	int r;

	if (pending->change == INTAKE_BINDING)
		return add_binding(list, store, pending->refers, sequence);
	r = add_person(list, &pending->person, sequence);
	if (!r && pending->change == INTAKE_MERGE)
		r = add_person(list, &pending->other, sequence);
	return r;
}

/* Of who is erased by state/, or is since event @since: what follows @position in the log is not
 * said yet. */
static int ask_erased(struct store *store, struct touched *touched, const struct handle *person,
		      uint64_t since, uint64_t position)
{
	struct handle last;
	uint64_t erased;
	int r = binding_last_person(store, person, &last, &erased);

	if (r)
		return r;
	touched->unit = subject_of_person(&last);
	touched->erased = erased <= position && since <= position;
	return 0;
}

static int ask_browser(struct store *store, struct touched *touched, uint64_t position)
{
	struct visitor_id visitor;
	struct binding binding;
	int r;

	memcpy(&visitor, touched->subject.bytes + 1, sizeof(visitor));
	r = binding_find(store, &visitor, &binding);
	touched->unit = r == 0 ? subject_of_person(&binding.person) : touched->subject;
	if (r != BINDING_E_RETIRED)
		return r < 0 ? r : 0;
	r = binding_find_retired(store, &visitor, &binding);
	if (r)
		return r < 0 ? r : 0;
	return ask_erased(store, touched, &binding.person, binding.event, position);
}

static int ask_person(struct store *store, struct touched *touched, uint64_t position)
{
	struct handle person, now;
	int r;

	memcpy(&person, touched->subject.bytes + 1, sizeof(person));
	r = binding_find_person(store, &person, &now);
	if (r)
		return r;
	if (id_is_zero(&now, sizeof(now)))
		return ask_erased(store, touched, &person, 0, position);
	touched->unit = subject_of_person(&now);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct subject));
}

int touched_ask(struct touched_list *list, struct store *store, uint64_t position)
{
	struct touched *rows;
	size_t used = 0;
	int r = 0;

	for (size_t i = 0; i < list->pending_count && !r; i++)
		r = add_pending(list, store, &list->pending[i]);
	rows = list->rows;
	if (list->count > 0)
		qsort(rows, list->count, sizeof(*rows), compare);
	for (size_t i = 0; i < list->count && !r; i++) {
		if (used > 0 && compare(&rows[used - 1], &rows[i]) == 0) {
			if (rows[used - 1].sequence < rows[i].sequence)
				rows[used - 1].sequence = rows[i].sequence;
			continue;
		}
		rows[used] = rows[i];
		r = subject_kind(&rows[used].subject) == SUBJECT_PERSON
			    ? ask_person(store, &rows[used], position)
			    : ask_browser(store, &rows[used], position);
		used++;
	}
	list->count = used;
	return r;
}
