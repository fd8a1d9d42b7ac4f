/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The summary rules: what is there without a file, which group a page is in, and that each mistake
 * is told with its line, column and key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "summary/rules.h"

#include <stdio.h>
#include <stdlib.h>

static struct summary_rules *parse(const char *text)
{
	struct summary_rules *rules = NULL;
	struct error error = {0};

	if (rules_parse("rules.json", span_text(text), &rules, &error) != 0)
		fail_msg("%s", error.text);
	return rules;
}

static void defaults_are_account_engagements(void **state)
{
	struct summary_rules *rules = NULL;
	struct error error;

	(void)state;
	assert_int_equal(rules_load("", &rules, &error), 0);
	assert_int_equal(rules->points[SCORE_submit], 50);
	assert_int_equal(rules->points[SCORE_submit_error], -5);
	assert_int_equal(rules->points[SCORE_click], 3);
	assert_int_equal(rules->points[SCORE_redirect], 3);
	assert_int_equal(rules->points[SCORE_download], 3);
	assert_int_equal(rules->points[SCORE_search], 3);
	assert_int_equal(rules->points[SCORE_session], 3);
	assert_int_equal(rules->points[SCORE_view], 1);
	assert_int_equal(rules->half_life_days, 0);
	assert_int_equal(rules->decay[RULES_AGES], UINT32_C(1) << 31);
	assert_false(rules->follow_up.wanted);
	assert_int_equal(rules_group_of_page(rules, SPAN("https://www.example.com/")), RULES_NONE);
	rules_free(rules);
}

static void a_page_is_in_its_most_specific_group(void **state)
{
	static const char text[] =
		"{\"groups\": ["
		"{\"name\": \"all\", \"pages\": [\"https://www.example.com/\"]},"
		"{\"name\": \"products\", \"pages\": [\"/products\"]},"
		"{\"name\": \"prices\", \"pages\": [\"/products/*/price\", \"/料金\"]},"
		"{\"name\": \"jobs\", \"pages\": [\"https://jobs.example.com/\", \"/careers\"]}]}";
	static const struct {
		const char *url;
		int group;
	} rows[] = {
		{"https://www.example.com/", 0},
		{"https://www.example.com/products", 1},
		{"https://www.example.com/products/", 1},
		{"https://www.example.com/products/umbrella", 1},
		{"https://www.example.com/products/umbrella/price", 2},
		{"https://www.example.com/products/umbrella/price/jp?utm_source=x", 2},
		{"https://www.example.com/products/a/b/price", 1},
		{"https://www.example.com/products/umbrella/prices", 1},
		{"https://www.example.com/%E6%96%99%E9%87%91", 2},
		{"https://www.example.com/products-old", 0},
		{"https://jobs.example.com/42", 3},
		{"https://shop.example.com/%63areers/x", 3},
		{"https://shop.example.com/cart", RULES_NONE},
		{"nonsense", RULES_NONE},
		{"", RULES_NONE},
	};
	struct summary_rules *rules = parse(text);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rules_group_of_page(rules, span_text(rows[i].url)) != rows[i].group)
			fail_msg("%s is in %d", rows[i].url,
				 rules_group_of_page(rules, span_text(rows[i].url)));
	rules_free(rules);
}

static void a_digest_speaks_of_pages_and_not_of_points(void **state)
{
	struct summary_rules *a = parse("{\"groups\": [{\"name\": \"a\", \"pages\": [\"/a\"]}]}");
	struct summary_rules *b = parse("{\"groups\": [{\"name\": \"a\", \"pages\": [\"/a\"],"
					"\"points\": {\"view\": 9}}], \"half_life_days\": 7}");
	struct summary_rules *c = parse("{\"groups\": [{\"name\": \"a\", \"pages\": [\"/b\"]}]}");
	struct summary_rules *d = parse("{\"groups\": [{\"name\": \"b\", \"pages\": [\"/a\"]}]}");

	(void)state;
	assert_string_equal(a->groups_digest, b->groups_digest);
	assert_string_not_equal(a->groups_digest, c->groups_digest);
	assert_string_not_equal(a->groups_digest, d->groups_digest);
	rules_free(a);
	rules_free(b);
	rules_free(c);
	rules_free(d);
}

static void points_halve(void **state)
{
	struct summary_rules *rules = parse("{\"half_life_days\": 10}");

	(void)state;
	assert_int_equal(rules->decay[0], UINT32_C(1) << 31);
	assert_int_equal(rules->decay[10], UINT32_C(1) << 30);
	assert_int_equal(rules->decay[100], UINT32_C(1) << 21);
	for (int age = 1; age <= RULES_AGES; age++)
		assert_true(rules->decay[age] <= rules->decay[age - 1]);
	rules_free(rules);
}

static void a_mistake_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"[]", "rules.json:1:1: must be an object"},
		{"{\"points\": {\"vue\": 1}}",
		 "rules.json:1:20: points.vue: there is no such key here"},
		{"{\n \"points\": {\"view\": \"1\"}}",
		 "rules.json:2:21: points.view: must be a whole number from -100000 to 100000"},
		{"{\"daily_caps\": {\"view\": -1}}", "daily_caps.view: must not be below 0"},
		{"{\"groups\": [{\"pages\": [\"/a\"]}]}", "groups[0]: needs a name"},
		{"{\"groups\": [{\"name\": \"a\"}]}", "groups[0]: needs pages, at least one"},
		{"{\"groups\": [{\"name\": \"a\", \"pages\": [\"a b\"]}]}",
		 "groups[0].pages[0]: \"a b\" is not a page"},
		{"{\"groups\": [{\"name\": \"a\", \"pages\": [\"/a\", \"/a/\"]}]}",
		 "groups[0].pages[1]: is there already, in the group \"a\""},
		{"{\"groups\": [{\"name\": \"a\", \"pages\": [\"/a\"]},"
		 "{\"name\": \"a\", \"pages\": [\"/b\"]}]}",
		 "groups[1]: there is a group \"a\" already"},
		{"{\"half_life_days\": 1, \"half_life_days\": 2}", "duplicate object key"},
		{"{\"forms\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}",
		 "forms[1]: \"a\" is there already"},
		{"{\"follow_up\": {\"due_days\": 366}}",
		 "follow_up.due_days: must be a whole number"},
		{"{\"excluded_companies\": [\"株式会社\"]}",
		 "excluded_companies[0]: is neither a domain nor a name"},
		{"{\"companies\": [{\"name\": \"A\", \"domains\": [\"a@example.com\"]}]}",
		 "companies[0].domains[0]: \"a@example.com\" is not a domain"},
		{"{\"grade\": {\"start\": \"E\"}}", "grade.start: must be a grade from F to A+"},
		{"{\"grade\": {\"criteria\": [{\"name\": \"n\", \"field\": \"f\", \"is\": [\"x\"]}]}}",
		 "grade.criteria[0]: needs thirds"},
		{"{\"grade\": {\"criteria\": [{\"name\": \"n\", \"field\": \"f\", \"thirds\": 1}]}}",
		 "grade.criteria[0]: needs texts"},
		{"{", "rules.json:1:"},
		{"{\"groups\": [{\"name\": \"a\\u0007\", \"pages\": [\"/a\"]}]}",
		 "groups[0].name: must not hold the control character U+0007"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct summary_rules *rules = NULL;
		struct error error = {0};

		if (rules_parse("rules.json", span_text(rows[i].text), &rules, &error) !=
			    RULES_E_INVALID ||
		    !strstr(error.text, rows[i].sentence))
			fail_msg("%s: %s", rows[i].text, error.text);
	}
}

static void a_file_that_is_not_there_is_told(void **state)
{
	struct summary_rules *rules = NULL;
	struct error error = {0};

	(void)state;
	assert_int_equal(rules_load("/nowhere/rules.json", &rules, &error), RULES_E_INVALID);
	assert_non_null(strstr(error.text, "/nowhere/rules.json: cannot be read"));
}

static void the_example_is_valid(void **state)
{
	const char *source = getenv("WAYMARK_SOURCE");
	struct summary_rules *rules = NULL;
	struct error error = {0};
	char path[512];

	(void)state;
	if (!source)
		skip();
	(void)snprintf(path, sizeof(path), "%s/deploy/examples/summary-rules.json", source);
	if (rules_load(path, &rules, &error) != 0)
		fail_msg("%s", error.text);
	assert_int_equal(rules_group_of_page(rules, SPAN("https://www.example.com/pricing/a")), 0);
	assert_int_equal(rules->follow_up.score, 150);
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_account_engagements),
		cmocka_unit_test(a_page_is_in_its_most_specific_group),
		cmocka_unit_test(a_digest_speaks_of_pages_and_not_of_points),
		cmocka_unit_test(points_halve),
		cmocka_unit_test(a_mistake_is_told_with_its_place),
		cmocka_unit_test(a_file_that_is_not_there_is_told),
		cmocka_unit_test(the_example_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
