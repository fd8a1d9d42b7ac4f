/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a custom redirect hands on: registered names only, before the fragment, never a byte that no
 * Location may hold, never more than a Location may be long.
 */
#include "text/url.h"
#include "track/pass_query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_passes(const char *destination, const char *pass, const char *query,
			  const char *expected)
{
	cleanup_buffer struct buffer to = BUFFER_INIT;
	bool passed = pass_query(span_text(destination), span_text(pass), span_text(query), &to);

	assert_string_equal(buffer_text(&to), expected);
	assert_int_equal(passed, strcmp(destination, expected) != 0);
}

static void test_registered_names_pass_in_their_order(void **state)
{
	(void)state;
	assert_passes("http://a/", "x,y", "y=2&z=3&x=1", "http://a/?y=2&x=1");
	assert_passes("http://a/?k=v", "x", "x=1", "http://a/?k=v&x=1");
	assert_passes("http://a/?", "x", "x=1", "http://a/?x=1");
	assert_passes("http://a/", "x", "x", "http://a/?x");
	assert_passes("http://a/", "x", "x=", "http://a/?x=");
	assert_passes("http://a/", "x", "%78=1", "http://a/?%78=1");
}

static void test_the_fragment_stays_behind(void **state)
{
	(void)state;
	assert_passes("http://a/#f", "x", "x=1", "http://a/?x=1#f");
	assert_passes("http://a/?k#f?g", "x", "x=1", "http://a/?k&x=1#f?g");
	assert_passes("http://a/#?", "x", "x=1", "http://a/?x=1#?");
}

static void test_nothing_else_passes(void **state)
{
	(void)state;
	assert_passes("http://a/", "x", "", "http://a/");
	assert_passes("http://a/", "", "x=1", "http://a/");
	assert_passes("http://a/", "xy", "x=1&y=2", "http://a/");
	assert_passes("http://a/", "x,y", "x,y=1&%78%2C%79=1", "http://a/");
	assert_passes("http://a/", "x", "=1&&X=2", "http://a/");
}

static void test_bytes_that_no_location_may_hold_are_escaped(void **state)
{
	(void)state;
	assert_passes("http://a/", "x", "x=1\r\nSet-Cookie: a\xC3\xBC#b\x7F",
		      "http://a/?x=1%0D%0ASet-Cookie:%20a%C3%BC%23b%7F");
}

static void test_too_long_is_the_destination_alone(void **state)
{
	char query[URL_MAX_BYTES + 8], expected[URL_MAX_BYTES + 32];

	(void)state;
	memset(query, 'v', sizeof(query));
	memcpy(query, "x=", 2);
	query[URL_MAX_BYTES - 10] = '\0'; /* "http://a/" and "?" fill the rest */
	(void)snprintf(expected, sizeof(expected), "http://a/?%s", query);
	assert_int_equal(strlen(expected), URL_MAX_BYTES);
	assert_passes("http://a/", "x", query, expected);
	query[URL_MAX_BYTES - 10] = 'v';
	query[URL_MAX_BYTES - 9] = '\0';
	assert_passes("http://a/", "x", query, "http://a/");
}

static void test_names(void **state)
{
	(void)state;
	assert_true(pass_query_name_is_valid(SPAN("utm_source")));
	assert_true(pass_query_name_is_valid(SPAN("a.b~c-1")));
	assert_false(pass_query_name_is_valid(SPAN("")));
	assert_false(pass_query_name_is_valid(SPAN("a,b")));
	assert_false(pass_query_name_is_valid(SPAN("a b")));
	assert_false(pass_query_name_is_valid(SPAN("a\0b")));
	assert_false(pass_query_name_is_valid(
		SPAN("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registered_names_pass_in_their_order),
		cmocka_unit_test(test_the_fragment_stays_behind),
		cmocka_unit_test(test_nothing_else_passes),
		cmocka_unit_test(test_bytes_that_no_location_may_hold_are_escaped),
		cmocka_unit_test(test_too_long_is_the_destination_alone),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
