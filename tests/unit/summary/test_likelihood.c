/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a call list: bounded by each factor, and zero for whom nobody should call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "summary/likelihood.h"

static void the_formula_is_as_documented(void **state)
{
	static const struct {
		int64_t sum, recent;
		uint32_t important;
		uint16_t active_days;
		enum grade grade;
		bool excluded;
		uint8_t percent;
	} rows[] = {
		{0, 0, 0, 0, GRADE_NONE, false, 0},
		{-5000, 0, 0, 1, GRADE_NONE, false, 0},
		{100000, 100000, 0, 1, GRADE_NONE, false, 50},
		{100000, 100000, 0, 1, GRADE_NONE, true, 0},
		{100000, 0, 0, 0, GRADE_NONE, false, 33},
		{100000, 100000, 5, 1, GRADE_NONE, false, 60},
		{100000, 100000, 500, 1, GRADE_NONE, false, 60},
		{100000, 100000, 0, 11, GRADE_NONE, false, 60},
		{100000, 100000, 5, 30, GRADE_A_PLUS, false, 78},
		{100000, 100000, 0, 1, GRADE_F, false, 29},
		{100000, -3000, 0, 1, GRADE_NONE, false, 33},
		{INT64_MAX / 2, INT64_MAX / 2, 0, 1, GRADE_NONE, false, 100},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct score score = {.sum = rows[i].sum,
				      .recent = rows[i].recent,
				      .important = rows[i].important,
				      .active_days = rows[i].active_days};
		struct likelihood likelihood;

		likelihood_of(&score, rows[i].grade, rows[i].excluded, &likelihood);
		if (likelihood.percent != rows[i].percent)
			fail_msg("row %zu: %u", i, likelihood.percent);
	}
}

static void it_is_told_why(void **state)
{
	struct score score = {
		.total = 71, .sum = 71000, .recent = 64400, .important = 4, .active_days = 6};
	cleanup_buffer struct buffer text = BUFFER_INIT;

	(void)state;
	likelihood_explain(&score, GRADE_B_MINUS, false, &text);
	assert_string_equal(buffer_text(&text),
			    "71 points, 64 of them in 30 days; 4 views of important pages; "
			    "active on 6 days; grade B-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_formula_is_as_documented),
		cmocka_unit_test(it_is_told_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
