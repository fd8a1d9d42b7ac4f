/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fold has met is found again; with a limit the last of it is, and what is asked for now and
 * then, in memory that does not grow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "summary/memo.h"

enum { KEYS = 20000, LIMIT = 1000 };

static bool meet(struct memo *memo, uint64_t number, uint64_t value)
{
	bool is_new;
	uint64_t *at = memo_at(memo, &(struct memo_key){1, number, ~number}, &is_new);

	assert_non_null(at);
	if (is_new)
		*at = value;
	assert_int_equal(*at, value);
	return is_new;
}

static void all_is_remembered(void **state)
{
	struct memo memo = {0};

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < KEYS; i++)
			assert_true(meet(&memo, i, i + 7));
		for (uint64_t i = 0; i < KEYS; i++)
			assert_false(meet(&memo, i, i + 7));
		memo_clear(&memo);
	}
	memo_finish(&memo);
}

static void the_last_is_remembered(void **state)
{
	struct memo memo = {.limit = LIMIT};

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 1; i < KEYS; i++) {
			assert_true(meet(&memo, i, i));
			/* Asked for now and then. */
			if (i % (LIMIT / 2) == 1)
				assert_int_equal(meet(&memo, 0, 42), i == 1);
		}
		assert_in_range(memo.capacity + memo.old_capacity, LIMIT, 8 * LIMIT);
		for (uint64_t i = KEYS - LIMIT; i < KEYS; i++)
			assert_false(meet(&memo, i, i));
		assert_true(meet(&memo, 1, 1));
		memo_clear(&memo);
		assert_true(meet(&memo, KEYS - 1, 5));
		memo_clear(&memo);
	}
	memo_finish(&memo);
	assert_int_equal(memo.limit, LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_remembered),
		cmocka_unit_test(the_last_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
