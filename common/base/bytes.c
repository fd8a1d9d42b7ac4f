/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans and buffers. Capacity doubles, so that a run of appends is linear; the limit is checked on
 * size, not capacity, so that a caller's bound is exact. A span never owns; a buffer owns its bytes
 * until buffer_finish().
 *
 * What a click does a hundred times, each time for a few bytes, is inline in the header; here is
 * what happens when a buffer has no room.
 */
#include "base/bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

struct span span_slice(struct span span, size_t from, size_t size)
{
	if (from > span.size)
		from = span.size;
	if (size > span.size - from)
		size = span.size - from;
	return span.data ? span_of(span.data + from, size) : span;
}

bool span_starts_nocase(struct span span, struct span prefix)
{
	if (span.size < prefix.size)
		return false;
	for (size_t i = 0; i < prefix.size; i++)
		if (span.data[i] != prefix.data[i] && lower(span.data[i]) != lower(prefix.data[i]))
			return false;
	return true;
}

size_t span_find(struct span span, uint8_t byte, size_t from)
{
	const uint8_t *found;

	if (from >= span.size)
		return span.size;
	found = memchr(span.data + from, byte, span.size - from);
	return found ? (size_t)(found - span.data) : span.size;
}

struct span span_trim(struct span span)
{
	while (span.size > 0 && is_space(span.data[0])) {
		span.data++;
		span.size--;
	}
	while (span.size > 0 && is_space(span.data[span.size - 1]))
		span.size--;
	return span;
}

char *span_dup(struct span span)
{
	char *copy = malloc(span.size + 1);

	if (!copy)
		return NULL;
	if (span.size > 0)
		memcpy(copy, span.data, span.size);
	copy[span.size] = '\0';
	return copy;
}

void buffer_finish(struct buffer *buffer)
{
	if (!buffer)
		return;
	free(buffer->data);
	*buffer = (struct buffer){.limit = buffer->limit};
}

void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	buffer->error = 0;
}

uint8_t *buffer_grow(struct buffer *buffer, size_t size)
{
	size_t needed, capacity;
	uint8_t *data;

	if (buffer->error)
		return NULL;
	if (__builtin_add_overflow(buffer->size, size, &needed) ||
	    (buffer->limit && needed > buffer->limit)) {
		buffer->error = -EMSGSIZE;
		return NULL;
	}
	if (needed <= buffer->capacity && buffer->data)
		return buffer->data + buffer->size;
	capacity = buffer->capacity ? buffer->capacity : 64;
	while (capacity < needed)
		if (__builtin_mul_overflow(capacity, 2, &capacity))
			capacity = needed;
	data = realloc(buffer->data, capacity);
	if (!data) {
		buffer->error = -ENOMEM;
		return NULL;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return data + buffer->size;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	uint8_t *room;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0) {
		buffer->error = -EINVAL;
		return;
	}
	/* One byte more for the NUL that vsnprintf() writes, given back before the limit counts it.
	 */
	size_t limit = buffer->limit;
	if (limit)
		buffer->limit = limit + 1;
	room = buffer_reserve(buffer, (size_t)length + 1);
	buffer->limit = limit;
	if (!room)
		return;
	va_start(arguments, format);
	(void)vsnprintf((char *)room, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buffer->size += (size_t)length;
}

const char *buffer_text(struct buffer *buffer)
{
	size_t limit = buffer->limit;
	uint8_t *room;

	if (limit)
		buffer->limit = limit + 1;
	room = buffer_reserve(buffer, 1);
	buffer->limit = limit;
	if (!room)
		return NULL;
	*room = '\0';
	return (const char *)buffer->data;
}
