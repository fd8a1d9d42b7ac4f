/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 3339 both ways, and the replaceable wall clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static usec_t fixed(void)
{
	return 42;
}

static void formats_in_utc_with_six_digits(void **state)
{
	char text[CLOCK_TEXT_BYTES];

	(void)state;
	clock_format(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000000Z");
	clock_format(UINT64_C(1795262400123456), text);
	assert_string_equal(text, "2026-11-21T12:00:00.123456Z");
	clock_format(UINT64_MAX, text);
	assert_string_equal(text + 4, "-12-31T00:00:00.551615Z");
}

static void parses_offsets_and_fractions(void **state)
{
	usec_t time = 0;

	(void)state;
	assert_int_equal(clock_parse("2026-11-21T12:00:00.123456Z", &time), 0);
	assert_int_equal(time, UINT64_C(1795262400123456));
	assert_int_equal(clock_parse("2026-11-21T21:00:00+09:00", &time), 0);
	assert_int_equal(time, UINT64_C(1795262400000000));
	assert_int_equal(clock_parse("2024-02-29T00:00:00.5Z", &time), 0);
	assert_int_equal(clock_parse("2016-12-31T23:59:60Z", &time), 0);
	assert_int_equal(time, UINT64_C(1483228800000000));
	assert_int_equal(clock_parse("1970-01-01T00:30:00-00:30", &time), 0);
	assert_int_equal(time, 3600 * USEC_PER_SEC);
}

static void refuses_what_is_not_a_time(void **state)
{
	static const char *const bad[] = {"",
					  "2026-11-21",
					  "2026-11-21 12:00:00Z",
					  "2026-11-21T12:00:00",
					  "2026-02-30T00:00:00Z",
					  "2026-02-31T00:00:60Z",
					  "2026-13-01T00:00:00Z",
					  "2026-11-21T24:00:00Z",
					  "2026-11-21T12:60:00Z",
					  "2026-11-21T12:00:00.Z",
					  "2026-11-21T12:00:00.1234567890Z",
					  "1969-12-31T23:59:59Z",
					  "1970-01-01T00:00:00+00:01",
					  "2026-11-21T12:00:00Zx",
					  "2026-11-21T12:00:00+9:00"};
	usec_t time = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(clock_parse(bad[i], &time), CLOCK_E_FORM);
		assert_int_equal(time, 7);
	}
}

static void wall_clock_can_be_replaced(void **state)
{
	usec_t before = clock_monotonic();

	(void)state;
	clock_override(fixed);
	assert_int_equal(clock_wall(), 42);
	clock_override(NULL);
	assert_true(clock_wall() > UINT64_C(1700000000000000));
	assert_true(clock_monotonic() >= before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_in_utc_with_six_digits),
		cmocka_unit_test(parses_offsets_and_fractions),
		cmocka_unit_test(refuses_what_is_not_a_time),
		cmocka_unit_test(wall_clock_can_be_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
