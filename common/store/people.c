/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people/: prospect id → handle → row of key, times, address and fields.
 *
 * Lookups are the loop thread's: first the changes that are alive (people_index.c), then, for a
 * handle alone, those that are kept (handle_cache.c), then the environment. Writing is the
 * writer's (people_write.c). The mark of an erased person is computed only for ids that nobody has,
 * since it costs an HMAC. While an erasure is under way (people_erase.c) the changes of its ids say
 * that the person is erased, and the handle leads nowhere either.
 *
 * Several ids may lead to one handle. Then the changes that are alive are kept by the first of
 * them, the person's own: whoever comes by another one is led there by the row.
 */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/handle_cache.h"
#include "store/people_index.h"
#include "store/people_internal.h"
#include "store/people_row.h"

#include <errno.h>

enum { CHAIN_MAX = 64 /* merges of merges */ };

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

/* The row of @handle; without @arena the spans are absent. 0; PEOPLE_E_NOT_FOUND; errno. */
static int read_row(struct txn *txn, struct span handle, struct arena *arena,
		    struct person *ret_person)
{
	struct span row = handle.data ? txn_get(txn, PEOPLE_ROWS, handle) : handle;
	struct person person = {0};

	if (!row.data || handle.size != sizeof(person.handle.bytes))
		return PEOPLE_E_NOT_FOUND;
	memcpy(person.handle.bytes, handle.data, sizeof(person.handle.bytes));
	txn_fail(txn, person_decode(row, &person));
	txn_fail(txn, person_copy_spans(arena, &person));
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
	struct person *person = search->ret_person;

	if (id)
		handle = txn_get(txn, PEOPLE_IDS, span_of(id->bytes, sizeof(id->bytes)));
	search->result = read_row(txn, handle, search->arena, person);
	if (id && search->result == 0 && id_is_zero(&person->own, sizeof(person->own)))
		person->own = *id;
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

/* Whom @person, of the change @*pending or durable, was merged into; and so on. */
static int follow(struct store *store, struct arena *arena, struct person *person,
		  const struct people_change **pending)
{
	int r = 0;

	for (unsigned i = 0; i < CHAIN_MAX && !r; i++) {
		const struct handle into = person->merged;
		struct search search = {.store = store,
					.handle = &into,
					.arena = arena,
					.ret_person = person};

		if (id_is_zero(&into, sizeof(into)))
			return 0;
		*pending = people_index_find_handle(store->pending, &into);
		if (*pending)
			*person = (*pending)->person;
		else
			r = run(&search);
	}
	return r;
}

/*
 * The person that @id leads to now, and the change that says so (NULL: people/ does). Its spans are
 * those of the change, else in @arena, else absent. A person with several ids has its changes by
 * its own. Return: 0; PEOPLE_E_NOT_FOUND; PEOPLE_E_ERASED; errno.
 */
static int look_up(struct store *store, const struct prospect_id *id, struct arena *arena,
		   struct person *ret_person, const struct people_change **ret_pending)
{
	const struct people_change *pending = pending_of(store, id);
	int r;

	if (!pending) {
		r = read_person(store, id, arena, ret_person);
		if (r)
			return r;
		if (memcmp(&ret_person->own, id, sizeof(*id)) != 0)
			pending = pending_of(store, &ret_person->own);
	}
	if (pending && pending->kind == PEOPLE_ERASE)
		return PEOPLE_E_ERASED;
	if (pending)
		*ret_person = pending->person;
	*ret_pending = pending;
	r = follow(store, arena, ret_person, ret_pending);
	/* Whose id it was is gone with whom they were merged into. */
	return r == PEOPLE_E_NOT_FOUND ? PEOPLE_E_ERASED : r;
}

/* A change made while one that takes the mark away is on its way takes it away, too. */
static struct people_change *add_change(struct store *store, const struct person *person,
					bool durable, const struct people_change *pending)
{
	if (!pending || pending->kind == PEOPLE_SET || pending->entry->durable)
		return people_index_add(store->pending, &person->own, person, durable);
	return people_index_add_kind(store->pending, PEOPLE_ANEW, &person->own, person,
				     span_of(NULL, 0), pending->marks);
}

static void mint(const struct prospect_id *id, struct person *ret_person)
{
	*ret_person = (struct person){.created = clock_wall(), .own = *id};
	ret_person->changed = ret_person->created;
	id_random_handle(&ret_person->handle);
	person_key_random(&ret_person->key);
}

int people_resolve(struct store *store, const struct prospect_id *id, struct person *ret_person,
		   struct people_change **ret_change)
{
	const struct people_change *pending = NULL;
	struct people_change *change = NULL;
	struct person person = {0};
	int r = look_up(store, id, NULL, &person, &pending);
	bool is_new = r == PEOPLE_E_NOT_FOUND;

	if (r && !is_new)
		return r;
	if (is_new)
		mint(id, &person);
	if (pending)
		person.event = pending->told_by ? PEOPLE_NOT_TOLD_YET : person.event;
	if (is_new || (pending && !pending->entry->durable)) {
		if (atomic_load(&store->people_full))
			return -ENOSPC;
		change = add_change(store, &person, false, pending);
		if (!change)
			return -ENOMEM;
		change->is_new = is_new;
	}
	person.address = person.fields = person.ids = person.includes = span_of(NULL, 0);
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
	const struct people_change *pending = NULL;
	struct person person = {0};
	int r = look_up(store, id, arena, &person, &pending);

	if (!r && pending)
		r = person_copy_spans(arena, &person);
	if (!r)
		*ret_person = person;
	explicit_bzero(&person.key, sizeof(person.key));
	return r == PEOPLE_E_ERASED ? PEOPLE_E_NOT_FOUND : r;
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

	/* Or the row could be changed, and would be written behind the erasure. */
	if (people_is_erasing(store, handle))
		return PEOPLE_E_NOT_FOUND;
	if (!pending)
		return run(&search);
	person = pending->person;
	r = person_copy_spans(arena, &person);
	if (!r)
		*ret_person = person;
	return r;
}

int people_find_now(struct store *store, const struct handle *handle, struct arena *arena,
		    struct person *ret_person)
{
	const struct people_change *pending = NULL;
	struct person person = {0};
	int r = people_find_handle(store, handle, arena, &person);

	if (!r)
		r = follow(store, arena, &person, &pending);
	if (!r && pending)
		r = person_copy_spans(arena, &person);
	if (!r)
		*ret_person = person;
	explicit_bzero(&person.key, sizeof(person.key));
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

static bool tells_of(const struct event *event, const struct handle *handle)
{
	const struct span name = span_of(handle->bytes, sizeof(handle->bytes));

	return (event->type == EVENT_prospect &&
		span_equal(event->fields[EVENT_FIELD_prospect], name)) ||
	       (event->type == EVENT_merge && span_equal(event->fields[EVENT_FIELD_other], name));
}

static void find_event(struct txn *txn, void *context)
{
	struct telling *telling = context;
	const struct person *person = telling->person;
	struct span record;
	struct event event;
	uint8_t key[8];

	put_u64(key, person->event);
	record = txn_get(txn, EVENTS_EVENTS, span_of(key, sizeof(key)));
	telling->told = person->event <= txn_get_number(txn, EVENTS_META, "pruned_through", 0) ||
			(record.data && event_decode(record, &event) == 0 &&
			 tells_of(&event, &person->handle));
}

/* Is the event that tells of the row in the log? One that is pruned was. */
static int read_told(struct store *store, const struct person *person, bool *ret_told)
{
	struct telling telling = {.person = person};
	int r = 0;

	*ret_told = person->event == 0;
	if (*ret_told || person->event == PEOPLE_NOT_TOLD_YET)
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

	if (address.size > person_field_max_bytes[PERSON_address] ||
	    fields.size > person_field_max_bytes[PERSON_fields])
		return -EMSGSIZE;
	if (atomic_load(&store->people_full))
		return -ENOSPC;
	mint(id, &person);
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
	const struct people_change *pending = NULL;
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct people_change *change = NULL;
	struct person person = {0};
	bool is_new, same;
	int r;

	if (address.size > person_field_max_bytes[PERSON_address] ||
	    fields.size > person_field_max_bytes[PERSON_fields])
		return -EMSGSIZE;
	r = look_up(store, id, &arena, &person, &pending);
	is_new = r == PEOPLE_E_NOT_FOUND;
	if (r && !is_new)
		return r;
	if (is_new)
		mint(id, &person);
	/* One who has several addresses keeps the one that they had. */
	if (person.address.data && memcmp(&person.own, id, sizeof(*id)) != 0)
		address = span_of(NULL, 0);
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
		change = add_change(store, &person, !pending && !is_new, pending);
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
