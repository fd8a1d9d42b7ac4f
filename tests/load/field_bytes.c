/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field_bytes DATA_DIR: where the bytes of a log go. One line a field that its events have:
 *
 *   NAME EVENTS BYTES DISTINCT DISTINCT_BYTES
 *
 * BYTES with the field's id and length, DISTINCT the different values (told apart by 64 bits of a
 * hash) and DISTINCT_BYTES their own; and first "record EVENTS BYTES", the records as a whole.
 */
#include "base/arena.h"
#include "crypto/keyring.h"
#include "store/event_reader.h"

#include <stdio.h>
#include <stdlib.h>

/* An open table of hashes, doubled when half full; 0 stands for an empty place. */
struct values {
	uint64_t *hashes;
	size_t room, count;
};

struct field {
	uint64_t events, bytes, distinct_bytes;
	struct values values;
};

struct count {
	uint64_t events, bytes;
	struct field fields[EVENT_FIELD_COUNT];
};

static uint64_t hash_of(struct span value)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);

	for (size_t i = 0; i < value.size; i++)
		hash = (hash ^ value.data[i]) * UINT64_C(0x100000001B3);
	hash ^= hash >> 29;
	return hash ? hash : 1;
}

static bool insert(uint64_t *hashes, size_t room, uint64_t hash)
{
	size_t at = hash & (room - 1);

	while (hashes[at] && hashes[at] != hash)
		at = (at + 1) & (room - 1);
	if (hashes[at])
		return false;
	hashes[at] = hash;
	return true;
}

static void grow(struct values *values)
{
	size_t room = values->room ? 2 * values->room : 1024;
	uint64_t *hashes = calloc(room, sizeof(*hashes));

	if (!hashes)
		abort();
	for (size_t i = 0; i < values->room; i++)
		if (values->hashes[i])
			(void)insert(hashes, room, values->hashes[i]);
	free(values->hashes);
	values->hashes = hashes;
	values->room = room;
}

static bool is_new(struct values *values, struct span value)
{
	if (2 * values->count >= values->room)
		grow(values);
	if (!insert(values->hashes, values->room, hash_of(value)))
		return false;
	values->count++;
	return true;
}

static int each(void *context, const struct event *event, struct span record)
{
	struct count *count = context;

	count->events++;
	count->bytes += record.size;
	for (unsigned i = 1; i < EVENT_FIELD_COUNT; i++) {
		struct span value = event->fields[i];
		struct field *field = &count->fields[i];

		if (!value.data)
			continue;
		field->events++;
		field->bytes += 2 + (value.size >= 128) + value.size;
		if (is_new(&field->values, value))
			field->distinct_bytes += value.size;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct count count;
	struct error error = {""};
	struct store *store;
	uint64_t last;

	if (argc != 2 || crypto_init())
		return 2;
	if (store_open_reader(argv[1], &store, &error) ||
	    event_reader_each(store, 0, each, &count, &last)) {
		(void)fprintf(stderr, "field_bytes: the log cannot be read %s\n", error.text);
		return EXIT_FAILURE;
	}
	(void)printf("record %llu %llu\n", (unsigned long long)count.events,
		     (unsigned long long)count.bytes);
	for (unsigned i = 1; i < EVENT_FIELD_COUNT; i++) {
		const struct field *field = &count.fields[i];

		if (field->events > 0)
			(void)printf("%s %llu %llu %zu %llu\n", event_field_row(i)->name,
				     (unsigned long long)field->events,
				     (unsigned long long)field->bytes, field->values.count,
				     (unsigned long long)field->distinct_bytes);
		free(field->values.hashes);
	}
	store_close(store);
	return EXIT_SUCCESS;
}
