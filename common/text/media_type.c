/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lenient in what nobody could misread (white space, an empty parameter, a missing closing quote),
 * since what is looked for is one parameter; the rest of a value may be anything.
 */
#include "text/media_type.h"

#include <errno.h>

bool media_type_is(struct span value, struct span word)
{
	return span_equal_nocase(span_trim(span_slice(value, 0, span_find(value, ';', 0))), word);
}

/* A parameter as it stands; of a quoted one what is between the quotes. */
struct parameter {
	struct span name, value;
	bool quoted;
};

/* Behind the quoted text that begins at @at, which is that of its first quote. */
static size_t end_of_quoted(struct span text, size_t at)
{
	for (at++; at < text.size && text.data[at] != '"'; at++)
		if (text.data[at] == '\\' && at + 1 < text.size &&
		    (text.data[at + 1] == '"' || text.data[at + 1] == '\\'))
			at++;
	return at < text.size ? at : text.size;
}

/* The parameter at @at, which is moved to the ';' behind it; false at the end. */
static bool next_parameter(struct span text, size_t *at, struct parameter *ret_parameter)
{
	struct parameter parameter = {.quoted = false};
	size_t from = *at + 1, to;

	if (*at >= text.size)
		return false;
	for (to = from; to < text.size && text.data[to] != ';' && text.data[to] != '=';)
		to++;
	parameter.name = span_trim(span_slice(text, from, to - from));
	if (to < text.size && text.data[to] == '=') {
		for (from = to + 1;
		     from < text.size && (text.data[from] == ' ' || text.data[from] == '\t');)
			from++;
		parameter.quoted = from < text.size && text.data[from] == '"';
		to = parameter.quoted ? end_of_quoted(text, from) : span_find(text, ';', from);
		parameter.value = parameter.quoted ? span_slice(text, from + 1, to - from - 1)
						   : span_trim(span_slice(text, from, to - from));
		to = span_find(text, ';', to);
	}
	*at = to;
	*ret_parameter = parameter;
	return true;
}

static int unquote(struct span text, struct arena *arena, struct span *ret_text)
{
	uint8_t *room = arena_alloc(arena, text.size + 1), *to = room;

	if (!room)
		return -ENOMEM;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '\\' && i + 1 < text.size &&
		    (text.data[i + 1] == '"' || text.data[i + 1] == '\\'))
			i++;
		*to++ = text.data[i];
	}
	*ret_text = span_of(room, (size_t)(to - room));
	return 0;
}

int media_type_parameter(struct span value, struct span name, struct arena *arena,
			 struct span *ret_parameter)
{
	struct parameter parameter;
	size_t at = span_find(value, ';', 0);

	*ret_parameter = span_of(NULL, 0);
	while (next_parameter(value, &at, &parameter)) {
		if (!span_equal_nocase(parameter.name, name) || !parameter.value.data)
			continue;
		if (parameter.quoted)
			return unquote(parameter.value, arena, ret_parameter);
		*ret_parameter = parameter.value;
		return 0;
	}
	return 0;
}
