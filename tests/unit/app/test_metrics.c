/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics table as Prometheus reads it: one HELP and TYPE per name with a sentence, every
 * series once, and every number in its place.
 */
#include "app/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct row {
	const char *type, *name, *labels, *help;
};

#define METRIC(id, type, name, labels, help) {#type, name, labels, help},
static const struct row rows[] = {METRICS_TABLE(METRIC)};
#undef METRIC

static void test_rows_of_one_name_stand_together_and_have_one_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		bool starts = i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0;

		assert_int_equal(starts, rows[i].help[0] != '\0');
		if (!starts)
			assert_string_equal(rows[i].type, rows[i - 1].type);
		for (size_t k = 0; k < i && starts; k++)
			assert_string_not_equal(rows[i].name, rows[k].name);
	}
}

static void test_every_series_is_there_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < METRIC_COUNT; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(strcmp(rows[i].name, rows[k].name) == 0 &&
				     strcmp(rows[i].labels, rows[k].labels) == 0);
}

static void test_counters_are_named_as_counters(void **state)
{
	(void)state;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		size_t size = strlen(rows[i].name);
		bool total = size > 6 && strcmp(rows[i].name + size - 6, "_total") == 0;

		assert_true(strncmp(rows[i].name, "waymark_", 8) == 0);
		assert_int_equal(total, strcmp(rows[i].type, "counter") == 0);
	}
}

static void test_the_text_holds_each_number_in_its_line(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	static struct metrics metrics;
	char line[512];

	(void)state;
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		metrics_set(&metrics, i, 1000 + i);
		metrics_add(&metrics, i, 1);
		assert_int_equal(metrics_get(&metrics, i), 1001 + i);
	}
	metrics_print(&metrics, &text);
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const char *labels = rows[i].labels;

		(void)snprintf(line, sizeof(line), "\n%s%s%s%s %u\n", rows[i].name,
			       labels[0] ? "{" : "", labels, labels[0] ? "}" : "", 1001 + i);
		assert_non_null(strstr(buffer_text(&text), line));
	}
}

static void test_a_histogram_counts_up_to_each_bound(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	static struct metrics metrics;
	struct histogram *histogram = &metrics.histograms[METRIC_HISTOGRAM_COMMIT_SECONDS];

	(void)state;
	histogram_add(histogram, 32);
	histogram_add(histogram, 33);
	histogram_add(histogram, 3600 * USEC_PER_SEC);
	metrics_print(&metrics, &text);
	assert_non_null(strstr(buffer_text(&text),
			       "# TYPE waymark_commit_seconds histogram\n"
			       "waymark_commit_seconds_bucket{le=\"0.000032\"} 1\n"
			       "waymark_commit_seconds_bucket{le=\"0.000040\"} 2\n"));
	assert_non_null(strstr(buffer_text(&text), "_bucket{le=\"1.835008\"} 2\n"
						   "waymark_commit_seconds_bucket{le=\"+Inf\"} 3\n"
						   "waymark_commit_seconds_sum 3600.000065\n"
						   "waymark_commit_seconds_count 3\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_of_one_name_stand_together_and_have_one_sentence),
		cmocka_unit_test(test_every_series_is_there_once),
		cmocka_unit_test(test_counters_are_named_as_counters),
		cmocka_unit_test(test_the_text_holds_each_number_in_its_line),
		cmocka_unit_test(test_a_histogram_counts_up_to_each_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
