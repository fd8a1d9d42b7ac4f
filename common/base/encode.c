/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encodings at the edges of the program. The base64url decoder is a table: it stands on the path of
 * each click, where a decoder that is constant in time would protect nothing (tokens arrive from
 * outside; the comparison of MACs is what must not leak, and it is libsodium's).
 */
#include "base/encode.h"

static const char base64url_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void hex_format(const void *data, size_t size, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_text[2 * size] = '\0';
}

/* Of digits, and 16 of all else: ids are drawn by chance, and so would be where a branch goes. */
static uint8_t hex_value(uint8_t digit)
{
	static const uint8_t values[256] = {
		['0'] = 16,	 ['1'] = 16 | 1,  ['2'] = 16 | 2,  ['3'] = 16 | 3,  ['4'] = 16 | 4,
		['5'] = 16 | 5,	 ['6'] = 16 | 6,  ['7'] = 16 | 7,  ['8'] = 16 | 8,  ['9'] = 16 | 9,
		['a'] = 16 | 10, ['b'] = 16 | 11, ['c'] = 16 | 12, ['d'] = 16 | 13, ['e'] = 16 | 14,
		['f'] = 16 | 15, ['A'] = 16 | 10, ['B'] = 16 | 11, ['C'] = 16 | 12, ['D'] = 16 | 13,
		['E'] = 16 | 14, ['F'] = 16 | 15,
	};

	return values[digit] ^ 16;
}

int hex_parse(struct span text, void *ret_data, size_t size)
{
	uint8_t *bytes = ret_data, all = 0;

	if (text.size != 2 * size)
		return ENCODE_E_FORM;
	for (size_t i = 0; i < text.size; i++)
		all |= hex_value(text.data[i]);
	if (all > 15)
		return ENCODE_E_FORM;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(hex_value(text.data[2 * i]) << 4 |
				     hex_value(text.data[2 * i + 1]));
	return 0;
}

void base64url_format(const void *data, size_t size, char *ret_text)
{
	const uint8_t *bytes = data;
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i < size; i++) {
		bits = bits << 8 | bytes[i];
		for (held += 8; held >= 6; held -= 6)
			*ret_text++ = base64url_alphabet[bits >> (held - 6) & 63];
	}
	if (held > 0)
		*ret_text++ = base64url_alphabet[bits << (6 - held) & 63];
	*ret_text = '\0';
}

/* The value of a digit, from 1 on, so that what the table leaves out is no digit. */
static const uint8_t base64url_values[256] = {
	['A'] = 1,  ['B'] = 2,	['C'] = 3,  ['D'] = 4,	['E'] = 5,  ['F'] = 6,	['G'] = 7,
	['H'] = 8,  ['I'] = 9,	['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
	['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
	['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
	['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63,
	['_'] = 64,
};

/* Four digits are three bytes. Return: whether all four are digits. */
static bool parse_four(const uint8_t *digits, uint8_t *ret_bytes)
{
	uint32_t a = base64url_values[digits[0]], b = base64url_values[digits[1]];
	uint32_t c = base64url_values[digits[2]], d = base64url_values[digits[3]];
	uint32_t bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);

	ret_bytes[0] = (uint8_t)(bits >> 16);
	ret_bytes[1] = (uint8_t)(bits >> 8);
	ret_bytes[2] = (uint8_t)bits;
	return a && b && c && d;
}

/* The one or two bytes of the last two or three digits, whose unused bits are zero. */
static int parse_rest(struct span rest, uint8_t *ret_bytes)
{
	uint8_t digits[4] = {'A', 'A', 'A', 'A'}, bytes[3];

	memcpy(digits, rest.data, rest.size);
	if (!parse_four(digits, bytes) || bytes[rest.size - 1] != 0)
		return ENCODE_E_FORM;
	memcpy(ret_bytes, bytes, rest.size - 1);
	return 0;
}

int base64url_parse(struct span text, void *ret_data, size_t capacity, size_t *ret_size)
{
	size_t left = text.size % 4, size = text.size / 4 * 3 + left * 3 / 4, at = 0;
	uint8_t *bytes = ret_data;

	if (left == 1)
		return ENCODE_E_FORM;
	if (size > capacity)
		return ENCODE_E_LONG;
	for (; at + 4 <= text.size; at += 4, bytes += 3)
		if (!parse_four(text.data + at, bytes))
			return ENCODE_E_FORM;
	if (left > 0 && parse_rest(span_slice(text, at, left), bytes))
		return ENCODE_E_FORM;
	*ret_size = size;
	return 0;
}

/* How many bytes from @at on are ASCII, eight at a time: nearly all text that arrives is. */
static size_t ascii_run(struct span text, size_t at)
{
	size_t from = at;
	uint64_t eight;

	for (; text.size - at >= sizeof(eight); at += sizeof(eight)) {
		memcpy(&eight, text.data + at, sizeof(eight));
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	while (at < text.size && text.data[at] < 0x80)
		at++;
	return at - from;
}

/* The bounds of the second byte, Unicode 15 table 3-7: no surrogates, no overlong form. */
static bool second_fits(uint8_t lead, uint8_t second)
{
	if (lead == 0xE0)
		return second >= 0xA0 && second <= 0xBF;
	if (lead == 0xED)
		return second >= 0x80 && second <= 0x9F;
	if (lead == 0xF0)
		return second >= 0x90 && second <= 0xBF;
	if (lead == 0xF4)
		return second >= 0x80 && second <= 0x8F;
	return second >= 0x80 && second <= 0xBF;
}

static size_t sequence_size(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

uint32_t utf8_next(struct span text, size_t *at)
{
	uint8_t lead = text.data[*at];
	size_t size = sequence_size(lead), used = 1;
	uint32_t code_point = size <= 1 ? lead : lead & (0x7FU >> size);

	for (; used < size && *at + used < text.size; used++) {
		uint8_t byte = text.data[*at + used];

		if (used == 1 ? !second_fits(lead, byte) : (byte & 0xC0) != 0x80)
			break;
		code_point = code_point << 6 | (byte & 0x3F);
	}
	*at += used;
	return size == 0 || used < size ? 0xFFFD : code_point;
}

void utf8_append(struct buffer *to, uint32_t code_point)
{
	if (code_point < 0x80) {
		buffer_append_byte(to, (uint8_t)code_point);
	} else if (code_point < 0x800) {
		buffer_append_byte(to, (uint8_t)(0xC0 | code_point >> 6));
		buffer_append_byte(to, (uint8_t)(0x80 | (code_point & 0x3F)));
	} else if (code_point < 0x10000) {
		buffer_append_byte(to, (uint8_t)(0xE0 | code_point >> 12));
		buffer_append_byte(to, (uint8_t)(0x80 | (code_point >> 6 & 0x3F)));
		buffer_append_byte(to, (uint8_t)(0x80 | (code_point & 0x3F)));
	} else {
		buffer_append_byte(to, (uint8_t)(0xF0 | code_point >> 18));
		buffer_append_byte(to, (uint8_t)(0x80 | (code_point >> 12 & 0x3F)));
		buffer_append_byte(to, (uint8_t)(0x80 | (code_point >> 6 & 0x3F)));
		buffer_append_byte(to, (uint8_t)(0x80 | (code_point & 0x3F)));
	}
}

bool utf8_valid(struct span text)
{
	for (size_t at = ascii_run(text, 0); at < text.size; at += ascii_run(text, at)) {
		size_t from = at;

		if (utf8_next(text, &at) == 0xFFFD && !(at - from == 3 && text.data[from] == 0xEF))
			return false;
	}
	return true;
}

/* Append @run bytes of ASCII at @at, as many as @room holds. Return: how many. */
static size_t append_ascii(struct buffer *to, struct span text, size_t at, size_t run, size_t room)
{
	if (run > room)
		run = room;
	if (run > 0)
		buffer_append(to, text.data + at, run);
	return run;
}

void utf8_append_clean(struct buffer *to, struct span text, size_t limit)
{
	size_t start = to->size;

	for (size_t at = 0; at < text.size && !to->error;) {
		size_t run = ascii_run(text, at), size;
		uint32_t code_point;

		if (append_ascii(to, text, at, run, limit - (to->size - start)) < run)
			return;
		at += run;
		if (at == text.size)
			return;
		code_point = utf8_next(text, &at);
		size = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
		if (to->size - start + size > limit)
			return;
		utf8_append(to, code_point);
	}
}
