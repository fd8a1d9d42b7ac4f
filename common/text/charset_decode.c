/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A browser that posts a page's form in a legacy charset writes what that does not have, an emoji
 * in Shift_JIS, as a decimal character reference, which cannot be told from one that was typed.
 * Only what the charset lacks is taken back: whoever types the reference of a character of their
 * own charset means the reference.
 */
#include "text/charset_decode.h"

#include "base/encode.h"
#include "text/charset_internal.h"

#include <stdio.h>

enum { LABEL_MAX_BYTES = 32, REFERENCE_DIGITS_MAX = 7, POINTS = 0x10000, LAST_POINT = 0x10FFFF };

const struct charset *charset_find(struct span label)
{
	char wanted[LABEL_MAX_BYTES + 3];

	label = span_trim(label);
	if (label.size == 0 || label.size > LABEL_MAX_BYTES)
		return NULL;
	for (size_t i = 0; i < label.size; i++) {
		uint8_t byte = label.data[i];

		if (byte <= ' ' || byte >= 0x7F)
			return NULL;
		wanted[i + 1] = (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
	}
	wanted[0] = ' ';
	(void)snprintf(wanted + label.size + 1, 2, " ");
	for (size_t i = 0; i < charset_count; i++)
		if (span_equal_nocase(label, span_text(charset_all[i].name)) ||
		    strstr(charset_all[i].labels, wanted))
			return &charset_all[i];
	return NULL;
}

const char *charset_name(const struct charset *charset)
{
	return charset->name;
}

bool charset_is_utf8(const struct charset *charset)
{
	return charset->next == charset_next_utf8;
}

bool charset_is_seven_bit(const struct charset *charset)
{
	return charset->next == charset_next_iso_2022_jp;
}

void charset_decode(const struct charset *charset, struct span bytes, struct buffer *to)
{
	struct charset_reading reading = {.bytes = bytes};

	while (reading.at < bytes.size) {
		uint32_t point = charset->next(charset, &reading);

		if (point != CHARSET_NOTHING)
			utf8_append(to, point);
		if (reading.pending)
			utf8_append(to, reading.pending);
		reading.pending = 0;
	}
}

/* Which code points of the first plane a browser posts in a charset as they are. */
struct posted {
	bool known;
	uint8_t bits[POINTS / 8];
};

static void find_posted(const struct charset *charset, struct posted *posted)
{
	enum { KATAKANA_FIRST = 0xFF61, KATAKANA_LAST = 0xFF9F };
	static const uint16_t japanese[] = {0xA5, 0x203E, 0x2212};
	bool is_japanese = charset->next == charset_next_shift_jis ||
			   charset->next == charset_next_euc_jp ||
			   charset->next == charset_next_iso_2022_jp;

	memset(posted->bits, 0, sizeof(posted->bits));
	for (size_t i = charset->posted_from; i < charset->count; i++) {
		uint32_t point = charset_row(charset, i);

		if (point < POINTS)
			posted->bits[point / 8] |= (uint8_t)(1 << point % 8);
	}
	for (size_t i = 0; is_japanese && i < sizeof(japanese) / sizeof(japanese[0]); i++)
		posted->bits[japanese[i] / 8] |= (uint8_t)(1 << japanese[i] % 8);
	for (uint32_t point = KATAKANA_FIRST; is_japanese && point <= KATAKANA_LAST; point++)
		posted->bits[point / 8] |= (uint8_t)(1 << point % 8);
	posted->known = true;
}

/* All beyond the first plane count as not posted: the one charset that has some (Big5, of Hong
 * Kong) is read alike by whoever typed a reference of them. */
static bool is_posted(const struct charset *charset, struct posted *posted, uint32_t point)
{
	if (point < 0x80 || charset->has_all)
		return true;
	if (point >= POINTS)
		return false;
	if (!posted->known)
		find_posted(charset, posted);
	return posted->bits[point / 8] >> point % 8 & 1;
}

/* The code point of a reference at @at, which ends at *ret_end; 0: there is none. */
static uint32_t reference_at(struct span text, size_t at, size_t *ret_end)
{
	uint32_t point = 0;
	size_t i = at + 2;

	if (!span_starts(span_slice(text, at, 2), SPAN("&#")))
		return 0;
	while (i < text.size && i - at - 2 < REFERENCE_DIGITS_MAX && text.data[i] >= '0' &&
	       text.data[i] <= '9')
		point = point * 10 + (text.data[i++] - '0');
	if (i == at + 2 || text.data[at + 2] == '0' || i >= text.size || text.data[i] != ';' ||
	    point > LAST_POINT || (point >= 0xD800 && point < 0xE000))
		return 0;
	*ret_end = i + 1;
	return point;
}

void charset_unescape(const struct charset *charset, struct span text, struct buffer *to)
{
	struct posted posted;
	size_t from = 0, at = 0, end = 0;

	posted.known = false;
	while ((at = span_find(text, '&', at)) < text.size) {
		uint32_t point = reference_at(text, at, &end);

		if (point && !is_posted(charset, &posted, point)) {
			buffer_append_span(to, span_slice(text, from, at - from));
			utf8_append(to, point);
			from = end;
		}
		at = point ? end : at + 1;
	}
	buffer_append_span(to, span_slice(text, from, text.size));
}
