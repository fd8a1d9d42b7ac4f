/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multipart/form-data, taken apart in one pass.
 *
 * Strict where two readers could see two forms in one body: a header's name is a token, a carriage
 * return stands before a line feed and nowhere else in a header, a delimiter's line holds nothing
 * but white space, and a body that ends before its last delimiter was cut. A line that only begins
 * like a delimiter is data.
 */
#include "text/multipart.h"

#include "text/media_type.h"

#include <errno.h>

enum { QUOTED_LINE_END = -2 };

struct reading {
	struct span body;
	struct span delimiter; /* CRLF, two hyphens, boundary */
	size_t at;
	struct arena *arena;
};

static bool starts_at(struct span text, size_t at, struct span prefix)
{
	return at <= text.size && span_starts(span_slice(text, at, text.size - at), prefix);
}

enum line { LINE_NONE, LINE_NEXT, LINE_LAST };

/* What a delimiter before @at makes of its line; *ret_end is where the next line begins. */
static enum line line_behind(struct span body, size_t at, size_t *ret_end)
{
	if (starts_at(body, at, SPAN("--"))) {
		*ret_end = body.size;
		return LINE_LAST;
	}
	while (at < body.size && (body.data[at] == ' ' || body.data[at] == '\t'))
		at++;
	if (!starts_at(body, at, SPAN("\r\n")))
		return LINE_NONE;
	*ret_end = at + 2;
	return LINE_NEXT;
}

/* Set up the delimiter and move behind the first one, which has no line end before it. */
static int begin(struct reading *reading, struct span boundary, enum line *ret_line)
{
	uint8_t *text = arena_alloc(reading->arena, 4 + boundary.size);
	struct span first;

	if (!text)
		return -ENOMEM;
	memcpy(text, "\r\n--", 4);
	memcpy(text + 4, boundary.data, boundary.size);
	reading->delimiter = span_of(text, 4 + boundary.size);
	first = span_slice(reading->delimiter, 2, reading->delimiter.size);
	while (starts_at(reading->body, reading->at, SPAN("\r\n")))
		reading->at += 2;
	if (!starts_at(reading->body, reading->at, first) && span_starts(boundary, SPAN("--"))) {
		memcpy(text + 2, "\r\n", 2);
		reading->delimiter = span_of(text + 2, 2 + boundary.size);
		first = boundary;
	}
	if (!starts_at(reading->body, reading->at, first))
		return MULTIPART_E_FORM;
	*ret_line = line_behind(reading->body, reading->at + first.size, &reading->at);
	return *ret_line == LINE_NONE ? MULTIPART_E_FORM : 0;
}

/* What stands before the next delimiter, which is moved behind. */
static int take_data(struct reading *reading, struct span *ret_data, enum line *ret_line)
{
	size_t from = reading->at, at = reading->at;

	while (at < reading->body.size) {
		const uint8_t *found = memmem(reading->body.data + at, reading->body.size - at,
					      reading->delimiter.data, reading->delimiter.size);

		if (!found)
			break;
		at = (size_t)(found - reading->body.data);
		*ret_line = line_behind(reading->body, at + reading->delimiter.size, &reading->at);
		if (*ret_line != LINE_NONE) {
			*ret_data = span_slice(reading->body, from, at - from);
			return 0;
		}
		at += reading->delimiter.size;
	}
	return MULTIPART_E_FORM;
}

static bool is_token(struct span text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i], lower = byte | 0x20;

		if ((lower < 'a' || lower > 'z') && (byte < '0' || byte > '9') &&
		    (byte == 0 || !strchr("!#$%&'*+-.^_`|~", byte)))
			return false;
	}
	return text.size > 0;
}

/* The line at reading->at, without its CRLF; it holds no other CR, LF or NUL. */
static int take_line(struct reading *reading, struct span *ret_line)
{
	struct span body = reading->body;
	size_t at = reading->at;

	while (at < body.size && body.data[at] != '\r' && body.data[at] != '\n' && body.data[at])
		at++;
	if (!starts_at(body, at, SPAN("\r\n")))
		return MULTIPART_E_FORM;
	*ret_line = span_slice(body, reading->at, at - reading->at);
	reading->at = at + 2;
	return 0;
}

struct headers {
	struct span disposition, type, encoding;
};

static void note(struct span *header, struct span value)
{
	if (!header->data)
		*header = value;
}

/* Up to the empty line, which is there at once where a part has no header. */
static int take_headers(struct reading *reading, struct headers *headers)
{
	for (int count = 0; count <= MULTIPART_HEADERS_MAX; count++) {
		struct span line, name, value;
		size_t colon;

		if (take_line(reading, &line))
			return MULTIPART_E_FORM;
		if (line.size == 0)
			return 0;
		colon = span_find(line, ':', 0);
		name = span_slice(line, 0, colon);
		value = span_trim(span_slice(line, colon + 1, line.size));
		if (colon == line.size || !is_token(name))
			return MULTIPART_E_FORM;
		if (span_equal_nocase(name, SPAN("content-disposition")))
			note(&headers->disposition, value);
		else if (span_equal_nocase(name, SPAN("content-type")))
			note(&headers->type, value);
		else if (span_equal_nocase(name, SPAN("content-transfer-encoding")))
			note(&headers->encoding, value);
	}
	return MULTIPART_E_FORM;
}

static int base64_digit(uint8_t byte)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = byte ? strchr(digits, byte) : NULL;

	return found ? (int)(found - digits) : -1;
}

static int decode_base64(struct span data, uint8_t *room, size_t *ret_size)
{
	uint32_t bits = 0;
	unsigned count = 0, padding = 0;
	size_t size = 0;

	for (size_t i = 0; i < data.size; i++) {
		int digit = base64_digit(data.data[i]);

		if (data.data[i] == '\r' || data.data[i] == '\n' || data.data[i] == ' ')
			continue;
		padding += data.data[i] == '=';
		if (padding > 0 ? data.data[i] != '=' : digit < 0)
			return MULTIPART_E_FORM;
		if (padding > 0)
			continue;
		bits = bits << 6 | (uint32_t)digit;
		if (++count % 4 == 0) {
			room[size++] = (uint8_t)(bits >> 16);
			room[size++] = (uint8_t)(bits >> 8);
			room[size++] = (uint8_t)bits;
		}
	}
	if (count % 4 == 1 || padding > 2)
		return MULTIPART_E_FORM;
	if (count % 4 == 2) {
		room[size++] = (uint8_t)(bits >> 4);
	} else if (count % 4 == 3) {
		room[size++] = (uint8_t)(bits >> 10);
		room[size++] = (uint8_t)(bits >> 2);
	}
	*ret_size = size;
	return 0;
}

static int hex_digit(uint8_t byte)
{
	uint8_t lower = byte | 0x20;

	if (byte >= '0' && byte <= '9')
		return byte - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte that stands behind a '=' at @at; QUOTED_LINE_END for a soft line break; -1: neither. */
static int quoted_byte(struct span data, size_t at)
{
	struct span next = span_slice(data, at + 1, 2);

	if (span_equal(next, SPAN("\r\n")))
		return QUOTED_LINE_END;
	if (next.size < 2 || hex_digit(next.data[0]) < 0 || hex_digit(next.data[1]) < 0)
		return -1;
	return hex_digit(next.data[0]) << 4 | hex_digit(next.data[1]);
}

static int decode_quoted(struct span data, uint8_t *room, size_t *ret_size)
{
	size_t size = 0;

	for (size_t i = 0; i < data.size; i++) {
		int byte = data.data[i] == '=' ? quoted_byte(data, i) : -1;

		if (byte >= 0)
			room[size++] = (uint8_t)byte;
		else if (byte != QUOTED_LINE_END)
			room[size++] = data.data[i];
		i += byte == -1 ? 0 : 2;
	}
	*ret_size = size;
	return 0;
}

static int undo_encoding(struct reading *reading, struct span encoding, struct span *data)
{
	bool is_base64 = span_equal_nocase(encoding, SPAN("base64"));
	uint8_t *room;
	size_t size = 0;
	int code;

	if (!is_base64 && !span_equal_nocase(encoding, SPAN("quoted-printable")))
		return 0;
	room = arena_alloc(reading->arena, data->size + 1);
	if (!room)
		return -ENOMEM;
	code = is_base64 ? decode_base64(*data, room, &size) : decode_quoted(*data, room, &size);
	if (!code)
		*data = span_of(room, size);
	return code;
}

/* Browsers escape these three, and nothing else, in names. */
static int undo_escapes(struct reading *reading, struct span *name)
{
	uint8_t *room = arena_alloc(reading->arena, name->size + 1);
	size_t size = 0;

	if (!room)
		return -ENOMEM;
	for (size_t i = 0; i < name->size; i++) {
		struct span three = span_slice(*name, i, 3);
		uint8_t byte = name->data[i];

		if (span_equal_nocase(three, SPAN("%22")))
			byte = '"';
		else if (span_equal_nocase(three, SPAN("%0D")))
			byte = '\r';
		else if (span_equal_nocase(three, SPAN("%0A")))
			byte = '\n';
		i += byte == name->data[i] ? 0 : 2;
		room[size++] = byte;
	}
	*name = span_of(room, size);
	return 0;
}

/* One part, and what the delimiter behind it says. @part->name stays absent without a name. */
static int take_part(struct reading *reading, struct multipart_part *part, enum line *ret_line)
{
	struct headers headers = {{NULL}};
	struct span file = {NULL};
	int code = take_headers(reading, &headers);

	/* The line end of an empty part's headers is that of the delimiter, too. */
	if (!code && reading->at >= 2)
		reading->at -= 2;
	if (!code)
		code = take_data(reading, &part->data, ret_line);
	if (!code && part->data.size >= 2)
		part->data = span_slice(part->data, 2, part->data.size);
	if (!code)
		code = media_type_parameter(headers.disposition, SPAN("name"), reading->arena,
					    &part->name);
	if (!code)
		code = media_type_parameter(headers.disposition, SPAN("filename"), reading->arena,
					    &file);
	if (code || !part->name.data)
		return code;
	part->type = headers.type;
	part->is_file = file.data || span_starts_nocase(headers.type, SPAN("multipart/"));
	code = undo_escapes(reading, &part->name);
	return code ? code : undo_encoding(reading, headers.encoding, &part->data);
}

/* At most as many as there are delimiters, and at most one too many. */
static size_t count_parts(const struct reading *reading)
{
	size_t count = 1, at = reading->at;

	while (at < reading->body.size && count <= MULTIPART_PARTS_MAX) {
		const uint8_t *found = memmem(reading->body.data + at, reading->body.size - at,
					      reading->delimiter.data, reading->delimiter.size);

		if (!found)
			break;
		count++;
		at = (size_t)(found - reading->body.data) + reading->delimiter.size;
	}
	return count;
}

static int take_parts(struct reading *reading, enum line line, struct multipart *multipart)
{
	size_t most = count_parts(reading), taken = 0;

	multipart->parts = arena_alloc(reading->arena, most * sizeof(*multipart->parts));
	if (!multipart->parts)
		return -ENOMEM;
	while (line == LINE_NEXT) {
		struct multipart_part part = {.is_file = false};
		int code;

		if (taken++ == MULTIPART_PARTS_MAX)
			return MULTIPART_E_PARTS;
		code = take_part(reading, &part, &line);
		if (code)
			return code;
		if (part.name.data)
			multipart->parts[multipart->count++] = part;
	}
	return 0;
}

int multipart_parse(struct span type, struct span body, struct arena *arena,
		    struct multipart *ret_multipart)
{
	struct reading reading = {.body = body, .arena = arena};
	struct multipart multipart = {.count = 0};
	struct span boundary;
	enum line line = LINE_NONE;
	int code = media_type_parameter(type, SPAN("boundary"), arena, &boundary);

	if (code)
		return code;
	if (boundary.size == 0 || boundary.size > MULTIPART_BOUNDARY_MAX_BYTES)
		return MULTIPART_E_FORM;
	code = begin(&reading, boundary, &line);
	if (!code)
		code = take_parts(&reading, line, &multipart);
	if (!code)
		*ret_multipart = multipart;
	return code;
}
