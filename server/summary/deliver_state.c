/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file is mapped and judged as a whole before a row of it is believed: a state that is cut
 * would deliver people again, which the digest at its end rules out.
 *
 * It is written from its first byte to its last, never changed: the next delivery has one of its
 * own.
 */
#include "summary/deliver_state.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define STATE_NAME ".state"
#define MAGIC	   "waymark deliver 1\n"

enum {
	MAGIC_BYTES = sizeof(MAGIC) - 1,
	HEAD_BYTES = MAGIC_BYTES + 8,
	ENTRY_BYTES = sizeof(struct handle) + 1 + 8 + 8,
	DIGEST_CHARS = 2 * DIGEST_BYTES
};

struct deliver_state {
	const uint8_t *bytes;
	size_t size, at, end;
};

struct deliver_state_writer {
	FILE *file;
	struct digest *digest;
	int error;
};

int deliver_entry_compare(const struct deliver_entry *a, const struct deliver_entry *b)
{
	int people = memcmp(&a->person, &b->person, sizeof(a->person));

	if (people != 0)
		return people;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->sub != b->sub)
		return a->sub < b->sub ? -1 : 1;
	return 0;
}

void deliver_state_close(struct deliver_state *state)
{
	if (!state)
		return;
	if (state->bytes)
		(void)munmap((void *)(uintptr_t)state->bytes, state->size);
	free(state);
}

static bool is_whole(const struct deliver_state *state)
{
	char text[DIGEST_TEXT_BYTES];
	struct digest *digest;

	if (state->size < HEAD_BYTES + DIGEST_CHARS ||
	    (state->size - HEAD_BYTES - DIGEST_CHARS) % ENTRY_BYTES != 0 ||
	    memcmp(state->bytes, MAGIC, MAGIC_BYTES) != 0)
		return false;
	digest = digest_new();
	if (!digest)
		return false;
	digest_add(digest, span_of(state->bytes, state->size - DIGEST_CHARS));
	digest_finish(digest, text);
	digest_free(digest);
	return memcmp(state->bytes + state->size - DIGEST_CHARS, text, DIGEST_CHARS) == 0;
}

static int map(int descriptor, struct deliver_state *state)
{
	struct stat status;
	void *bytes;

	if (fstat(descriptor, &status))
		return -errno;
	state->size = (size_t)status.st_size;
	if (state->size == 0)
		return 0;
	bytes = mmap(NULL, state->size, PROT_READ, MAP_PRIVATE, descriptor, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	state->bytes = bytes;
	return 0;
}

int deliver_state_open(int folder, struct deliver_state **ret_state, struct error *error)
{
	cleanup_close int descriptor = openat(folder, STATE_NAME, O_RDONLY | O_CLOEXEC);
	struct deliver_state *state;
	int code;

	if (descriptor < 0)
		return errno == ENOENT ? DELIVER_STATE_E_ABSENT : -errno;
	state = calloc(1, sizeof(*state));
	if (!state)
		return -ENOMEM;
	code = map(descriptor, state);
	if (!code && !is_whole(state))
		code = error_set(error, DELIVER_STATE_E_DAMAGED,
				 STATE_NAME " is damaged: what was delivered is not known; remove "
					    "the file, and everything is delivered once more");
	if (code) {
		deliver_state_close(state);
		return code;
	}
	state->at = HEAD_BYTES;
	state->end = state->size - DIGEST_CHARS;
	*ret_state = state;
	return 0;
}

uint64_t deliver_state_number(const struct deliver_state *state)
{
	return state ? get_u64(state->bytes + MAGIC_BYTES) : 0;
}

bool deliver_state_peek(const struct deliver_state *state, struct deliver_entry *ret_entry)
{
	const uint8_t *from;

	if (!state || state->at == state->end)
		return false;
	from = state->bytes + state->at;
	memcpy(&ret_entry->person, from, sizeof(ret_entry->person));
	from += sizeof(ret_entry->person);
	ret_entry->kind = from[0];
	ret_entry->sub = get_u64(from + 1);
	ret_entry->mark = get_u64(from + 9);
	return true;
}

void deliver_state_skip(struct deliver_state *state)
{
	state->at += ENTRY_BYTES;
}

size_t deliver_state_tell(const struct deliver_state *state)
{
	return state->at;
}

void deliver_state_seek(struct deliver_state *state, size_t place)
{
	state->at = place;
}

static void put(struct deliver_state_writer *writer, const void *bytes, size_t size)
{
	digest_add(writer->digest, span_of(bytes, size));
	if (fwrite(bytes, 1, size, writer->file) != size && !writer->error)
		writer->error = errno ? -errno : -EIO;
}

void deliver_state_discard(struct deliver_state_writer *writer)
{
	if (!writer)
		return;
	if (writer->file)
		(void)fclose(writer->file);
	digest_free(writer->digest);
	free(writer);
}

int deliver_state_create(int folder, uint64_t number, struct deliver_state_writer **ret_writer)
{
	struct deliver_state_writer *writer = calloc(1, sizeof(*writer));
	int descriptor;
	uint8_t head[8];

	if (!writer)
		return -ENOMEM;
	descriptor = openat(folder, STATE_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	writer->file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
	writer->digest = digest_new();
	if (!writer->file || !writer->digest) {
		int code = descriptor < 0 ? -errno : -ENOMEM;

		if (descriptor >= 0 && !writer->file)
			(void)close(descriptor);
		deliver_state_discard(writer);
		return code;
	}
	put(writer, MAGIC, MAGIC_BYTES);
	put_u64(head, number);
	put(writer, head, sizeof(head));
	*ret_writer = writer;
	return 0;
}

void deliver_state_put(struct deliver_state_writer *writer, const struct deliver_entry *entry)
{
	uint8_t bytes[ENTRY_BYTES], *to = bytes;

	memcpy(to, &entry->person, sizeof(entry->person));
	to += sizeof(entry->person);
	to[0] = entry->kind;
	put_u64(to + 1, entry->sub);
	put_u64(to + 9, entry->mark);
	put(writer, bytes, sizeof(bytes));
}

int deliver_state_finish(struct deliver_state_writer *writer)
{
	char text[DIGEST_TEXT_BYTES];
	int code;

	digest_finish(writer->digest, text);
	if (fwrite(text, 1, DIGEST_CHARS, writer->file) != DIGEST_CHARS && !writer->error)
		writer->error = -EIO;
	if ((fflush(writer->file) || fsync(fileno(writer->file))) && !writer->error)
		writer->error = -errno;
	code = writer->error;
	deliver_state_discard(writer);
	return code;
}
