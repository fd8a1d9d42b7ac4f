/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Widths come from wcwidth() under the C.UTF-8 locale, which every Debian has and which is taken
 * into use for the calling thread only. Where there is none (another system), a width is guessed
 * from the blocks that are wide in every terminal: wrong for an emoji, right for Japanese.
 *
 * Characters of ambiguous width (Greek, box drawing) are narrow: so are they in the terminals that
 * people use now, Japanese ones included.
 */
#include "text/columns.h"

#include "base/encode.h"

#include <locale.h>
#include <wchar.h>

enum { REPLACEMENT = 0xFFFD, ELLIPSIS = 0x2026 };

struct range {
	uint32_t first, last;
};

/* Bidirectional controls, line and paragraph separators, annotations, tags, noncharacters. */
static const struct range unsafe[] = {
	{0x0000, 0x001F}, {0x007F, 0x009F}, {0x061C, 0x061C}, {0x200E, 0x200F},
	{0x2028, 0x202E}, {0x2066, 0x206F}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};

static const struct range wide[] = {
	{0x1100, 0x115F}, {0x2E80, 0x303E}, {0x3041, 0xA4CF}, {0xAC00, 0xD7A3},	  {0xF900, 0xFAFF},
	{0xFE30, 0xFE6F}, {0xFF01, 0xFF60}, {0xFFE0, 0xFFE6}, {0x20000, 0x3FFFD},
};

static bool is_in(const struct range *ranges, size_t count, uint32_t code_point)
{
	for (size_t i = 0; i < count; i++)
		if (code_point >= ranges[i].first && code_point <= ranges[i].last)
			return true;
	return false;
}

static locale_t widths_begin(locale_t *ret_before)
{
	static locale_t widths; /* made once; a program has one thread that prints */

	if (!widths)
		widths = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	*ret_before = widths ? uselocale(widths) : (locale_t)0;
	return widths;
}

static size_t width_of(uint32_t code_point, locale_t widths)
{
	int width;

	if (code_point < 0x7F)
		return 1;
	if (!widths)
		return is_in(wide, sizeof(wide) / sizeof(*wide), code_point) ? 2 : 1;
	width = wcwidth((wchar_t)code_point);
	return width < 0 ? 1 : (size_t)width;
}

/* How many cells, and, if that is over @limit, how many bytes go into it. */
static size_t measure(struct span plain, size_t limit, size_t *ret_bytes)
{
	locale_t before, widths = widths_begin(&before);
	size_t columns = 0, at = 0;

	*ret_bytes = plain.size;
	while (at < plain.size) {
		size_t start = at;
		size_t width = width_of(utf8_next(plain, &at), widths);

		if (columns + width > limit) {
			*ret_bytes = start;
			break;
		}
		columns += width;
	}
	if (widths)
		(void)uselocale(before);
	return columns;
}

void columns_append_plain(struct buffer *to, struct span text)
{
	size_t at = 0;

	while (at < text.size) {
		uint32_t code_point = utf8_next(text, &at);

		if (code_point == 0x200B || code_point == 0x2060 || code_point == 0xFEFF)
			continue;
		if (is_in(unsafe, sizeof(unsafe) / sizeof(*unsafe), code_point))
			code_point = REPLACEMENT;
		utf8_append(to, code_point);
	}
}

size_t columns_of(struct span plain)
{
	size_t bytes;

	return measure(plain, SIZE_MAX, &bytes);
}

static void append_spaces(struct buffer *to, size_t count)
{
	while (count-- > 0)
		buffer_append_byte(to, ' ');
}

void columns_append_cell(struct buffer *to, struct span plain, size_t width, bool right)
{
	size_t bytes, columns = measure(plain, width, &bytes);

	if (width == 0)
		return;
	if (bytes < plain.size) {
		columns = measure(plain, width - 1, &bytes);
		buffer_append(to, plain.data, bytes);
		utf8_append(to, ELLIPSIS);
		append_spaces(to, width - columns - 1);
		return;
	}
	if (right)
		append_spaces(to, width - columns);
	buffer_append_span(to, plain);
	if (!right)
		append_spaces(to, width - columns);
}
