/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoders of the Encoding Standard (sections 9 to 14), each as a function that takes the next
 * character off the bytes.
 *
 * Where the bytes that follow a lead byte are no trail, they are looked at again by themselves when
 * they are ASCII: a quote or an angle bracket is never swallowed by a broken character before it.
 */
#include "text/charset_internal.h"

#include "base/encode.h"

enum { HALF_WIDTH_KATAKANA = 0xFF61, PRIVATE_USE = 0xE000, ESCAPE = 0x1B };

static bool within(unsigned byte, unsigned first, unsigned last)
{
	return byte >= first && byte <= last;
}

/* The next byte, or -1 at the end. */
static int peek(const struct charset_reading *reading)
{
	return reading->at < reading->bytes.size ? reading->bytes.data[reading->at] : -1;
}

static unsigned take(struct charset_reading *reading)
{
	return reading->bytes.data[reading->at++];
}

/*
 * Take the trail of a character whose row is @point (0: none). Return: the code point or, when
 * there is none, an error, after which an ASCII trail is read again.
 */
static uint32_t close_with(struct charset_reading *reading, uint32_t point)
{
	int trail = peek(reading);

	if (trail >= 0 && (point || trail >= 0x80))
		reading->at++;
	return point ? point : CHARSET_ERROR;
}

uint32_t charset_next_utf8(const struct charset *charset, struct charset_reading *reading)
{
	(void)charset;
	return utf8_next(reading->bytes, &reading->at);
}

uint32_t charset_next_single(const struct charset *charset, struct charset_reading *reading)
{
	unsigned byte = take(reading);
	uint32_t point = byte < 0x80 ? byte : charset->table[byte - 0x80];

	return point || byte == 0 ? point : CHARSET_ERROR;
}

uint32_t charset_next_shift_jis(const struct charset *charset, struct charset_reading *reading)
{
	enum { ROW = 188, PRIVATE_FIRST = 8836, PRIVATE_LAST = 10715 };
	unsigned lead = take(reading);
	int trail = peek(reading);
	size_t pointer;

	if (lead <= 0x80)
		return lead;
	if (within(lead, 0xA1, 0xDF))
		return HALF_WIDTH_KATAKANA + lead - 0xA1;
	if (!within(lead, 0x81, 0x9F) && !within(lead, 0xE0, 0xFC))
		return CHARSET_ERROR;
	if (trail < 0x40 || trail == 0x7F || trail > 0xFC)
		return close_with(reading, 0);
	pointer = (lead - (lead < 0xA0 ? 0x81 : 0xC1)) * ROW + (unsigned)trail -
		  (trail < 0x7F ? 0x40 : 0x41);
	if (within((unsigned)pointer, PRIVATE_FIRST, PRIVATE_LAST))
		return close_with(reading, PRIVATE_USE + (uint32_t)pointer - PRIVATE_FIRST);
	return close_with(reading, charset_row(charset, pointer));
}

uint32_t charset_next_euc_jp(const struct charset *charset, struct charset_reading *reading)
{
	enum { ROW = 94 };
	unsigned lead = take(reading);
	int trail = peek(reading);
	bool other = lead == 0x8F;

	if (lead < 0x80)
		return lead;
	if (lead == 0x8E && trail >= 0xA1 && trail <= 0xDF)
		return close_with(reading, HALF_WIDTH_KATAKANA + (unsigned)trail - 0xA1);
	if (other && trail >= 0xA1 && trail <= 0xFE) {
		lead = take(reading);
		trail = peek(reading);
	}
	if (lead == 0x8E || lead == 0x8F)
		return close_with(reading, 0);
	if (!within(lead, 0xA1, 0xFE))
		return CHARSET_ERROR;
	if (trail < 0xA1 || trail > 0xFE)
		return close_with(reading, 0);
	lead = (lead - 0xA1) * ROW + (unsigned)trail - 0xA1;
	return close_with(reading, other ? charset_jis0212(lead) : charset_row(charset, lead));
}

enum { SET_ASCII, SET_ROMAN, SET_KATAKANA, SET_KANJI };

/* Behind an escape byte: choose the set that the next two bytes name. False: they name none. */
static bool choose_set(struct charset_reading *reading)
{
	static const struct {
		struct span bytes;
		uint8_t set;
	} sets[] = {
		{SPAN("(B"), SET_ASCII}, {SPAN("(J"), SET_ROMAN}, {SPAN("(I"), SET_KATAKANA},
		{SPAN("$@"), SET_KANJI}, {SPAN("$B"), SET_KANJI},
	};
	struct span rest = span_slice(reading->bytes, reading->at, 2);

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (!span_equal(rest, sets[i].bytes))
			continue;
		reading->set = sets[i].set;
		reading->at += 2;
		return true;
	}
	return false;
}

static uint32_t next_kanji(const struct charset *charset, struct charset_reading *reading,
			   unsigned lead)
{
	int trail = peek(reading);

	if (!within(lead, 0x21, 0x7E))
		return CHARSET_ERROR;
	if (trail == ESCAPE)
		return CHARSET_ERROR;
	if (trail >= 0)
		reading->at++;
	if (trail < 0x21 || trail > 0x7E)
		return CHARSET_ERROR;
	lead = (lead - 0x21) * 94 + (unsigned)trail - 0x21;
	return charset_row(charset, lead) ? charset_row(charset, lead) : CHARSET_ERROR;
}

uint32_t charset_next_iso_2022_jp(const struct charset *charset, struct charset_reading *reading)
{
	enum { YEN = 0xA5, OVERLINE = 0x203E };
	unsigned byte = take(reading);

	if (byte == ESCAPE && choose_set(reading)) {
		bool again = reading->escaped;

		reading->escaped = true;
		if (again)
			return CHARSET_ERROR; /* two in a row could hide what a filter looks for */
		return reading->at < reading->bytes.size
			       ? charset_next_iso_2022_jp(charset, reading)
			       : CHARSET_NOTHING;
	}
	reading->escaped = false;
	if (byte >= 0x80 || byte == 0x0E || byte == 0x0F || byte == ESCAPE)
		return CHARSET_ERROR;
	if (reading->set == SET_KANJI)
		return next_kanji(charset, reading, byte);
	if (reading->set == SET_KATAKANA)
		return within(byte, 0x21, 0x5F) ? HALF_WIDTH_KATAKANA + byte - 0x21 : CHARSET_ERROR;
	if (reading->set == SET_ROMAN && byte == '\\')
		return YEN;
	return reading->set == SET_ROMAN && byte == '~' ? OVERLINE : byte;
}

uint32_t charset_next_big5(const struct charset *charset, struct charset_reading *reading)
{
	/* These stand for a letter and a mark over it. */
	enum { A_MACRON = 1133, A_CARON = 1135, E_MACRON = 1164, E_CARON = 1166 };
	enum { MACRON = 0x304, CARON = 0x30C };
	unsigned lead = take(reading);
	int trail = peek(reading);
	size_t pointer;

	if (lead < 0x80)
		return lead;
	if (!within(lead, 0x81, 0xFE))
		return CHARSET_ERROR;
	if (trail < 0x40 || trail > 0xFE || (trail > 0x7E && trail < 0xA1))
		return close_with(reading, 0);
	pointer = (lead - 0x81) * 157 + (unsigned)trail - (trail < 0x7F ? 0x40 : 0x62);
	if (pointer == A_MACRON || pointer == E_MACRON)
		reading->pending = MACRON;
	else if (pointer == A_CARON || pointer == E_CARON)
		reading->pending = CARON;
	if (reading->pending)
		return close_with(reading, pointer < E_MACRON ? 0xCA : 0xEA);
	return close_with(reading, charset_row(charset, pointer));
}

uint32_t charset_next_euc_kr(const struct charset *charset, struct charset_reading *reading)
{
	unsigned lead = take(reading);
	int trail = peek(reading);

	if (lead < 0x80)
		return lead;
	if (!within(lead, 0x81, 0xFE))
		return CHARSET_ERROR;
	if (trail < 0x41 || trail > 0xFE)
		return close_with(reading, 0);
	return close_with(reading,
			  charset_row(charset, (lead - 0x81) * 190 + (unsigned)trail - 0x41));
}

/* Four bytes, of which the second, a digit, is next. What is wrong in them is read again. */
static uint32_t next_four(struct charset_reading *reading, unsigned lead)
{
	struct span rest = span_slice(reading->bytes, reading->at, 3);
	uint32_t pointer, point;

	if (rest.size < 3) {
		/* Cut at the end: one error for what is left, as far as it fits. */
		if (rest.size < 2 || within(rest.data[1], 0x81, 0xFE))
			reading->at += rest.size;
		return CHARSET_ERROR;
	}
	if (!within(rest.data[1], 0x81, 0xFE) || !within(rest.data[2], '0', '9'))
		return CHARSET_ERROR;
	pointer = (((lead - 0x81) * 10 + rest.data[0] - '0') * 126 + rest.data[1] - 0x81) * 10 +
		  rest.data[2] - '0';
	point = charset_gb18030_four(pointer);
	reading->at += 3;
	return point ? point : CHARSET_ERROR;
}

uint32_t charset_next_gb18030(const struct charset *charset, struct charset_reading *reading)
{
	enum { EURO = 0x20AC };
	unsigned lead = take(reading);
	int trail = peek(reading);

	if (lead < 0x80)
		return lead;
	if (lead == 0x80)
		return EURO;
	if (lead == 0xFF)
		return CHARSET_ERROR;
	if (trail >= '0' && trail <= '9')
		return next_four(reading, lead);
	if (trail < 0x40 || trail == 0x7F || trail > 0xFE)
		return close_with(reading, 0);
	return close_with(reading, charset_row(charset, (lead - 0x81) * 190 + (unsigned)trail -
								(trail < 0x7F ? 0x40 : 0x41)));
}
