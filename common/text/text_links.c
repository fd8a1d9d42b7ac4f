/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs in plain text. Nobody marks where they end, so this file agrees with what mail programs and
 * chat programs do: white space, angle brackets, double quotes and CJK punctuation end a URL;
 * brackets and quotes belong to it when they are balanced; punctuation belongs to it when something
 * follows.
 *
 * A URL that is cut short or too long would lead astray once rewritten, and the text swallowed with
 * it would be gone. Hence two rules beyond: hiragana straight after an ASCII character of the path
 * is the sentence going on, not the URL; and bytes that are not UTF-8 belong to the URL, which the
 * caller then cannot read and leaves alone.
 *
 * Linear: what was taken is not read again, and looking ahead (for "@", for the partner of a
 * bracket or quote) goes a bounded way.
 */
#include "text/text_links.h"

#include "base/encode.h"

enum {
	USERINFO_MAX_BYTES = 255,
	LABEL_MAX_CHARACTERS = 63,
	PAIR_MAX_BYTES = 512 /* from a bracket or quote to its partner */
};

struct cursor {
	struct span text;
	size_t at;
};

static bool is_alnum(uint8_t byte)
{
	return ((byte | 32) >= 'a' && (byte | 32) <= 'z') || (byte >= '0' && byte <= '9');
}

/* White space and controls: Unicode Z and Cc. */
static bool is_blank(uint32_t code)
{
	return code <= 0x20 || (code >= 0x7F && code <= 0xA0) || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
	       code == 0x202F || code == 0x205F || code == 0x3000;
}

/* Punctuation and brackets of CJK text, its full-width forms, and closing quotes. */
static bool is_outer_punctuation(uint32_t code)
{
	return (code >= 0x3001 && code <= 0x3003) || (code >= 0x3008 && code <= 0x3011) ||
	       (code >= 0x3014 && code <= 0x301F) || (code >= 0xFF01 && code <= 0xFF0F) ||
	       (code >= 0xFF1A && code <= 0xFF20) || (code >= 0xFF3B && code <= 0xFF40) ||
	       (code >= 0xFF5B && code <= 0xFF65) || (code >= 0x201C && code <= 0x201F) ||
	       code == 0xAB || code == 0xBB || code == 0x2039 || code == 0x203A;
}

static bool is_hiragana(uint32_t code)
{
	return code >= 0x3041 && code <= 0x309F;
}

/* What ends a URL wherever it stands. */
static bool is_end(uint32_t code)
{
	return is_blank(code) || code == '<' || code == '>' || is_outer_punctuation(code);
}

/* The code point at the cursor, without moving; a blank at the end of the text. */
static uint32_t peek(const struct cursor *cursor, size_t *ret_next)
{
	size_t next = cursor->at;
	uint32_t code = ' ';

	if (next < cursor->text.size)
		code = utf8_next(cursor->text, &next);
	*ret_next = next;
	return code;
}

static uint8_t byte_at(const struct cursor *cursor, size_t ahead)
{
	size_t at = cursor->at + ahead;

	return at < cursor->text.size ? cursor->text.data[at] : 0;
}

/* "user:password@", where it is one: up to 255 bytes, none of them a blank, slash or bracket. */
static void skip_userinfo(struct cursor *cursor)
{
	struct cursor inside = *cursor;
	size_t next;

	while (inside.at - cursor->at < USERINFO_MAX_BYTES) {
		uint32_t code = peek(&inside, &next);

		if (code == '@') {
			if (inside.at > cursor->at)
				cursor->at = next;
			return;
		}
		if (is_end(code) || (code < 0x80 && strchr("/[]()?#\"", (int)code)))
			return;
		inside.at = next;
	}
}

static bool is_label_character(uint32_t code)
{
	if (code < 0x80)
		return is_alnum((uint8_t)code);
	return !is_end(code) && !(code >= 0x2010 && code <= 0x205E) && code != 0xA1 &&
	       code != 0xA7 && code != 0xB6 && code != 0xB7 && code != 0xBF;
}

/* One label: letters and digits of any script, hyphens inside. False when there is none. */
static bool skip_label(struct cursor *cursor)
{
	size_t characters = 0, next, end = cursor->at;

	for (;;) {
		uint32_t code = peek(cursor, &next);

		if (!is_label_character(code) && (code != '-' || characters == 0))
			break;
		cursor->at = next;
		if (code != '-')
			end = next;
		characters++;
	}
	if (end != cursor->at)
		return false;
	return characters > 0 && characters <= LABEL_MAX_CHARACTERS;
}

/* Labels with dots between them; a dot at the end belongs to the host only before '/' or ':'. */
static bool skip_host(struct cursor *cursor)
{
	for (;;) {
		struct cursor after;
		size_t next;

		if (!skip_label(cursor))
			return false;
		if (byte_at(cursor, 0) != '.')
			break;
		after = (struct cursor){cursor->text, cursor->at + 1};
		if (byte_at(&after, 0) == '/' || byte_at(&after, 0) == ':')
			cursor->at++;
		if (!is_label_character(peek(&after, &next)))
			return byte_at(&after, 0) != '-' && byte_at(&after, 0) != '_';
		cursor->at++;
	}
	return byte_at(cursor, 0) != '_' && byte_at(cursor, 0) != '@';
}

/* ":8080"; false for a number that is no port, and for a second scheme ("http://http://"). */
static bool skip_port(struct cursor *cursor)
{
	unsigned port = 0;
	size_t digits = 1;

	if (byte_at(cursor, 0) != ':')
		return true;
	while (byte_at(cursor, digits) >= '0' && byte_at(cursor, digits) <= '9' && digits < 7)
		port = port * 10 + (byte_at(cursor, digits++) - '0');
	if (digits == 1)
		return byte_at(cursor, 1) != '/' || byte_at(cursor, 2) != '/';
	cursor->at += digits;
	return port <= UINT16_MAX && !is_alnum(byte_at(cursor, 0));
}

/*
 * With the cursor on an opening bracket: past its closing one, over nested ones of its kind; not
 * when something comes first that ends a URL.
 */
static bool skip_bracketed(struct cursor *cursor, uint8_t open, uint8_t close)
{
	struct cursor inside = *cursor;
	size_t depth = 0, next;

	for (;;) {
		uint32_t code = peek(&inside, &next);

		if (is_end(code) || next - cursor->at > PAIR_MAX_BYTES)
			return false;
		inside.at = next;
		if (code == open)
			depth++;
		else if (code == close && --depth == 0)
			break;
	}
	*cursor = inside;
	return true;
}

/* With the cursor on a quote: past its partner, when no blank but something else comes before it.
 */
static bool skip_quoted(struct cursor *cursor, uint8_t quote)
{
	struct cursor inside = {cursor->text, cursor->at + 1};
	size_t next;

	if (byte_at(&inside, 0) == quote)
		return false;
	for (;;) {
		uint32_t code = peek(&inside, &next);

		if (is_end(code) || next - cursor->at > PAIR_MAX_BYTES)
			return false;
		inside.at = next;
		if (code == quote)
			break;
	}
	*cursor = inside;
	return true;
}

/* Whether @code at the cursor only belongs to the URL when something follows. */
static bool is_trailing_punctuation(uint32_t code)
{
	return (code && code < 0x80 && strchr(".,;:!?", (int)code)) || code == 0x2026 ||
	       code == 0x2018 || code == 0x2019;
}

/* Past one element of path, query or fragment; false where the URL ends. */
static bool skip_element(struct cursor *cursor)
{
	size_t next;
	uint32_t code = peek(cursor, &next);
	bool after_ascii = cursor->text.data[cursor->at - 1] < 0x80;

	switch (code) {
	case '(':
		return skip_bracketed(cursor, '(', ')');
	case '[':
		return skip_bracketed(cursor, '[', ']');
	case '{':
		return skip_bracketed(cursor, '{', '}');
	case ')':
	case ']':
	case '}':
		return false;
	case '"':
		return skip_quoted(cursor, '"');
	case '\'':
		if (skip_quoted(cursor, '\''))
			return true;
		if (!is_alnum(byte_at(cursor, 1)) && byte_at(cursor, 1) < 0x80 &&
		    byte_at(cursor, 1) != '-')
			return false;
		break;
	default:
		if (is_end(code) || (is_hiragana(code) && after_ascii))
			return false;
		break;
	}
	cursor->at = next;
	return true;
}

/* Path, query and fragment, without the punctuation at their end. */
static void skip_rest(struct cursor *cursor)
{
	uint8_t first = byte_at(cursor, 0);
	size_t end = cursor->at;

	if (first != '/' && first != '?' && first != '#')
		return;
	for (;;) {
		size_t next;
		uint32_t code = peek(cursor, &next);

		if (!skip_element(cursor))
			break;
		if (!is_trailing_punctuation(code))
			end = cursor->at;
	}
	cursor->at = end;
}

/* Whether a word goes on across @at; the letter that ends ISO-2022-JP's shift to ASCII is no word.
 */
static bool is_inside_word(struct span text, size_t at, size_t floor)
{
	struct span shift = span_slice(text, at >= 3 ? at - 3 : 0, 3);

	if (at <= floor || span_equal(shift, SPAN("\x1B(B")) || span_equal(shift, SPAN("\x1B(J")))
		return false;
	return is_alnum(text.data[at - 1]) || memchr("_$+@#", text.data[at - 1], 5);
}

/* "http" before the colon at @colon: where it starts, or the colon when it does not. */
static size_t scheme_start(struct span text, size_t colon, size_t floor)
{
	for (size_t size = 5; size >= 4; size--) {
		struct span scheme = span_slice(text, colon - size, size);

		if (colon < floor + size)
			continue;
		if (!span_equal_nocase(scheme, size == 5 ? SPAN("https") : SPAN("http")))
			continue;
		if (!is_inside_word(text, colon - size, floor))
			return colon - size;
	}
	return colon;
}

static bool skip_url(struct cursor *cursor)
{
	skip_userinfo(cursor);
	if (!skip_host(cursor) || !skip_port(cursor))
		return false;
	skip_rest(cursor);
	return true;
}

int text_links_find(struct span text, int (*found)(void *context, const struct text_link *link),
		    void *context)
{
	size_t line = 1, counted = 0, floor = 0;
	size_t colon = span_find(text, ':', 0);

	for (; colon < text.size; colon = span_find(text, ':', colon < floor ? floor : colon + 1)) {
		size_t start = scheme_start(text, colon, floor);
		struct cursor cursor = {text, colon + 3};
		int error;

		if (start == colon || !span_starts(span_slice(text, colon, 3), SPAN("://")) ||
		    !skip_url(&cursor))
			continue;
		for (; counted < start; counted++)
			line += text.data[counted] == '\n';
		floor = cursor.at;
		error = found(context, &(struct text_link){
					       .url = span_slice(text, start, cursor.at - start),
					       .line = line,
				       });
		if (error < 0)
			return error;
	}
	return 0;
}
