/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buckets: what they give, when they fill again, and what crowding the table can do and cannot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/rate_limit.h"
#include "crypto/keyring.h"

enum { NAMES = 1024, RATE = 100, BURST = 50 };

static const usec_t start = 1000 * USEC_PER_SEC;

static int open_table(void **state)
{
	static struct rate_limit limit;

	assert_int_equal(rate_limit_init(&limit, NAMES), 0);
	rate_limit_set(&limit, RATE, BURST);
	*state = &limit;
	return 0;
}

static int close_table(void **state)
{
	rate_limit_finish(*state);
	return 0;
}

static unsigned take_all(struct rate_limit *limit, uint64_t name, usec_t now, unsigned squeeze)
{
	unsigned taken = 0;

	while (taken < 10 * BURST && rate_limit_take(limit, name, now, squeeze))
		taken++;
	return taken;
}

static void test_a_bucket_gives_its_burst_and_then_its_rate(void **state)
{
	struct rate_limit *limit = *state;
	const usec_t second = start + USEC_PER_SEC / 10;

	assert_int_equal(take_all(limit, 7, start, 0), BURST);
	assert_false(rate_limit_take(limit, 7, start, 0));
	assert_int_equal(take_all(limit, 7, second, 0), RATE / 10);
	assert_int_equal(take_all(limit, 7, second + 60 * USEC_PER_SEC, 0), BURST);
}

static void test_a_pause_of_any_length_fills_it_once(void **state)
{
	struct rate_limit *limit = *state;

	assert_int_equal(take_all(limit, 7, start, 0), BURST);
	assert_int_equal(take_all(limit, 7, start + USEC_PER_DAY * 1000, 0), BURST);
}

static void test_names_do_not_share(void **state)
{
	struct rate_limit *limit = *state;

	assert_int_equal(take_all(limit, 7, start, 0), BURST);
	assert_int_equal(take_all(limit, 8, start, 0), BURST);
	assert_int_equal(take_all(limit, 0, start, 0), BURST);
}

static void test_no_rate_is_no_limit(void **state)
{
	struct rate_limit *limit = *state, none = {0};

	rate_limit_set(limit, 0, 1);
	assert_int_equal(take_all(limit, 7, start, 0), 10 * BURST);
	rate_limit_set(&none, RATE, BURST);
	assert_int_equal(take_all(&none, 7, start, 0), 10 * BURST);
}

static void test_the_highest_rate_and_burst_fit(void **state)
{
	struct rate_limit *limit = *state;

	rate_limit_set(limit, RATE_LIMIT_RATE_MAX, UINT32_MAX);
	for (unsigned i = 0; i < 100000; i++)
		assert_true(rate_limit_take(limit, 7, start, 0));
}

/* Who was refused under a limit that was too small does not stay so under a larger one. */
static void test_another_rate_holds_for_an_empty_bucket(void **state)
{
	struct rate_limit *limit = *state;

	rate_limit_set(limit, 1, BURST);
	assert_int_equal(take_all(limit, 7, start, 0), BURST);
	rate_limit_set(limit, RATE, BURST);
	assert_false(rate_limit_take(limit, 7, start, 0));
	assert_int_equal(take_all(limit, 7, start + USEC_PER_SEC / 10, 0), RATE / 10);
}

static void test_squeezed_a_token_costs_more(void **state)
{
	struct rate_limit *limit = *state;

	assert_int_equal(take_all(limit, 7, start, 0), BURST);
	assert_int_equal(take_all(limit, 8, start, 3), BURST >> 3);
	assert_false(rate_limit_take(limit, 7, start + USEC_PER_SEC / RATE, 3));
	assert_false(rate_limit_take(limit, 8, start + 5 * USEC_PER_SEC / RATE, 3));
	assert_true(rate_limit_take(limit, 8, start + 6 * USEC_PER_SEC / RATE, 3));
	/* Whatever it costs, who has not asked for long gets one. */
	assert_int_equal(take_all(limit, 9, start, RATE_LIMIT_SQUEEZE_MAX), 1);
	assert_false(rate_limit_take(limit, 9, start + (BURST - 1) * USEC_PER_SEC / RATE, 16));
	assert_true(rate_limit_take(limit, 9, start + BURST * USEC_PER_SEC / RATE, 16));
}

/* A hundred times as many names as fit: none of them is refused its first tokens. */
static void test_a_crowd_hurts_nobody(void **state)
{
	struct rate_limit *limit = *state;

	for (uint64_t name = 1; name <= 100 * (uint64_t)NAMES; name++)
		for (unsigned i = 0; i < 3; i++)
			assert_true(rate_limit_take(limit, name, start, 0));
	assert_true(limit->forgiven > 90 * NAMES);
}

/* A crowd of names that take one token each cannot free one that has taken them all. */
static void test_a_crowd_does_not_free_a_flooder(void **state)
{
	struct rate_limit *limit = *state;
	unsigned taken = 0;

	for (uint64_t name = 1; name <= 100 * (uint64_t)NAMES; name++) {
		assert_true(rate_limit_take(limit, name, start, 0));
		taken += rate_limit_take(limit, UINT64_MAX, start, 0);
	}
	assert_int_equal(taken, BURST);
}

/* What is full again is given up for nothing. */
static void test_old_names_make_room(void **state)
{
	struct rate_limit *limit = *state;

	for (uint64_t name = 1; name <= 2 * (uint64_t)NAMES; name++)
		(void)take_all(limit, name, start, 0);
	limit->forgiven = 0;
	for (uint64_t name = 1; name <= NAMES / 16; name++)
		assert_true(rate_limit_take(limit, name << 32, start + USEC_PER_SEC, 0));
	assert_int_equal(limit->forgiven, 0);
}

static int init_crypto(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)
		TEST(test_a_bucket_gives_its_burst_and_then_its_rate),
		TEST(test_a_pause_of_any_length_fills_it_once),
		TEST(test_names_do_not_share),
		TEST(test_no_rate_is_no_limit),
		TEST(test_the_highest_rate_and_burst_fit),
		TEST(test_another_rate_holds_for_an_empty_bucket),
		TEST(test_squeezed_a_token_costs_more),
		TEST(test_a_crowd_hurts_nobody),
		TEST(test_a_crowd_does_not_free_a_flooder),
		TEST(test_old_names_make_room),
#undef TEST
	};

	return cmocka_run_group_tests(tests, init_crypto, NULL);
}
