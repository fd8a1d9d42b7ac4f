/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule of the HTML Standard for e-mail addresses, and what people type that is nearly one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/email_address.h"

#define TEN   "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void addresses_are_judged_as_browsers_do(void **state)
{
	static const char *const valid[] = {
		"a@b",
		"a@b.c",
		"a.b+c@example.com",
		"a..b@example.com",
		".a@example.com",
		"!#$%&'*+/=?^_`{|}~-.@x",
		"a@xn--bcher-kva.example",
		"A@EXAMPLE.COM",
		"a@1.2.3.4",
		"a@a-b.example",
		"a@" SIXTY "abc",
		SIXTY SIXTY "@example.com",
	};
	static const char *const invalid[] = {
		"",
		"a",
		"@",
		"a@",
		"@b",
		"a@b@c",
		"a @b",
		"a@b ",
		"a@-b",
		"a@b-",
		"a@b.",
		"a@.b",
		"a@b..c",
		"a@b_c",
		"\"a\"@b",
		"a@[127.0.0.1]",
		"a@b\r\nTo: c",
		"日本@example.com",
		"a@日本.example",
		"a,b@example.com",
		"a@" SIXTY "abcd",
		"a(b)@c",
		"a@b.c,d@e.f",
		"<a@b>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
		if (!email_address_is_valid(span_text(valid[i])))
			fail_msg("%s is refused", valid[i]);
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		if (email_address_is_valid(span_text(invalid[i])))
			fail_msg("%s is taken", invalid[i]);
	assert_false(email_address_is_valid(span_of("a\0@b", 4)));
	assert_false(email_address_is_valid(span_of("a@b\0", 4)));
}

static void expect_ascii(const char *address, const char *expected)
{
	struct buffer text = BUFFER_INIT;

	email_address_append_ascii(&text, span_text(address));
	assert_string_equal(buffer_text(&text), expected);
	buffer_finish(&text);
}

static void domains_become_ascii_where_they_are_domains(void **state)
{
	(void)state;
	expect_ascii("a@Example.COM", "a@Example.COM");
	expect_ascii("a@日本.example", "a@xn--wgv71a.example");
	expect_ascii("ü@B\xC3\x9C"
		     "cher.example",
		     "ü@xn--bcher-kva.example");
	expect_ascii("a@日本/x", "a@日本/x");
	expect_ascii("a@日本:80", "a@日本:80");
	expect_ascii("a@％31.example", "a@％31.example");
	expect_ascii("日本", "日本");
	expect_ascii("a@", "a@");
	expect_ascii("a@b@日本.example", "a@b@xn--wgv71a.example");
}

static void the_domain_is_behind_the_last_at(void **state)
{
	(void)state;
	assert_true(span_equal(email_address_domain(SPAN("a@b@c")), SPAN("c")));
	assert_int_equal(email_address_domain(SPAN("a@")).size, 0);
	assert_null(email_address_domain(SPAN("a")).data);
}

static void full_width_becomes_narrow(void **state)
{
	struct buffer text = BUFFER_INIT;

	(void)state;
	email_address_append_narrow(&text, SPAN("！～Ａ　日ｱ\xFF"));
	assert_string_equal(buffer_text(&text), "!~A 日ｱ\xFF");
	buffer_finish(&text);
}

static void its_owner_knows_a_masked_address(void **state)
{
	static const char *const cases[][2] = {
		{"alice@example.com", "a•••@e•••.com"},
		{"a@b.co.jp", "•••@b•••.jp"},
		{"ab@localhost", "a•••@l•••"},
		{"日本@例え.jp", "日•••@例•••.jp"},
		{"a@b@x.y", "a•••@•••.y"},
		{"nobody", "n•••"},
		{"x@.", "•••@•••."},
		{"", "•••"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer text = BUFFER_INIT;

		email_address_append_masked(&text, span_text(cases[i][0]));
		assert_string_equal(buffer_text(&text), cases[i][1]);
		buffer_finish(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_judged_as_browsers_do),
		cmocka_unit_test(domains_become_ascii_where_they_are_domains),
		cmocka_unit_test(the_domain_is_behind_the_last_at),
		cmocka_unit_test(full_width_becomes_narrow),
		cmocka_unit_test(its_owner_knows_a_masked_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
