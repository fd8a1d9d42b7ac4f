/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handle that is kept is found until the next write, is never another's, and leaves when newer
 * ones need its place.
 */
#include "fixture.h"
#include "store/handle_cache.h"

static struct prospect_id id_of(unsigned number)
{
	struct prospect_id id = {{0}};

	/* Ids of one set differ in what does not choose the set. */
	id.bytes[6] = (uint8_t)(number >> 8);
	id.bytes[7] = (uint8_t)number;
	memcpy(id.bytes + 8, &number, sizeof(number));
	return id;
}

static struct handle handle_of(unsigned number)
{
	struct handle handle = {{0}};

	memcpy(handle.bytes, &number, sizeof(number));
	handle.bytes[11] = 1;
	return handle;
}

static bool keeps(struct handle_cache *cache, uint64_t writes, unsigned number)
{
	struct prospect_id id = id_of(number);
	struct handle handle = handle_of(number), found;

	if (!handle_cache_find(cache, writes, &id, &found))
		return false;
	assert_memory_equal(&found, &handle, sizeof(found));
	return true;
}

static void keep(struct handle_cache *cache, uint64_t writes, unsigned number)
{
	struct prospect_id id = id_of(number);
	struct handle handle = handle_of(number);

	handle_cache_keep(cache, writes, &id, &handle);
	assert_true(keeps(cache, writes, number));
}

static void test_a_handle_is_found_until_the_next_write(void **state)
{
	struct handle_cache *cache = handle_cache_new();

	(void)state;
	assert_false(keeps(cache, 0, 1));
	assert_false(keeps(cache, 5, 1));
	keep(cache, 5, 1);
	assert_false(keeps(cache, 5, 2));
	assert_false(keeps(cache, 6, 1));
	keep(cache, 6, 2);
	assert_true(keeps(cache, 5, 1));
	/* Of the same set, so that one of the older number cannot be left in it. */
	keep(cache, 6, 1 + (1U << 16));
	assert_false(keeps(cache, 6, 1));
	assert_false(keeps(cache, 5, 1));
	handle_cache_free(cache);
}

static void test_the_oldest_of_a_set_leaves(void **state)
{
	struct handle_cache *cache = handle_cache_new();
	unsigned found = 0;

	(void)state;
	for (unsigned i = 0; i <= HANDLE_CACHE_WAYS; i++)
		keep(cache, 1, 7 + (i << 16));
	assert_false(keeps(cache, 1, 7));
	for (unsigned i = 1; i <= HANDLE_CACHE_WAYS; i++)
		assert_true(keeps(cache, 1, 7 + (i << 16)));
	for (unsigned i = 0; i < 100000; i++)
		keep(cache, 2, i);
	for (unsigned i = 0; i < 100000; i++)
		found += keeps(cache, 2, i);
	assert_int_equal(found, HANDLE_CACHE_SETS * HANDLE_CACHE_WAYS);
	handle_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_handle_is_found_until_the_next_write),
		cmocka_unit_test(test_the_oldest_of_a_set_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
