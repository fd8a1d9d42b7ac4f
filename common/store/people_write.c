/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's side of people/: the rows of a batch, in one transaction, committed before the
 * events that use their handles. A row names the event that tells of it, which is therefore not
 * there yet.
 *
 * A row is written with all ids that lead to it. Those of one that was merged lead to another row,
 * which has them among its own; a merge and its undoing are two changes of one ticket.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people_index.h"
#include "store/people_internal.h"
#include "store/people_row.h"

enum { ROW_ROOM_BYTES = 160 };

/* In one piece, so that no smaller copy of the key stays behind in freed memory. */
static void put_row(struct txn *txn, const struct person *person, size_t bytes)
{
	cleanup_buffer struct buffer row = BUFFER_INIT;

	(void)buffer_reserve(&row, ROW_ROOM_BYTES + bytes);
	person_encode(person, &row);
	txn_fail(txn, row.error);
	txn_put(txn, PEOPLE_ROWS, span_of(person->handle.bytes, sizeof(person->handle.bytes)),
		buffer_span(&row));
	if (row.data)
		explicit_bzero(row.data, row.size);
}

/* Which ids lead to @person now. */
static void put_ids(struct txn *txn, const struct person *person)
{
	const struct span handle = span_of(person->handle.bytes, sizeof(person->handle.bytes));
	const size_t size = sizeof(person->own.bytes);

	if (!id_is_zero(&person->merged, sizeof(person->merged)))
		return;
	if (!person->ids.data)
		txn_put(txn, PEOPLE_IDS, span_of(person->own.bytes, size), handle);
	for (size_t at = 0; at + size <= person->ids.size; at += size)
		txn_put(txn, PEOPLE_IDS, span_slice(person->ids, at, size), handle);
}

static void write_row(struct txn *txn, const struct people_change *change, uint64_t event)
{
	struct people_entry *entry = change->entry;
	struct person person = change->person;

	if (change->kind == PEOPLE_ERASE) {
		people_write_erase(txn, change);
		return;
	}
	if (change->kind == PEOPLE_ANEW)
		txn_delete(txn, PEOPLE_ERASED, change->marks);
	if (event)
		entry->event = event;
	if (event || (person.event == PEOPLE_NOT_TOLD_YET && entry->event))
		person.event = entry->event;
	put_ids(txn, &person);
	put_row(txn, &person, change->bytes);
	explicit_bzero(&person.key, sizeof(person.key));
}

/* A newer row was written before the one that @event tells of. */
static void write_event(struct txn *txn, const struct people_change *change, uint64_t event)
{
	struct span handle = span_of(change->person.handle.bytes, sizeof(struct handle));
	struct span row = txn_get(txn, PEOPLE_ROWS, handle);
	cleanup_buffer struct buffer copy = BUFFER_INIT;
	struct person person = {.handle = change->person.handle};

	change->entry->event = event;
	(void)buffer_reserve(&copy, row.size + 1);
	buffer_append_span(&copy, row);
	txn_fail(txn, copy.error);
	if (row.data && !txn->error && person_decode(buffer_span(&copy), &person) == 0) {
		person.event = event;
		person.own = change->id;
		put_row(txn, &person, copy.size);
		explicit_bzero(&person.key, sizeof(person.key));
	}
	if (copy.data)
		explicit_bzero(copy.data, copy.size);
}

static void write_ticket(struct txn *txn, const struct event_ticket *ticket,
			 uint64_t first_sequence)
{
	for (struct people_change *c = ticket->changes; c; c = c->next) {
		uint64_t event = c->told_by ? first_sequence + c->told_by - 1 : 0;

		if (c->version > c->entry->writing) {
			c->entry->writing = c->version;
			write_row(txn, c, event);
		} else if (event && !c->written) {
			write_event(txn, c, event);
		}
	}
}

void people_write(struct txn *txn, struct event_ticket *tickets, uint64_t first_sequence)
{
	for (struct event_ticket *ticket = tickets; ticket; ticket = ticket->next)
		for (struct people_change *c = ticket->changes; c; c = c->next)
			c->entry->writing = c->entry->written;
	for (struct event_ticket *ticket = tickets; ticket; ticket = ticket->next) {
		write_ticket(txn, ticket, first_sequence);
		first_sequence += ticket->count;
	}
}

void people_written(struct event_ticket *tickets)
{
	for (struct event_ticket *ticket = tickets; ticket; ticket = ticket->next)
		for (struct people_change *c = ticket->changes; c; c = c->next) {
			if (c->version > c->entry->written)
				c->entry->written = c->version;
			c->written = true;
		}
}
