/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentence for a person: never moves the cursor, never ends inside a character.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/error.h"

static void returns_the_code_and_keeps_no_control(void **state)
{
	struct error error = {0};

	(void)state;
	assert_int_equal(error_set(&error, 7, "key %s", "a\n\x1b[2Jb"), 7);
	assert_string_equal(error.text, "key a??[2Jb");
	assert_int_equal(error_set(&error, 7, "%s",
				   "\xC2\x9B"
				   "2Jb\x7F \xC2\xA0\xC3\x9B"),
			 7);
	assert_string_equal(error.text, "?2Jb? \xC2\xA0\xC3\x9B");
	assert_int_equal(error_set(&error, 7, "%s",
				   "\x9B"
				   "2J\xE6\x97"),
			 7);
	assert_string_equal(error.text, "?2J?");
	assert_int_equal(error_set(NULL, 3, "nobody reads %d", 1), 3);
}

static void prefix_may_reuse_the_sentence(void **state)
{
	struct error error = {0};

	(void)state;
	error_set(&error, 1, "wrong");
	error_set(&error, 1, "twice %s", error.text);
	error_prefix(&error, "file:%d: ", 4);
	assert_string_equal(error.text, "file:4: twice wrong");
}

static void long_text_is_cut_at_a_character(void **state)
{
	struct error error = {0};
	char text[3 * ERROR_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xE6\x97\xA5", 4);
	for (size_t shift = 0; shift < 3; shift++) {
		error_set(&error, 1, "%.*s%s", (int)shift, "ab", text);
		assert_true(utf8_valid(span_text(error.text)));
		assert_true(strlen(error.text) > ERROR_TEXT_BYTES - 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_the_code_and_keeps_no_control),
		cmocka_unit_test(prefix_may_reuse_the_sentence),
		cmocka_unit_test(long_text_is_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
