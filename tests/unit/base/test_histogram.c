/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buckets: bounds that grow, every time in the one bucket that its bounds say, quantiles within an
 * eighth of the truth.
 */
#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_bounds_grow_by_a_quarter_at_most(void **state)
{
	(void)state;
	assert_int_equal(histogram_bound(0), 32);
	assert_true(histogram_bound(HISTOGRAM_BUCKETS - 1) > USEC_PER_SEC);
	for (unsigned i = 1; i < HISTOGRAM_BUCKETS; i++) {
		assert_true(histogram_bound(i) > histogram_bound(i - 1));
		assert_true(4 * histogram_bound(i) <= 5 * histogram_bound(i - 1));
	}
}

static void test_a_time_is_in_the_bucket_of_its_bounds(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		struct histogram histogram = {0};

		histogram_add(&histogram, histogram_bound(i));
		histogram_add(&histogram, histogram_bound(i) + 1);
		assert_int_equal(histogram.counts[i], 1);
		assert_int_equal(histogram.counts[i + 1], 1);
		assert_int_equal(histogram_total(&histogram), 2);
		assert_int_equal(histogram.sum, 2 * histogram_bound(i) + 1);
	}
}

static void test_quantiles(void **state)
{
	struct histogram histogram = {0};

	(void)state;
	assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
	for (usec_t time = 1; time <= 100000; time++)
		histogram_add(&histogram, time);
	for (unsigned percent = 1; percent < 100; percent++) {
		usec_t is = histogram_quantile(&histogram, percent / 100.0), truth = percent * 1000;

		assert_true(is + truth / 8 >= truth && is <= truth + truth / 8);
	}
	memset(&histogram, 0, sizeof(histogram));
	histogram_add(&histogram, 3600 * USEC_PER_SEC);
	assert_int_equal(histogram_quantile(&histogram, 0.99),
			 histogram_bound(HISTOGRAM_BUCKETS - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds_grow_by_a_quarter_at_most),
		cmocka_unit_test(test_a_time_is_in_the_bucket_of_its_bounds),
		cmocka_unit_test(test_quantiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
