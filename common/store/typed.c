/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people/typed: visitor id → handle ‖ time ‖ sequence ‖ JSON of what was typed.
 *
 * The loop thread makes changes and looks things up: first among the changes that are alive, by
 * visitor, then in people/. A row is written whole, so of several changes of one visitor the newest
 * is what holds; the queue keeps their order. The writer's thread writes them in the transaction
 * that writes the people of a batch.
 *
 * A change may be durable while it is still found here: it says the same as the row then. People
 * type their names and numbers, so whatever held a copy is wiped.
 */
#include "store/typed.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/typed_internal.h"

#include <errno.h>

enum {
	BUCKETS = 1024,
	PERSON_AT = 0,
	TIME_AT = PERSON_AT + sizeof(struct handle),
	EVENT_AT = TIME_AT + 8,
	VALUES_AT = EVENT_AT + 8,
	SLICE_ROWS = 4096, /* that retention looks at in one go */
	EXPIRED_MAX = 256  /* and takes away */
};

struct typed_change {
	struct typed_change *next;			/* of the ticket */
	struct typed_change *next_of_bucket, *previous; /* the newest first */
	struct typed_index *index;
	struct visitor_id visitor;
	uint32_t told_by;
	bool written;
	struct typed typed; /* values absent: nothing was typed. They lie behind the struct */
};

struct typed_index {
	struct typed_change *buckets[BUCKETS];
};

int typed_open(struct store *store)
{
	store->typed = calloc(1, sizeof(struct typed_index));
	return store->typed ? 0 : -ENOMEM;
}

void typed_close(struct store *store)
{
	free(take_ptr(store->typed));
}

/* Visitor ids are random. */
static struct typed_change **bucket_of(struct typed_index *index, const struct visitor_id *visitor)
{
	return &index->buckets[get_u64(visitor->bytes) % BUCKETS];
}

static const struct typed_change *find_pending(struct typed_index *index,
					       const struct visitor_id *visitor)
{
	const struct typed_change *change = *bucket_of(index, visitor);

	while (change && memcmp(&change->visitor, visitor, sizeof(*visitor)) != 0)
		change = change->next_of_bucket;
	return change;
}

/* A view of @row. False: it is none. */
static bool decode(struct span row, struct typed *ret_typed)
{
	if (row.size < VALUES_AT || row.size > VALUES_AT + TYPED_VALUES_MAX_BYTES)
		return false;
	memcpy(&ret_typed->person, row.data + PERSON_AT, sizeof(ret_typed->person));
	ret_typed->time = get_u64(row.data + TIME_AT);
	ret_typed->event = get_u64(row.data + EVENT_AT);
	ret_typed->values = span_slice(row, VALUES_AT, row.size - VALUES_AT);
	return true;
}

struct search {
	const struct visitor_id *visitor;
	struct arena *arena; /* NULL: whether there is a row is all that is asked */
	struct typed typed;
	bool found;
};

static void find(struct txn *txn, void *context)
{
	struct search *search = context;
	struct span key = span_of(search->visitor, sizeof(*search->visitor));
	struct span row = txn_get(txn, PEOPLE_TYPED, key);

	search->found = false;
	if (!row.data)
		return;
	if (!decode(row, &search->typed)) {
		txn_fail(txn, -EBADMSG);
		return;
	}
	search->found = true;
	if (!search->arena)
		return;
	search->typed.values = arena_copy(search->arena, search->typed.values);
	txn_fail(txn, search->typed.values.data ? 0 : -ENOMEM);
}

int typed_find(struct store *store, const struct visitor_id *visitor, struct arena *arena,
	       struct typed *ret_typed)
{
	struct search search = {.visitor = visitor, .arena = arena};
	const struct typed_change *pending = find_pending(store->typed, visitor);
	int r = txn_read(&store->people, find, &search);

	if (pending) {
		search.typed = pending->typed;
		search.found = pending->typed.values.data != NULL;
		search.typed.values = arena_copy(arena, pending->typed.values);
		r = search.found && !search.typed.values.data ? -ENOMEM : 0;
	}
	if (r)
		return r;
	if (!search.found)
		return STORE_E_NOT_FOUND;
	*ret_typed = search.typed;
	return 0;
}

struct person_search {
	const struct handle *person;
	struct arena *arena;
	struct typed_row *rows;
	size_t max, count;
};

static void find_person(struct txn *txn, void *context)
{
	struct person_search *search = context;
	struct txn_walk walk;
	struct span key, row;

	search->count = 0;
	txn_walk_begin(txn, PEOPLE_TYPED, span_of(NULL, 0), &walk);
	while (search->count < search->max && txn_walk_next(&walk, &key, &row)) {
		struct typed_row *found = &search->rows[search->count];

		if (key.size != sizeof(found->visitor) || !decode(row, &found->typed) ||
		    memcmp(&found->typed.person, search->person, sizeof(*search->person)) != 0)
			continue;
		memcpy(&found->visitor, key.data, key.size);
		found->typed.values = arena_copy(search->arena, found->typed.values);
		txn_fail(txn, found->typed.values.data ? 0 : -ENOMEM);
		search->count++;
	}
	txn_walk_end(&walk);
}

int typed_find_person(struct store *store, const struct handle *person, struct arena *arena,
		      struct typed_row *ret_rows, size_t max, size_t *ret_count)
{
	struct person_search search = {.person = person,
				       .arena = arena,
				       .rows = ret_rows,
				       .max = max};
	int r = txn_read(&store->people, find_person, &search);

	if (!r)
		*ret_count = search.count;
	return r;
}

static void insert(struct typed_change *change)
{
	struct typed_change **bucket = bucket_of(change->index, &change->visitor);

	change->next_of_bucket = *bucket;
	if (*bucket)
		(*bucket)->previous = change;
	*bucket = change;
}

static void remove_change(struct typed_change *change)
{
	if (change->previous)
		change->previous->next_of_bucket = change->next_of_bucket;
	else
		*bucket_of(change->index, &change->visitor) = change->next_of_bucket;
	if (change->next_of_bucket)
		change->next_of_bucket->previous = change->previous;
}

static int add(struct store *store, struct event_ticket *ticket, const struct visitor_id *visitor,
	       const struct typed *typed, uint32_t told_by)
{
	struct typed_change *change, **last = &ticket->typed;

	if (atomic_load(&store->people_full))
		return -ENOSPC;
	change = calloc(1, sizeof(*change) + typed->values.size);
	if (!change)
		return -ENOMEM;
	change->index = store->typed;
	change->visitor = *visitor;
	change->told_by = told_by;
	change->typed = *typed;
	if (typed->values.data) {
		memcpy(change + 1, typed->values.data, typed->values.size);
		change->typed.values = span_of(change + 1, typed->values.size);
	}
	insert(change);
	while (*last)
		last = &(*last)->next;
	*last = change;
	return 0;
}

int typed_add(struct store *store, struct event_ticket *ticket, const struct visitor_id *visitor,
	      const struct typed *typed, uint32_t told_by)
{
	if (typed->values.size > TYPED_VALUES_MAX_BYTES)
		return -EMSGSIZE;
	return add(store, ticket, visitor, typed, told_by);
}

int typed_add_forget(struct store *store, struct event_ticket *ticket,
		     const struct visitor_id *visitor)
{
	const struct typed nothing = {.time = 0};
	struct search search = {.visitor = visitor};
	int r = 0;

	if (!find_pending(store->typed, visitor))
		r = txn_read(&store->people, find, &search);
	/* When it cannot be read there may be something. */
	if (!r && !search.found && !find_pending(store->typed, visitor))
		return 0;
	return add(store, ticket, visitor, &nothing, 0);
}

static size_t bytes_of(const struct typed_change *change)
{
	return sizeof(*change) + change->typed.values.size;
}

void typed_ticket_freed(struct event_ticket *ticket)
{
	while (ticket->typed) {
		struct typed_change *change = ticket->typed;

		ticket->typed = change->next;
		remove_change(change);
		explicit_bzero(change, bytes_of(change));
		free(change);
	}
}

size_t typed_ticket_bytes(const struct event_ticket *ticket)
{
	size_t bytes = 0;

	for (const struct typed_change *change = ticket->typed; change; change = change->next)
		bytes += bytes_of(change);
	return bytes;
}

static void write_row(struct txn *txn, const struct typed_change *change, uint64_t event)
{
	struct span key = span_of(&change->visitor, sizeof(change->visitor));
	struct span person = span_of(&change->typed.person, sizeof(change->typed.person));
	cleanup_buffer struct buffer row = BUFFER_INIT;
	uint8_t numbers[16];

	/* Nor what an erased person's browser sent, and what was on its way meanwhile. */
	if (!change->typed.values.data || !txn_get(txn, PEOPLE_ROWS, person).data) {
		txn_delete(txn, PEOPLE_TYPED, key);
		return;
	}
	put_u64(numbers, change->typed.time);
	put_u64(numbers + 8, event);
	/* In one piece, so that no smaller copy stays behind in freed memory. */
	(void)buffer_reserve(&row, VALUES_AT + change->typed.values.size);
	buffer_append(&row, &change->typed.person, sizeof(change->typed.person));
	buffer_append(&row, numbers, sizeof(numbers));
	buffer_append_span(&row, change->typed.values);
	txn_fail(txn, row.error);
	txn_put(txn, PEOPLE_TYPED, key, buffer_span(&row));
	if (row.data)
		explicit_bzero(row.data, row.size);
}

void typed_write(struct txn *txn, struct event_ticket *tickets, uint64_t first_sequence)
{
	for (struct event_ticket *ticket = tickets; ticket; ticket = ticket->next) {
		for (const struct typed_change *c = ticket->typed; c; c = c->next)
			if (!c->written)
				write_row(txn, c, c->told_by ? first_sequence + c->told_by - 1 : 0);
		first_sequence += ticket->count;
	}
}

void typed_written(struct event_ticket *tickets)
{
	for (struct event_ticket *ticket = tickets; ticket; ticket = ticket->next)
		for (struct typed_change *c = ticket->typed; c; c = c->next)
			c->written = true;
}

bool typed_is_waiting(const struct event_ticket *ticket)
{
	for (const struct typed_change *c = ticket->typed; c; c = c->next)
		if (!c->written)
			return true;
	return false;
}

struct expiry {
	usec_t before; /* rows of that time and later stay */
	struct visitor_id from, expired[EXPIRED_MAX];
	unsigned count;
	bool ended;
};

static void find_expired(struct txn *txn, void *context)
{
	struct expiry *expiry = context;
	struct span from = span_of(&expiry->from, sizeof(expiry->from)), key, row;
	struct visitor_id last = expiry->from;
	struct txn_walk walk;
	unsigned rows = 0;
	struct typed typed;

	expiry->count = 0;
	expiry->ended = false;
	txn_walk_begin(txn, PEOPLE_TYPED, from, &walk);
	while (rows++ < SLICE_ROWS && expiry->count < EXPIRED_MAX && !expiry->ended) {
		expiry->ended = !txn_walk_next(&walk, &key, &row);
		if (expiry->ended || key.size != sizeof(last))
			continue;
		memcpy(&last, key.data, sizeof(last));
		if (!decode(row, &typed) || typed.time < expiry->before)
			expiry->expired[expiry->count++] = last;
	}
	txn_walk_end(&walk);
	expiry->from = last;
}

static void delete_expired(struct txn *txn, void *context)
{
	const struct expiry *expiry = context;
	struct typed typed;

	for (unsigned i = 0; i < expiry->count; i++) {
		struct span key = span_of(&expiry->expired[i], sizeof(expiry->expired[i]));
		struct span row = txn_get(txn, PEOPLE_TYPED, key);

		if (row.data && (!decode(row, &typed) || typed.time < expiry->before))
			txn_delete(txn, PEOPLE_TYPED, key);
	}
}

int typed_expire_before(struct store *store, usec_t time)
{
	struct expiry expiry = {.from = store->typed_looked, .before = time};
	int r;

	if (!store->people_ready)
		return 0;
	r = txn_read(&store->people, find_expired, &expiry);
	if (!r && expiry.count > 0)
		r = txn_write(&store->people, delete_expired, &expiry);
	if (!r)
		store->typed_looked = expiry.ended ? (struct visitor_id){{0}} : expiry.from;
	return r;
}

int typed_expire(struct store *store)
{
	const struct prune *prune = &store->prune;
	usec_t kept = prune->retention.days * USEC_PER_DAY;

	if (kept == 0 || prune->clock.time <= kept)
		return 0;
	return typed_expire_before(store, prune->clock.time - kept);
}
