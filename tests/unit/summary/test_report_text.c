/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a report says: every text and every figure in both languages, with the same values; numbers,
 * rates, durations, points and days as they are to be written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "summary/report_text.h"
#include "track/verdict_rules.h"

static void check_japanese(const char *text, const char *what)
{
	for (const char *at = text; *at; at++)
		if ((uint8_t)*at >= 0xE3)
			return;
	fail_msg("%s: '%s' is no Japanese", what, text);
}

static bool next_name(struct span text, size_t *at, struct span *ret_name)
{
	size_t open = span_find(text, '{', *at), close = span_find(text, '}', open);

	if (close == text.size)
		return false;
	*ret_name = span_slice(text, open, close + 1 - open);
	*at = close + 1;
	return true;
}

static void check_names(const char *text, const char *other)
{
	struct span name;
	size_t at = 0;

	while (next_name(span_text(text), &at, &name))
		if (!memmem(other, strlen(other), name.data, name.size))
			fail_msg("'%.*s' of '%s' is not in '%s'", (int)name.size,
				 (const char *)name.data, text, other);
}

static void both_languages_say_the_same(void **state)
{
	(void)state;
	for (enum report_text id = 0; id < REPORT_TEXT_COUNT; id++) {
		const char *english = report_text(id, REPORT_EN);
		const char *japanese = report_text(id, REPORT_JA);

		assert_true(*english && utf8_valid(span_text(japanese)));
		check_japanese(japanese, english);
		check_names(english, japanese);
		check_names(japanese, english);
	}
	for (enum report_figure figure = 0; figure < FIGURE_COUNT; figure++) {
		const struct report_figure_row *row = report_figure(figure);

		check_japanese(row->heading[REPORT_JA], row->key);
		check_japanese(row->definition[REPORT_JA], row->key);
		assert_int_equal(row->definition[REPORT_EN][strlen(row->definition[REPORT_EN]) - 1],
				 '.');
	}
}

/* A rule that is added must be explained to a reader, too. */
static void every_reason_is_explained(void **state)
{
	(void)state;
	for (enum verdict_rule rule = 0; rule < VERDICT_RULE_COUNT; rule++) {
		const struct verdict_rule_row *row = verdict_rule_row(rule);
		struct span name;

		if (!row || !row->name || row->stage == VERDICT_PERSON)
			continue;
		name = span_text(row->name);
		if (span_equal(report_reason_text(name, REPORT_JA), name))
			fail_msg("the rule %s has no text", row->name);
	}
}

static bool guide_holds(const char *guide, const char *first, const char *second)
{
	cleanup_free char *row = NULL;

	assert_true(asprintf(&row, "| %s | %s |\n", first, second) > 0);
	return strstr(guide, row) != NULL;
}

/* deploy/guides/reports.md says what the page says. */
static void the_guide_has_every_definition(void **state)
{
	cleanup_free char *path = NULL;
	cleanup_fclose FILE *file = NULL;
	char guide[65536];
	size_t size;

	(void)state;
	assert_true(asprintf(&path, "%s/deploy/guides/reports.md", getenv("WAYMARK_SOURCE")) > 0);
	file = fopen(path, "re");
	assert_non_null(file);
	size = fread(guide, 1, sizeof(guide) - 1, file);
	assert_true(size < sizeof(guide) - 1);
	guide[size] = '\0';
	for (enum report_figure figure = 0; figure < FIGURE_COUNT; figure++) {
		const struct report_figure_row *row = report_figure(figure);

		if (!guide_holds(guide, row->heading[REPORT_EN], row->definition[REPORT_EN]))
			fail_msg("the guide lacks %s as it is", row->key);
	}
	for (enum total total = 0; total < TOTAL_COUNT; total++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "`%s`", total_name(total));
		if (!guide_holds(guide, name, total_sentence(total)))
			fail_msg("the guide lacks the counter %s as it is", name);
	}
}

enum form { COUNT, PERCENT, DURATION, POINTS };

static void append(struct buffer *to, enum form form, enum report_language language, int64_t a,
		   int64_t b)
{
	switch (form) {
	case COUNT:
		report_count_append(to, a);
		break;
	case PERCENT:
		report_percent_append(to, a, b);
		break;
	case DURATION:
		report_duration_append(to, a, language);
		break;
	case POINTS:
		report_points_append(to, a);
		break;
	}
}

static void numbers_are_written_as_people_read_them(void **state)
{
	static const struct {
		enum form form;
		enum report_language language;
		int64_t a, b;
		const char *text;
	} rows[] = {
		{COUNT, REPORT_EN, 0, 0, "0"},
		{COUNT, REPORT_EN, 999, 0, "999"},
		{COUNT, REPORT_EN, 1000, 0, "1,000"},
		{COUNT, REPORT_EN, -1234567, 0, "-1,234,567"},
		{COUNT, REPORT_EN, INT64_MIN, 0, "-9,223,372,036,854,775,808"},
		{PERCENT, REPORT_EN, 0, 0, "–"},
		{PERCENT, REPORT_EN, 0, 10, "0%"},
		{PERCENT, REPORT_EN, 1, 3, "33.3%"},
		{PERCENT, REPORT_EN, 1, 100000, "<0.1%"},
		{PERCENT, REPORT_EN, 99999, 100000, ">99.9%"},
		{PERCENT, REPORT_EN, 10, 10, "100%"},
		{PERCENT, REPORT_EN, 30, 10, "300%"},
		{DURATION, REPORT_EN, 499, 0, "0 s"},
		{DURATION, REPORT_EN, 59400, 0, "59 s"},
		{DURATION, REPORT_EN, 83000, 0, "1 min 23 s"},
		{DURATION, REPORT_EN, 7500000, 0, "2 h 05 min"},
		{DURATION, REPORT_JA, 83000, 0, "1分23秒"},
		{DURATION, REPORT_JA, 7500000, 0, "2時間05分"},
		{POINTS, REPORT_EN, 3000, 0, "30"},
		{POINTS, REPORT_EN, 1250, 0, "12.5"},
		{POINTS, REPORT_EN, 1205, 0, "12.05"},
		{POINTS, REPORT_EN, -50, 0, "-0.5"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup_buffer struct buffer text = BUFFER_INIT;

		append(&text, rows[i].form, rows[i].language, rows[i].a, rows[i].b);
		assert_string_equal(buffer_text(&text), rows[i].text);
	}
}

static void days_are_those_of_the_calendar(void **state)
{
	static const struct {
		int64_t day;
		enum report_day_form form;
		enum report_language language;
		const char *text;
	} rows[] = {
		{0, REPORT_DAY_ISO, REPORT_EN, "1970-01-01"},
		{20778, REPORT_DAY_LONG, REPORT_EN, "Sat 21 Nov 2026"},
		{20778, REPORT_DAY_SHORT, REPORT_EN, "21 Nov"},
		{20778, REPORT_DAY_LONG, REPORT_JA, "2026年11月21日（土）"},
		{20778, REPORT_DAY_SHORT, REPORT_JA, "11/21"},
		{19782, REPORT_DAY_ISO, REPORT_JA, "2024-02-29"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup_buffer struct buffer text = BUFFER_INIT;

		report_day_append(&text, rows[i].day, rows[i].form, rows[i].language);
		assert_string_equal(buffer_text(&text), rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_languages_say_the_same),
		cmocka_unit_test(every_reason_is_explained),
		cmocka_unit_test(the_guide_has_every_definition),
		cmocka_unit_test(numbers_are_written_as_people_read_them),
		cmocka_unit_test(days_are_those_of_the_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
