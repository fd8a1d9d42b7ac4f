/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A beacon's props are some twenty bytes that every leave carries, and jansson takes longer for
 * them than all else that becomes of the event. Here their members are found by a scan that copies
 * nothing; a text with escapes, which is rare, goes through jansson.
 */
#include "summary/props.h"

#include <jansson.h>

static size_t skip_space(struct span json, size_t at)
{
	while (at < json.size && (json.data[at] == ' ' || json.data[at] == '\t' ||
				  json.data[at] == '\n' || json.data[at] == '\r'))
		at++;
	return at;
}

/* Behind the quote that ends the text whose first byte is at @at; 0: there is none. */
static size_t skip_text(struct span json, size_t at)
{
	for (; at < json.size; at++) {
		if (json.data[at] == '"')
			return at + 1;
		if (json.data[at] == '\\')
			at++;
	}
	return 0;
}

/* Behind an object or a list; 0: it does not end. */
static size_t skip_nested(struct span json, size_t at)
{
	size_t depth = 0;

	while (at < json.size) {
		uint8_t byte = json.data[at++];

		if (byte == '"') {
			at = skip_text(json, at);
			if (at == 0)
				return 0;
		} else if (byte == '{' || byte == '[') {
			depth++;
		} else if ((byte == '}' || byte == ']') && --depth == 0) {
			return at;
		}
	}
	return 0;
}

static size_t skip_plain(struct span json, size_t at)
{
	while (at < json.size && json.data[at] != ',' && json.data[at] != '}' &&
	       json.data[at] != ' ')
		at++;
	return at;
}

static bool read_name(struct span json, size_t *at, struct span *ret_name)
{
	size_t start = skip_space(json, *at), end;

	if (start >= json.size || json.data[start] != '"')
		return false;
	end = skip_text(json, ++start);
	if (end == 0)
		return false;
	*ret_name = span_slice(json, start, end - 1 - start);
	end = skip_space(json, end);
	if (end >= json.size || json.data[end] != ':')
		return false;
	*at = skip_space(json, end + 1);
	return true;
}

static bool read_value(struct span json, size_t *at, struct props_member *member)
{
	size_t start = *at, end;

	if (start >= json.size)
		return false;
	member->is_text = json.data[start] == '"';
	if (member->is_text)
		end = skip_text(json, ++start);
	else if (json.data[start] == '{' || json.data[start] == '[')
		end = skip_nested(json, start);
	else
		end = skip_plain(json, start);
	if (end == 0)
		return false;
	member->value = span_slice(json, start, end - start - member->is_text);
	*at = end;
	return true;
}

bool props_next(struct span json, size_t *at, struct props_member *ret_member)
{
	size_t next = skip_space(json, *at);

	if (next >= json.size || json.data[next] != (*at == 0 ? '{' : ','))
		return false;
	next++;
	if (!read_name(json, &next, &ret_member->name) || !read_value(json, &next, ret_member))
		return false;
	*at = next;
	return true;
}

struct span props_text(const struct props_member *member, struct buffer *scratch)
{
	json_t *text;

	if (!member->is_text)
		return span_of(NULL, 0);
	if (span_find(member->value, '\\', 0) == member->value.size)
		return member->value;
	/* The quotes around it are there: the value is a slice from between them. */
	text = json_loadb((const char *)member->value.data - 1, member->value.size + 2,
			  JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	buffer_clear(scratch);
	buffer_append(scratch, json_string_value(text), json_string_length(text));
	json_decref(text);
	return scratch->error ? span_of(NULL, 0) : buffer_span(scratch);
}

uint64_t props_number(const struct props_member *member)
{
	uint64_t number = 0;

	for (size_t i = 0; i < member->value.size; i++) {
		uint8_t digit = (uint8_t)(member->value.data[i] - '0');

		if (digit > 9 || number > (UINT64_MAX - digit) / 10)
			return 0;
		number = number * 10 + digit;
	}
	return number;
}

bool props_is_true(const struct props_member *member)
{
	return !member->is_text && span_equal(member->value, SPAN("true"));
}
