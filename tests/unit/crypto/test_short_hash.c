/* SPDX-License-Identifier: Apache-2.0 */
/* A place in a table depends on the key and on every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/keyring.h"
#include "crypto/short_hash.h"

/* The first vector of SipHash-2-4: key 00 to 0f, no input. */
static void it_is_siphash(void **state)
{
	static const uint8_t expected[8] = {0x31, 0x0e, 0x0e, 0xdd, 0x47, 0xdb, 0x6f, 0x72};
	struct short_hash_key key;
	uint64_t number;

	(void)state;
	for (uint8_t i = 0; i < sizeof(key.bytes); i++)
		key.bytes[i] = i;
	memcpy(&number, expected, sizeof(number));
	assert_true(short_hash(&key, SPAN("")) == number);
	assert_true(short_hash(&key, span_of(NULL, 0)) == number);
}

static void key_and_bytes_make_a_difference(void **state)
{
	struct short_hash_key one, other;

	(void)state;
	assert_int_equal(crypto_init(), 0);
	short_hash_key_make(&one);
	short_hash_key_make(&other);
	assert_true(short_hash(&one, SPAN("abc")) == short_hash(&one, SPAN("abc")));
	assert_true(short_hash(&one, SPAN("abc")) != short_hash(&other, SPAN("abc")));
	assert_true(short_hash(&one, SPAN("abc")) != short_hash(&one, SPAN("abd")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_siphash),
		cmocka_unit_test(key_and_bytes_make_a_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
