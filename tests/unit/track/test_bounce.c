/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounces in the words of several mailers: who gets no mail any more, and who does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "track/bounce.h"

static void who_gets_no_mail_any_more(void **state)
{
	static const struct {
		const char *reason, *props;
		bool final;
	} cases[] = {
		{"", "", true},
		{"hard", "", true},
		{"HardBounce", "", true},
		{"Permanent", "{}", true},
		{"550", "", true},
		{"550 5.1.1 User unknown", "", true},
		{"5.1.1", "", true},
		{"", "{\"status\":\"5.1.1\"}", true},
		{"", "{\"status\":\"5.0.0\"}", true},
		{"", "{\"code\":550}", true},
		{"", "{\"code\":\"550\"}", true},
		{"550 5.1.1 the full name does not exist", "", true},
		{"Permanent", "{\"status\":\"5.3.0\"}", true},
		{"soft", "", false},
		{"SoftBounce", "", false},
		{"blocked", "{\"status\":\"5.1.1\"}", false},
		{"Transient", "", false},
		{"Undetermined", "", false},
		{"451 4.4.1 no answer from unknown host", "", false},
		{"421 unknown", "", false},
		{"", "{\"status\":\"4.2.2\"}", false},
		{"", "{\"status\":\"5.2.2\"}", false},
		{"", "{\"status\":\"5.7.1\",\"code\":550}", false},
		{"", "{\"code\":554}", false},
		{"mailbox full", "", false},
		{"", "{\"code\":452}", false},
		{"", "not JSON", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (bounce_is_final(span_text(cases[i].reason), span_text(cases[i].props)) !=
		    cases[i].final)
			fail_msg("%s %s", cases[i].reason, cases[i].props);
}

static void props_are_read_as_they_are_written(void **state)
{
	static const struct {
		struct delivery_status status;
		const char *text;
	} cases[] = {
		{{550, 5, 1, 1}, "{\"code\":550,\"status\":\"5.1.1\"}"},
		{{554, 0, 0, 0}, "{\"code\":554}"},
		{{0, 5, 7, 1}, "{\"status\":\"5.7.1\"}"},
		{{0, 0, 0, 0}, "{}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer text = BUFFER_INIT;

		bounce_append_props(&text, &cases[i].status);
		assert_string_equal(buffer_text(&text), cases[i].text);
		buffer_finish(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_gets_no_mail_any_more),
		cmocka_unit_test(props_are_read_as_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
