/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header block of a mail as lines: which fields there are, and where the block ends. It is read
 * here and not by GMime, because a field that is to be added or replaced is so by its bytes.
 *
 * A line that is neither a field nor goes on with one ends the block, unless it is the line with
 * which mail boxes begin ("From "), or goes on with a field that was cut off before the first.
 */
#include "text/mime.h"

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/* The line at @at with its end. */
static struct span line_at(struct span text, size_t at)
{
	size_t end = span_find(text, '\n', at);

	return span_slice(text, at, end - at + 1);
}

static bool is_empty(struct span line)
{
	return line.size == 0 || line.data[0] == '\n' ||
	       (line.size == 2 && line.data[0] == '\r' && line.data[1] == '\n');
}

/* Bytes of the field's name; 0: the line begins no field. */
static size_t name_bytes(struct span line)
{
	size_t size = 0;

	while (size < line.size && line.data[size] > ' ' && line.data[size] < 0x7F &&
	       line.data[size] != ':')
		size++;
	return size < line.size && line.data[size] == ':' ? size : 0;
}

static bool belongs(struct span line, size_t at)
{
	if (at == 0 && span_starts(line, SPAN("From ")))
		return true;
	return name_bytes(line) > 0 || is_blank(line.data[0]);
}

size_t mime_header_bytes(struct span message)
{
	size_t at = 0;
	bool has_field = false;

	while (at < message.size) {
		struct span line = line_at(message, at);

		if (is_empty(line))
			break;
		if (!belongs(line, at))
			return 0;
		has_field |= name_bytes(line) > 0;
		at += line.size;
	}
	return has_field ? at : 0;
}

/* Behind the lines that go on with the field whose first line ends at @at. */
static size_t skip_folded(struct span header, size_t at)
{
	while (at < header.size && is_blank(header.data[at]))
		at += line_at(header, at).size;
	return at;
}

size_t mime_leading_bytes(struct span message)
{
	return skip_folded(message, 0);
}

bool mime_header_next(struct span header, struct span name, size_t *at, struct span *ret_field,
		      struct span *ret_value)
{
	while (*at < header.size) {
		size_t start = *at;
		struct span line = line_at(header, start), field;

		*at = skip_folded(header, start + line.size);
		field = span_slice(header, start, *at - start);
		if (name_bytes(line) != name.size || !span_starts_nocase(line, name))
			continue;
		*ret_field = field;
		*ret_value = span_trim(span_slice(field, name.size + 1, field.size));
		return true;
	}
	return false;
}

static bool has(struct span header, struct span name)
{
	struct span field, value;
	size_t at = 0;

	return mime_header_next(header, name, &at, &field, &value);
}

bool mime_looks_whole(struct span message)
{
	struct span header = span_slice(message, 0, mime_header_bytes(message));

	if (header.size == 0)
		return false;
	if (has(header, SPAN("MIME-Version")) || has(header, SPAN("Content-Type")) ||
	    has(header, SPAN("Received")) || has(header, SPAN("Message-ID")))
		return true;
	return has(header, SPAN("From")) &&
	       (has(header, SPAN("Date")) || has(header, SPAN("Subject")) ||
		has(header, SPAN("To")));
}
