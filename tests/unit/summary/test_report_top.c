/* SPDX-License-Identifier: Apache-2.0 */
/* The largest of many: the same as sorting all of them, in any order of coming, and nothing lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "summary/report_top.h"

enum { THINGS = 500 };

struct thing {
	int64_t first, second;
	uint32_t name;
};

static int compare(const void *left, const void *right)
{
	const struct thing *a = left, *b = right;

	if (a->first != b->first)
		return a->first > b->first ? -1 : 1;
	if (a->second != b->second)
		return a->second > b->second ? -1 : 1;
	return memcmp(&a->name, &b->name, sizeof(a->name));
}

static void check(size_t capacity, unsigned seed)
{
	struct thing things[THINGS];
	struct top top;
	int64_t left_out = 0, rest = 0;

	assert_int_equal(top_init(&top, sizeof(struct thing), capacity), 0);
	for (uint32_t i = 0; i < THINGS; i++) {
		struct thing evicted = {0};
		enum top_fate fate;

		seed = seed * 1103515245U + 12345U;
		/* The first bytes of what is kept are its name, by which equals are ranked. */
		things[i] = (struct thing){.first = seed >> 16 & 31, .second = i % 3, .name = i};
		fate = top_add(&top, things[i].first, things[i].second, &things[i], &evicted);
		left_out += fate == TOP_LEFT_OUT ? things[i].first : 0;
		left_out += fate == TOP_REPLACED ? evicted.first : 0;
	}
	top_sort(&top);
	qsort(things, THINGS, sizeof(*things), compare);
	assert_int_equal(top.count, capacity < THINGS ? capacity : THINGS);
	for (size_t i = 0; i < THINGS; i++) {
		const struct thing *kept = i < top.count ? top_get(&top, i) : NULL;

		if (kept && (kept->first != things[i].first || kept->second != things[i].second))
			fail_msg("capacity %zu: %zu is not the one that sorting gives", capacity,
				 i);
		rest += kept ? 0 : things[i].first;
	}
	assert_int_equal(left_out, rest);
	top_finish(&top);
}

static void it_keeps_what_sorting_would_put_first(void **state)
{
	static const size_t capacities[] = {0, 1, 2, 3, 10, 499, 500, 501};

	(void)state;
	for (size_t i = 0; i < sizeof(capacities) / sizeof(*capacities); i++)
		for (unsigned seed = 1; seed < 20; seed++)
			check(capacities[i], seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_keeps_what_sorting_would_put_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
