/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table from handle to key, open addressing, at most half full. Handles are random bytes, so
 * their first eight are hash enough. People without a key are kept too, so that a log full of
 * erased people does not ask for each of them a thousand times.
 */
#include "commands/reveal.h"

#include "app/operation.h"
#include "base/cleanup.h"
#include "base/encode.h"

#include <errno.h>

enum { SLOTS_AT_FIRST = 256 };

struct slot {
	bool used, has_key;
	struct handle handle;
	struct person_key key;
};

struct reveal {
	struct session *session;
	struct slot *slots;
	size_t capacity, count;
};

struct reveal *reveal_new(struct session *session)
{
	struct reveal *reveal = calloc(1, sizeof(*reveal));

	if (!reveal)
		return NULL;
	reveal->session = session;
	reveal->capacity = SLOTS_AT_FIRST;
	reveal->slots = calloc(reveal->capacity, sizeof(*reveal->slots));
	if (!reveal->slots) {
		free(reveal);
		return NULL;
	}
	return reveal;
}

static void free_slots(struct slot *slots, size_t capacity)
{
	if (slots)
		sodium_memzero(slots, capacity * sizeof(*slots));
	free(slots);
}

void reveal_free(struct reveal *reveal)
{
	if (!reveal)
		return;
	free_slots(reveal->slots, reveal->capacity);
	free(reveal);
}

/* The slot of @handle, or the free one where it belongs. */
static struct slot *find_slot(struct slot *slots, size_t capacity, const struct handle *handle)
{
	size_t at = (size_t)get_u64(handle->bytes) & (capacity - 1);

	while (slots[at].used && memcmp(&slots[at].handle, handle, sizeof(*handle)) != 0)
		at = (at + 1) & (capacity - 1);
	return &slots[at];
}

static int grow(struct reveal *reveal)
{
	size_t capacity = reveal->capacity * 2;
	struct slot *slots;

	if (reveal->count * 2 < reveal->capacity)
		return 0;
	slots = calloc(capacity, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < reveal->capacity; i++)
		if (reveal->slots[i].used)
			*find_slot(slots, capacity, &reveal->slots[i].handle) = reveal->slots[i];
	free_slots(reveal->slots, reveal->capacity);
	reveal->slots = slots;
	reveal->capacity = capacity;
	return 0;
}

static int ask(struct reveal *reveal, const struct handle *handle, struct slot *slot,
	       struct error *error)
{
	char text[2 * sizeof(*handle) + 1];
	json_t *body, *reply = NULL;
	struct span encoded;
	size_t size;
	int code;

	hex_format(handle, sizeof(*handle), text);
	body = json_pack("{s:[s]}", "prospects", text);
	code = body ? session_call(reveal->session, "/api/v1/prospects/reveal", body, &reply, error)
		    : -ENOMEM;
	json_decref(body);
	if (code)
		return code < 0 ? code : -EIO;
	encoded =
		span_text(json_string_value(json_object_get(json_object_get(reply, "keys"), text)));
	slot->has_key = encoded.data &&
			base64url_parse(encoded, &slot->key, sizeof(slot->key), &size) == 0 &&
			size == sizeof(slot->key);
	json_decref(reply);
	return 0;
}

int reveal_key(struct reveal *reveal, const struct handle *handle, struct person_key *ret_key,
	       struct error *error)
{
	struct slot *slot;
	int code = grow(reveal);

	if (code)
		return error_set(error, code, "out of memory");
	slot = find_slot(reveal->slots, reveal->capacity, handle);
	if (!slot->used) {
		code = ask(reveal, handle, slot, error);
		if (code)
			return code;
		slot->handle = *handle;
		slot->used = true;
		reveal->count++;
	}
	if (!slot->has_key)
		return 1;
	*ret_key = slot->key;
	return 0;
}
