/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates as mail servers write them, and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/mail_date.h"

static void dates_are_read(void **state)
{
	static const struct {
		const char *date, *time;
	} cases[] = {
		{"Sat, 21 Nov 2026 12:00:00 +0000", "2026-11-21T12:00:00.000000Z"},
		{"Sat, 21 Nov 2026 21:00:00 +0900 (JST)", "2026-11-21T12:00:00.000000Z"},
		{"21 nov 2026 07:30:05 -0430", "2026-11-21T12:00:05.000000Z"},
		{"Sat,21 Nov 2026 12:00 GMT", "2026-11-21T12:00:00.000000Z"},
		{"Sat, 21 Nov 26 07:00:00 EST", "2026-11-21T12:00:00.000000Z"},
		{"(a (comment) \\) )Sat, 21\r\n Nov 2026 12:00:00 Z",
		 "2026-11-21T12:00:00.000000Z"},
		{"Thu, 29 Feb 2024 23:59:60 +0000", "2024-03-01T00:00:00.000000Z"},
		{"1 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00.000000Z"},
		{"31 Dec 99 23:59:59 -0000", "1999-12-31T23:59:59.000000Z"},
		{"1 Mar 2100 0:00:00", "2100-03-01T00:00:00.000000Z"},
		{"31 Dec 9999 23:59:59 +0000", "9999-12-31T23:59:59.000000Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[CLOCK_TEXT_BYTES];
		usec_t time;

		assert_int_equal(mail_date_parse(span_text(cases[i].date), &time), 0);
		clock_format(time, text);
		assert_string_equal(text, cases[i].time);
	}
}

static void others_are_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"Sat",
		"(",
		"yesterday",
		"2026-11-21T12:00:00Z",
		"Sat, 31 Feb 2026 12:00:00 +0000",
		"29 Feb 2025 12:00:00 +0000",
		"29 Feb 2100 12:00:00 +0000",
		"0 Nov 2026 12:00:00 +0000",
		"21 Nov 1969 12:00:00 +0000",
		"21 Nov 20266 12:00:00 +0000",
		"21 Nov 2026 24:00:00 +0000",
		"21 Nov 2026 12:60:00 +0000",
		"21 Nov 2026 12:00:00x +0000",
		"21 Nov 2026 12:00:00 +00",
		"21 Nov 2026 12:00:00 +9900",
		"1 Jan 1970 00:00:00 +0001",
	};
	usec_t time = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(mail_date_parse(span_text(cases[i]), &time), MAIL_DATE_E_FORM);
	assert_int_equal(time, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_read),
		cmocka_unit_test(others_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
