/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a message GMime would take too long for, or too much of the stack:
 *
 * - Each line that begins with "--" is compared with every boundary around it. So boundaries times
 *   the bytes of such lines are counted, and may be so many for each byte of the message.
 * - The charset of an encoded parameter is put on the stack, however long it is. So a field that
 *   GMime reads has a greatest length. What looks like one inside a text counts as well: to tell,
 *   the message would have to be taken apart.
 *
 * And it parses addresses, dates and encoded words, for which nobody asks here. So in the copy that
 * it reads, no field has a name that it knows but those that say what a part is. Offsets stay; what
 * looks like a field inside a text is changed, too, and nobody sees it.
 *
 * Invariant: the mask changes letters at the beginning of lines into letters, and nothing else.
 */
#include "text/mime_bound.h"

#include "text/mime.h"

enum { FREE_WORK = 4 << 20, WORK_PER_BYTE = 64, LINE_WORK = 16, FIELD_MAX_BYTES = 64 << 10 };

static const char field_prefix[] = "content-";

static size_t count_boundaries(struct span text)
{
	static const struct span needle = {(const uint8_t *)"boundary", 8};
	size_t count = 0;

	for (size_t at = 0; at + needle.size <= text.size; at++)
		if ((text.data[at] | 32) == 'b' &&
		    span_starts_nocase(span_slice(text, at, needle.size), needle))
			count++;
	return count;
}

static bool is_field(struct span line)
{
	return span_starts_nocase(line, span_text(field_prefix));
}

static bool is_letter(uint8_t byte)
{
	return (byte | 32) >= 'a' && (byte | 32) <= 'z';
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

int mime_bound(struct span message)
{
	uint64_t limit = FREE_WORK + WORK_PER_BYTE * (uint64_t)message.size, dashed = 0;
	size_t field = 0;
	bool in_field = false;

	for (size_t at = 0, end; at < message.size; at = end + 1) {
		struct span line;

		end = span_find(message, '\n', at);
		line = span_slice(message, at, end - at);
		if (span_starts(line, SPAN("--")))
			dashed += line.size + LINE_WORK;
		if (line.size == 0 || !is_blank(line.data[0])) {
			in_field = is_field(line);
			field = at;
		}
		if (in_field && end - field > FIELD_MAX_BYTES)
			return MIME_E_FIELD;
	}
	return dashed > 0 && count_boundaries(message) > limit / dashed ? MIME_E_NESTED : 0;
}

void mime_mask(uint8_t *copy, size_t size)
{
	struct span message = span_of(copy, size);

	for (size_t at = 0, end; at < size; at = end + 1) {
		struct span line;

		end = span_find(message, '\n', at);
		line = span_slice(message, at, end - at);
		if (line.size > 0 && is_letter(line.data[0]) && !is_field(line) &&
		    !span_starts(line, SPAN("From ")))
			copy[at] = 'X';
	}
}
