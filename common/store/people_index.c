/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes that are not settled: minted people and new fields, from the moment they are made until
 * their ticket has come back and is freed.
 *
 * Each change is the whole row as of its making, and changes of one person are numbered. Tickets of
 * two queues overtake one another, so the writer writes a change only if it is newer than what it
 * has written of that person. Here the newest change that is alive speaks for the person, unless a
 * newer one has been settled: then people/ does. A change that was never written (its ticket was
 * lost) takes what it said with it.
 *
 * Invariant: an entry lives exactly as long as it has a change. All memory that held a key is
 * wiped.
 */
#include "store/people_index.h"
#include "base/cleanup.h"
#include "base/encode.h"

enum { BUCKETS_FIRST = 64 };

struct people_index {
	struct people_entry **buckets;
	size_t bucket_count, entry_count; /* a power of two */
	uint64_t version;
};

struct people_index *people_index_new(void)
{
	struct people_index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	index->buckets = calloc(BUCKETS_FIRST, sizeof(struct people_entry *));
	index->bucket_count = BUCKETS_FIRST;
	if (index->buckets)
		return index;
	free(index);
	return NULL;
}

void people_index_free(struct people_index *index)
{
	if (!index)
		return;
	free(index->buckets);
	free(index);
}

/* A prospect id is the output of an HMAC: its bytes are as good as a hash of it. */
static struct people_entry **bucket_of(struct people_index *index, const struct prospect_id *id)
{
	return &index->buckets[get_u64(id->bytes) & (index->bucket_count - 1)];
}

struct people_entry *people_index_find(struct people_index *index, const struct prospect_id *id)
{
	struct people_entry *entry = *bucket_of(index, id);

	while (entry && memcmp(entry->id.bytes, id->bytes, sizeof(id->bytes)) != 0)
		entry = entry->next;
	return entry;
}

const struct people_change *people_entry_newest(const struct people_entry *entry)
{
	return entry->newest->version > entry->settled ? entry->newest : NULL;
}

const struct people_change *people_index_find_handle(struct people_index *index,
						     const struct handle *handle)
{
	for (size_t i = 0; i < index->bucket_count; i++)
		for (struct people_entry *entry = index->buckets[i]; entry; entry = entry->next) {
			const struct people_change *newest = people_entry_newest(entry);

			if (newest && memcmp(newest->person.handle.bytes, handle->bytes,
					     sizeof(handle->bytes)) == 0)
				return newest;
		}
	return NULL;
}

/* Twice the buckets; without memory for them the chains only become longer. */
static void grow(struct people_index *index)
{
	struct people_index larger = {.bucket_count = index->bucket_count * 2};

	larger.buckets = calloc(larger.bucket_count, sizeof(struct people_entry *));
	if (!larger.buckets)
		return;
	for (size_t i = 0; i < index->bucket_count; i++)
		while (index->buckets[i]) {
			struct people_entry *entry = index->buckets[i];
			struct people_entry **bucket = bucket_of(&larger, &entry->id);

			index->buckets[i] = entry->next;
			entry->next = *bucket;
			*bucket = entry;
		}
	free(index->buckets);
	index->buckets = larger.buckets;
	index->bucket_count = larger.bucket_count;
}

static struct people_entry *entry_of(struct people_index *index, const struct prospect_id *id,
				     bool durable)
{
	struct people_entry *entry = people_index_find(index, id), **bucket;

	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	if (index->entry_count >= index->bucket_count)
		grow(index);
	bucket = bucket_of(index, id);
	entry->index = index;
	entry->id = *id;
	entry->durable = durable;
	entry->next = *bucket;
	*bucket = entry;
	index->entry_count++;
	return entry;
}

static void remove_entry(struct people_entry *entry)
{
	struct people_entry **link = bucket_of(entry->index, &entry->id);

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	entry->index->entry_count--;
	free(entry);
}

static struct span copy_to(uint8_t **room, struct span span)
{
	struct span copy = span;

	if (!span.data)
		return span;
	copy.data = *room;
	if (span.size > 0)
		memcpy(*room, span.data, span.size);
	*room += span.size;
	return copy;
}

static struct people_change *add(struct people_index *index, const struct people_change *made,
				 bool durable)
{
	const struct person *person = &made->person;
	size_t bytes = sizeof(struct people_change) + person->address.size + person->fields.size +
		       person->ids.size + person->includes.size + made->erased.size +
		       made->marks.size;
	struct people_change *change = calloc(1, bytes);
	struct people_entry *entry;
	uint8_t *room;

	if (!change)
		return NULL;
	entry = entry_of(index, &made->id, durable);
	if (!entry) {
		free(change);
		return NULL;
	}
	room = (uint8_t *)(change + 1);
	*change = *made;
	change->person.address = copy_to(&room, person->address);
	change->person.fields = copy_to(&room, person->fields);
	change->person.ids = copy_to(&room, person->ids);
	change->person.includes = copy_to(&room, person->includes);
	change->person.own = made->id;
	change->erased = copy_to(&room, made->erased);
	change->marks = copy_to(&room, made->marks);
	change->version = ++index->version;
	change->bytes = bytes;
	change->entry = entry;
	change->older = entry->newest;
	if (entry->newest)
		entry->newest->newer = change;
	entry->newest = change;
	return change;
}

struct people_change *people_index_add(struct people_index *index, const struct prospect_id *id,
				       const struct person *person, bool durable)
{
	struct people_change made = {.id = *id, .person = *person};
	struct people_change *change = add(index, &made, durable);

	explicit_bzero(&made, sizeof(made));
	return change;
}

struct people_change *people_index_add_kind(struct people_index *index,
					    enum people_change_kind kind,
					    const struct prospect_id *id,
					    const struct person *person, struct span erased,
					    struct span marks)
{
	struct people_change made = {
		.kind = kind, .id = *id, .person = *person, .erased = erased, .marks = marks};
	struct people_change *change = add(index, &made, kind == PEOPLE_ERASE);

	explicit_bzero(&made, sizeof(made));
	return change;
}

void people_change_free(struct people_change *change)
{
	struct people_entry *entry;

	if (!change)
		return;
	entry = change->entry;
	if (change->written) {
		entry->durable = true;
		if (change->version > entry->settled)
			entry->settled = change->version;
	}
	if (change->older)
		change->older->newer = change->newer;
	if (change->newer)
		change->newer->older = change->older;
	else
		entry->newest = change->older;
	if (!entry->newest)
		remove_entry(entry);
	explicit_bzero(change, change->bytes);
	free(change);
}
