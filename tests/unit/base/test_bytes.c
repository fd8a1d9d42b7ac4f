/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans clamp instead of overrunning; buffers keep their first error and their exact limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

#include <errno.h>
#include <stdlib.h>

static void slices_are_clamped(void **state)
{
	struct span text = SPAN("hello");

	(void)state;
	assert_true(span_equal(span_slice(text, 1, 3), SPAN("ell")));
	assert_int_equal(span_slice(text, 9, 3).size, 0);
	assert_true(span_equal(span_slice(text, 3, SIZE_MAX), SPAN("lo")));
	assert_null(span_slice(span_of(NULL, 0), 1, 1).data);
}

static void comparisons_fold_ascii_only(void **state)
{
	(void)state;
	assert_true(span_equal_nocase(SPAN("HoSt"), SPAN("host")));
	assert_false(span_equal_nocase(SPAN("host"), SPAN("hosts")));
	assert_false(span_equal_nocase(SPAN("\xC3\x84"), SPAN("\xC3\xA4")));
	assert_true(span_starts_nocase(SPAN("HTTPS://x"), SPAN("https:")));
	assert_false(span_starts(SPAN("HTTPS://x"), SPAN("https:")));
	assert_true(span_starts(SPAN("x"), SPAN("")));
	assert_true(span_equal(SPAN(""), span_of(NULL, 0)));
}

static void find_and_trim(void **state)
{
	(void)state;
	assert_int_equal(span_find(SPAN("a,b,c"), ',', 2), 3);
	assert_int_equal(span_find(SPAN("abc"), ',', 0), 3);
	assert_int_equal(span_find(SPAN("abc"), 'a', 7), 3);
	assert_true(span_equal(span_trim(SPAN(" \t\r\n\fa b ")), SPAN("a b")));
	assert_int_equal(span_trim(SPAN("   ")).size, 0);
}

static void limit_counts_size_exactly(void **state)
{
	struct buffer buffer = {.limit = 5};

	(void)state;
	buffer_append_text(&buffer, "hello");
	assert_int_equal(buffer.error, 0);
	assert_string_equal(buffer_text(&buffer), "hello");
	buffer_append_byte(&buffer, '!');
	assert_int_equal(buffer.error, -EMSGSIZE);
	assert_int_equal(buffer.size, 5);
	buffer_clear(&buffer);
	buffer_printf(&buffer, "%d", 12345);
	assert_int_equal(buffer.error, 0);
	buffer_clear(&buffer);
	buffer_printf(&buffer, "%d", 123456);
	assert_int_equal(buffer.error, -EMSGSIZE);
	buffer_finish(&buffer);
	assert_int_equal(buffer.limit, 5);
}

static void growth_keeps_the_bytes(void **state)
{
	struct buffer buffer = BUFFER_INIT;

	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		buffer_append_byte(&buffer, (uint8_t)(i * 7));
	assert_int_equal(buffer.size, 10000);
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(buffer.data[i], (uint8_t)(i * 7));
	assert_null(buffer_reserve(&buffer, SIZE_MAX));
	assert_int_equal(buffer.error, -EMSGSIZE);
	buffer_finish(&buffer);
	buffer_finish(NULL);
}

static void an_empty_buffer_is_a_present_span(void **state)
{
	struct buffer buffer = BUFFER_INIT;
	char *copy = span_dup(buffer_span(&buffer));

	(void)state;
	assert_non_null(buffer_span(&buffer).data);
	assert_string_equal(copy, "");
	free(copy);
	assert_string_equal(buffer_text(&buffer), "");
	buffer_finish(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_are_clamped),
		cmocka_unit_test(comparisons_fold_ascii_only),
		cmocka_unit_test(find_and_trim),
		cmocka_unit_test(limit_counts_size_exactly),
		cmocka_unit_test(growth_keeps_the_bytes),
		cmocka_unit_test(an_empty_buffer_is_a_present_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
