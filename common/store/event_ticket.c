/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tickets: events already encoded, on the thread that made them, so that the writer only copies.
 *
 * What the writer must still put into a record is its own: the incarnation, and the signal that the
 * answer left before the record was written, which is not known earlier.
 *
 * A click's ticket comes from the ones that came back, with the memory that its record needs.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/event_queue.h"
#include "store/store_internal.h"
#include "store/typed_internal.h"

#include <errno.h>

enum {
	LENGTH_BYTES = 4,
	INCARNATION_AT = 2,
	SPARE_BYTES = 1024, /* what nearly every click and what it binds fit in */
	SPARES_MAX = 1024
};

struct event_ticket *event_ticket_new(enum event_class class)
{
	struct event_ticket *ticket = calloc(1, sizeof(*ticket));

	if (!ticket)
		return NULL;
	ticket->class = class;
	ticket->outcome = EVENT_QUEUED;
	return ticket;
}

struct event_ticket *event_spares_take(struct event_spares *spares, enum event_class class)
{
	struct event_ticket *ticket = spares->first;

	if (ticket) {
		spares->first = ticket->next;
		spares->count--;
		ticket->next = NULL;
		ticket->class = class;
		return ticket;
	}
	ticket = event_ticket_new(class);
	if (ticket) {
		ticket->spares = spares;
		/* Without memory for it now, adding an event will try again, and say so. */
		(void)buffer_reserve(&ticket->records, SPARE_BYTES);
		buffer_clear(&ticket->records);
	}
	return ticket;
}

/* Whether @ticket is kept; one whose record was large is not worth its memory. */
static bool give_back(struct event_spares *spares, struct event_ticket *ticket)
{
	struct buffer records = ticket->records;

	if (spares->count >= SPARES_MAX || records.capacity > SPARE_BYTES)
		return false;
	buffer_clear(&records);
	*ticket = (struct event_ticket){
		.next = spares->first,
		.outcome = EVENT_QUEUED,
		.records = records,
		.spares = spares,
	};
	spares->first = ticket;
	spares->count++;
	return true;
}

void event_spares_finish(struct event_spares *spares)
{
	struct event_ticket *ticket;

	while ((ticket = spares->first)) {
		spares->first = ticket->next;
		ticket->spares = NULL;
		event_ticket_free(ticket);
	}
	spares->count = 0;
}

int event_ticket_add(struct event_ticket *ticket, const struct event *event)
{
	size_t start = ticket->records.size, size;
	uint8_t *length;
	int r;

	if (ticket->count >= EVENT_TICKET_MAX_EVENTS)
		return EVENT_TICKET_E_FULL;
	length = buffer_reserve(&ticket->records, LENGTH_BYTES);
	if (length)
		ticket->records.size += LENGTH_BYTES;
	event_encode(event, &ticket->records);
	size = ticket->records.size;
	r = ticket->records.error;
	if (!r && size > EVENT_TICKET_MAX_BYTES && ticket->count > 0)
		r = EVENT_TICKET_E_FULL;
	if (r) {
		ticket->records.size = start;
		ticket->records.error = 0;
		return r;
	}
	put_u32(ticket->records.data + start, (uint32_t)(size - start - LENGTH_BYTES));
	ticket->count++;
	ticket->concerns |= fold_concerns(event);
	ticket->folds |= fold_is_awaited(event);
	return 0;
}

void event_ticket_add_change(struct event_ticket *ticket, struct people_change *change)
{
	struct people_change **last = &ticket->changes;

	while (*last)
		last = &(*last)->next;
	change->next = NULL;
	*last = change;
}

void event_ticket_free(struct event_ticket *ticket)
{
	if (!ticket)
		return;
	while (ticket->changes) {
		struct people_change *change = ticket->changes;

		ticket->changes = change->next;
		people_change_free(change);
	}
	typed_ticket_freed(ticket);
	if (ticket->bindings)
		binding_ticket_freed(ticket);
	free(take_ptr(ticket->reader));
	if (ticket->spares && give_back(ticket->spares, ticket))
		return;
	buffer_finish(&ticket->records);
	free(ticket);
}

static size_t bytes_of(const struct event_ticket *ticket)
{
	size_t bytes = sizeof(*ticket) + ticket->records.capacity + typed_ticket_bytes(ticket);

	for (const struct people_change *change = ticket->changes; change; change = change->next)
		bytes += change->bytes;
	return bytes;
}

size_t event_ticket_bytes(const struct event_ticket *ticket)
{
	return bytes_of(ticket);
}

/* The record with SIGNAL_LATE; the one given when its type has no signals. */
static struct span with_late(struct span record, struct buffer *scratch)
{
	struct event event;
	const struct event_type_row *row;

	if (event_decode(record, &event))
		return record;
	row = event_type_row(event.type);
	if (!((row->required | row->optional) & EVENT_HAS(signals)))
		return record;
	event_set_choice(&event, EVENT_FIELD_signals,
			 event_choice(&event, EVENT_FIELD_signals) | SIGNAL_LATE);
	buffer_clear(scratch);
	event_encode(&event, scratch);
	return scratch->error ? record : buffer_span(scratch);
}

uint64_t event_ticket_write(struct event_ticket *ticket, struct txn *txn, uint64_t sequence,
			    struct store *store, struct buffer *scratch)
{
	uint8_t *at = ticket->records.data, key[8];

	for (uint32_t i = 0; i < ticket->count && !txn->error; i++, sequence++) {
		size_t size = get_u32(at);
		struct span record = span_of(at + LENGTH_BYTES, size);

		put_u16(at + LENGTH_BYTES + INCARNATION_AT, store->incarnation);
		if (ticket->late_recorded)
			record = with_late(record, scratch);
		record = text_table_write(&store->texts, txn, sequence, record);
		put_u64(key, sequence);
		txn_append(txn, EVENTS_EVENTS, span_of(key, sizeof(key)), record);
		at += LENGTH_BYTES + size;
	}
	return sequence;
}

void event_list_append(struct event_list *list, struct event_ticket *ticket)
{
	ticket->next = NULL;
	if (list->last)
		list->last->next = ticket;
	else
		list->first = ticket;
	list->last = ticket;
	list->events += ticket->count;
	list->bytes += event_ticket_bytes(ticket);
}

struct event_ticket *event_list_take(struct event_list *list)
{
	struct event_ticket *ticket = list->first;

	if (!ticket)
		return NULL;
	list->first = ticket->next;
	if (!list->first)
		list->last = NULL;
	list->events -= ticket->count;
	list->bytes -= event_ticket_bytes(ticket);
	ticket->next = NULL;
	return ticket;
}

bool event_list_remove(struct event_list *list, struct event_ticket *ticket)
{
	struct event_ticket *before = NULL;

	for (struct event_ticket *here = list->first; here; before = here, here = here->next) {
		if (here != ticket)
			continue;
		if (!before)
			return event_list_take(list) != NULL;
		before->next = here->next;
		if (list->last == here)
			list->last = before;
		list->events -= ticket->count;
		list->bytes -= event_ticket_bytes(ticket);
		ticket->next = NULL;
		return true;
	}
	return false;
}
