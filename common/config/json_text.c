/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places in a JSON text. Everything here relies on the text having parsed: a string ends at the
 * next quote that is not escaped, brackets match, a member's name is followed by a colon. The ends
 * of the text are respected even so, so that a text that did not parse is merely misjudged.
 *
 * Values are skipped by counting brackets, without recursion: depth costs nothing.
 */
#include "config/json_text.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_at(struct span text, size_t at, char byte)
{
	return at < text.size && text.data[at] == (uint8_t)byte;
}

static bool is_one_of(struct span text, size_t at, const char *bytes)
{
	return at < text.size && text.data[at] != 0 && strchr(bytes, text.data[at]) != NULL;
}

size_t json_text_start(struct span text, size_t at)
{
	while (is_one_of(text, at, " \t\r\n"))
		at++;
	return at < text.size ? at : text.size;
}

static size_t skip_string(struct span text, size_t at)
{
	for (at++; at < text.size && text.data[at] != '"'; at++)
		if (text.data[at] == '\\')
			at++;
	return at < text.size ? at + 1 : text.size;
}

static size_t skip_value(struct span text, size_t at)
{
	size_t depth = 0;

	while (at < text.size) {
		if (is_at(text, at, '"')) {
			at = skip_string(text, at);
		} else if (is_one_of(text, at, "{[")) {
			depth++;
			at++;
		} else if (is_one_of(text, at, "}]")) {
			if (depth == 0)
				return at;
			depth--;
			at++;
		} else if (depth == 0) {
			while (at < text.size && !is_one_of(text, at, " \t\r\n,}]"))
				at++;
		} else {
			at++;
			continue;
		}
		if (depth == 0)
			return at;
	}
	return at;
}

bool json_walk_init(struct json_walk *walk, struct span text, size_t at)
{
	if (!is_one_of(text, at, "{["))
		return false;
	*walk = (struct json_walk){
		.text = text,
		.at = json_text_start(text, at + 1),
		.object = text.data[at] == '{',
	};
	return true;
}

static void decode_name(struct span quoted, char ret_name[JSON_NAME_BYTES])
{
	json_t *name = json_loadb((const char *)quoted.data, quoted.size, JSON_DECODE_ANY, NULL);

	(void)snprintf(ret_name, JSON_NAME_BYTES, "%s", name ? json_string_value(name) : "");
	json_decref(name);
}

bool json_walk_next(struct json_walk *walk, struct json_item *ret_item)
{
	struct span text = walk->text;
	size_t at = walk->at;

	if (at >= text.size || is_one_of(text, at, "}]"))
		return false;
	ret_item->name[0] = '\0';
	ret_item->name_at = at;
	if (walk->object) {
		size_t end = skip_string(text, at);

		decode_name(span_slice(text, at, end - at), ret_item->name);
		at = json_text_start(text, end);
		at = json_text_start(text, at + 1);
	}
	ret_item->at = at;
	ret_item->end = skip_value(text, at);
	at = json_text_start(text, ret_item->end);
	if (is_at(text, at, ','))
		at = json_text_start(text, at + 1);
	walk->at = at;
	return true;
}

/* One step of a path from the value at *@at: ".name", "name" or "[7]". False: not there. */
static bool step(struct span text, const char **path, size_t *at)
{
	bool indexed = **path == '[';
	const char *from = *path + (indexed || **path == '.');
	size_t length = strcspn(from, ".[]"), index = 0;
	struct json_walk walk;
	struct json_item item;

	if (indexed)
		index = strtoul(from, NULL, 10);
	if (!json_walk_init(&walk, text, *at) || walk.object == indexed)
		return false;
	while (json_walk_next(&walk, &item)) {
		bool found = indexed ? index-- == 0
				     : strlen(item.name) == length &&
					       memcmp(item.name, from, length) == 0;

		if (!found)
			continue;
		*path = from + length;
		*path += indexed && **path == ']';
		*at = item.at;
		return true;
	}
	return false;
}

size_t json_text_find(struct span text, const char *path)
{
	size_t at = json_text_start(text, 0);

	while (*path && step(text, &path, &at))
		;
	return at;
}

void json_text_place(struct span text, size_t at, unsigned *ret_line, unsigned *ret_column)
{
	unsigned line = 1;
	size_t start = 0;

	if (at > text.size)
		at = text.size;
	for (size_t end = span_find(text, '\n', 0); end < at; end = span_find(text, '\n', start)) {
		line++;
		start = end + 1;
	}
	*ret_line = line;
	*ret_column = (unsigned)(at - start) + 1;
}

size_t json_text_error(struct span text, const json_error_t *error)
{
	size_t at = error->position > 0 ? (size_t)error->position : 0;
	const char *near = strstr(error->text, " near '");
	size_t length;

	if (at > text.size)
		at = text.size;
	if (!near)
		return at;
	/* The reader stands behind the token that it names; the person wants its start. */
	near += strlen(" near '");
	length = strlen(near);
	length -= length > 0;
	if (length <= at && memcmp(text.data + at - length, near, length) == 0)
		return at - length;
	return at;
}
