/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of names finds each of its names, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/header_name.h"

#include <ctype.h>

static struct span lower_of(const char *text, char *room)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++)
		room[i] = (char)tolower((unsigned char)text[i]);
	return span_of(room, size);
}

static void every_name_is_found(void **state)
{
	char room[64];

	(void)state;
	for (unsigned i = 0; i < HEADER_NAME_COUNT; i++) {
		struct span lower = lower_of(header_name_text(i), room);

		assert_in_range(lower.size, 1, HEADER_NAME_MAX_BYTES);
		assert_int_equal(header_name_find(lower), i);
		assert_int_equal(header_name_find_written(span_text(header_name_text(i))), i);
		assert_int_equal(header_name_find_written(lower), HEADER_NAME_COUNT);
	}
	assert_null(header_name_text(HEADER_NAME_COUNT));
}

static void a_name_that_differs_in_a_byte_is_another(void **state)
{
	char room[64];

	(void)state;
	for (unsigned i = 0; i < HEADER_NAME_COUNT; i++) {
		struct span lower = lower_of(header_name_text(i), room);

		for (size_t at = 0; at < lower.size; at++) {
			room[at] ^= 1;
			assert_int_not_equal(header_name_find(lower), i);
			room[at] ^= 1;
		}
		room[lower.size] = 'x';
		assert_int_equal(header_name_find(span_of(room, lower.size + 1)),
				 HEADER_NAME_COUNT);
		/* "accept" is what "accept-" begins with, and so on: only whole names count. */
		assert_int_not_equal(header_name_find(span_of(room, lower.size - 1)), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_found),
		cmocka_unit_test(a_name_that_differs_in_a_byte_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
