/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last claims of browsers: found while they are recent and for the same person, forgotten on
 * request, and never more than the table holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/recent_claims.h"
#include "base/encode.h"

enum { WAYS = 8, SETS = RECENT_CLAIMS / WAYS };

static const struct handle alice = {"alice-handle"}, bob = {"bob---handle"};

/* The visitor of number @i; those of equal i % SETS share a set. */
static struct visitor_id visitor_of(uint32_t i)
{
	struct visitor_id visitor = {{0}};

	put_u32(visitor.bytes, i);
	visitor.bytes[15] = 1;
	return visitor;
}

static void put(struct recent_claims *claims, uint32_t i, usec_t time)
{
	const struct visitor_id visitor = visitor_of(i);

	recent_claims_put(claims, &visitor, &alice, time);
}

static usec_t find(const struct recent_claims *claims, uint32_t i)
{
	const struct visitor_id visitor = visitor_of(i);

	return recent_claims_find(claims, &visitor, &alice);
}

static void the_last_claim_for_that_person_is_found(void **state)
{
	const struct visitor_id visitor = visitor_of(2), none = {{0}};
	struct recent_claims claims = {NULL};

	(void)state;
	assert_int_equal(find(&claims, 1), 0);
	put(&claims, 1, 100);
	put(&claims, 2, 200);
	put(&claims, 1, 300);
	assert_int_equal(find(&claims, 1), 300);
	assert_int_equal(find(&claims, 2), 200);
	assert_int_equal(find(&claims, 3), 0);
	assert_int_equal(recent_claims_find(&claims, &none, &alice), 0);
	assert_int_equal(recent_claims_find(&claims, &visitor, &bob), 0);
	/* Somebody else's link since then: what it opened before is over. */
	recent_claims_put(&claims, &visitor, &bob, 400);
	assert_int_equal(find(&claims, 2), 0);
	assert_int_equal(recent_claims_find(&claims, &visitor, &bob), 400);
	recent_claims_finish(&claims);
	assert_int_equal(find(&claims, 1), 0);
}

static void the_oldest_claim_gives_way(void **state)
{
	struct recent_claims claims = {NULL};

	(void)state;
	for (uint32_t i = 0; i < WAYS; i++)
		put(&claims, i * SETS, 10 + i);
	put(&claims, 0, 100);
	put(&claims, WAYS * SETS, 101);
	for (uint32_t i = 0; i <= WAYS; i++)
		assert_int_equal(find(&claims, i * SETS) > 0, i != 1);
	put(&claims, 1, 102);
	assert_int_equal(find(&claims, 1), 102);
	recent_claims_finish(&claims);
}

static void a_browser_that_is_forgotten_has_made_none(void **state)
{
	const struct visitor_id first = visitor_of(1), second = visitor_of(SETS + 1);
	struct recent_claims claims = {NULL};

	(void)state;
	recent_claims_forget(&claims, &first);
	put(&claims, 1, 100);
	put(&claims, SETS + 1, 200);
	recent_claims_forget(&claims, &first);
	recent_claims_forget(&claims, &first);
	assert_int_equal(find(&claims, 1), 0);
	assert_int_equal(find(&claims, SETS + 1), 200);
	recent_claims_forget(&claims, &second);
	assert_int_equal(find(&claims, SETS + 1), 0);
	recent_claims_finish(&claims);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_claim_for_that_person_is_found),
		cmocka_unit_test(the_oldest_claim_gives_way),
		cmocka_unit_test(a_browser_that_is_forgotten_has_made_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
