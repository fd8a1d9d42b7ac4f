/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table with open addressing, at most half full, in a mapped file without a name. A prospect
 * id is the output of an HMAC, so its first bytes are its hash. Room is reserved on the disk before
 * it is touched: a full disk is an error here, and not a signal.
 */
#include "commands/import_seen.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/import_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

enum { SLOTS_AT_FIRST = 1 << 12 };

struct slot {
	struct prospect_id id;
	uint32_t line_high, line_low; /* of a line number; 0: the slot is free */
};

struct import_seen {
	struct slot *slots;
	size_t capacity, count;
};

static uint64_t line_of(const struct slot *slot)
{
	return (uint64_t)slot->line_high << 32 | slot->line_low;
}

/* NULL with @ret_code. */
static struct slot *map_slots(size_t capacity, int *ret_code, struct error *error)
{
	cleanup_close int fd = import_scratch_open(error);
	size_t bytes = capacity * sizeof(struct slot);
	void *slots;

	*ret_code = -EACCES;
	if (fd < 0)
		return NULL;
	*ret_code = -posix_fallocate(fd, 0, (off_t)bytes);
	if (*ret_code)
		return NULL;
	slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (slots == MAP_FAILED) { // NOLINT(performance-no-int-to-ptr)
		*ret_code = -errno;
		return NULL;
	}
	return slots;
}

struct import_seen *import_seen_new(struct error *error)
{
	struct import_seen *seen = calloc(1, sizeof(*seen));
	int code = -ENOMEM;

	if (seen) {
		seen->capacity = SLOTS_AT_FIRST;
		seen->slots = map_slots(seen->capacity, &code, error);
		if (seen->slots)
			return seen;
	}
	free(seen);
	if (code != -EACCES)
		(void)error_set(error, 0, "the table of addresses cannot be made (TMPDIR): %s",
				strerror(-code));
	return NULL;
}

void import_seen_free(struct import_seen *seen)
{
	if (!seen)
		return;
	(void)munmap(seen->slots, seen->capacity * sizeof(struct slot));
	free(seen);
}

/* The slot of @id, or the free one where it belongs. */
static struct slot *find_slot(struct slot *slots, size_t capacity, const struct prospect_id *id)
{
	size_t at = (size_t)get_u64(id->bytes) & (capacity - 1);

	while (line_of(&slots[at]) && memcmp(&slots[at].id, id, sizeof(*id)) != 0)
		at = (at + 1) & (capacity - 1);
	return &slots[at];
}

static int grow(struct import_seen *seen)
{
	size_t capacity = seen->capacity * 2;
	struct slot *slots;
	int code;

	slots = map_slots(capacity, &code, NULL);
	if (!slots)
		return code;
	for (size_t i = 0; i < seen->capacity; i++)
		if (line_of(&seen->slots[i]))
			*find_slot(slots, capacity, &seen->slots[i].id) = seen->slots[i];
	(void)munmap(seen->slots, seen->capacity * sizeof(struct slot));
	seen->slots = slots;
	seen->capacity = capacity;
	return 0;
}

int import_seen_put(struct import_seen *seen, const struct prospect_id *id, size_t line)
{
	int code = seen->count * 2 >= seen->capacity ? grow(seen) : 0;
	struct slot *slot;

	if (code)
		return code;
	slot = find_slot(seen->slots, seen->capacity, id);
	seen->count += line_of(slot) == 0;
	slot->id = *id;
	slot->line_high = (uint32_t)((uint64_t)line >> 32);
	slot->line_low = (uint32_t)line;
	return 0;
}

size_t import_seen_find(const struct import_seen *seen, const struct prospect_id *id)
{
	return (size_t)line_of(find_slot(seen->slots, seen->capacity, id));
}
