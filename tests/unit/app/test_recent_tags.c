/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tags that were given out last: found while they are recent, forgotten on request, and never
 * more than the table holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/recent_tags.h"
#include "base/encode.h"

enum { WAYS = 8, SETS = RECENT_TAGS / WAYS };

/* The tag of number @i; those of equal i % SETS share a set. */
static struct visitor_tag tag_of(uint32_t i)
{
	struct visitor_tag tag = {{0}};

	put_u32(tag.bytes, i);
	tag.bytes[7] = 1;
	return tag;
}

static struct visitor_id visitor_of(uint32_t i)
{
	struct visitor_id visitor = {{0}};

	put_u32(visitor.bytes, i);
	visitor.bytes[15] = 2;
	return visitor;
}

static void put(struct recent_tags *tags, uint32_t i)
{
	const struct visitor_tag tag = tag_of(i);
	const struct visitor_id visitor = visitor_of(i);

	recent_tags_put(tags, &tag, &visitor);
}

static bool has(struct recent_tags *tags, uint32_t i)
{
	const struct visitor_tag tag = tag_of(i);
	const struct visitor_id visitor = visitor_of(i);
	struct visitor_id found;

	if (!recent_tags_find(tags, &tag, &found))
		return false;
	assert_memory_equal(&found, &visitor, sizeof(found));
	return true;
}

static void what_was_put_is_found(void **state)
{
	struct recent_tags tags = {NULL};
	const struct visitor_tag none = {{0}};
	struct visitor_id found;

	(void)state;
	assert_false(has(&tags, 1));
	put(&tags, 1);
	put(&tags, 2);
	assert_true(has(&tags, 1) && has(&tags, 2));
	assert_false(has(&tags, 3));
	assert_false(recent_tags_find(&tags, &none, &found));
	recent_tags_finish(&tags);
	assert_false(has(&tags, 1));
}

static void the_one_longest_unasked_gives_way(void **state)
{
	struct recent_tags tags = {NULL};

	(void)state;
	for (uint32_t i = 0; i < WAYS; i++)
		put(&tags, i * SETS);
	put(&tags, 0);
	assert_true(has(&tags, 1 * SETS));
	put(&tags, WAYS * SETS);
	assert_false(has(&tags, 2 * SETS));
	for (uint32_t i = 0; i <= WAYS; i++)
		assert_int_equal(has(&tags, i * SETS), i != 2);
	put(&tags, 1);
	assert_true(has(&tags, 1));
	recent_tags_finish(&tags);
}

static void a_tag_may_lead_elsewhere_later(void **state)
{
	struct recent_tags tags = {NULL};
	const struct visitor_tag tag = tag_of(5);
	const struct visitor_id other = visitor_of(6);
	struct visitor_id found;

	(void)state;
	put(&tags, 5);
	recent_tags_put(&tags, &tag, &other);
	assert_true(recent_tags_find(&tags, &tag, &found));
	assert_memory_equal(&found, &other, sizeof(found));
	recent_tags_forget(&tags, &other);
	assert_false(recent_tags_find(&tags, &tag, &found));
	recent_tags_finish(&tags);
}

static void a_visitor_is_forgotten_under_every_tag(void **state)
{
	struct recent_tags tags = {NULL};
	const struct visitor_id visitor = visitor_of(1);
	const struct visitor_tag second = tag_of(77);
	struct visitor_id found;

	(void)state;
	recent_tags_forget(&tags, &visitor);
	put(&tags, 1);
	put(&tags, 2);
	recent_tags_put(&tags, &second, &visitor);
	recent_tags_forget(&tags, &visitor);
	assert_false(has(&tags, 1));
	assert_false(recent_tags_find(&tags, &second, &found));
	assert_true(has(&tags, 2));
	recent_tags_finish(&tags);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_found),
		cmocka_unit_test(the_one_longest_unasked_gives_way),
		cmocka_unit_test(a_tag_may_lead_elsewhere_later),
		cmocka_unit_test(a_visitor_is_forgotten_under_every_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
