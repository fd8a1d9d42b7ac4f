/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classes of bytes are those of the standards, and a control byte is seen wherever it stands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/byte_class.h"

#include <ctype.h>

static void bytes_have_the_classes_of_the_standards(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		const bool alnum = byte < 128 && isalnum(byte);
		const uint8_t is = byte_classes[byte];

		assert_int_equal((is & BYTE_TOKEN) != 0,
				 alnum || (byte && strchr("!#$%&'*+-.^_`|~", byte)));
		assert_int_equal((is & BYTE_HOST) != 0,
				 alnum || (byte && strchr("-._~%!$&'()*+,;=", byte)));
		assert_int_equal((is & BYTE_TARGET) != 0,
				 byte > 0x20 && byte < 0x7f && byte != '#');
		assert_int_equal((is & BYTE_DIGIT) != 0, byte >= '0' && byte <= '9');
		assert_int_equal((is & BYTE_UPPER) != 0, byte >= 'A' && byte <= 'Z');
	}
}

static void a_control_byte_is_seen_anywhere_in_a_value(void **state)
{
	uint8_t text[40];

	(void)state;
	for (size_t size = 0; size <= sizeof(text); size++) {
		for (size_t at = 0; at < size; at++) {
			for (int byte = 0; byte < 256; byte++) {
				memset(text, byte & 1 ? 0xff : ' ', sizeof(text));
				text[at] = (uint8_t)byte;
				assert_int_equal(bytes_are_value(span_of(text, size)),
						 (byte >= 0x20 && byte != 0x7f) || byte == '\t');
			}
		}
		memset(text, '\t', sizeof(text));
		assert_true(bytes_are_value(span_of(text, size)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_have_the_classes_of_the_standards),
		cmocka_unit_test(a_control_byte_is_seen_anywhere_in_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
