/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library takes bare line feeds, folded lines, white space around names, several lengths and
 * NUL bytes, and hands over what it made of them. It parses in place, so the pieces that it hands
 * over still lie where they arrived: if method, target, version, names and values tile the head
 * exactly, with one space, one colon or one CRLF between them, then nothing was tolerated. This is
 * checked by comparing addresses; no byte between the pieces is read. A piece that the library
 * moved or cut at a NUL leaves a gap and is refused. One thing leaves no trace: a NUL at the end of
 * a line takes the room of a CR that is missing there, and the library has written zeros over line
 * ends by then.
 *
 * What is refused here is refused before routing and before any body is read, and the connection
 * is closed after the answer.
 */
#include "http/framing.h"

#include "http/byte_class.h"

enum { CRLF_BYTES = 2, LENGTH_DIGITS_MAX = 18 };

static bool is_token(struct span text)
{
	return text.size > 0 && bytes_have(text, BYTE_TOKEN);
}

/* A well-formed name, and which one it is. */
static bool read_name(struct span name, enum header_name *ret_name)
{
	uint8_t lower[HEADER_NAME_MAX_BYTES], all = BYTE_TOKEN;

	*ret_name = HEADER_NAME_COUNT;
	if (name.size == 0 || name.size > sizeof(lower))
		return is_token(name);
	/* Nearly all come as they are usually written, and then nothing is left to check. */
	*ret_name = header_name_find_written(name);
	if (*ret_name != HEADER_NAME_COUNT)
		return true;
	for (size_t i = 0; i < name.size; i++) {
		const uint8_t class = byte_classes[name.data[i]];

		all &= class;
		lower[i] = name.data[i] | (class & BYTE_UPPER);
	}
	*ret_name = header_name_find(span_of(lower, name.size));
	return all != 0;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static struct span trim(struct span value)
{
	while (value.size > 0 && is_blank(value.data[0])) {
		value.data++;
		value.size--;
	}
	while (value.size > 0 && is_blank(value.data[value.size - 1]))
		value.size--;
	return value;
}

static const uint8_t *end_of(struct span span)
{
	return span.data + span.size;
}

static bool tiles(const struct head *head)
{
	const uint8_t *next;

	if (head->target_at != end_of(head->method) + 1 ||
	    head->version.data != head->target_at + head->target.size + 1)
		return false;
	next = end_of(head->version) + CRLF_BYTES;
	for (size_t i = 0; i < head->field_count; i++) {
		const struct field *field = &head->fields[i];

		if (field->name.data != next || field->value.data <= end_of(field->name))
			return false;
		next = end_of(field->value) + CRLF_BYTES;
	}
	return next + CRLF_BYTES == head->end;
}

static bool refuse(struct framing *framing, unsigned status, const char *sentence)
{
	framing->status = status;
	framing->sentence = sentence;
	return false;
}

/* The methods of RFC 9110 and PATCH are known; only those that some route can have get a value. */
static bool check_method(const struct head *head, struct framing *framing)
{
	static const struct {
		struct span name;
		enum http_method method;
	} known[] = {
		{SPAN("GET"), METHOD_GET},	 {SPAN("POST"), METHOD_POST},
		{SPAN("HEAD"), METHOD_HEAD},	 {SPAN("OPTIONS"), METHOD_OPTIONS},
		{SPAN("PUT"), METHOD_OTHER},	 {SPAN("DELETE"), METHOD_OTHER},
		{SPAN("PATCH"), METHOD_OTHER},	 {SPAN("TRACE"), METHOD_OTHER},
		{SPAN("CONNECT"), METHOD_OTHER},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (span_equal(head->method, known[i].name)) {
			framing->method = known[i].method;
			return true;
		}
	}
	if (!is_token(head->method))
		return refuse(framing, 400, "The method of the request is malformed.");
	return refuse(framing, 501, "This server does not know the method of the request.");
}

static bool check_version(const struct head *head, struct framing *framing)
{
	const struct span version = head->version;

	if (version.size == sizeof("HTTP/1.1") - 1 && memcmp(version.data, "HTTP/1.", 7) == 0 &&
	    (version.data[7] == '1' || version.data[7] == '0'))
		return true;
	return refuse(framing, 505, "This server speaks HTTP/1.1 and HTTP/1.0.");
}

static bool is_digit(uint8_t byte)
{
	return (byte_classes[byte] & BYTE_DIGIT) != 0;
}

static bool is_hex(uint8_t byte)
{
	return is_digit(byte) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

/* Behind "[...]", or 0: hexadecimal digits, colons and dots. */
static size_t skip_v6(struct span text)
{
	size_t at = 1;

	while (at < text.size &&
	       (is_hex(text.data[at]) || text.data[at] == ':' || text.data[at] == '.'))
		at++;
	return at < text.size && text.data[at] == ']' ? at + 1 : 0;
}

/* "name:digits" or "[v6]:digits", the characters of RFC 3986 section 3.2.2, without user. */
static bool is_host(struct span text)
{
	size_t at = 0;

	if (text.size > 0 && text.data[0] == '[')
		at = skip_v6(text);
	else
		while (at < text.size && (byte_classes[text.data[at]] & BYTE_HOST))
			at++;
	if (at == 0 || at == text.size)
		return at > 0;
	return text.data[at] == ':' && text.size - at <= 6 &&
	       bytes_have(span_slice(text, at + 1, text.size), BYTE_DIGIT);
}

static bool check_length(struct span value, struct framing *framing)
{
	uint64_t length = 0;

	if (value.size == 0 || value.size > LENGTH_DIGITS_MAX)
		return refuse(framing, 400, "Content-Length is not a number in range.");
	for (size_t i = 0; i < value.size; i++) {
		if (!is_digit(value.data[i]))
			return refuse(framing, 400, "Content-Length is not a number in range.");
		length = length * 10 + (uint64_t)(value.data[i] - '0');
	}
	framing->content_length = length;
	return true;
}

/* Return: whether it is the first of its name. */
static bool add_to_index(struct head *head, size_t at, enum header_name name)
{
	struct field *last = head_find(head, name);

	if (!last) {
		head->first[name] = (uint8_t)(at + 1);
		return true;
	}
	while (last->next > 0)
		last = head_next(head, last);
	last->next = (uint8_t)(at + 1);
	return false;
}

/* The fields that decide where the request ends and whose it is. */
static bool check_decisive(struct span value, enum header_name name, bool is_first,
			   struct framing *framing)
{
	switch (name) {
	case HEADER_HOST:
		if (!is_first || !is_host(value))
			return refuse(framing, 400, "The request needs one well-formed Host.");
		framing->host = value;
		return true;
	case HEADER_CONTENT_LENGTH:
		if (!is_first)
			return refuse(framing, 400, "The request has two Content-Lengths.");
		return check_length(value, framing);
	case HEADER_EXPECT:
		if (!span_equal_nocase(value, SPAN("100-continue")))
			return refuse(framing, 417, "The only known expectation is 100-continue.");
		return true;
	default:
		return true;
	}
}

static bool check_field(struct head *head, size_t at, struct framing *framing)
{
	struct field *field = &head->fields[at];
	enum header_name name;

	if (!read_name(field->name, &name) || !bytes_are_value(field->value))
		return refuse(framing, 400, "A header of the request is malformed.");
	field->value = trim(field->value);
	field->next = 0;
	return name == HEADER_NAME_COUNT ||
	       check_decisive(field->value, name, add_to_index(head, at, name), framing);
}

static bool check_fields(struct head *head, struct framing *framing)
{
	if (head->field_count > FRAMING_FIELDS_MAX)
		return refuse(framing, 431, "The request has too many headers.");
	for (size_t i = 0; i < head->field_count; i++)
		if (!check_field(head, i, framing))
			return false;
	if (!framing->host.data && !span_equal(head->version, SPAN("HTTP/1.0")))
		return refuse(framing, 400, "The request needs one well-formed Host.");
	if (!head_find(head, HEADER_TRANSFER_ENCODING))
		return true;
	if (head_find(head, HEADER_CONTENT_LENGTH))
		return refuse(framing, 400,
			      "The request has a Content-Length and a Transfer-Encoding.");
	return refuse(framing, 411, "A request body needs a Content-Length.");
}

static struct span without_port(struct span host)
{
	size_t from = host.size > 0 && host.data[0] == '[' ? span_find(host, ']', 0) : 0;

	return span_slice(host, 0, span_find(host, ':', from));
}

/* The path part of an absolute form whose host is the Host's; absent when it is not. */
static struct span path_of_absolute(struct span target, struct span host)
{
	size_t scheme, slash;
	struct span authority;

	if (span_starts_nocase(target, SPAN("http://")))
		scheme = sizeof("http://") - 1;
	else if (span_starts_nocase(target, SPAN("https://")))
		scheme = sizeof("https://") - 1;
	else
		return span_of(NULL, 0);
	slash = span_find(target, '/', scheme);
	authority = span_slice(target, scheme, slash - scheme);
	if (!is_host(authority) || !host.data ||
	    !span_equal_nocase(without_port(authority), without_port(host)))
		return span_of(NULL, 0);
	return slash == target.size ? SPAN("/") : span_slice(target, slash, target.size);
}

static bool check_target(const struct head *head, struct framing *framing)
{
	struct span target = head->target;
	size_t mark;

	if (target.size > FRAMING_TARGET_MAX_BYTES)
		return refuse(framing, 414, "The address of the request is too long.");
	if (target.size == 0 || !bytes_have(target, BYTE_TARGET))
		return refuse(framing, 400, "The address of the request is malformed.");
	if (span_equal(head->method, SPAN("CONNECT")) ||
	    (framing->method == METHOD_OPTIONS && span_equal(target, SPAN("*")))) {
		framing->path = target;
		return true;
	}
	if (target.data[0] != '/')
		target = path_of_absolute(target, framing->host);
	if (!target.data)
		return refuse(framing, 400,
			      "The address of the request is malformed or names another host.");
	mark = span_find(target, '?', 0);
	framing->path = span_slice(target, 0, mark);
	if (mark < target.size)
		framing->query = span_slice(target, mark + 1, target.size);
	return true;
}

void framing_check(struct head *head, struct framing *ret_framing)
{
	struct framing framing = {0};

	memset(head->first, 0, sizeof(head->first));
	if (head->follows_junk || !tiles(head))
		(void)refuse(&framing, 400, "The head of the request is malformed.");
	else if (check_version(head, &framing) && check_method(head, &framing) &&
		 check_fields(head, &framing))
		(void)check_target(head, &framing);
	*ret_framing = framing;
}
