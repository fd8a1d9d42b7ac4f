/* SPDX-License-Identifier: Apache-2.0 */
/* Grades by criteria: thirds of a letter up and down from the start, within F and A+. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "summary/grade.h"

static const char rules_text[] =
	"{\"grade\": {\"criteria\": ["
	" {\"name\": \"decides\", \"field\": \"title\", \"contains\": [\"部長\", \"Head of\"], \"thirds\": 6},"
	" {\"name\": \"abroad\", \"field\": \"country\", \"is\": [\"US\"], \"thirds\": -2},"
	" {\"name\": \"own\", \"field\": \"title\", \"contains\": [\"intern\"], \"thirds\": -12}]}}";

struct person {
	const char *title, *country;
};

static struct span value(void *context, const char *field)
{
	const struct person *person = context;

	return span_text(strcmp(field, "title") == 0 ? person->title : person->country);
}

static struct grade_rules *parse(const char *text)
{
	struct grade_rules *rules = NULL;
	struct json_document document;
	struct error error = {0};

	if (json_document_parse(&document, "r", span_text(text), &error) != 0 ||
	    grade_rules_read(&document, &rules) != 0)
		fail_msg("%s", error.text);
	json_document_finish(&document);
	return rules;
}

static void criteria_move_the_grade(void **state)
{
	static const struct {
		struct person person;
		enum grade grade;
		const char *why;
	} rows[] = {
		{{NULL, NULL}, GRADE_D, ""},
		{{"HEAD OF sales", NULL}, GRADE_B, "decides"},
		{{"営業部長", "us"}, GRADE_C_PLUS, "decides, abroad"},
		{{"ｈｅａｄ ｏｆ", "USA"}, GRADE_B, "decides"},
		{{NULL, " US "}, GRADE_F, "abroad"},
		{{"intern", NULL}, GRADE_F, "own"},
	};
	struct grade_rules *rules = parse(rules_text);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer why = BUFFER_INIT;
		struct person person = rows[i].person;

		assert_int_equal(grade_of(rules, value, &person, &why), rows[i].grade);
		assert_string_equal(buffer_text(&why), rows[i].why);
	}
	assert_string_equal(grade_field(rules, 1), "country");
	assert_null(grade_field(rules, 3));
	grade_rules_free(rules);
}

static void without_criteria_there_is_no_grade(void **state)
{
	struct grade_rules *rules = parse("{}");
	struct person person = {"Head of", "US"};

	(void)state;
	assert_int_equal(grade_of(rules, value, &person, NULL), GRADE_NONE);
	assert_int_equal(grade_of(NULL, value, &person, NULL), GRADE_NONE);
	assert_string_equal(grade_text(GRADE_NONE), "");
	assert_string_equal(grade_text(GRADE_F), "F");
	assert_string_equal(grade_text(GRADE_A_PLUS), "A+");
	grade_rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(criteria_move_the_grade),
		cmocka_unit_test(without_criteria_there_is_no_grade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
