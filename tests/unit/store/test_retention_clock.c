/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock of retention: it is the wall clock, unless that has jumped ahead, and then only after a
 * day, over restarts too.
 */
#include "store/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOUR (3600 * USEC_PER_SEC)
#define YEAR (365 * USEC_PER_DAY)

static const usec_t now = 50 * YEAR;

static void test_it_is_the_wall_clock(void **state)
{
	struct retention_clock clock;

	(void)state;
	retention_clock_start(&clock, 0, 0, 0, now, 5);
	assert_int_equal(clock.time, now);
	/* A second a minute too fast, as a bad oscillator is. */
	for (unsigned minute = 1; minute < 3000; minute++) {
		usec_t wall = now + minute * 61 * USEC_PER_SEC;

		retention_clock_step(&clock, wall, 5 + minute * 60 * USEC_PER_SEC);
		assert_int_equal(clock.time, wall);
	}
}

static void test_a_jump_ahead_is_believed_after_a_day(void **state)
{
	struct retention_clock clock;

	(void)state;
	retention_clock_start(&clock, now - HOUR / 2, 0, 0, now, 0);
	assert_int_equal(clock.time, now);
	for (unsigned hour = 1; hour < 24; hour++) {
		retention_clock_step(&clock, now + 10 * YEAR + hour * HOUR, hour * HOUR);
		assert_int_equal(clock.time, now + hour * HOUR);
	}
	retention_clock_step(&clock, now + 10 * YEAR + 24 * HOUR, 24 * HOUR);
	assert_int_equal(clock.time, now + 10 * YEAR + 24 * HOUR);
	assert_int_equal(clock.held, 0);
}

static void test_a_jump_that_is_taken_back_leaves_nothing(void **state)
{
	struct retention_clock clock;

	(void)state;
	retention_clock_start(&clock, 0, 0, 0, now, 0);
	retention_clock_step(&clock, now + YEAR, 20 * HOUR);
	retention_clock_step(&clock, now + 21 * HOUR, 21 * HOUR);
	assert_int_equal(clock.time, now + 21 * HOUR);
	assert_int_equal(clock.held, 0);
	retention_clock_step(&clock, now + YEAR, 30 * HOUR);
	assert_int_equal(clock.time, now + 30 * HOUR);
}

static void test_a_clock_that_goes_back_is_followed(void **state)
{
	struct retention_clock clock;

	(void)state;
	retention_clock_start(&clock, 0, 0, 0, now, 0);
	retention_clock_step(&clock, now - YEAR, HOUR);
	assert_int_equal(clock.time, now - YEAR);
}

static void test_a_start_goes_on_where_the_last_run_stopped(void **state)
{
	struct retention_clock clock;
	usec_t kept = now, held = 0;

	(void)state;
	/* Ten hours a run, and the wall clock wrong all the time: believed in the third run. */
	for (unsigned run = 0; run < 2; run++) {
		retention_clock_start(&clock, kept, held, now + 9 * YEAR, now + 9 * YEAR, 0);
		retention_clock_step(&clock, now + 9 * YEAR, 10 * HOUR);
		assert_int_equal(clock.time, kept + 10 * HOUR);
		kept = clock.time;
		held = clock.held;
	}
	retention_clock_start(&clock, kept, held, now + 9 * YEAR, now + 9 * YEAR, 0);
	retention_clock_step(&clock, now + 9 * YEAR, 10 * HOUR);
	assert_int_equal(clock.time, now + 9 * YEAR);
}

static void test_a_log_without_a_clock_starts_from_its_newest_event(void **state)
{
	struct retention_clock clock;

	(void)state;
	retention_clock_start(&clock, 0, 0, now - 7 * USEC_PER_DAY, now, 0);
	assert_int_equal(clock.time, now - 7 * USEC_PER_DAY);
	retention_clock_start(&clock, 0, 0, now + YEAR, now, 0);
	assert_int_equal(clock.time, now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_the_wall_clock),
		cmocka_unit_test(test_a_jump_ahead_is_believed_after_a_day),
		cmocka_unit_test(test_a_jump_that_is_taken_back_leaves_nothing),
		cmocka_unit_test(test_a_clock_that_goes_back_is_followed),
		cmocka_unit_test(test_a_start_goes_on_where_the_last_run_stopped),
		cmocka_unit_test(test_a_log_without_a_clock_starts_from_its_newest_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
