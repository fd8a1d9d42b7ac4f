/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mail is put together as the mail server has it, what was added to it is told apart, and what is
 * too much is given up without being forgotten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/milter_mail.h"

#include <stdlib.h>

static void assert_span(struct span span, const char *text)
{
	assert_int_equal(span.size, strlen(text));
	assert_memory_equal(span.data, text, span.size);
}

static void fill(struct milter_mail *mail)
{
	milter_mail_set_sender(mail, "<us@example.com>");
	milter_mail_add_recipient(mail, "<a@example.com>");
	milter_mail_add_field(mail, "Subject", " one\n two");
	milter_mail_add_field(mail, "x-waymark-CAMPAIGN", " autumn ");
	milter_mail_add_field(mail, "X", "");
	milter_mail_end_header(mail);
	milter_mail_add_body(mail, SPAN("line\r\n"));
	milter_mail_add_body(mail, SPAN("end"));
}

static void what_the_mail_server_has(void **state)
{
	struct milter_mail mail = MILTER_MAIL_INIT;

	(void)state;
	fill(&mail);
	assert_span(buffer_span(&mail.sender), "us@example.com");
	assert_span(buffer_span(&mail.recipient), "a@example.com");
	assert_span(buffer_span(&mail.message), "Subject: one\r\n two\r\nX:\r\n\r\nline\r\nend");
	assert_int_equal(mail.header_bytes, strlen("Subject: one\r\n two\r\nX:\r\n"));
	assert_span(buffer_span(&mail.said[MILTER_CAMPAIGN]), "autumn");
	assert_true(milter_mail_says(&mail));
	milter_mail_clear(&mail);
	assert_false(milter_mail_says(&mail));
	assert_int_equal(mail.message.size, 0);
}

static void recipients_are_counted_by_who_they_are(void **state)
{
	struct milter_mail mail = MILTER_MAIL_INIT;

	(void)state;
	milter_mail_add_recipient(&mail, "<a@example.com>");
	milter_mail_add_recipient(&mail, "A@EXAMPLE.com");
	assert_int_equal(mail.recipients, 1);
	milter_mail_add_recipient(&mail, "<b@example.com>");
	milter_mail_add_recipient(&mail, "<a@example.com>");
	assert_int_equal(mail.recipients, 2);
	milter_mail_clear(&mail);
}

static void what_was_added(void **state)
{
	struct buffer name = BUFFER_INIT, value = BUFFER_INIT;
	struct milter_mail mail = MILTER_MAIL_INIT;
	struct milter_difference difference;

	(void)state;
	fill(&mail);
	assert_true(milter_mail_compare(&mail, buffer_span(&mail.message), &difference));
	assert_int_equal(difference.fields.size, 0);
	assert_false(difference.body_changed);
	assert_true(milter_mail_compare(&mail,
					SPAN("Subject: one\r\n two\r\nX:\r\n"
					     "List-Unsubscribe: <u>,\r\n <v>\r\nP:q\r\n\r\nother"),
					&difference));
	assert_true(difference.body_changed);
	assert_span(difference.body, "other");
	assert_true(milter_mail_next_field(&difference.fields, &name, &value));
	assert_string_equal(buffer_text(&name), "List-Unsubscribe");
	assert_string_equal(buffer_text(&value), " <u>,\n <v>");
	assert_true(milter_mail_next_field(&difference.fields, &name, &value));
	assert_string_equal(buffer_text(&name), "P");
	assert_string_equal(buffer_text(&value), "q");
	assert_false(milter_mail_next_field(&difference.fields, &name, &value));
	assert_int_equal(difference.fields.size, 0);
	buffer_finish(&name);
	buffer_finish(&value);
	milter_mail_clear(&mail);
}

static void anything_else_that_changed_is_refused(void **state)
{
	static const char *const others[] = {
		"",
		"Subject: one\r\n two\r\n\r\nline\r\nend",
		"Subject: two\r\n two\r\nX:\r\n\r\nline\r\nend",
		"Subject: one\r\n two\r\nX:\r\n",
		"A: b\r\nSubject: one\r\n two\r\nX:\r\n\r\nline\r\nend",
		"Subject: one\r\n two\r\nX:\r\n\nline\r\nend",
	};
	struct milter_mail mail = MILTER_MAIL_INIT;
	struct milter_difference difference;

	(void)state;
	fill(&mail);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(milter_mail_compare(&mail, span_text(others[i]), &difference));
	milter_mail_clear(&mail);
}

static void a_header_that_is_none_is_refused(void **state)
{
	struct milter_mail mail = MILTER_MAIL_INIT;
	struct milter_difference difference;

	(void)state;
	milter_mail_add_field(&mail, "Subject", " one\nno field\n");
	milter_mail_end_header(&mail);
	assert_false(milter_mail_compare(&mail, buffer_span(&mail.message), &difference));
	milter_mail_clear(&mail);
}

static void give_body(struct milter_mail *mail, struct span block, size_t size)
{
	for (size_t given = 0; given < size; given += block.size)
		milter_mail_add_body(mail, block);
}

static void what_is_too_much_is_given_up(void **state)
{
	enum { BLOCK = 1 << 20, MAILS = MILTER_HELD_MAX_BYTES / MILTER_MAIL_MAX_BYTES };
	struct milter_mail mails[MAILS + 1];
	struct span block = span_of(calloc(1, BLOCK), BLOCK);

	(void)state;
	assert_non_null(block.data);
	for (size_t i = 0; i <= MAILS; i++) {
		mails[i] = MILTER_MAIL_INIT;
		milter_mail_add_field(&mails[i], "X-Waymark-Campaign", "a");
		give_body(&mails[i], block, MILTER_MAIL_MAX_BYTES);
	}
	for (size_t i = 0; i < MAILS; i++)
		assert_int_equal(mails[i].unfit, MILTER_FIT);
	assert_int_equal(mails[MAILS].unfit, MILTER_FULL);
	assert_int_equal(mails[MAILS].message.size, 0);
	milter_mail_add_body(&mails[0], SPAN("x"));
	assert_int_equal(mails[0].unfit, MILTER_LONG);
	assert_true(milter_mail_says(&mails[0]));
	milter_mail_clear(&mails[MAILS]);
	give_body(&mails[MAILS], block, MILTER_MAIL_MAX_BYTES);
	assert_int_equal(mails[MAILS].unfit, MILTER_FIT);
	for (size_t i = 0; i <= MAILS; i++)
		milter_mail_clear(&mails[i]);
	free((void *)(uintptr_t)block.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_mail_server_has),
		cmocka_unit_test(recipients_are_counted_by_who_they_are),
		cmocka_unit_test(what_was_added),
		cmocka_unit_test(anything_else_that_changed_is_refused),
		cmocka_unit_test(a_header_that_is_none_is_refused),
		cmocka_unit_test(what_is_too_much_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
