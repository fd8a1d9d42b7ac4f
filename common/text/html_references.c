/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Character references in attribute values (HTML Standard 13.2.5.72 to 13.2.5.80). The table of
 * named ones is made at build time and sorted; the longest name is found by narrowing the range of
 * rows that agree with the text, character by character, so that a value costs its length times a
 * constant whatever it holds.
 */
#include "text/html_links.h"

#include "base/encode.h"

struct reference {
	const char *name; /* without '&', with ';' where it has one */
	const char *text;
};

static const struct reference references[] = {
#define HTML_REFERENCE(name, text) {name, text},
#include "html_references_table.h"
#undef HTML_REFERENCE
};

/* What numbers from 0x80 to 0x9F stand for: the characters of windows-1252 there; 0: themselves. */
static const uint16_t windows_1252[32] = {
	0x20AC, 0,	0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,	0x017D, 0,	0,	0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,	0x017E, 0x0178,
};

static bool alphanumeric(uint8_t byte)
{
	uint8_t letter = byte | 0x20;

	return (byte >= '0' && byte <= '9') || (letter >= 'a' && letter <= 'z');
}

/* The first row of [low, high) whose character at @index is at least @byte. */
static size_t lower_bound(size_t low, size_t high, size_t index, uint8_t byte)
{
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uint8_t)references[middle].name[index] < byte)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The longest name that @text begins with; NULL when there is none. */
static const struct reference *longest(struct span text, size_t *ret_size)
{
	size_t low = 0, high = sizeof(references) / sizeof(references[0]);
	const struct reference *best = NULL;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == 0 || text.data[i] > 'z')
			break;
		low = lower_bound(low, high, i, text.data[i]);
		high = lower_bound(low, high, i, (uint8_t)(text.data[i] + 1));
		if (low == high)
			break;
		if (references[low].name[i + 1] == '\0') {
			best = &references[low];
			*ret_size = i + 1;
		}
	}
	return best;
}

/* A number as the code point that browsers make of it. */
static uint32_t code_point(uint32_t number)
{
	if (number == 0 || number > 0x10FFFF || (number >= 0xD800 && number <= 0xDFFF))
		return 0xFFFD;
	if (number >= 0x80 && number <= 0x9F && windows_1252[number - 0x80])
		return windows_1252[number - 0x80];
	return number;
}

static int digit(uint8_t byte, bool hexadecimal)
{
	uint8_t letter = byte | 0x20;

	if (byte >= '0' && byte <= '9')
		return byte - '0';
	return hexadecimal && letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* "#…" after the '&'. Returns how much of @text it takes; 0 when there are no digits. */
static size_t numeric(struct span text, struct buffer *to, bool *ret_non_ascii)
{
	bool hexadecimal = text.size > 1 && (text.data[1] | 0x20) == 'x';
	size_t start = hexadecimal ? 2 : 1;
	size_t at = start;
	uint32_t number = 0;

	for (; at < text.size && digit(text.data[at], hexadecimal) >= 0; at++) {
		number = number * (hexadecimal ? 16 : 10) +
			 (uint32_t)digit(text.data[at], hexadecimal);
		if (number > 0x10FFFF)
			number = 0x110000;
	}
	if (at == start)
		return 0;
	number = code_point(number);
	*ret_non_ascii |= number > 0x7F;
	utf8_append(to, number);
	return at < text.size && text.data[at] == ';' ? at + 1 : at;
}

/*
 * A name after the '&'. Without ';' it does not count before '=' or an alphanumeric, so that
 * "?a=1&copy=2" stays what its author meant.
 */
static size_t named(struct span text, struct buffer *to, bool *ret_non_ascii)
{
	size_t size = 0;
	const struct reference *found = longest(text, &size);

	if (!found)
		return 0;
	if (text.data[size - 1] != ';' && size < text.size &&
	    (text.data[size] == '=' || alphanumeric(text.data[size])))
		return 0;
	for (const char *byte = found->text; *byte != '\0'; byte++)
		*ret_non_ascii |= (uint8_t)*byte > 0x7F;
	buffer_append_text(to, found->text);
	return size;
}

/* The reference after the '&'; 0 when there is none and the '&' stays. */
static size_t reference(struct span text, struct buffer *to, bool *ret_non_ascii)
{
	if (text.size > 0 && text.data[0] == '#')
		return numeric(text, to, ret_non_ascii);
	return named(text, to, ret_non_ascii);
}

void html_decode_attribute(struct span value, struct buffer *to, bool *ret_non_ascii)
{
	size_t at = 0;

	*ret_non_ascii = false;
	while (at < value.size) {
		uint8_t byte = value.data[at++];

		if (byte == '&') {
			struct span rest = span_slice(value, at, value.size);
			size_t taken = reference(rest, to, ret_non_ascii);

			if (taken == 0)
				buffer_append_byte(to, '&');
			at += taken;
		} else if (byte == '\r') {
			buffer_append_byte(to, '\n');
			if (at < value.size && value.data[at] == '\n')
				at++;
		} else if (byte == 0) {
			*ret_non_ascii = true;
			utf8_append(to, 0xFFFD);
		} else {
			buffer_append_byte(to, byte);
		}
	}
}

void html_escape_attribute(struct span value, struct buffer *to)
{
	for (size_t i = 0; i < value.size; i++) {
		switch (value.data[i]) {
		case '&':
			buffer_append_text(to, "&amp;");
			break;
		case '"':
			buffer_append_text(to, "&quot;");
			break;
		case '\'':
			buffer_append_text(to, "&#39;");
			break;
		case '<':
			buffer_append_text(to, "&lt;");
			break;
		case '>':
			buffer_append_text(to, "&gt;");
			break;
		default:
			buffer_append_byte(to, value.data[i]);
		}
	}
}
