/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arena: aligned, bounded, reusable, and copies carry a NUL that is not counted.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void allocations_are_aligned_and_distinct(void **state)
{
	struct arena arena = ARENA_INIT(0);
	uint8_t *last = NULL;

	(void)state;
	for (size_t size = 1; size < 5000; size += 37) {
		uint8_t *bytes = arena_alloc(&arena, size);

		assert_non_null(bytes);
		assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
		assert_ptr_not_equal(bytes, last);
		memset(bytes, 0xA5, size);
		last = bytes;
	}
	arena_finish(&arena);
}

static void limit_holds_and_reset_gives_it_back(void **state)
{
	struct arena arena = ARENA_INIT(4096);

	(void)state;
	assert_non_null(arena_alloc(&arena, 4000));
	assert_null(arena_alloc(&arena, 200));
	assert_null(arena_alloc(&arena, SIZE_MAX));
	arena_reset(&arena);
	assert_non_null(arena_alloc(&arena, 4096));
	assert_null(arena_alloc(&arena, 1));
	arena_finish(&arena);
	arena_finish(NULL);
}

/* What is used again and again keeps little, whatever was asked of it first. */
static void reset_keeps_no_large_block(void **state)
{
	struct arena arena = ARENA_INIT(0);
	size_t before;

	(void)state;
	assert_non_null(arena_alloc(&arena, 1));
	arena_reset(&arena);
	before = mallinfo2().uordblks;
	assert_non_null(arena_alloc(&arena, 100000));
	assert_non_null(arena_alloc(&arena, 100000));
	arena_reset(&arena);
	assert_int_equal(mallinfo2().uordblks, before);
	arena_finish(&arena);
	assert_non_null(arena_alloc(&arena, 100000));
	arena_reset(&arena);
	assert_true(mallinfo2().uordblks <= before);
	assert_non_null(arena_alloc(&arena, 100000));
	arena_finish(&arena);
}

static void copy_ends_with_nul_and_absent_stays_absent(void **state)
{
	struct arena arena = ARENA_INIT(0);
	struct span copy = arena_copy(&arena, SPAN("a\0b"));

	(void)state;
	assert_int_equal(copy.size, 3);
	assert_memory_equal(copy.data, "a\0b", 4);
	assert_null(arena_copy(&arena, span_of(NULL, 0)).data);
	copy = arena_copy(&arena, SPAN(""));
	assert_non_null(copy.data);
	assert_int_equal(copy.size, 0);
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_aligned_and_distinct),
		cmocka_unit_test(limit_holds_and_reset_gives_it_back),
		cmocka_unit_test(reset_keeps_no_large_block),
		cmocka_unit_test(copy_ends_with_nul_and_absent_stays_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
