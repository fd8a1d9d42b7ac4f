/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every text is quoted, whether it needs it or not: then a text that looks like a number stays one
 * for whoever asks, and an empty text is not the same as none.
 */
#include "summary/csv_row.h"

#include "base/encode.h"

static void begin_cell(struct csv_row *row)
{
	if (row->begun)
		buffer_append_byte(row->to, ',');
	row->begun = true;
}

void csv_row_plain(struct csv_row *row, struct span text)
{
	begin_cell(row);
	buffer_append_span(row->to, text);
}

void csv_row_end(struct csv_row *row)
{
	buffer_append_byte(row->to, '\n');
	row->begun = false;
}

static bool begins_formula(uint32_t c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == 0xFF1D || c == 0xFF0B ||
	       c == 0xFF0D || c == 0xFF20 || c == 0x2212;
}

static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\n' || c == 0xA0 || c == 0x3000 || c == 0xFEFF || c == 0x200B;
}

bool csv_is_formula(struct span text)
{
	size_t at = 0;

	while (at < text.size) {
		uint32_t c = utf8_next(text, &at);

		if (c == '\t' || c == '\r' || begins_formula(c))
			return true;
		if (!is_space(c))
			break;
	}
	return span_equal(span_trim(text), SPAN("#N/A"));
}

void csv_row_text(struct csv_row *row, struct span text, size_t max_characters, bool guard)
{
	size_t left = max_characters > 0 && max_characters < CSV_FIELD_MAX_CHARACTERS
			      ? max_characters
			      : CSV_FIELD_MAX_CHARACTERS;

	begin_cell(row);
	buffer_append_byte(row->to, '"');
	if (guard && csv_is_formula(text)) {
		buffer_append_byte(row->to, '\'');
		left--;
	}
	for (size_t at = 0; at < text.size && left > 0; left--) {
		uint32_t c = utf8_next(text, &at);

		if ((c < 0x20 && c != '\n') || c == 0x7F)
			c = ' ';
		if (c == '"')
			buffer_append_byte(row->to, '"');
		/* What lies above the first plane counts as two characters there. */
		if (c > 0xFFFF && left-- == 1)
			break;
		utf8_append(row->to, c);
	}
	buffer_append_byte(row->to, '"');
}
