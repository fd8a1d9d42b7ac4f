/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was put under a nonce is taken once, by that nonce alone; who is forgotten is not found, and
 * the table holds so many and no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/handovers.h"
#include "base/encode.h"
#include "crypto/keyring.h"

static struct visitor_id visitor_of(uint32_t i)
{
	struct visitor_id visitor = {{0}};

	put_u32(visitor.bytes, i);
	visitor.bytes[15] = 2;
	return visitor;
}

static struct token_nonce put(struct handovers *handovers, uint32_t i)
{
	struct handover handover = {.visitor = visitor_of(i), .origin = "https://www.example.com"};
	struct token_nonce nonce;

	assert_true(handovers_put(handovers, &handover, &nonce));
	return nonce;
}

static bool take(struct handovers *handovers, struct token_nonce nonce, uint32_t i)
{
	const struct visitor_id visitor = visitor_of(i);
	struct handover handover;

	if (!handovers_take(handovers, &nonce, &handover))
		return false;
	assert_memory_equal(&handover.visitor, &visitor, sizeof(visitor));
	assert_memory_equal(&handover.nonce, &nonce, sizeof(nonce));
	assert_string_equal(handover.origin, "https://www.example.com");
	return true;
}

static void each_is_taken_once(void **state)
{
	struct handovers handovers = {NULL};
	const struct token_nonce none = {{0}};
	struct token_nonce one, other;

	(void)state;
	assert_false(take(&handovers, none, 1));
	one = put(&handovers, 1);
	other = put(&handovers, 1);
	assert_memory_not_equal(&one, &other, sizeof(one));
	assert_false(take(&handovers, none, 1));
	assert_true(take(&handovers, one, 1));
	assert_false(take(&handovers, one, 1));
	assert_true(take(&handovers, other, 1));
	assert_false(take(&handovers, other, 1));
	handovers_finish(&handovers);
}

static void every_bit_of_a_nonce_counts(void **state)
{
	struct handovers handovers = {NULL};
	struct token_nonce nonce;

	(void)state;
	nonce = put(&handovers, 1);
	for (unsigned bit = 0; bit < 8 * sizeof(nonce); bit++) {
		nonce.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_false(take(&handovers, nonce, 1));
		nonce.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_true(take(&handovers, nonce, 1));
	handovers_finish(&handovers);
}

static void who_is_forgotten_is_not_handed_over(void **state)
{
	struct handovers handovers = {NULL};
	const struct visitor_id visitor = visitor_of(1);
	struct token_nonce one, again, other;

	(void)state;
	handovers_forget(&handovers, &visitor);
	one = put(&handovers, 1);
	again = put(&handovers, 1);
	other = put(&handovers, 2);
	handovers_forget(&handovers, &visitor);
	assert_false(take(&handovers, one, 1));
	assert_false(take(&handovers, again, 1));
	assert_true(take(&handovers, other, 2));
	handovers_finish(&handovers);
}

static void it_holds_so_many_and_the_newest(void **state)
{
	enum { PUT = 4 * HANDOVERS };
	static struct token_nonce nonces[PUT];
	struct handovers handovers = {NULL};
	unsigned found = 0, early = 0;

	(void)state;
	for (uint32_t i = 0; i < PUT; i++)
		nonces[i] = put(&handovers, i);
	for (uint32_t i = 0; i < PUT; i++)
		if (take(&handovers, nonces[i], i)) {
			found++;
			early += i < PUT / 4;
		}
	assert_int_equal(found, HANDOVERS);
	assert_true(early < HANDOVERS / 100);
	handovers_finish(&handovers);
}

static void agents_are_told_apart(void **state)
{
	struct handovers handovers = {NULL};
	uint64_t one = handovers_agent(&handovers, SPAN("one"));

	(void)state;
	assert_int_equal(handovers_agent(&handovers, SPAN("one")), one);
	assert_int_not_equal(handovers_agent(&handovers, SPAN("One")), one);
	assert_int_not_equal(handovers_agent(&handovers, span_of(NULL, 0)), one);
	put(&handovers, 1);
	assert_int_equal(handovers_agent(&handovers, SPAN("one")), one);
	handovers_finish(&handovers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_taken_once),
		cmocka_unit_test(every_bit_of_a_nonce_counts),
		cmocka_unit_test(who_is_forgotten_is_not_handed_over),
		cmocka_unit_test(it_holds_so_many_and_the_newest),
		cmocka_unit_test(agents_are_told_apart),
	};

	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
