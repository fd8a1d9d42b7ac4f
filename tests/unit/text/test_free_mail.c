/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains of free mail: the program's own list, an operator's file beside it, and what is wrong in
 * such a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/free_mail.h"
#include "text/free_mail_table.h"

static void the_table_is_in_order(void **state)
{
	(void)state;
	for (size_t i = 1; i < sizeof(free_mail_domains) / sizeof(free_mail_domains[0]); i++)
		if (strcmp(free_mail_domains[i - 1], free_mail_domains[i]) >= 0)
			fail_msg("%s is out of order", free_mail_domains[i]);
}

static void the_programs_own_domains_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(free_mail_domains) / sizeof(free_mail_domains[0]); i++)
		assert_true(free_mail_has(NULL, span_text(free_mail_domains[i])));
	assert_true(free_mail_has(NULL, SPAN("GMail.Com")));
	assert_true(free_mail_has(NULL, SPAN("mx.yahoo.co.jp")));
	assert_true(free_mail_has(NULL, SPAN("hotmail.fr")));
	assert_true(free_mail_has(NULL, SPAN("mail.live.co.uk")));
	assert_false(free_mail_has(NULL, SPAN("yahoo.example.com")));
	assert_false(free_mail_has(NULL, SPAN("live2.com")));
	assert_false(free_mail_has(NULL, SPAN("co.jp")));
	assert_false(free_mail_has(NULL, SPAN("gmail.com.example")));
	assert_false(free_mail_has(NULL, SPAN("xgmail.com")));
	assert_false(free_mail_has(NULL, SPAN("gmail.com.")));
	assert_false(free_mail_has(NULL, SPAN("")));
}

static void a_file_adds_and_takes_out(void **state)
{
	struct free_mail *list = NULL;
	struct error error = {0};

	(void)state;
	assert_int_equal(free_mail_parse("f",
					 SPAN("# ours\r\nFree.Example # yes\n\n"
					      "!Staff.gmail.com\n! yahoo.co.jp"),
					 &list, &error),
			 0);
	assert_true(free_mail_has(list, SPAN("free.example")));
	assert_true(free_mail_has(list, SPAN("a.FREE.example")));
	assert_true(free_mail_has(list, SPAN("gmail.com")));
	assert_false(free_mail_has(list, SPAN("staff.gmail.com")));
	assert_false(free_mail_has(list, SPAN("x.staff.gmail.com")));
	assert_false(free_mail_has(list, SPAN("yahoo.co.jp")));
	free_mail_free(list);
}

static void expect_refusal(struct span text, const char *sentence)
{
	struct free_mail *list = NULL;
	struct error error = {0};

	assert_int_equal(free_mail_parse("free.txt", text, &list, &error), FREE_MAIL_E_INVALID);
	assert_null(list);
	if (!strstr(error.text, sentence))
		fail_msg("%s", error.text);
}

static void a_mistake_is_told_with_its_line(void **state)
{
	struct free_mail *list = NULL;
	struct error error = {0};

	(void)state;
	expect_refusal(SPAN("a.example\nlocalhost\n"), "free.txt:2: \"localhost\"");
	expect_refusal(SPAN("a@b.example"), "free.txt:1:");
	expect_refusal(SPAN("*.example.com"), "free.txt:1:");
	expect_refusal(SPAN("日本.example"), "xn--");
	expect_refusal(SPAN("a..example"), "free.txt:1:");
	expect_refusal(SPAN("a.example.\n"), "free.txt:1:");
	expect_refusal(SPAN("!\n"), "free.txt:1:");
	expect_refusal(SPAN("a.example\n!A.example\n"), "a.example stands there twice");
	expect_refusal(SPAN("a.example\0"), "NUL");
	assert_int_equal(free_mail_load("/nonexistent/list", &list, &error), FREE_MAIL_E_INVALID);
	assert_non_null(strstr(error.text, "cannot be read"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_in_order),
		cmocka_unit_test(the_programs_own_domains_are_known),
		cmocka_unit_test(a_file_adds_and_takes_out),
		cmocka_unit_test(a_mistake_is_told_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
