/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people/: prospect id → handle → row of key, times, address and fields.
 *
 * Lookups are the loop thread's: first the changes that are alive (people_index.c), then, for a
 * handle alone, those that are kept (handle_cache.c), then the environment. Writing is the
 * writer's, in one transaction per batch, committed before the events that use the handles; a row
 * names the event that tells of it, which is therefore not there yet. The mark of an erased person
 * is computed only for ids that nobody has, since it costs an HMAC. While an erasure is under way
 * (people_erase.c) its change says that the person is erased.
 *
 * It is long because reading and writing a row belong together.
 */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/handle_cache.h"
#include "store/people_index.h"
#include "store/store_internal.h"

#include <errno.h>

enum { ROW_HEADER_BYTES = 1, ROW_ROOM_BYTES = 128 };

/* A row written before the one that an event tells of: person.event of its copy. */
static const uint64_t not_told_yet = UINT64_MAX;

enum person_field {
#define PERSON(id, name, ...) PERSON_##name = (id),
	PERSON_FIELDS(PERSON)
#undef PERSON
		PERSON_FIELD_COUNT
};

static const uint32_t field_max_bytes[PERSON_FIELD_COUNT] = {
#define PERSON(id, name, max, ...) [id] = (max),
	PERSON_FIELDS(PERSON)
#undef PERSON
};

int people_open(struct store *store)
{
	store->pending = people_index_new();
	store->handles = handle_cache_new();
	return store->pending && store->handles ? 0 : -ENOMEM;
}

void people_close(struct store *store)
{
	people_index_free(take_ptr(store->pending));
	handle_cache_free(take_ptr(store->handles));
}

static void encode(const struct person *person, struct buffer *row)
{
	uint8_t created[8], changed[8], event[8];

	put_u64(created, person->created);
	put_u64(changed, person->changed);
	buffer_append_byte(row, RECORD_VERSION);
	record_append(row, PERSON_key, span_of(person->key.bytes, sizeof(person->key.bytes)));
	record_append(row, PERSON_created, span_of(created, sizeof(created)));
	record_append(row, PERSON_changed, span_of(changed, sizeof(changed)));
	if (person->address.data)
		record_append(row, PERSON_address, person->address);
	if (person->fields.data)
		record_append(row, PERSON_fields, person->fields);
	if (person->event) {
		put_u64(event, person->event);
		record_append(row, PERSON_event, span_of(event, sizeof(event)));
	}
}

/* A view of @row. Return: 0; -EBADMSG. */
static int decode(struct span row, struct person *person)
{
	struct span fields[PERSON_FIELD_COUNT] = {0}, value;
	size_t at = ROW_HEADER_BYTES;
	uint8_t field;
	int r;

	if (row.size < ROW_HEADER_BYTES || row.data[0] != RECORD_VERSION)
		return -EBADMSG;
	while (!(r = record_next(row, &at, &field, &value))) {
		if (field >= PERSON_FIELD_COUNT)
			continue;
		if (value.size > field_max_bytes[field])
			return -EBADMSG;
		fields[field] = value;
	}
	if (r != RECORD_END || fields[PERSON_key].size != sizeof(person->key.bytes) ||
	    fields[PERSON_created].size != 8 || fields[PERSON_changed].size != 8)
		return -EBADMSG;
	memcpy(person->key.bytes, fields[PERSON_key].data, sizeof(person->key.bytes));
	person->created = get_u64(fields[PERSON_created].data);
	person->changed = get_u64(fields[PERSON_changed].data);
	person->event = fields[PERSON_event].size == 8 ? get_u64(fields[PERSON_event].data) : 0;
	person->address = fields[PERSON_address];
	person->fields = fields[PERSON_fields];
	return 0;
}

struct span people_row_address(struct span row)
{
	struct person person = {.address = {0}};

	if (decode(row, &person) != 0)
		return span_of(NULL, 0);
	explicit_bzero(&person.key, sizeof(person.key));
	return person.address;
}

static int copy_spans(struct arena *arena, struct person *person)
{
	struct span address = person->address, fields = person->fields;

	person->address = arena ? arena_copy(arena, address) : span_of(NULL, 0);
	person->fields = arena ? arena_copy(arena, fields) : span_of(NULL, 0);
	if (!arena)
		return 0;
	return (address.data && !person->address.data) || (fields.data && !person->fields.data)
		       ? -ENOMEM
		       : 0;
}

/* The row of @handle; without @arena the spans are absent. 0; PEOPLE_E_NOT_FOUND; errno. */
static int read_row(struct txn *txn, struct span handle, struct arena *arena,
		    struct person *ret_person)
{
	struct span row = handle.data ? txn_get(txn, PEOPLE_ROWS, handle) : handle;
	struct person person = {0};

	if (!row.data || handle.size != sizeof(person.handle.bytes))
		return PEOPLE_E_NOT_FOUND;
	memcpy(person.handle.bytes, handle.data, sizeof(person.handle.bytes));
	txn_fail(txn, decode(row, &person));
	txn_fail(txn, copy_spans(arena, &person));
	if (!txn->error)
		*ret_person = person;
	explicit_bzero(&person.key, sizeof(person.key));
	return 0;
}

static bool is_erased(struct txn *txn, const struct store *store, const struct prospect_id *id)
{
	uint8_t mark[32];

	if (!store->keyring)
		return false;
	id_of_erased(store->keyring, id, mark);
	return txn_get(txn, PEOPLE_ERASED, span_of(mark, sizeof(mark))).data != NULL;
}

struct search {
	struct store *store;
	const struct prospect_id *id; /* or */
	const struct handle *handle;
	struct arena *arena;
	struct person *ret_person;
	int result; /* 0; PEOPLE_E_NOT_FOUND; PEOPLE_E_ERASED */
};

static void find(struct txn *txn, void *context)
{
	struct search *search = context;
	const struct prospect_id *id = search->id;
	struct span handle = span_of(search->handle, sizeof(*search->handle));

	if (id)
		handle = txn_get(txn, PEOPLE_IDS, span_of(id->bytes, sizeof(id->bytes)));
	search->result = read_row(txn, handle, search->arena, search->ret_person);
	if (id && search->result == PEOPLE_E_NOT_FOUND && is_erased(txn, search->store, id))
		search->result = PEOPLE_E_ERASED;
}

static int run(struct search *search)
{
	int r = txn_read(&search->store->people, find, search);

	return r ? r : search->result;
}

/* As people/ has it. Return: 0; PEOPLE_E_NOT_FOUND; PEOPLE_E_ERASED; errno. */
static int read_person(struct store *store, const struct prospect_id *id, struct arena *arena,
		       struct person *ret_person)
{
	struct search search = {.store = store, .id = id, .arena = arena, .ret_person = ret_person};

	return run(&search);
}

static const struct people_change *pending_of(struct store *store, const struct prospect_id *id)
{
	struct people_entry *entry = people_index_find(store->pending, id);

	return entry ? people_entry_newest(entry) : NULL;
}

/* A change made while one that takes the mark away is on its way takes it away, too. */
static struct people_change *add_change(struct store *store, const struct prospect_id *id,
					const struct person *person, bool durable,
					const struct people_change *pending)
{
	if (!pending || pending->kind == PEOPLE_SET || pending->entry->durable)
		return people_index_add(store->pending, id, person, durable);
	return people_index_add_kind(store->pending, PEOPLE_ANEW, id, person, span_of(NULL, 0),
				     pending->marks);
}

static void mint(struct person *ret_person)
{
	*ret_person = (struct person){.created = clock_wall()};
	ret_person->changed = ret_person->created;
	id_random_handle(&ret_person->handle);
	person_key_random(&ret_person->key);
}

int people_resolve(struct store *store, const struct prospect_id *id, struct person *ret_person,
		   struct people_change **ret_change)
{
	const struct people_change *pending = pending_of(store, id);
	struct people_change *change = NULL;
	struct person person = {0};
	bool is_new = false;
	int r = 0;

	if (pending && pending->kind == PEOPLE_ERASE)
		return PEOPLE_E_ERASED;
	if (pending) {
		person = pending->person;
		person.event = pending->told_by ? not_told_yet : person.event;
	} else {
		r = read_person(store, id, NULL, &person);
		is_new = r == PEOPLE_E_NOT_FOUND;
		if (r && !is_new)
			return r;
		if (is_new)
			mint(&person);
	}
	if (is_new || (pending && !pending->entry->durable)) {
		if (atomic_load(&store->people_full))
			return -ENOSPC;
		change = add_change(store, id, &person, false, pending);
		if (!change)
			return -ENOMEM;
		change->is_new = is_new;
	}
	person.address = person.fields = span_of(NULL, 0);
	*ret_person = person;
	*ret_change = change;
	explicit_bzero(&person.key, sizeof(person.key));
	return 0;
}

struct handle_search {
	const struct prospect_id *id;
	struct handle handle;
	bool found;
};

static void find_handle_of(struct txn *txn, void *context)
{
	struct handle_search *search = context;
	struct span id = span_of(search->id->bytes, sizeof(search->id->bytes));
	struct span handle = txn_get(txn, PEOPLE_IDS, id);

	search->found = handle.size == sizeof(search->handle.bytes);
	if (search->found)
		memcpy(search->handle.bytes, handle.data, sizeof(search->handle.bytes));
}

/* As people/ has it, now or when it was kept. Return: 0; PEOPLE_E_NOT_FOUND; errno. */
static int read_handle(struct store *store, const struct prospect_id *id, struct handle *ret_handle)
{
	uint64_t writes = atomic_load(&store->people.writes);
	struct handle_search search = {.id = id};
	int r;

	if (!atomic_load(&store->people.unjudged) &&
	    handle_cache_find(store->handles, writes, id, ret_handle))
		return 0;
	r = txn_read(&store->people, find_handle_of, &search);
	if (r)
		return r;
	if (!search.found)
		return PEOPLE_E_NOT_FOUND;
	handle_cache_keep(store->handles, writes, id, &search.handle);
	*ret_handle = search.handle;
	return 0;
}

int people_resolve_handle(struct store *store, const struct prospect_id *id,
			  struct handle *ret_handle, struct people_change **ret_change)
{
	struct person person;
	int r = pending_of(store, id) ? PEOPLE_E_NOT_FOUND : read_handle(store, id, ret_handle);

	if (r == 0)
		*ret_change = NULL;
	if (r != PEOPLE_E_NOT_FOUND)
		return r;
	r = people_resolve(store, id, &person, ret_change);
	if (r)
		return r;
	*ret_handle = person.handle;
	explicit_bzero(&person.key, sizeof(person.key));
	return 0;
}

int people_find(struct store *store, const struct prospect_id *id, struct arena *arena,
		struct person *ret_person)
{
	const struct people_change *pending = pending_of(store, id);
	struct person person;
	int r;

	if (pending && pending->kind == PEOPLE_ERASE)
		return PEOPLE_E_NOT_FOUND;
	if (!pending) {
		r = read_person(store, id, arena, ret_person);
		return r == PEOPLE_E_ERASED ? PEOPLE_E_NOT_FOUND : r;
	}
	person = pending->person;
	r = copy_spans(arena, &person);
	if (!r)
		*ret_person = person;
	return r;
}

int people_find_handle(struct store *store, const struct handle *handle, struct arena *arena,
		       struct person *ret_person)
{
	const struct people_change *pending = people_index_find_handle(store->pending, handle);
	struct search search = {.store = store,
				.handle = handle,
				.arena = arena,
				.ret_person = ret_person};
	struct person person;
	int r;

	if (!pending)
		return run(&search);
	person = pending->person;
	r = copy_spans(arena, &person);
	if (!r)
		*ret_person = person;
	return r;
}

static bool says(struct span new, struct span old)
{
	return !new.data || (old.data && span_equal(new, old));
}

struct telling {
	const struct person *person;
	bool told;
};

static void find_event(struct txn *txn, void *context)
{
	struct telling *telling = context;
	const struct person *person = telling->person;
	struct span record;
	struct event event;
	uint8_t key[8];

	put_u64(key, person->event);
	record = txn_get(txn, EVENTS_EVENTS, span_of(key, sizeof(key)));
	telling->told =
		person->event <= txn_get_number(txn, EVENTS_META, "pruned_through", 0) ||
		(record.data && event_decode(record, &event) == 0 && event.type == EVENT_prospect &&
		 span_equal(event.fields[EVENT_FIELD_prospect],
			    span_of(person->handle.bytes, sizeof(person->handle.bytes))));
}

/* Is the event that tells of the row in the log? One that is pruned was. */
static int read_told(struct store *store, const struct person *person, bool *ret_told)
{
	struct telling telling = {.person = person};
	int r = 0;

	*ret_told = person->event == 0;
	if (*ret_told || person->event == not_told_yet)
		return 0;
	r = txn_read(&store->events, find_event, &telling);
	*ret_told = telling.told;
	return r;
}

int people_prepare_anew(struct store *store, const struct prospect_id *id, struct span address,
			struct span fields, struct handle *ret_handle,
			struct people_change **ret_change)
{
	uint8_t mark[PEOPLE_MARK_BYTES];
	struct person person;

	if (address.size > field_max_bytes[PERSON_address] ||
	    fields.size > field_max_bytes[PERSON_fields])
		return -EMSGSIZE;
	if (atomic_load(&store->people_full))
		return -ENOSPC;
	mint(&person);
	person.address = address;
	person.fields = fields;
	id_of_erased(store->keyring, id, mark);
	*ret_change = people_index_add_kind(store->pending, PEOPLE_ANEW, id, &person,
					    span_of(NULL, 0), span_of(mark, sizeof(mark)));
	*ret_handle = person.handle;
	explicit_bzero(&person.key, sizeof(person.key));
	if (!*ret_change)
		return -ENOMEM;
	(*ret_change)->is_new = true;
	return 0;
}

int people_prepare(struct store *store, const struct prospect_id *id, struct span address,
		   struct span fields, struct handle *ret_handle, struct people_change **ret_change,
		   bool *ret_same)
{
	const struct people_change *pending = pending_of(store, id);
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct people_change *change = NULL;
	struct person person = {0};
	bool is_new, same;
	int r = 0;

	if (address.size > field_max_bytes[PERSON_address] ||
	    fields.size > field_max_bytes[PERSON_fields])
		return -EMSGSIZE;
	if (pending && pending->kind == PEOPLE_ERASE)
		return PEOPLE_E_ERASED;
	if (pending)
		person = pending->person;
	else
		r = read_person(store, id, &arena, &person);
	is_new = r == PEOPLE_E_NOT_FOUND;
	if (r && !is_new)
		return r;
	if (is_new)
		mint(&person);
	same = !pending && !is_new && says(address, person.address) && says(fields, person.fields);
	r = same ? read_told(store, &person, &same) : 0;
	if (r)
		return r;
	if (!same && atomic_load(&store->people_full))
		return -ENOSPC;
	if (!same) {
		person.address = address.data ? address : person.address;
		person.fields = fields.data ? fields : person.fields;
		person.changed = clock_wall();
		change = add_change(store, id, &person, !pending && !is_new, pending);
	}
	*ret_handle = person.handle;
	explicit_bzero(&person.key, sizeof(person.key));
	if (!same && !change)
		return -ENOMEM;
	if (change)
		change->is_new = is_new;
	*ret_change = change;
	*ret_same = same;
	return 0;
}

/* In one piece, so that no smaller copy of the key stays behind in freed memory. */
static void put_row(struct txn *txn, const struct person *person, size_t bytes)
{
	cleanup_buffer struct buffer row = BUFFER_INIT;

	(void)buffer_reserve(&row, ROW_ROOM_BYTES + bytes);
	encode(person, &row);
	txn_fail(txn, row.error);
	txn_put(txn, PEOPLE_ROWS, span_of(person->handle.bytes, sizeof(person->handle.bytes)),
		buffer_span(&row));
	if (row.data)
		explicit_bzero(row.data, row.size);
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
	if (event || (person.event == not_told_yet && entry->event))
		person.event = entry->event;
	txn_put(txn, PEOPLE_IDS, span_of(change->id.bytes, sizeof(change->id.bytes)),
		span_of(person.handle.bytes, sizeof(person.handle.bytes)));
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
	if (row.data && !txn->error && decode(buffer_span(&copy), &person) == 0) {
		person.event = event;
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
