/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What servers and bounces say, in words that real ones use, and whose fault it is taken for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/delivery_status.h"

static void replies_are_read(void **state)
{
	static const struct {
		const char *line, *status;
		unsigned code;
	} cases[] = {
		{"550 5.1.1 <a@example.com>: user unknown", "5.1.1", 550},
		{"550-5.1.1 The email account", "5.1.1", 550},
		{"550 No such user", "", 550},
		{"250", "", 250},
		{"250 2.0.0 Ok: queued as 4F1", "2.0.0", 250},
		{"451 4.7.1 Greylisting in action", "4.7.1", 451},
		{"550 5.1.1-x", "", 550},
		{"550 192.0.2.1 is listed", "", 550},
		{"550 5.1 is short", "", 550},
		{"550 5.1.1000 is long", "", 550},
		{"550 4.1.1 is of another kind", "", 550},
		{"550 5.7.999", "5.7.999", 550},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct delivery_status status;
		char text[DELIVERY_STATUS_TEXT_BYTES];

		assert_true(delivery_status_parse_reply(span_text(cases[i].line), &status));
		delivery_status_format(&status, text);
		assert_string_equal(text, cases[i].status);
		assert_int_equal(status.code, cases[i].code);
	}
}

static void what_is_no_reply_is_not_read(void **state)
{
	static const char *const lines[] = {"", "5", "55", "5500", "199 x", "600 no", "ESMTP"};
	struct delivery_status status = {.code = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(delivery_status_parse_reply(span_text(lines[i]), &status));
	assert_false(delivery_status_parse(SPAN("5.1"), &status));
	assert_false(delivery_status_parse(SPAN("3.1.1"), &status));
	assert_false(delivery_status_parse(SPAN("5.1.1 x"), &status));
	assert_int_equal(status.code, 1);
	assert_true(delivery_status_parse(SPAN(" 5.1.1 "), &status));
	assert_int_equal(status.kind, 5);
}

static void faults_of_replies(void **state)
{
	static const struct {
		const char *line;
		enum delivery_step step;
		enum delivery_fault fault;
	} cases[] = {
		{"550 5.1.1 User unknown", DELIVERY_RCPT, DELIVERY_ADDRESS},
		{"550 User unknown", DELIVERY_RCPT, DELIVERY_ADDRESS},
		{"553 sorry, that domain isn't in my list", DELIVERY_RCPT, DELIVERY_ADDRESS},
		{"550 5.1.10 null MX", DELIVERY_RCPT, DELIVERY_ADDRESS},
		{"550 5.5.0 mailbox unavailable", DELIVERY_RCPT, DELIVERY_ADDRESS},
		{"556 5.1.10 no mail here", DELIVERY_END, DELIVERY_ADDRESS},
		{"550 5.2.1 disabled", DELIVERY_RCPT, DELIVERY_ADDRESS},
		{"550 5.4.4 no route", DELIVERY_RCPT, DELIVERY_ADDRESS},
		{"552 5.2.2 mailbox full", DELIVERY_RCPT, DELIVERY_MESSAGE},
		{"552 too much mail", DELIVERY_RCPT, DELIVERY_MESSAGE},
		{"554 5.7.1 Relay access denied", DELIVERY_RCPT, DELIVERY_MESSAGE},
		{"550 5.7.1 blocked", DELIVERY_RCPT, DELIVERY_MESSAGE},
		{"554 no", DELIVERY_RCPT, DELIVERY_MESSAGE},
		{"550 looks like spam", DELIVERY_END, DELIVERY_MESSAGE},
		{"550 5.1.1 no such user", DELIVERY_END, DELIVERY_ADDRESS},
		{"550 5.1.8 sender's domain", DELIVERY_RCPT, DELIVERY_SENDER},
		{"550 5.1.0 sender rejected", DELIVERY_MAIL, DELIVERY_SENDER},
		{"552 5.3.4 too large", DELIVERY_MAIL, DELIVERY_MESSAGE},
		{"530 5.7.0 log in", DELIVERY_MAIL, DELIVERY_SENDER},
		{"554 go away", DELIVERY_CONNECT, DELIVERY_SENDER},
		{"450 4.2.0 greylisted", DELIVERY_RCPT, DELIVERY_PASSES},
		{"421 too busy", DELIVERY_CONNECT, DELIVERY_PASSES},
		{"452 4.2.2 full", DELIVERY_END, DELIVERY_PASSES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct delivery_status status;

		assert_true(delivery_status_parse_reply(span_text(cases[i].line), &status));
		if (delivery_fault_of_reply(&status, cases[i].step) != cases[i].fault)
			fail_msg("%s at %d", cases[i].line, (int)cases[i].step);
	}
}

static void faults_of_bounces(void **state)
{
	static const struct {
		const char *status;
		unsigned code;
		enum delivery_fault fault;
	} cases[] = {
		{"5.1.1", 0, DELIVERY_ADDRESS},	  {"5.1.1", 550, DELIVERY_ADDRESS},
		{"5.2.2", 552, DELIVERY_MESSAGE}, {"5.7.1", 550, DELIVERY_MESSAGE},
		{"5.1.8", 0, DELIVERY_MESSAGE},	  {"5.0.0", 0, DELIVERY_MESSAGE},
		{"4.4.7", 0, DELIVERY_PASSES},	  {"2.0.0", 0, DELIVERY_PASSES},
		{"", 550, DELIVERY_ADDRESS},	  {"", 554, DELIVERY_MESSAGE},
		{"", 451, DELIVERY_PASSES},	  {"", 0, DELIVERY_PASSES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct delivery_status status = {0};

		(void)delivery_status_parse(span_text(cases[i].status), &status);
		status.code = cases[i].code;
		if (delivery_fault_of_bounce(&status) != cases[i].fault)
			fail_msg("%s %u", cases[i].status, cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_read),
		cmocka_unit_test(what_is_no_reply_is_not_read),
		cmocka_unit_test(faults_of_replies),
		cmocka_unit_test(faults_of_bounces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
