/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as SMTP carries them: line ends, and a date where there is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/mail_wire.h"

#define DATE "Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n"

static const usec_t now = 1795262400 * USEC_PER_SEC;

static void lines_end_with_both(void **state)
{
	static const char *const cases[][2] = {
		{"", DATE},
		{"Subject: x\n\na\nb", DATE "Subject: x\r\n\r\na\r\nb\r\n"},
		{"Subject: x\r\n\r\na\r\n", DATE "Subject: x\r\n\r\na\r\n"},
		{"Date: d\n\na", "Date: d\r\n\r\na\r\n"},
		{"Date: d\n\na\rb\r\rc\n\rd\r\n\r\n",
		 "Date: d\r\n\r\na\r\nb\r\n\r\nc\r\n\r\nd\r\n\r\n"},
		{"Date: d\n\n\n.\n", "Date: d\r\n\r\n\r\n.\r\n"},
		{"date: d\n\nDate: x", "date: d\r\n\r\nDate: x\r\n"},
		{"Subject: x\n\nDate: in the body\n",
		 DATE "Subject: x\r\n\r\nDate: in the body\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer wire = BUFFER_INIT;

		assert_int_equal(mail_wire_append(&wire, span_text(cases[i][0]), now), 0);
		assert_string_equal(buffer_text(&wire), cases[i][1]);
		buffer_finish(&wire);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines_end_with_both)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
