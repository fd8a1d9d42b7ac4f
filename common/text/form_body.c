/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Urlencoded form bodies, taken apart into bytes; what these say is another matter
 * (form_body_read.c), but for those that are UTF-8 in any case.
 *
 * The HTTP library has a parser of its own for them, which is not used: it gives up at the first
 * piece that has no name ("=v") or no '=' ("a;b"), and the rest of what somebody typed is gone.
 *
 * Decoding never makes text longer, so one block as long as the body holds all of it. Only what
 * then turns out not to be UTF-8, which no browser sends, is copied once more.
 */
#include "text/form_body_internal.h"

#include "base/encode.h"

#include <errno.h>

static int hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if ((byte | 32) >= 'a' && (byte | 32) <= 'f')
		return (byte | 32) - 'a' + 10;
	return -1;
}

/* The byte that an escape at @at stands for; -1 when there is none. */
static int escaped_byte(struct span text, size_t at)
{
	int high, low;

	if (text.data[at] != '%' || text.size - at < 3)
		return -1;
	high = hex_digit(text.data[at + 1]);
	low = hex_digit(text.data[at + 2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static struct span decode(uint8_t **room, struct span text)
{
	uint8_t *to = *room;
	struct span decoded;

	for (size_t at = 0; at < text.size; at++) {
		int byte = escaped_byte(text, at);

		if (byte >= 0) {
			*to++ = (uint8_t)byte;
			at += 2;
		} else {
			*to++ = text.data[at] == '+' ? ' ' : text.data[at];
		}
	}
	decoded = span_of(*room, (size_t)(to - *room));
	*room = to;
	return decoded;
}

/* The next piece that is not empty; false at the end. */
static bool next_piece(struct span body, size_t *at, struct span *ret_piece)
{
	while (*at < body.size) {
		size_t end = span_find(body, '&', *at);

		*ret_piece = span_slice(body, *at, end - *at);
		*at = end + 1;
		if (ret_piece->size > 0)
			return true;
	}
	return false;
}

static size_t count_pieces(struct span body)
{
	struct span piece;
	size_t at = 0, count = 0;

	while (next_piece(body, &at, &piece))
		count++;
	return count;
}

int form_body_split(struct span body, struct arena *arena, struct form_body *ret_form)
{
	struct form_body form = {0};
	struct span piece;
	uint8_t *room = NULL;
	size_t at = 0, count;

	if (body.size > FORM_BODY_MAX_BYTES)
		return FORM_BODY_E_SIZE;
	count = count_pieces(body);
	if (count > FORM_BODY_PAIRS_MAX)
		return FORM_BODY_E_PAIRS;
	if (count > 0) {
		form.pairs = arena_alloc(arena, count * sizeof(*form.pairs));
		room = arena_alloc(arena, body.size);
		if (!form.pairs || !room)
			return -ENOMEM;
	}
	while (next_piece(body, &at, &piece)) {
		size_t equals = span_find(piece, '=', 0);
		struct form_pair *pair = &form.pairs[form.count++];

		pair->name = decode(&room, span_slice(piece, 0, equals));
		pair->value = decode(&room, span_slice(piece, equals + 1, piece.size));
	}
	*ret_form = form;
	return 0;
}

static int clean(struct arena *arena, struct span *text)
{
	struct buffer valid = BUFFER_INIT;
	struct span copy;
	bool failed;

	if (utf8_valid(*text))
		return 0;
	utf8_append_clean(&valid, *text, 3 * text->size);
	copy = arena_copy(arena, buffer_span(&valid));
	failed = valid.error || !copy.data;
	buffer_finish(&valid);
	if (failed)
		return -ENOMEM;
	*text = copy;
	return 0;
}

int form_body_parse(struct span body, struct arena *arena, struct form_body *ret_form)
{
	struct form_body form;
	int code = form_body_split(body, arena, &form);

	for (size_t i = 0; !code && i < form.count; i++) {
		code = clean(arena, &form.pairs[i].name);
		if (!code)
			code = clean(arena, &form.pairs[i].value);
	}
	if (!code)
		*ret_form = form;
	return code;
}

struct span form_body_get(const struct form_body *form, struct span name)
{
	for (size_t i = 0; i < form->count; i++)
		if (span_equal(form->pairs[i].name, name))
			return form->pairs[i].value;
	return span_of(NULL, 0);
}
