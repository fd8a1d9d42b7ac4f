/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text is known by 16 bytes of SipHash under a key of this directory: two texts that share them
 * are not to be expected, and nobody outside can make them. So the cache holds hashes and numbers,
 * never texts, and a row of "text_ids" is believed without reading the text behind it.
 *
 * Three steps, each for what the one before does not know: a few texts by some words of their bytes
 * and a comparison, without a hash; the cache, in sets of four by the hash; the database. While the
 * cache has dropped nothing and began with an empty database, what it does not know is new.
 *
 * What waits to be written is found through a table of its own, so that the cache may drop it.
 */
#include "summary/text_ids.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "crypto/short_hash.h"

#include <errno.h>

enum {
	WAYS = 4,
	RECENT_SLOTS = 1024,
	RECENT_BYTES = 116,
	ID_BYTES = 4,
	TEXT_MAX_BYTES = 16384,
	PENDING_SLOTS_MIN = 1024
};

struct slot {
	uint8_t hash[TEXT_HASH_BYTES];
	uint32_t id; /* 0: free */
};

struct recent {
	uint32_t id;
	uint8_t size;
	uint8_t text[RECENT_BYTES];
};

struct pending {
	uint8_t hash[TEXT_HASH_BYTES];
	size_t at;
	uint32_t size;
};

struct text_ids {
	struct summary_env *env;
	struct short_hash_key key;
	uint32_t next;	  /* id of the next new text */
	uint32_t durable; /* and of the first that waits */
	struct slot *slots;
	size_t sets;   /* a power of two */
	bool complete; /* the cache knows all texts that there are */
	struct recent *recent;
	struct pending *pending; /* by id - durable */
	size_t pending_capacity;
	uint32_t *index; /* of pending, by hash: number + 1 */
	size_t index_slots;
	struct buffer texts; /* of pending */
};

struct beginning {
	struct text_ids *ids;
	bool found_key;
};

static void read_begin(struct txn *txn, void *context)
{
	struct beginning *beginning = context;
	struct span key = summary_get(txn, SUMMARY_META, SPAN("hash_key"));

	beginning->found_key = key.size == sizeof(beginning->ids->key.bytes);
	if (beginning->found_key)
		memcpy(beginning->ids->key.bytes, key.data, key.size);
	beginning->ids->next = (uint32_t)summary_get_number(txn, "next_text", 1);
}

static void write_begin(struct txn *txn, void *context)
{
	const struct text_ids *ids = context;

	summary_put(txn, SUMMARY_META, SPAN("hash_key"),
		    span_of(ids->key.bytes, sizeof(ids->key.bytes)));
}

static int begin(struct text_ids *ids)
{
	struct beginning beginning = {.ids = ids};
	int r = summary_env_read(ids->env, read_begin, &beginning);

	if (!r && !beginning.found_key) {
		short_hash_key_make(&ids->key);
		r = summary_env_write(ids->env, write_begin, ids);
	}
	ids->durable = ids->next;
	ids->complete = ids->next == 1;
	return r;
}

struct carrying {
	uint8_t key[sizeof(struct short_hash_key)];
	size_t key_bytes;
	uint64_t next;
};

static void read_numbers(struct txn *txn, void *context)
{
	struct carrying *carrying = context;
	struct span key = summary_get(txn, SUMMARY_META, SPAN("hash_key"));

	carrying->key_bytes = key.size <= sizeof(carrying->key) ? key.size : 0;
	if (carrying->key_bytes > 0)
		memcpy(carrying->key, key.data, key.size);
	carrying->next = summary_get_number(txn, "next_text", 1);
}

static void write_numbers(struct txn *txn, void *context)
{
	const struct carrying *carrying = context;

	summary_put(txn, SUMMARY_META, SPAN("hash_key"),
		    span_of(carrying->key, carrying->key_bytes));
	summary_put_number(txn, "next_text", carrying->next);
}

int text_ids_carry(struct summary_env *from, struct summary_env *to)
{
	struct carrying carrying = {.key_bytes = 0};
	int r = summary_env_read(from, read_numbers, &carrying);

	if (!r)
		r = summary_env_copy(from, SUMMARY_TEXTS, to, SUMMARY_TEXTS);
	if (!r)
		r = summary_env_copy(from, SUMMARY_TEXT_IDS, to, SUMMARY_TEXT_IDS);
	return r ? r : summary_env_write(to, write_numbers, &carrying);
}

int text_ids_open(struct summary_env *env, size_t cache_bytes, struct text_ids **ret_ids)
{
	struct text_ids *ids = calloc(1, sizeof(*ids));
	int r;

	if (!ids)
		return -ENOMEM;
	ids->env = env;
	for (ids->sets = 1; ids->sets * 2 * WAYS * sizeof(struct slot) <= cache_bytes;)
		ids->sets *= 2;
	ids->slots = calloc(ids->sets, WAYS * sizeof(*ids->slots));
	ids->recent = calloc(RECENT_SLOTS, sizeof(*ids->recent));
	r = ids->slots && ids->recent ? begin(ids) : -ENOMEM;
	if (r) {
		text_ids_close(ids);
		return r;
	}
	*ret_ids = ids;
	return 0;
}

void text_ids_close(struct text_ids *ids)
{
	if (!ids)
		return;
	buffer_finish(&ids->texts);
	free(ids->index);
	free(ids->pending);
	free(ids->recent);
	free(ids->slots);
	free(ids);
}

void text_ids_hash(const struct text_ids *ids, struct span text, uint8_t ret_hash[TEXT_HASH_BYTES])
{
	short_hash_wide(&ids->key, text, ret_hash);
}

static uint64_t word_of(const uint8_t hash[TEXT_HASH_BYTES])
{
	uint64_t word;

	memcpy(&word, hash, sizeof(word));
	return word;
}

/* By the first, the middle and the last word; only for texts of at least eight bytes. */
static struct recent *recent_of(const struct text_ids *ids, struct span text)
{
	uint64_t first, middle, last;

	memcpy(&first, text.data, sizeof(first));
	memcpy(&middle, text.data + (text.size - sizeof(middle)) / 2, sizeof(middle));
	memcpy(&last, text.data + text.size - sizeof(last), sizeof(last));
	first = (first ^ text.size) * UINT64_C(0x9E3779B97F4A7C15);
	middle = (middle ^ (first >> 32)) * UINT64_C(0xC2B2AE3D27D4EB4F);
	last = (last ^ (middle >> 32)) * UINT64_C(0x165667B19E3779F9);
	return &ids->recent[(last >> 40) % RECENT_SLOTS];
}

static uint32_t find_cached(const struct text_ids *ids, const uint8_t hash[TEXT_HASH_BYTES])
{
	const struct slot *set = ids->slots + (word_of(hash) & (ids->sets - 1)) * WAYS;

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].id && memcmp(set[i].hash, hash, TEXT_HASH_BYTES) == 0)
			return set[i].id;
	return 0;
}

/* Into the first place of its set; what was last there is dropped. */
static void cache(struct text_ids *ids, const uint8_t hash[TEXT_HASH_BYTES], uint32_t id)
{
	struct slot *set = ids->slots + (word_of(hash) & (ids->sets - 1)) * WAYS;

	ids->complete &= set[WAYS - 1].id == 0;
	memmove(set + 1, set, (WAYS - 1) * sizeof(*set));
	memcpy(set->hash, hash, TEXT_HASH_BYTES);
	set->id = id;
}

/* The place of a waiting text, or where it would be. */
static uint32_t *pending_slot(const struct text_ids *ids, const uint8_t hash[TEXT_HASH_BYTES])
{
	for (size_t i = word_of(hash) >> 32;; i++) {
		uint32_t *slot = &ids->index[i & (ids->index_slots - 1)];

		if (*slot == 0 || memcmp(ids->pending[*slot - 1].hash, hash, TEXT_HASH_BYTES) == 0)
			return slot;
	}
}

static int grow_pending(struct text_ids *ids)
{
	size_t count = ids->next - ids->durable;
	size_t capacity = ids->pending_capacity ? 2 * ids->pending_capacity : PENDING_SLOTS_MIN;
	struct pending *pending;
	uint32_t *index;

	if (count < ids->pending_capacity)
		return 0;
	pending = reallocarray(ids->pending, capacity, sizeof(*pending));
	if (!pending)
		return -ENOMEM;
	ids->pending = pending;
	index = calloc(2 * capacity, sizeof(*index));
	if (!index)
		return -ENOMEM;
	free(ids->index);
	ids->index = index;
	ids->index_slots = 2 * capacity;
	ids->pending_capacity = capacity;
	for (size_t i = 0; i < count; i++)
		*pending_slot(ids, pending[i].hash) = (uint32_t)i + 1;
	return 0;
}

struct search {
	const uint8_t *hash;
	uint32_t id;
};

static void find_stored(struct txn *txn, void *context)
{
	struct search *search = context;
	struct span id = summary_get(txn, SUMMARY_TEXT_IDS, span_of(search->hash, TEXT_HASH_BYTES));

	search->id = id.size == ID_BYTES ? get_u32(id.data) : 0;
}

static int add(struct text_ids *ids, const uint8_t hash[TEXT_HASH_BYTES], struct span text,
	       uint32_t *ret_id)
{
	size_t count = ids->next - ids->durable;
	int r = grow_pending(ids);

	if (r)
		return r;
	if (ids->next == UINT32_MAX)
		return -EOVERFLOW;
	memcpy(ids->pending[count].hash, hash, TEXT_HASH_BYTES);
	ids->pending[count].at = ids->texts.size;
	ids->pending[count].size = (uint32_t)text.size;
	buffer_append_span(&ids->texts, text);
	if (ids->texts.error)
		return ids->texts.error;
	*pending_slot(ids, hash) = (uint32_t)count + 1;
	*ret_id = ids->next++;
	return 0;
}

static int find_or_add(struct text_ids *ids, struct span text, uint32_t *ret_id)
{
	uint8_t hash[TEXT_HASH_BYTES];
	struct search search = {.hash = hash};
	uint32_t id;
	int r = 0;

	text_ids_hash(ids, text, hash);
	id = find_cached(ids, hash);
	if (!id && ids->next > ids->durable && *pending_slot(ids, hash))
		id = ids->durable + *pending_slot(ids, hash) - 1;
	if (id) {
		*ret_id = id;
		return 0;
	}
	if (!ids->complete)
		r = summary_env_read(ids->env, find_stored, &search);
	if (!r && !search.id)
		r = add(ids, hash, text, &search.id);
	if (r)
		return r;
	cache(ids, hash, search.id);
	*ret_id = search.id;
	return 0;
}

int text_ids_intern(struct text_ids *ids, struct span text, uint32_t *ret_id)
{
	struct recent *recent = NULL;
	int r;

	text = span_slice(text, 0, TEXT_MAX_BYTES);
	if (text.size == 0) {
		*ret_id = 0;
		return 0;
	}
	if (text.size >= sizeof(uint64_t) && text.size <= RECENT_BYTES) {
		recent = recent_of(ids, text);
		if (recent->size == text.size && memcmp(recent->text, text.data, text.size) == 0) {
			*ret_id = recent->id;
			return 0;
		}
	}
	r = find_or_add(ids, text, ret_id);
	if (!r && recent) {
		recent->id = *ret_id;
		recent->size = (uint8_t)text.size;
		memcpy(recent->text, text.data, text.size);
	}
	return r;
}

size_t text_ids_waiting(const struct text_ids *ids)
{
	return ids->next - ids->durable;
}

void text_ids_write(struct text_ids *ids, struct txn *txn)
{
	uint8_t id[ID_BYTES];

	for (uint32_t i = 0; i < ids->next - ids->durable; i++) {
		const struct pending *pending = &ids->pending[i];

		put_u32(id, ids->durable + i);
		summary_append(txn, SUMMARY_TEXTS, span_of(id, sizeof(id)),
			       span_of(ids->texts.data + pending->at, pending->size));
		summary_put(txn, SUMMARY_TEXT_IDS, span_of(pending->hash, TEXT_HASH_BYTES),
			    span_of(id, sizeof(id)));
	}
	if (ids->next > ids->durable)
		summary_put_number(txn, "next_text", ids->next);
}

void text_ids_written(struct text_ids *ids)
{
	if (ids->index)
		memset(ids->index, 0, ids->index_slots * sizeof(*ids->index));
	buffer_clear(&ids->texts);
	ids->durable = ids->next;
}

struct span text_ids_read(struct txn *txn, uint32_t id)
{
	uint8_t key[ID_BYTES];

	put_u32(key, id);
	return id ? summary_get(txn, SUMMARY_TEXTS, span_of(key, sizeof(key))) : span_of(NULL, 0);
}

void text_ids_remove(const struct text_ids *ids, struct txn *txn, uint32_t id)
{
	uint8_t key[ID_BYTES], hash[TEXT_HASH_BYTES];
	struct span text = text_ids_read(txn, id), found;

	if (!text.data)
		return;
	put_u32(key, id);
	text_ids_hash(ids, text, hash);
	found = summary_get(txn, SUMMARY_TEXT_IDS, span_of(hash, sizeof(hash)));
	if (span_equal(found, span_of(key, sizeof(key))))
		summary_delete(txn, SUMMARY_TEXT_IDS, span_of(hash, sizeof(hash)));
	summary_delete(txn, SUMMARY_TEXTS, span_of(key, sizeof(key)));
}

struct span text_ids_text(const struct text_ids *ids, struct txn *txn, uint32_t id)
{
	const struct pending *pending;

	if (id < ids->durable)
		return text_ids_read(txn, id);
	if (id >= ids->next)
		return span_of(NULL, 0);
	pending = &ids->pending[id - ids->durable];
	return span_of(ids->texts.data + pending->at, pending->size);
}
