/* SPDX-License-Identifier: Apache-2.0 */
/* Text stands for itself in HTML, whatever it holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/html_escape.h"

static void text_stands_for_itself(void **state)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"plain", "plain"},
		{"<script>\"&'", "&lt;script&gt;&quot;&amp;'"},
		{"&amp;", "&amp;amp;"},
		{"a<b", "a&lt;b"},
		{"\xE6\x97\xA5\xE6\x9C\xAC", "\xE6\x97\xA5\xE6\x9C\xAC"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer text = BUFFER_INIT;

		html_escape(span_text(rows[i][0]), &text);
		assert_string_equal(buffer_text(&text), rows[i][1]);
	}
}

static void a_nul_is_a_byte_like_others(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	(void)state;
	html_escape(SPAN("a\0<"), &text);
	assert_true(span_equal(buffer_span(&text), SPAN("a\0&lt;")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stands_for_itself),
		cmocka_unit_test(a_nul_is_a_byte_like_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
