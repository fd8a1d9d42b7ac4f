/* SPDX-License-Identifier: Apache-2.0 */
/* Cells as a bulk import and a spreadsheet take them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "summary/csv_row.h"

static const char *cell(struct buffer *to, const char *text, size_t max_characters, bool guard)
{
	struct csv_row row = {.to = to};

	buffer_clear(to);
	csv_row_text(&row, span_text(text), max_characters, guard);
	return buffer_text(to);
}

static void texts_are_quoted_cut_and_cleaned(void **state)
{
	static const struct {
		const char *text;
		size_t max_characters;
		const char *cell;
	} rows[] = {
		{"", 0, "\"\""},	   {"a", 0, "\"a\""},
		{"a\"b", 0, "\"a\"\"b\""}, {"a,b\nc\rd\tf", 0, "\"a,b\nc d f\""},
		{"日本語", 2, "\"日本\""}, {"a😀b", 2, "\"a\""},
		{"a😀b", 3, "\"a😀\""},	   {"\xFFx", 0, "\"\xEF\xBF\xBDx\""},
		{"abc", 3, "\"abc\""},
	};
	cleanup_buffer struct buffer to = BUFFER_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(cell(&to, rows[i].text, rows[i].max_characters, true),
				    rows[i].cell);
}

static void formulas_become_texts(void **state)
{
	static const char *const formulas[] = {
		"=1+1",
		"+1",
		"-1",
		"@SUM(A1)",
		"\t=1",
		"\r=1",
		" =1",
		"\n=1",
		"＝1",
		"＋1",
		"－1",
		"＠A1",
		"−1",
		"　=1",
		"#N/A",
		" #N/A ",
		"=HYPERLINK(\"http://example.com\")",
	};
	static const char *const texts[] = {"a=1",  "1-1", "https://example.com/?a=-1",
					    "#",    "N/A", "'=1",
					    "\"=1", "",	   "#N/A!"};
	cleanup_buffer struct buffer to = BUFFER_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
		assert_true(csv_is_formula(span_text(formulas[i])));
		assert_memory_equal(cell(&to, formulas[i], 0, true), "\"'", 2);
		assert_memory_not_equal(cell(&to, formulas[i], 0, false), "\"'", 2);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(csv_is_formula(span_text(texts[i])));
}

static void a_field_has_an_end(void **state)
{
	cleanup_buffer struct buffer to = BUFFER_INIT, text = BUFFER_INIT;

	(void)state;
	for (int i = 0; i < 40000; i++)
		buffer_append_text(&text, "あ");
	(void)cell(&to, buffer_text(&text), 0, true);
	assert_int_equal(to.size, 2 + 3 * CSV_FIELD_MAX_CHARACTERS);
}

static void rows_have_commas_and_a_line_feed(void **state)
{
	cleanup_buffer struct buffer to = BUFFER_INIT;
	struct csv_row row = {.to = &to};

	(void)state;
	csv_row_plain(&row, SPAN("1"));
	csv_row_plain(&row, SPAN(""));
	csv_row_text(&row, SPAN("a"), 0, true);
	csv_row_end(&row);
	csv_row_plain(&row, SPAN("2"));
	csv_row_end(&row);
	assert_string_equal(buffer_text(&to), "1,,\"a\"\n2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_quoted_cut_and_cleaned),
		cmocka_unit_test(formulas_become_texts),
		cmocka_unit_test(a_field_has_an_end),
		cmocka_unit_test(rows_have_commas_and_a_line_feed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
