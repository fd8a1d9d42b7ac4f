/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging rows of people/, and undoing it.
 *
 * The surviving row has the ids of the other among its own, and the other keeps its own ids, too,
 * so that undoing needs nothing else. Only somebody who is not merged can be merged or merged into;
 * so a chain of merges grows at its end, and is undone from there.
 */
#include "store/people_merge.h"

#include "base/cleanup.h"
#include "store/people_index.h"
#include "store/people_row.h"
#include "store/store_internal.h"

#include <errno.h>

enum { ID_BYTES = sizeof(struct prospect_id), LIST_MAX_BYTES = 768 };

_Static_assert(sizeof(struct handle) == ID_BYTES, "both lists are of twelve bytes each");

struct merge {
	struct store *store;
	struct arena arena;
	struct person into, other;
	struct buffer ids, includes; /* of @into, as they shall be */
};

static void finish(struct merge *merge)
{
	explicit_bzero(&merge->into.key, sizeof(merge->into.key));
	explicit_bzero(&merge->other.key, sizeof(merge->other.key));
	buffer_finish(&merge->ids);
	buffer_finish(&merge->includes);
	arena_finish(&merge->arena);
}

static bool is_merged(const struct person *person)
{
	return !id_is_zero(&person->merged, sizeof(person->merged));
}

/* A row of before says its id only by its address. */
static int name(struct store *store, struct person *person)
{
	if (!id_is_zero(&person->own, sizeof(person->own)))
		return 0;
	if (!person->address.data || !store->keyring ||
	    id_of_address(store->keyring, person->address, &person->own) != 0)
		return PEOPLE_MERGE_E_UNNAMED;
	return 0;
}

static int find(struct merge *merge, const struct handle *handle, struct person *ret_person)
{
	int r = people_find_handle(merge->store, handle, &merge->arena, ret_person);

	if (!r)
		r = name(merge->store, ret_person);
	if (!r && !ret_person->ids.data)
		ret_person->ids =
			arena_copy(&merge->arena, span_of(ret_person->own.bytes, ID_BYTES));
	return !r && !ret_person->ids.data ? -ENOMEM : r;
}

static bool holds(struct span list, const uint8_t *item)
{
	for (size_t at = 0; at + ID_BYTES <= list.size; at += ID_BYTES)
		if (memcmp(list.data + at, item, ID_BYTES) == 0)
			return true;
	return false;
}

/* Append the items of @list that are not in @without and not there yet. */
static void add_items(struct buffer *to, struct span list, struct span without)
{
	for (size_t at = 0; at + ID_BYTES <= list.size; at += ID_BYTES) {
		const uint8_t *item = list.data + at;

		if (!holds(without, item) && !holds(buffer_span(to), item))
			buffer_append(to, item, ID_BYTES);
	}
}

static bool says(const struct person *person, const struct merge *merge, struct span fields)
{
	return span_equal(person->ids, buffer_span(&merge->ids)) &&
	       span_equal(person->includes, buffer_span(&merge->includes)) &&
	       (!fields.data || span_equal(person->fields, fields));
}

/* What is found and has no change that is alive is durable. */
static struct people_change *change_of(struct merge *merge, const struct person *person)
{
	return people_index_add(merge->store->pending, &person->own, person, true);
}

/* Both rows as they shall be, unless they are. */
static int make_changes(struct merge *merge, struct span fields, const struct handle *merged,
			struct people_change *ret_changes[PEOPLE_MERGE_CHANGES])
{
	struct person into = merge->into, other = merge->other;
	bool same =
		says(&into, merge, fields) && memcmp(&other.merged, merged, sizeof(*merged)) == 0;
	struct people_change *first, *second;
	usec_t now = clock_wall();

	ret_changes[0] = ret_changes[1] = NULL;
	if (same)
		return 0;
	if (atomic_load(&merge->store->people_full))
		return -ENOSPC;
	into.changed = other.changed = now;
	into.ids = buffer_span(&merge->ids);
	into.includes = merge->includes.size > 0 ? buffer_span(&merge->includes) : span_of(NULL, 0);
	into.fields = fields.data ? fields : into.fields;
	other.merged = *merged;
	first = change_of(merge, &into);
	second = first ? change_of(merge, &other) : NULL;
	explicit_bzero(&into.key, sizeof(into.key));
	explicit_bzero(&other.key, sizeof(other.key));
	if (!second) {
		people_change_free(first);
		return -ENOMEM;
	}
	ret_changes[0] = first;
	ret_changes[1] = second;
	return 0;
}

static int check_room(const struct merge *merge, struct span fields)
{
	if (fields.size > person_field_max_bytes[PERSON_fields])
		return -EMSGSIZE;
	if (merge->ids.error || merge->includes.error)
		return -ENOMEM;
	if (merge->ids.size > LIST_MAX_BYTES || merge->includes.size > LIST_MAX_BYTES)
		return PEOPLE_MERGE_E_FULL;
	return 0;
}

static int check_merge(const struct merge *merge, const struct handle *into)
{
	if (is_merged(&merge->into))
		return PEOPLE_MERGE_E_MERGED;
	if (is_merged(&merge->other) && memcmp(&merge->other.merged, into, sizeof(*into)) != 0)
		return PEOPLE_MERGE_E_MERGED;
	return 0;
}

int people_merge(struct store *store, const struct handle *into, struct span fields,
		 const struct handle *other,
		 struct people_change *ret_changes[PEOPLE_MERGE_CHANGES])
{
	cleanup(finish) struct merge merge = {.store = store};
	int r = find(&merge, into, &merge.into);

	if (!r)
		r = find(&merge, other, &merge.other);
	if (!r)
		r = check_merge(&merge, into);
	if (r)
		return r;
	add_items(&merge.ids, merge.into.ids, span_of(NULL, 0));
	add_items(&merge.ids, merge.other.ids, span_of(NULL, 0));
	add_items(&merge.includes, merge.into.includes, span_of(NULL, 0));
	add_items(&merge.includes, span_of(other, sizeof(*other)), span_of(NULL, 0));
	r = check_room(&merge, fields);
	return r ? r : make_changes(&merge, fields, into, ret_changes);
}

int people_unmerge(struct store *store, const struct handle *other, struct span fields,
		   struct people_change *ret_changes[PEOPLE_MERGE_CHANGES])
{
	static const struct handle nobody;
	cleanup(finish) struct merge merge = {.store = store};
	int r = find(&merge, other, &merge.other);

	if (!r && !is_merged(&merge.other))
		return PEOPLE_MERGE_E_APART;
	if (!r)
		r = find(&merge, &merge.other.merged, &merge.into);
	if (!r && is_merged(&merge.into))
		r = PEOPLE_MERGE_E_MERGED;
	if (r)
		return r;
	add_items(&merge.ids, merge.into.ids, merge.other.ids);
	add_items(&merge.includes, merge.into.includes, span_of(other, sizeof(*other)));
	r = check_room(&merge, fields);
	return r ? r : make_changes(&merge, fields, &nobody, ret_changes);
}

static int read_row(struct store *store, const struct handle *handle, struct buffer *handles)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct person person = {.address = {0}};
	int r = people_find_handle(store, handle, &arena, &person);

	if (r)
		return r < 0 ? r : 0;
	add_items(handles, person.includes, span_of(NULL, 0));
	if (is_merged(&person))
		add_items(handles, span_of(&person.merged, sizeof(person.merged)),
			  span_of(NULL, 0));
	explicit_bzero(&person.key, sizeof(person.key));
	return handles->error;
}

/* What a row names comes behind it in the list, and is looked at in its turn. */
int people_read_union(struct store *store, const struct handle *person, struct buffer *ret_handles)
{
	size_t at = ret_handles->size;
	int r;

	add_items(ret_handles, span_of(person, sizeof(*person)), span_of(NULL, 0));
	r = ret_handles->error;
	for (; at < ret_handles->size && !r; at += sizeof(*person)) {
		struct handle handle;

		memcpy(&handle, ret_handles->data + at, sizeof(handle));
		r = read_row(store, &handle, ret_handles);
	}
	return r;
}
