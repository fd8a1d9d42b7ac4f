/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link that is kept is the link that state/ has: after every write that was reported done, for
 * every row that fits and every one that does not, with more links than are kept.
 */
#include "fixture.h"
#include "store/link_cache.h"

#include <malloc.h>

static struct span row_of(uint8_t bytes[2048], unsigned number, size_t size)
{
	memset(bytes, (int)(number % 251), size);
	memcpy(bytes, &number, sizeof(number));
	return span_of(bytes, size);
}

static struct link_id id_of(unsigned number)
{
	struct link_id id = {{0}};

	memcpy(id.bytes, &number, sizeof(number));
	id.bytes[7] = (uint8_t)(number * 7);
	return id;
}

static void test_a_row_is_found_until_the_next_write(void **state)
{
	struct link_cache *cache = link_cache_new();
	struct link_id one = id_of(1), other = id_of(2);
	uint8_t bytes[2048];

	(void)state;
	assert_null(link_cache_find(cache, 5, &one).data);
	link_cache_keep(cache, 5, &one, row_of(bytes, 1, 300));
	assert_true(span_equal(link_cache_find(cache, 5, &one), row_of(bytes, 1, 300)));
	assert_null(link_cache_find(cache, 5, &other).data);
	assert_null(link_cache_find(cache, 6, &one).data);
	assert_null(link_cache_find(cache, 5, &one).data);
	/* A row that was read before a write must not be found after it. */
	link_cache_keep(cache, 7, &one, row_of(bytes, 1, 300));
	assert_null(link_cache_find(cache, 8, &one).data);
	link_cache_free(cache);
}

static void test_what_is_found_is_what_was_kept(void **state)
{
	enum { LINKS = 5000 };
	struct link_cache *cache = link_cache_new();
	size_t before = mallinfo2().uordblks, found = 0;
	uint8_t bytes[2048];

	(void)state;
	for (unsigned i = 0; i < LINKS; i++) {
		struct link_id id = id_of(i);
		size_t size = 4 + i % 1100;
		struct span row = row_of(bytes, i, size), kept;

		link_cache_keep(cache, 1, &id, row);
		kept = link_cache_find(cache, 1, &id);
		assert_int_equal(kept.data != NULL, size <= LINK_CACHE_ROW_MAX_BYTES);
		assert_true(!kept.data || span_equal(kept, row));
	}
	for (unsigned i = 0; i < LINKS; i++) {
		struct link_id id = id_of(i);
		struct span kept = link_cache_find(cache, 1, &id);

		found += kept.data != NULL;
		assert_true(!kept.data || span_equal(kept, row_of(bytes, i, 4 + i % 1100)));
	}
	assert_true(found > 0 && found <= (size_t)LINK_CACHE_SETS * LINK_CACHE_WAYS);
	/* All of them would take 2.5 MB. Twice, since malloc() counts what its threads keep. */
	assert_true(mallinfo2().uordblks - before < (size_t)2 * LINK_CACHE_SETS * LINK_CACHE_WAYS *
							    (LINK_CACHE_ROW_MAX_BYTES + 64));
	link_cache_free(cache);
}

static void expect(struct fixture *fixture, const struct link_id *id, const char *destination)
{
	struct link link;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(link_find(fixture->store, id, &fixture->arena, &link), 0);
		assert_true(span_equal(link.destination, span_text(destination)));
		assert_memory_equal(&link.id, id, sizeof(*id));
	}
}

static void test_a_write_is_seen_when_it_is_done(void **state)
{
	static const struct link_id id = {"linkid01"}, other = {"linkid02"};
	struct fixture *fixture = *state;
	struct link link;

	fixture_open(fixture);
	assert_int_equal(link_find(fixture->store, &id, &fixture->arena, &link), STORE_E_NOT_FOUND);
	(void)store_now(fixture, link_ticket("linkid02", "https://www.example.com/", "other"));
	for (unsigned i = 0; i < 300; i++) {
		char destination[2048] = "https://www.example.com/";
		size_t size = strlen(destination);

		(void)snprintf(destination + size, sizeof(destination) - size, "%0*u",
			       (int)(i % 1500), i);
		(void)store_now(fixture, link_ticket("linkid01", destination, "spring"));
		expect(fixture, &id, destination);
		expect(fixture, &other, "https://www.example.com/");
		/* A click changes nothing in state/. */
		(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, i));
		expect(fixture, &id, destination);
		arena_reset(&fixture->arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_row_is_found_until_the_next_write),
		cmocka_unit_test(test_what_is_found_is_what_was_kept),
		cmocka_unit_test_setup_teardown(test_a_write_is_seen_when_it_is_done, fixture_new,
						fixture_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
