/* SPDX-License-Identifier: Apache-2.0 */
/* Names of companies as people write them, and whose company an address is of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "summary/company.h"

static void writings_of_one_name_are_one(void **state)
{
	static const struct {
		const char *written, *unified;
	} rows[] = {
		{"Example Inc.", "example"},
		{"EXAMPLE, INC", "example"},
		{"株式会社Example", "example"},
		{"（株）ＥＸＡＭＰＬＥ", "example"},
		{"㈱Example", "example"},
		{"Example　株式会社", "example"},
		{"Example Co., Ltd.", "example"},
		{"The Example Company", "example"},
		{"Example K.K.", "example"},
		{"ｴｸﾞｻﾞﾝﾌﾟﾙ工業(株)", "エグザンプル工業"},
		{"エグザンプル工業株式会社", "エグザンプル工業"},
		{"Müller & Söhne GmbH", "müller söhne"},
		{"MÜLLER + SÖHNE", "müller söhne"},
		{"O'Example plc", "oexample"},
		{"Co-operative Example", "operative example"},
		{"Inc.", "inc"},
		{"株式会社", ""},
		{" . ", ""},
		{"", ""},
		{"A/S Example", "a s example"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer unified = BUFFER_INIT;

		company_unify_name(span_text(rows[i].written), &unified);
		if (strcmp(buffer_text(&unified), rows[i].unified) != 0)
			fail_msg("%s became %s", rows[i].written, buffer_text(&unified));
	}
}

static void the_domain_is_the_company(void **state)
{
	struct company company;

	(void)state;
	company_of(NULL, SPAN("a@mail.example.co.jp"), (struct span){0}, &company);
	assert_string_equal(company.domain, "example.co.jp");
	assert_string_equal(company.key, "domain:example.co.jp");
	assert_string_equal(company.name, "example.co.jp");
	company_of(NULL, SPAN("a@example.co.jp"), SPAN("Example 株式会社"), &company);
	assert_string_equal(company.key, "domain:example.co.jp");
	assert_string_equal(company.name, "Example 株式会社");
	company_of(NULL, SPAN("a@gmail.com"), SPAN("Example Inc."), &company);
	assert_string_equal(company.key, "name:example");
	assert_true(company.is_free_mail);
	company_of(NULL, SPAN("a@gmail.com"), (struct span){0}, &company);
	assert_string_equal(company.key, "");
	assert_string_equal(company.name, "");
	company_of(NULL, SPAN("a@[192.0.2.1]"), (struct span){0}, &company);
	assert_string_equal(company.domain, "");
	company_of(NULL, SPAN("a@localhost"), (struct span){0}, &company);
	assert_string_equal(company.key, "");
	company_of(NULL, (struct span){0}, (struct span){0}, &company);
	assert_string_equal(company.key, "");
}

static void rules_unify_and_exclude(void **state)
{
	static const char text[] =
		"{\"companies\": [{\"name\": \"Example Group\", \"domains\": [\"example.com\","
		"  \"example.co.jp\"], \"names\": [\"Example Japan\"]},"
		" {\"name\": \"Rival\", \"domains\": [\"rival.example.com\", \"example.org\"]}],"
		" \"excluded_companies\": [\"Rival Inc.\", \"example.net\"],"
		" \"free_mail\": [\"isp.example\"]}";
	struct company_rules *rules = NULL;
	struct json_document document;
	struct company company, other;
	struct error error = {0};

	(void)state;
	if (json_document_parse(&document, "r", span_text(text), &error) != 0 ||
	    company_rules_read(&document, &rules) != 0)
		fail_msg("%s", error.text);
	json_document_finish(&document);
	company_of(rules, SPAN("a@example.co.jp"), SPAN("whatever"), &company);
	company_of(rules, SPAN("b@gmail.com"), SPAN("example japan k.k."), &other);
	assert_string_equal(company.key, other.key);
	assert_string_equal(company.name, "Example Group");
	assert_string_equal(other.name, "Example Group");
	assert_false(company.excluded);
	company_of(rules, SPAN("a@example.org"), (struct span){0}, &company);
	assert_true(company.excluded);
	company_of(rules, SPAN("a@x.example.net"), (struct span){0}, &company);
	assert_true(company.excluded);
	company_of(rules, SPAN("a@isp.example"), (struct span){0}, &company);
	assert_string_equal(company.key, "");
	company_rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writings_of_one_name_are_one),
		cmocka_unit_test(the_domain_is_the_company),
		cmocka_unit_test(rules_unify_and_exclude),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
