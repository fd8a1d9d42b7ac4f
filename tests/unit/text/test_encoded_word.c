/* SPDX-License-Identifier: Apache-2.0 */
/* Header text: what fields say, and that what is written says it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/encoded_word.h"

static void fields_say_what_mail_programs_show(void **state)
{
	static const char *const rows[][2] = {
		{"plain text", "plain text"},
		{"folded\r\n text\n\there", "folded text here"},
		{"=?UTF-8?B?44GC?=", "\xE3\x81\x82"},
		{"=?utf-8?Q?a_b=3D=E3=81=82?=", "a b=\xE3\x81\x82"},
		{"=?ISO-2022-JP?B?GyRCJCIbKEI=?=", "\xE3\x81\x82"},
		{"=?iso-8859-1*de?q?=E9?= x", "\xC3\xA9 x"},
		/* White space between words is none, and one may cut a character. */
		{"=?utf-8?B?4w==?=\r\n =?utf-8?B?gYI=?=", "\xE3\x81\x82"},
		{"x =?utf-8?q?a?= =?us-ascii?q?b?= y", "x ab y"},
		/* What is no word, or of no charset that is known, stays. */
		{"=?utf-8?x?a?=", "=?utf-8?x?a?="},
		{"=?utf-8?q?a", "=?utf-8?q?a"},
		{"=?none?q?a?=", "a"},
		{"=?utf-8?q?a=0Ab?=", "a b"},
		{"\xFF", "\xEF\xBF\xBD"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer says = BUFFER_INIT;

		encoded_word_read(span_text(rows[i][0]), &says);
		assert_string_equal(buffer_text(&says), rows[i][1]);
	}
}

static void values_are_folded_words_or_ascii(void **state)
{
	static const char *const rows[][2] = {
		{"news", "news"},
		{"a  b", "=?UTF-8?B?YSAgYg==?="},
		{"=?x", "=?UTF-8?B?PT94?="},
		{"\xE3\x81\x82", "=?UTF-8?B?44GC?="},
		{"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 x",
		 "0123456789 0123456789 0123456789 0123456789 0123456789\n 0123456789 x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer value = BUFFER_INIT;

		encoded_word_write(span_text(rows[i][0]), 20, SPAN("\n"), &value);
		assert_string_equal(buffer_text(&value), rows[i][1]);
	}
}

static void long_text_is_many_words_of_whole_characters(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT, value = BUFFER_INIT, says = BUFFER_INIT;
	struct span written;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		buffer_append_text(&text, "\xE3\x81\x82x");
	for (size_t column = 2; column < 100; column += 7) {
		buffer_clear(&value);
		buffer_clear(&says);
		encoded_word_write(buffer_span(&text), column, SPAN("\r\n"), &value);
		written = buffer_span(&value);
		for (size_t at = 0, before = column; at < written.size; before = 0) {
			size_t end = span_find(written, '\n', at);

			assert_true(before + end - at <= 77 || before > 60);
			at = end + 1;
		}
		encoded_word_read(written, &says);
		assert_true(span_equal(span_trim(buffer_span(&says)), buffer_span(&text)));
	}
}

static void names_are_quoted_where_they_must_be(void **state)
{
	static const char *const rows[][2] = {
		{"Ann Smith", "Ann Smith"},
		{"Smith, Ann", "\"Smith, Ann\""},
		{"a\"b\\c.", "\"a\\\"b\\\\c.\""},
		{"<x@example.com>", "\"<x@example.com>\""},
		{"\xC3\x89va", "=?UTF-8?B?w4l2YQ==?="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer name = BUFFER_INIT;

		encoded_word_write_phrase(span_text(rows[i][0]), 6, SPAN("\n"), &name);
		assert_string_equal(buffer_text(&name), rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_say_what_mail_programs_show),
		cmocka_unit_test(values_are_folded_words_or_ascii),
		cmocka_unit_test(long_text_is_many_words_of_whole_characters),
		cmocka_unit_test(names_are_quoted_where_they_must_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
