/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notifications in the shapes that mail servers send them, what is none, and fields that cannot be
 * read: each costs its recipient alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/delivery_report.h"

#include <stdio.h>

#define HEAD "From: MAILER-DAEMON@mx.example.com\nMIME-Version: 1.0\n"
#define REPORT                                                                                    \
	HEAD "Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"b\"\n\n" \
	     "--b\n\nIt did not arrive.\n"
#define STATUS "--b\nContent-Type: message/delivery-status\n\n"
#define MAIL   "Reporting-MTA: dns; mx.example.com\n\n"

static struct arena arena;

static int tear_down(void **state)
{
	(void)state;
	arena_finish(&arena);
	return 0;
}

static struct delivery_report parse(const char *mail)
{
	struct delivery_report report;

	assert_int_equal(delivery_report_parse(span_text(mail), &arena, &report), 0);
	return report;
}

static void assert_text(struct span text, const char *wanted)
{
	assert_true(span_equal(text, span_text(wanted)));
	assert_true((text.data == NULL) == (wanted == NULL));
}

static void check_status(const struct delivery_recipient *recipient, unsigned code,
			 const char *wanted)
{
	char text[DELIVERY_STATUS_TEXT_BYTES];

	delivery_status_format(&recipient->status, text);
	assert_string_equal(text, wanted);
	assert_int_equal(recipient->status.code, code);
}

static void one_recipient(const char *status, struct delivery_recipient *ret_recipient)
{
	struct delivery_report report = {.status = span_text(status)};
	struct error error;
	size_t at = 0;

	assert_int_equal(delivery_report_next(&report, &at, &arena, ret_recipient, &error), 0);
	assert_int_equal(delivery_report_next(&report, &at, &arena, ret_recipient, &error),
			 DELIVERY_REPORT_E_END);
}

static void a_notification_is_taken_apart(void **state)
{
	struct delivery_report report =
		parse(REPORT STATUS MAIL
		      "Original-Recipient: rfc822;a@example.com\n"
		      "Final-Recipient: rfc822; <b@example.com>\nAction: failed (for good)\n"
		      "Status: 5.1.1 (no such user)\nRemote-MTA: dns; mx.example.com\n"
		      "Diagnostic-Code: smtp; 550-5.1.1 No\n    550 5.1.1 such user\n"
		      "Last-Attempt-Date: Sat, 21 Nov 2026 12:00:00 +0000\n\n\n"
		      "Final-Recipient: c@example.com\nAction: delayed\nStatus: 4.4.1\n"
		      "\n--b\nContent-Type: text/rfc822-headers\n\nSubject: x\n\n--b--\nmore\n");
	struct delivery_recipient recipient;
	struct error error;
	size_t at = 0;

	(void)state;
	assert_int_equal(report.kind, DELIVERY_REPORT_STATUS);
	assert_text(report.returned, "Subject: x\n\n");
	assert_text(delivery_report_value(
			    delivery_report_field(report.status, "reporting-mta", &arena)),
		    "mx.example.com");
	assert_int_equal(delivery_report_next(&report, &at, &arena, &recipient, &error), 0);
	assert_text(recipient.original, "a@example.com");
	assert_text(recipient.final, "b@example.com");
	assert_text(recipient.remote, "mx.example.com");
	assert_text(recipient.diagnostic, "550-5.1.1 No    550 5.1.1 such user");
	assert_text(recipient.attempted, "Sat, 21 Nov 2026 12:00:00 +0000");
	assert_int_equal(recipient.action, DELIVERY_FAILED);
	check_status(&recipient, 550, "5.1.1");
	assert_int_equal(delivery_report_next(&report, &at, &arena, &recipient, &error), 0);
	assert_text(recipient.original, NULL);
	assert_text(recipient.final, "c@example.com");
	assert_int_equal(recipient.action, DELIVERY_DELAYED);
	check_status(&recipient, 0, "4.4.1");
	assert_int_equal(delivery_report_next(&report, &at, &arena, &recipient, &error),
			 DELIVERY_REPORT_E_END);
}

static void what_servers_leave_out_is_understood(void **state)
{
	struct delivery_recipient recipient;

	(void)state;
	/* Exim: a status that says nothing, and a code that does. */
	one_recipient(MAIL "Action: failed\nFinal-Recipient: rfc822;a@example.com\n"
			   "Status: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 Unknown\n",
		      &recipient);
	check_status(&recipient, 550, "5.1.1");
	/* The line between the two groups is missing, and so are action and status. */
	one_recipient("Reporting-MTA: dns; x\nFinal-Recipient: rfc822; a@example.com\n"
		      "Diagnostic-Code: smtp; 554 5.7.1 Spam",
		      &recipient);
	check_status(&recipient, 554, "5.7.1");
	assert_int_equal(recipient.action, DELIVERY_FAILED);
	/* What the server says itself is not overruled by an exact status of another. */
	one_recipient(MAIL "Final-Recipient: rfc822; a@example.com\nAction: FAILED\r\n"
			   "Status: 5.4.4\r\nDiagnostic-Code: X-Postfix; Host not found\r\n",
		      &recipient);
	check_status(&recipient, 0, "5.4.4");
	assert_text(recipient.diagnostic, "Host not found");
	/* A name of another system beside the address that the mail was sent to. */
	one_recipient(MAIL "Original-Recipient: rfc822;a@example.com\n"
			   "Final-Recipient: X400; /S=a/\nAction: failed\nStatus: 5.1.1\n",
		      &recipient);
	assert_text(recipient.original, "a@example.com");
	assert_text(recipient.final, NULL);
}

static void international_addresses_are_read(void **state)
{
	struct delivery_recipient recipient;

	(void)state;
	one_recipient(MAIL "Final-Recipient: utf-8; \xE5\xB3\xB6@example.com\nAction: failed\n"
			   "Original-Recipient: utf-8; \\x{5CF6}\\x{1F600}a\\x{2B}@example.com\n"
			   "Status: 5.1.1\n",
		      &recipient);
	assert_text(recipient.final, "\xE5\xB3\xB6@example.com");
	assert_text(recipient.original, "\xE5\xB3\xB6\xF0\x9F\x98\x80"
					"a+@example.com");
	/* What is no escape stands for itself; that of another type is none. */
	one_recipient(MAIL "Final-Recipient: utf-8; \\x{1234567}\\x{5}\\x{zz}\\x{41@example.com\n"
			   "Original-Recipient: rfc822; \\x{5CF6}@example.com\n"
			   "Action: failed\nStatus: 5.1.1\n",
		      &recipient);
	assert_text(recipient.final, "\\x{1234567}\\x{5}\\x{zz}\\x{41@example.com");
	assert_text(recipient.original, "\\x{5CF6}@example.com");
}

static void fields_that_cannot_be_read_are_named(void **state)
{
	static const struct {
		const char *block, *sentence;
	} cases[] = {
		{"Action: failed\nStatus: 5.1.1", "Final-Recipient: is missing"},
		{"Final-Recipient: x400; /S=a/\nAction: failed\nStatus: 5.1.1",
		 "Final-Recipient: is of the type \"x400\", and no e-mail address"},
		{"Final-Recipient: rfc822;\nAction: failed\nStatus: 5.1.1",
		 "Final-Recipient: names nobody"},
		{"Final-Recipient: rfc822; \xFF@example.com\nAction: failed\nStatus: 5.1.1",
		 "Final-Recipient: is not UTF-8"},
		{"Final-Recipient: utf-8; \\x{D800}@example.com\nAction: failed\nStatus: 5.1.1",
		 "Final-Recipient: is not UTF-8"},
		{"Final-Recipient: rfc822; a@example.com\nAction: exploded\nStatus: 5.1.1",
		 "Action: \"exploded\" is none of failed, delayed, delivered, relayed, expanded"},
		{"Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 550",
		 "Status: \"550\" is no status as \"5.1.1\""},
		{"Final-Recipient: rfc822; a@example.com\nAction: failed",
		 "Status: is missing, and no Diagnostic-Code has a code"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct delivery_recipient recipient;
		struct delivery_report report;
		struct error error = {""};
		char text[512];
		size_t at = 0;

		(void)snprintf(text, sizeof(text),
			       "%s%s\n\nFinal-Recipient: rfc822; b@example.com\nAction: failed\n"
			       "Status: 5.1.1\n",
			       MAIL, cases[i].block);
		report = (struct delivery_report){.status = span_text(text)};
		assert_int_equal(delivery_report_next(&report, &at, &arena, &recipient, &error),
				 DELIVERY_REPORT_E_FIELD);
		assert_string_equal(error.text, cases[i].sentence);
		assert_int_equal(delivery_report_next(&report, &at, &arena, &recipient, &error), 0);
		assert_text(recipient.final, "b@example.com");
	}
}

static void parts_are_found_where_servers_put_them(void **state)
{
	struct delivery_report report;

	(void)state;
	/* Encoded, inside of a relay's multipart/mixed, without report-type or a last boundary. */
	report = parse("Content-Type: multipart/mixed; boundary=m\n\n--m\n"
		       "Content-Type: multipart/report; boundary=b\n\n--b \n"
		       "Content-Type: message/global-delivery-status\n"
		       "Content-Transfer-Encoding: base64\n\nU3RhdHVzOiA1\nLjEuMQ==\n--b\n"
		       "Content-Type: message/global-headers\n"
		       "Content-Transfer-Encoding: quoted-printable\n\nSubject: =3D");
	assert_int_equal(report.kind, DELIVERY_REPORT_STATUS);
	assert_text(report.status, "Status: 5.1.1");
	assert_text(report.returned, "Subject: =");
	/* Groups that a relay has encoded, saying so among the fields of the first. */
	report = parse(REPORT STATUS "Reporting-MTA: dns; x\nContent-Transfer-Encoding: base64\n\n"
				     "U3RhdHVzOiA1\nLjEuMQ==\n--b--\n");
	assert_text(report.status, "Reporting-MTA: dns; x\nContent-Transfer-Encoding: base64\n\n"
				   "Status: 5.1.1");
	/* In a mail that somebody forwards: that mail's affair. */
	report = parse("Content-Type: multipart/mixed; boundary=m\n\n--m\n"
		       "Content-Type: message/rfc822\n\n" REPORT STATUS MAIL "\n--b--\n\n--m--\n");
	assert_int_equal(report.kind, DELIVERY_REPORT_NONE);
}

static void what_is_no_notification_is_told_apart(void **state)
{
	static const struct {
		const char *mail;
		enum delivery_report_kind kind;
	} cases[] = {
		{"", DELIVERY_REPORT_NONE},
		{"no mail at all", DELIVERY_REPORT_NONE},
		{"From: a@example.com\nSubject: hello\n\nFinal-Recipient: rfc822; b@example.com\n",
		 DELIVERY_REPORT_NONE},
		{"From: a@example.com\nAuto-Submitted: auto-replied (vacation)\n\nI am away.\n",
		 DELIVERY_REPORT_AUTOMATIC},
		{"From: a@example.com\nX-Autoreply: yes\n\nI am away.\n",
		 DELIVERY_REPORT_AUTOMATIC},
		{HEAD "\nHi. This is the qmail-send program at mx.example.com.\n",
		 DELIVERY_REPORT_PLAIN},
		{"From: b@example.com\n\nHi. This is the qmail-send program at mx.example.com.\n",
		 DELIVERY_REPORT_PLAIN},
		{"From: Mail <Mailer-Daemon@mx.example.com>\n\nThis message was created\n",
		 DELIVERY_REPORT_PLAIN},
		{"From: b@example.com\nX-Failed-Recipients: a@example.com\n\nThis\n",
		 DELIVERY_REPORT_PLAIN},
		{"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n"
		 "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--b--\n",
		 DELIVERY_REPORT_COMPLAINT},
		{"Content-Type: multipart/report; report-type=disposition-notification; "
		 "boundary=b\n\n--b\nContent-Type: message/disposition-notification\n\n--b--\n",
		 DELIVERY_REPORT_DISPOSITION},
		{REPORT "--b--\n", DELIVERY_REPORT_LOST},
		{HEAD "Content-Type: multipart/report; report-type=delivery-status\n\n" STATUS,
		 DELIVERY_REPORT_LOST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(parse(cases[i].mail).kind, cases[i].kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_notification_is_taken_apart),
		cmocka_unit_test(what_servers_leave_out_is_understood),
		cmocka_unit_test(international_addresses_are_read),
		cmocka_unit_test(fields_that_cannot_be_read_are_named),
		cmocka_unit_test(parts_are_found_where_servers_put_them),
		cmocka_unit_test(what_is_no_notification_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
