/* SPDX-License-Identifier: Apache-2.0 */
/* Adding to somebody's query, and the URLs that it must not be done to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/url.h"

static void pairs_go_before_the_fragment(void **state)
{
	static const char *const rows[][3] = {
		{"https://a.example", "u=1", "https://a.example?u=1"},
		{"https://a.example/?", "u=1&v=2", "https://a.example/?u=1&v=2"},
		{"https://a.example/?x=1", "u=1&v=2", "https://a.example/?x=1&u=1&v=2"},
		{"https://a.example/?x=1&", "u=1", "https://a.example/?x=1&u=1"},
		{"https://a.example/#f?g", "u=1", "https://a.example/?u=1#f?g"},
		{"https://a.example/?#", "u=1", "https://a.example/?u=1#"},
		{"https://a.example/?u=9", "u=1&v=2", "https://a.example/?u=9&v=2"},
		{"https://a.example/", "u", "https://a.example/?u"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer to = BUFFER_INIT;

		assert_true(url_append_query(span_text(rows[i][0]), span_text(rows[i][1]), &to));
		assert_string_equal(buffer_text(&to), rows[i][2]);
	}
}

static void what_is_there_already_is_not_added(void **state)
{
	cleanup_buffer struct buffer to = BUFFER_INIT;

	(void)state;
	assert_false(url_append_query(SPAN("https://a.example/?v=&u=9#f"), SPAN("u=1&v=2"), &to));
	assert_string_equal(buffer_text(&to), "https://a.example/?v=&u=9#f");
	assert_false(url_append_query(SPAN("https://a.example/"), SPAN(""), &to));
}

static void signed_urls_are_known(void **state)
{
	static const char *const rows[] = {
		"https://a.example/x?X-Amz-Algorithm=AWS4&X-Amz-Signature=0",
		"https://a.example/x?sv=1&se=2&sig=0#f",
		"https://a.example/x?Expires=1&Signature=0",
		"https://a.example/x?access_token=0",
		"https://a.example/x?a=1&TOKEN=",
	};
	static const char *const others[] = {
		"https://a.example/sig=1",
		"https://a.example/?signal=1",
		"https://a.example/?a=1#token=2",
		"https://a.example/?",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(url_is_signed(span_text(rows[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(url_is_signed(span_text(others[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_go_before_the_fragment),
		cmocka_unit_test(what_is_there_already_is_not_added),
		cmocka_unit_test(signed_urls_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
