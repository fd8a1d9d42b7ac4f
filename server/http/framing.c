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

enum { CRLF_BYTES = 2, LENGTH_DIGITS_MAX = 18 };

static bool is_alnum(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
	       (byte >= 'A' && byte <= 'Z');
}

static bool is_one_of(uint8_t byte, const char *set)
{
	return byte != 0 && strchr(set, byte) != NULL;
}

static bool is_token(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!is_alnum(text.data[i]) && !is_one_of(text.data[i], "!#$%&'*+-.^_`|~"))
			return false;
	return text.size > 0;
}

/* Visible characters, white space inside a line, and bytes above ASCII (obs-text). */
static bool is_field_value(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((text.data[i] < 0x20 && text.data[i] != '\t') || text.data[i] == 0x7f)
			return false;
	return true;
}

static bool is_target(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] <= 0x20 || text.data[i] >= 0x7f || text.data[i] == '#')
			return false;
	return text.size > 0;
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
	if (span_equal(head->version, SPAN("HTTP/1.1")) ||
	    span_equal(head->version, SPAN("HTTP/1.0")))
		return true;
	return refuse(framing, 505, "This server speaks HTTP/1.1 and HTTP/1.0.");
}

/* "name:digits" or "[v6]:digits", the characters of RFC 3986 section 3.2.2, without user. */
static bool is_host(struct span text)
{
	size_t at = 0;

	if (text.size > 0 && text.data[0] == '[') {
		for (at = 1; at < text.size && text.data[at] != ']'; at++)
			if (!is_alnum(text.data[at]) && !is_one_of(text.data[at], ":."))
				return false;
		if (at++ == text.size)
			return false;
	} else {
		while (at < text.size &&
		       (is_alnum(text.data[at]) || is_one_of(text.data[at], "-._~%!$&'()*+,;=")))
			at++;
	}
	if (at == 0 || at == text.size)
		return at > 0;
	if (text.data[at++] != ':' || text.size - at > 5)
		return false;
	while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
		at++;
	return at == text.size;
}

static bool check_length(struct span value, struct framing *framing)
{
	uint64_t length = 0;

	if (value.size == 0 || value.size > LENGTH_DIGITS_MAX)
		return refuse(framing, 400, "Content-Length is not a number in range.");
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return refuse(framing, 400, "Content-Length is not a number in range.");
		length = length * 10 + (uint64_t)(value.data[i] - '0');
	}
	framing->content_length = length;
	return true;
}

/* The fields that decide where the request ends and whose it is. */
struct decisive {
	unsigned hosts, lengths, codings;
};

static bool check_field(struct field *field, struct decisive *seen, struct framing *framing)
{
	if (!is_token(field->name) || !is_field_value(field->value))
		return refuse(framing, 400, "A header of the request is malformed.");
	field->value = span_trim(field->value);
	if (span_equal_nocase(field->name, SPAN("Host"))) {
		if (seen->hosts++ > 0 || !is_host(field->value))
			return refuse(framing, 400, "The request needs one well-formed Host.");
		framing->host = field->value;
	} else if (span_equal_nocase(field->name, SPAN("Content-Length"))) {
		if (seen->lengths++ > 0)
			return refuse(framing, 400, "The request has two Content-Lengths.");
		return check_length(field->value, framing);
	} else if (span_equal_nocase(field->name, SPAN("Transfer-Encoding"))) {
		seen->codings++;
	} else if (span_equal_nocase(field->name, SPAN("Expect"))) {
		if (!span_equal_nocase(field->value, SPAN("100-continue")))
			return refuse(framing, 417, "The only known expectation is 100-continue.");
	}
	return true;
}

static bool check_fields(struct head *head, struct framing *framing)
{
	struct decisive seen = {0};

	if (head->field_count > FRAMING_FIELDS_MAX)
		return refuse(framing, 431, "The request has too many headers.");
	for (size_t i = 0; i < head->field_count; i++)
		if (!check_field(&head->fields[i], &seen, framing))
			return false;
	if (seen.hosts == 0 && !span_equal(head->version, SPAN("HTTP/1.0")))
		return refuse(framing, 400, "The request needs one well-formed Host.");
	if (seen.codings > 0 && seen.lengths > 0)
		return refuse(framing, 400,
			      "The request has a Content-Length and a Transfer-Encoding.");
	if (seen.codings > 0)
		return refuse(framing, 411, "A request body needs a Content-Length.");
	return true;
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
	if (!is_target(target))
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

	if (!tiles(head))
		(void)refuse(&framing, 400, "The head of the request is malformed.");
	else if (check_version(head, &framing) && check_method(head, &framing) &&
		 check_fields(head, &framing))
		(void)check_target(head, &framing);
	*ret_framing = framing;
}
