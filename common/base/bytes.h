/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_BASE_BYTES_H
#define WAYMARK_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A borrowed run of bytes: not NUL-terminated, may hold any byte. data == NULL means absent, which
 * is not the same as present and empty (size 0).
 */
struct span {
	const uint8_t *data;
	size_t size;
};

static inline struct span span_of(const void *data, size_t size)
{
	return (struct span){.data = data, .size = size};
}

/* The bytes of a NUL-terminated string without the NUL; NULL gives the absent span. */
static inline struct span span_text(const char *text)
{
	return span_of(text, text ? strlen(text) : 0);
}

/* A span over a string literal or array-of-char constant, at compile time. */
#define SPAN(literal) \
	((struct span){.data = (const uint8_t *)(literal), .size = sizeof(literal) - 1})

/* Bytes [from, from + size) of @span, both clamped to it. */
struct span span_slice(struct span span, size_t from, size_t size);

static inline bool span_equal(struct span a, struct span b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool span_starts(struct span span, struct span prefix)
{
	return span.size >= prefix.size &&
	       (prefix.size == 0 || memcmp(span.data, prefix.data, prefix.size) == 0);
}

bool span_starts_nocase(struct span span, struct span prefix); /* ASCII letters only */

static inline bool span_equal_nocase(struct span a, struct span b)
{
	return a.size == b.size && span_starts_nocase(a, b);
}

/* Index of the first @byte at or after @from; span.size when there is none. */
size_t span_find(struct span span, uint8_t byte, size_t from);

/* Drop ASCII white space (TAB LF FF CR SPACE) from both ends. */
struct span span_trim(struct span span);

/* A NUL-terminated copy on the heap; NULL when out of memory. Embedded NULs are kept. */
char *span_dup(struct span span);

/*
 * A growing run of bytes with a sticky error: append as often as needed, check @error once at the
 * end (0, -ENOMEM, or -EMSGSIZE when @limit would be passed). After an error further appends do
 * nothing. Initialise with BUFFER_INIT or a designated .limit; release with buffer_finish().
 */
struct buffer {
	uint8_t *data; /* owned; NULL while empty */
	size_t size;
	size_t capacity;
	size_t limit; /* 0: no limit but memory */
	int error;
};

#define BUFFER_INIT ((struct buffer){0})

void buffer_finish(struct buffer *buffer); /* NULL allowed; leaves it empty and reusable */
void buffer_clear(struct buffer *buffer);  /* size 0 and no error, memory kept */
void buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

uint8_t *buffer_grow(struct buffer *buffer, size_t size); /* for buffer_reserve() */

/* Room for @size more bytes at data + size (advance size yourself); NULL on error. */
static inline uint8_t *buffer_reserve(struct buffer *buffer, size_t size)
{
	if (buffer->data && !buffer->error && size <= buffer->capacity - buffer->size &&
	    (!buffer->limit || buffer->size + size <= buffer->limit))
		return buffer->data + buffer->size;
	return buffer_grow(buffer, size);
}

static inline void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
	uint8_t *room = buffer_reserve(buffer, size);

	if (!room || size == 0)
		return;
	memcpy(room, data, size);
	buffer->size += size;
}

static inline void buffer_append_span(struct buffer *buffer, struct span span)
{
	buffer_append(buffer, span.data, span.size);
}

static inline void buffer_append_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

static inline void buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
	uint8_t *room = buffer_reserve(buffer, 1);

	if (!room)
		return;
	*room = byte;
	buffer->size++;
}

static inline struct span buffer_span(const struct buffer *buffer)
{
	return span_of(buffer->data ? (const void *)buffer->data : "", buffer->size);
}

/* The bytes followed by a NUL that is not counted; NULL on error. Valid until the next append. */
const char *buffer_text(struct buffer *buffer);

#define cleanup_buffer __attribute__((__cleanup__(buffer_finish)))

#endif
