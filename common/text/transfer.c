/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quoted-printable and base64 for mails of which a few bytes are exchanged. Reading never refuses
 * what mail programs show; writing keeps to the style of what is there, because the parts between
 * the exchanged bytes are copied, and one text in two styles would show.
 *
 * A break in quoted-printable may come between any two characters, with one care: a line that
 * begins with "--" could be taken for a boundary of the multipart around it, so that a hyphen
 * behind a break of ours is escaped.
 */
#include "text/transfer.h"

enum {
	LINE_BYTES = 76, /* RFC 2045: at most, and what most write */
	LINE_MIN_BYTES = 40,
	LINE_MAX_BYTES = 996
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int hex_value(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 32;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The value of a base64 character; -1: none. */
static int base64_value(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (byte >= '0' && byte <= '9')
		return byte - '0' + 52;
	return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

size_t transfer_atom_bytes(struct span encoded, size_t at)
{
	if (encoded.data[at] == '=' && encoded.size - at >= 3 &&
	    hex_value(encoded.data[at + 1]) >= 0 && hex_value(encoded.data[at + 2]) >= 0)
		return 3;
	return 1;
}

/* Behind the soft line break at the '=' at @at; @at when there is none. */
static size_t skip_soft_break(struct span encoded, size_t at)
{
	size_t end = at + 1;

	while (end < encoded.size && (encoded.data[end] == ' ' || encoded.data[end] == '\t'))
		end++;
	if (end == encoded.size)
		return end;
	if (encoded.data[end] == '\r' && end + 1 < encoded.size && encoded.data[end + 1] == '\n')
		return end + 2;
	return encoded.data[end] == '\n' ? end + 1 : at;
}

static void append_offset(struct buffer *at, size_t offset)
{
	uint32_t value = (uint32_t)offset;

	buffer_append(at, &value, sizeof(value));
}

void transfer_read_quoted(struct span encoded, struct buffer *to, struct buffer *at)
{
	size_t i = 0;

	while (i < encoded.size) {
		size_t size = transfer_atom_bytes(encoded, i);
		uint8_t byte = encoded.data[i];

		if (size == 3) {
			byte = (uint8_t)(hex_value(encoded.data[i + 1]) << 4 |
					 hex_value(encoded.data[i + 2]));
		} else if (byte == '=') {
			size_t end = skip_soft_break(encoded, i);

			if (end != i) {
				i = end;
				continue;
			}
		}
		buffer_append_byte(to, byte);
		append_offset(at, i);
		i += size;
	}
	append_offset(at, encoded.size);
}

/* The bytes that @count characters of a group hold, four or what there is of the last. */
static void append_group_bytes(struct buffer *to, uint32_t bits, size_t count)
{
	bits <<= 6 * (4 - count);
	for (size_t i = 0; i + 1 < count; i++)
		buffer_append_byte(to, (uint8_t)(bits >> (16 - 8 * i)));
}

int transfer_read_base64(struct span encoded, struct buffer *to, size_t *ret_end)
{
	uint32_t bits = 0;
	size_t count = 0, end = 0;
	bool padded = false;

	for (size_t i = 0; i < encoded.size && !(padded && count % 4 == 0); i++) {
		int value = base64_value(encoded.data[i]);

		if (is_space(encoded.data[i]))
			continue;
		if (encoded.data[i] == '=' && count % 4 >= 2) {
			if (!padded)
				append_group_bytes(to, bits, count % 4);
			padded = true;
		} else if (value < 0 || padded) {
			return TRANSFER_E_DAMAGED;
		}
		end = i + 1;
		bits = bits << 6 | (uint32_t)(value < 0 ? 0 : value);
		if (++count % 4 == 0 && !padded)
			append_group_bytes(to, bits, 4);
	}
	if (count % 4 == 1 || (padded && count % 4 != 0))
		return TRANSFER_E_DAMAGED;
	if (count % 4 != 0)
		append_group_bytes(to, bits, count % 4);
	*ret_end = end;
	return 0;
}

size_t transfer_base64_line(struct span encoded, size_t at, size_t *ret_text)
{
	size_t count = 0, line = 0, text = 0;

	for (size_t i = 0; i < encoded.size; i++) {
		count += !is_space(encoded.data[i]);
		if (encoded.data[i] == '\n' && count % 4 == 0 && count / 4 * 3 <= at) {
			line = i + 1;
			text = count / 4 * 3;
		}
	}
	*ret_text = text;
	return line;
}

/* The first line of base64 when others follow; a style that cannot be kept is nobody's. */
static size_t base64_line_bytes(struct span encoded)
{
	size_t end = span_find(encoded, '\n', 0);
	size_t size = span_trim(span_slice(encoded, 0, end)).size;

	if (span_trim(span_slice(encoded, end, encoded.size)).size == 0 || size % 4 != 0 ||
	    size == 0 || size > LINE_MAX_BYTES)
		return LINE_BYTES;
	return size;
}

/* The longest line that a soft break ends, and how the first escape with a letter is written. */
static void quoted_style(struct span encoded, struct transfer_style *style)
{
	size_t longest = 0;
	bool told = false;

	for (size_t start = 0; start < encoded.size;) {
		size_t end = span_find(encoded, '\n', start);
		struct span line = span_slice(encoded, start, end - start);

		if (line.size > 0 && line.data[line.size - 1] == '\r')
			line.size--;
		if (line.size > longest && line.data[line.size - 1] == '=')
			longest = line.size;
		for (size_t i = 0; !told && i < line.size; i++)
			for (size_t j = 1; transfer_atom_bytes(line, i) == 3 && j < 3; j++)
				if (line.data[i + j] > '9') {
					style->lower_hex = line.data[i + j] >= 'a';
					told = true;
				}
		start = end + 1;
	}
	if (longest >= LINE_MIN_BYTES)
		style->line_bytes = longest < LINE_MAX_BYTES ? longest : LINE_MAX_BYTES;
}

void transfer_style_of(struct span encoded, enum transfer_encoding encoding, struct span line_end,
		       struct transfer_style *ret_style)
{
	size_t newline = span_find(encoded, '\n', 0);

	*ret_style = (struct transfer_style){
		.encoding = encoding,
		.line_bytes = LINE_BYTES,
		.line_end = line_end,
	};
	if (newline < encoded.size)
		ret_style->line_end = newline > 0 && encoded.data[newline - 1] == '\r'
					      ? span_slice(encoded, newline - 1, 2)
					      : span_slice(encoded, newline, 1);
	if (encoding == TRANSFER_QUOTED_PRINTABLE)
		quoted_style(encoded, ret_style);
	else if (encoding == TRANSFER_BASE64)
		ret_style->line_bytes = base64_line_bytes(encoded);
}

void transfer_copy(struct transfer_writer *writer, struct span encoded)
{
	const uint8_t *newline = encoded.size ? memrchr(encoded.data, '\n', encoded.size) : NULL;

	buffer_append_span(writer->to, encoded);
	if (newline)
		writer->column = (size_t)(encoded.data + encoded.size - newline) - 1;
	else
		writer->column += encoded.size;
}

/* Room on the line for @size bytes and the '=' of a break. */
static bool fits(const struct transfer_writer *writer, size_t size)
{
	return writer->column + size < writer->style->line_bytes;
}

static void break_line(struct transfer_writer *writer)
{
	buffer_append_byte(writer->to, '=');
	buffer_append_span(writer->to, writer->style->line_end);
	writer->column = 0;
}

static void append_escape(struct transfer_writer *writer, uint8_t byte)
{
	const char *digits = writer->style->lower_hex ? "0123456789abcdef" : "0123456789ABCDEF";
	char text[3] = {'=', digits[byte >> 4], digits[byte & 15]};

	buffer_append(writer->to, text, sizeof(text));
	writer->column += sizeof(text);
}

/* One character, on a line of its own if need be. */
static void append_atom(struct transfer_writer *writer, struct span atom)
{
	bool broken = writer->column > 0 && !fits(writer, atom.size);

	if (broken)
		break_line(writer);
	if (broken && atom.data[0] == '-') {
		append_escape(writer, '-');
		return;
	}
	buffer_append_span(writer->to, atom);
	writer->column += atom.size;
}

void transfer_copy_broken(struct transfer_writer *writer, struct span encoded)
{
	size_t size;

	if (fits(writer, encoded.size)) {
		buffer_append_span(writer->to, encoded);
		writer->column += encoded.size;
		return;
	}
	for (size_t i = 0; i < encoded.size; i += size) {
		size = transfer_atom_bytes(encoded, i);
		append_atom(writer, span_slice(encoded, i, size));
	}
}

static bool is_escaped(uint8_t byte)
{
	return byte < ' ' || byte > '~' || byte == '=';
}

static void write_quoted(struct transfer_writer *writer, struct span text)
{
	size_t size = text.size;

	for (size_t i = 0; i < text.size; i++)
		size += is_escaped(text.data[i]) ? 2 : 0;
	/* Two more, for a hyphen behind the break. */
	if (writer->column > 0 && !fits(writer, size) && size + 3 <= writer->style->line_bytes) {
		break_line(writer);
		if (text.size > 0 && text.data[0] == '-') {
			append_escape(writer, '-');
			text = span_slice(text, 1, text.size);
		}
	}
	if (size == text.size && fits(writer, size)) {
		buffer_append_span(writer->to, text);
		writer->column += size;
		return;
	}
	for (size_t i = 0; i < text.size; i++) {
		if (!is_escaped(text.data[i])) {
			append_atom(writer, span_slice(text, i, 1));
			continue;
		}
		if (writer->column > 0 && !fits(writer, 3))
			break_line(writer);
		append_escape(writer, text.data[i]);
	}
}

static void append_group(struct transfer_writer *writer)
{
	const uint8_t *held = writer->held;
	uint32_t bits = (uint32_t)held[0] << 16 | (uint32_t)held[1] << 8 | held[2];
	uint8_t *room;

	if (writer->column + 4 > writer->style->line_bytes) {
		buffer_append_span(writer->to, writer->style->line_end);
		writer->column = 0;
	}
	room = buffer_reserve(writer->to, 4);
	if (!room)
		return;
	for (size_t i = 0; i < 4; i++)
		room[i] = i <= writer->held_count ? (uint8_t)alphabet[bits >> (18 - 6 * i) & 63]
						  : '=';
	writer->to->size += 4;
	writer->column += 4;
	writer->held_count = 0;
}

/* Whole groups, as many as the line has room for; a new one when it has none. Returns bytes. */
static size_t write_groups(struct transfer_writer *writer, struct span text)
{
	size_t room = writer->column + 4 <= writer->style->line_bytes
			      ? (writer->style->line_bytes - writer->column) / 4
			      : 0;
	size_t count = text.size / 3 < room ? text.size / 3 : room;
	const uint8_t *from = text.data;
	uint8_t *to;

	if (room == 0) {
		buffer_append_span(writer->to, writer->style->line_end);
		writer->column = 0;
		return 0;
	}
	to = buffer_reserve(writer->to, 4 * count);
	if (!to)
		return text.size;
	for (size_t i = 0; i < count; i++, from += 3, to += 4) {
		uint32_t bits = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];

		to[0] = (uint8_t)alphabet[bits >> 18];
		to[1] = (uint8_t)alphabet[bits >> 12 & 63];
		to[2] = (uint8_t)alphabet[bits >> 6 & 63];
		to[3] = (uint8_t)alphabet[bits & 63];
	}
	writer->to->size += 4 * count;
	writer->column += 4 * count;
	return 3 * count;
}

static void write_base64(struct transfer_writer *writer, struct span text)
{
	size_t at = 0;

	while (at < text.size && writer->held_count > 0) {
		writer->held[writer->held_count++] = text.data[at++];
		if (writer->held_count == 3)
			append_group(writer);
	}
	while (text.size - at >= 3)
		at += write_groups(writer, span_slice(text, at, text.size - at));
	while (at < text.size)
		writer->held[writer->held_count++] = text.data[at++];
}

void transfer_write(struct transfer_writer *writer, struct span text)
{
	switch (writer->style->encoding) {
	case TRANSFER_IDENTITY:
		buffer_append_span(writer->to, text);
		break;
	case TRANSFER_QUOTED_PRINTABLE:
		write_quoted(writer, text);
		break;
	case TRANSFER_BASE64:
		write_base64(writer, text);
		break;
	}
}

void transfer_flush(struct transfer_writer *writer)
{
	size_t count = writer->held_count;

	if (count == 0)
		return;
	memset(writer->held + count, 0, sizeof(writer->held) - count);
	append_group(writer);
}
