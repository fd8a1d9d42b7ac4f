/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells of a terminal: Japanese takes two each, marks none, and nothing that came from outside
 * moves the cursor or turns the line round.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/columns.h"

static void widths(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} rows[] = {
		{"", 0},
		{"abc", 3},
		{"秋のキャンペーン", 16},
		{"ｶﾅ", 2},	       /* half-width kana */
		{"ＡＢ", 4},	       /* full-width latin */
		{"e\xCC\x81t", 2},     /* a combining accent */
		{"か\xE3\x82\x99", 2}, /* a combining voiced mark */
		{"한국", 4},
		{"😀", 2},
		{"…▏█", 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (columns_of(span_text(rows[i].text)) != rows[i].columns)
			fail_msg("'%s' takes %zu cells, not %zu", rows[i].text,
				 columns_of(span_text(rows[i].text)), rows[i].columns);
}

static void cells_are_exactly_as_wide_as_asked(void **state)
{
	static const struct {
		const char *text;
		size_t width;
		bool right;
		const char *cell;
	} rows[] = {
		{"ab", 4, false, "ab  "},	{"ab", 4, true, "  ab"},
		{"abcd", 4, false, "abcd"},	{"abcde", 4, false, "abc…"},
		{"秋冬春", 6, false, "秋冬春"}, {"秋冬春", 5, false, "秋冬…"},
		{"秋冬春", 4, false, "秋… "},	{"秋", 1, false, "…"},
		{"秋", 0, false, ""},		{"", 2, false, "  "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup_buffer struct buffer cell = BUFFER_INIT;

		columns_append_cell(&cell, span_text(rows[i].text), rows[i].width, rows[i].right);
		assert_int_equal(cell.error, 0);
		if (!span_equal(buffer_span(&cell), span_text(rows[i].cell)))
			fail_msg("'%s' in %zu: '%.*s'", rows[i].text, rows[i].width, (int)cell.size,
				 (const char *)buffer_span(&cell).data);
		assert_int_equal(columns_of(buffer_span(&cell)), rows[i].width);
	}
}

static void nothing_from_outside_reaches_the_terminal(void **state)
{
	static const struct {
		struct span text;
		const char *plain;
	} rows[] = {
		{SPAN("a\x1B[31mb"), "a\xEF\xBF\xBD[31mb"},
		{SPAN("a\r\nb\tc"), "a\xEF\xBF\xBD\xEF\xBF\xBD"
				    "b\xEF\xBF\xBD"
				    "c"},
		{SPAN("a\xC2\x9B"
		      "1m"),
		 "a\xEF\xBF\xBD"
		 "1m"},							/* CSI in one byte */
		{SPAN("x\xE2\x80\xAEgpj.exe"), "x\xEF\xBF\xBDgpj.exe"}, /* right to left */
		{SPAN("a\xE2\x80\x8B"
		      "b"),
		 "ab"},
		{SPAN("a\xFF\xFE"), "a\xEF\xBF\xBD\xEF\xBF\xBD"},
		{SPAN("a\0b"), "a\xEF\xBF\xBD"
			       "b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup_buffer struct buffer plain = BUFFER_INIT;

		columns_append_plain(&plain, rows[i].text);
		assert_int_equal(plain.error, 0);
		if (!span_equal(buffer_span(&plain), span_text(rows[i].plain)))
			fail_msg("row %zu: '%.*s'", i, (int)plain.size,
				 (const char *)buffer_span(&plain).data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths),
		cmocka_unit_test(cells_are_exactly_as_wide_as_asked),
		cmocka_unit_test(nothing_from_outside_reaches_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
