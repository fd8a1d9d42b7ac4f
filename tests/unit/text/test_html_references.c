/* SPDX-License-Identifier: Apache-2.0 */
/* Character references in attribute values, and escaping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/html_links.h"

static void expect(struct span value, const char *decoded, bool non_ascii)
{
	struct buffer to = BUFFER_INIT;
	bool found = !non_ascii;

	html_decode_attribute(value, &to, &found);
	assert_string_equal(buffer_text(&to), decoded);
	assert_int_equal(found, non_ascii);
	buffer_finish(&to);
}

static void named(void **state)
{
	(void)state;
	expect(SPAN("a&amp;b"), "a&b", false);
	expect(SPAN("a&ampb"), "a&ampb", false);
	expect(SPAN("a&amp=b"), "a&amp=b", false);
	expect(SPAN("a&amp"), "a&", false);
	expect(SPAN("a&amp-"), "a&-", false);
	expect(SPAN("?a=1&copy=2"), "?a=1&copy=2", false);
	expect(SPAN("&copy;=2"), "\xC2\xA9=2", true);
	expect(SPAN("&notin;"), "\xE2\x88\x89", true);
	expect(SPAN("&notit;"), "&notit;", false);
	expect(SPAN("&not;it"), "\xC2\xACit", true);
	expect(SPAN("&nvlt;"), "<\xE2\x83\x92", true);
	expect(SPAN("&AMP;&QUOT;&LT;"), "&\"<", false);
	expect(SPAN("&CounterClockwiseContourIntegral;"), "\xE2\x88\xB3", true);
	expect(SPAN("&CounterClockwiseContourIntegral"), "&CounterClockwiseContourIntegral", false);
	expect(SPAN("&xyz;&;&&amp;"), "&xyz;&;&&", false);
	expect(SPAN("\xFF&\xFF;"), "\xFF&\xFF;", false);
}

static void numeric(void **state)
{
	(void)state;
	expect(SPAN("&#65;&#x42;&#X43;&#68"), "ABCD", false);
	expect(SPAN("&#65a"), "Aa", false);
	expect(SPAN("&#;&#x;&#xg;&#a"), "&#;&#x;&#xg;&#a", false);
	expect(SPAN("&#0;"), "\xEF\xBF\xBD", true);
	expect(SPAN("&#xD800;"), "\xEF\xBF\xBD", true);
	expect(SPAN("&#x110000;"), "\xEF\xBF\xBD", true);
	expect(SPAN("&#99999999999999999999999;"), "\xEF\xBF\xBD", true);
	expect(SPAN("&#x10FFFF;"), "\xF4\x8F\xBF\xBF", true);
	expect(SPAN("&#128;"), "\xE2\x82\xAC", true);
	expect(SPAN("&#129;"), "\xC2\x81", true);
	expect(SPAN("&#13;"), "\r", false);
}

static void bytes(void **state)
{
	(void)state;
	expect(SPAN("a\r\nb\rc\nd"), "a\nb\nc\nd", false);
	expect(SPAN("a\0b"),
	       "a\xEF\xBF\xBD"
	       "b",
	       true);
	expect(SPAN("\xE3\x81\x82\x80"), "\xE3\x81\x82\x80", false);
	expect(SPAN(""), "", false);
}

static void escape_and_decode(void **state)
{
	struct buffer escaped = BUFFER_INIT, decoded = BUFFER_INIT;
	uint8_t all[255];
	bool non_ascii;

	(void)state;
	html_escape_attribute(SPAN("a&b\"c'd<e>f"), &escaped);
	assert_string_equal(buffer_text(&escaped), "a&amp;b&quot;c&#39;d&lt;e&gt;f");
	buffer_clear(&escaped);
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)(i + 1 == '\r' ? 'x' : i + 1);
	html_escape_attribute(span_of(all, sizeof(all)), &escaped);
	html_decode_attribute(buffer_span(&escaped), &decoded, &non_ascii);
	assert_true(span_equal(buffer_span(&decoded), span_of(all, sizeof(all))));
	assert_false(non_ascii);
	buffer_finish(&escaped);
	buffer_finish(&decoded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named),
		cmocka_unit_test(numeric),
		cmocka_unit_test(bytes),
		cmocka_unit_test(escape_and_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
