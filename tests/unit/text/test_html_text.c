/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of HTML for a reader without layout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/html_text.h"

static void expect(const char *document, const char *wanted)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	html_text(span_text(document), &text);
	assert_string_equal(buffer_text(&text), wanted);
}

static void test_words(void **state)
{
	(void)state;
	expect("", "");
	expect("one", "one");
	expect("<p>one</p><p>two</p>", "one two");
	expect("<td>one<td>two<br>three", "one two three");
	expect("inter<b>nation</b>al", "international");
	expect("  one \r\n\t two  ", "one two");
	expect("one&nbsp;\xC2\xA0two &amp; three &lt;b&gt;", "one two & three <b>");
	expect("\xE3\x81\x82<br>\xE3\x81\x84", "\xE3\x81\x82 \xE3\x81\x84");
	expect("a < b <3", "a < b <3");
}

static void test_what_is_no_text(void **state)
{
	(void)state;
	expect("a<!-- no -->b<!doctype html>c", "abc");
	expect("a<style>p { color: red }</style>b", "a b");
	expect("a<script>if (1 < 2) '<p>no</p>'</script>b", "a b");
	expect("<title>no</title>yes", "yes");
	expect("a<style>never closed <p>b", "a");
	expect("a<b", "a");
}

static void test_images(void **state)
{
	(void)state;
	expect("<img src=a alt='Our &amp; logo'>here", "Our & logo here");
	expect("<a href=x><img src=a></a>", "");
	expect("<img alt>", "");
}

static void test_it_appends(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	(void)state;
	buffer_append_text(&text, "before");
	html_text(SPAN("after"), &text);
	assert_string_equal(buffer_text(&text), "before after");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_what_is_no_text),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_it_appends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
