/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A MAC is the same whoever computes it: against RFC 4231, and against libsodium for every length
 * around the borders of a block, with and without the processor's instructions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "crypto/mac.h"

static void check_vector(struct span key, struct span bytes, const char *expected)
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES], wanted[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	assert_int_equal(hex_parse(span_text(expected), wanted, sizeof(wanted)), 0);
	crypto_auth_hmacsha256_init(&state, key.data, key.size);
	mac_compute(&state, bytes, mac);
	assert_memory_equal(mac, wanted, sizeof(mac));
}

static void the_vectors_of_rfc_4231(void)
{
	uint8_t twenty[20], fifty[50], long_key[131];

	memset(twenty, 0x0b, sizeof(twenty));
	check_vector(span_of(twenty, 20), SPAN("Hi There"),
		     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	check_vector(SPAN("Jefe"), SPAN("what do ya want for nothing?"),
		     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(twenty, 0xaa, sizeof(twenty));
	memset(fifty, 0xdd, sizeof(fifty));
	check_vector(span_of(twenty, 20), span_of(fifty, 50),
		     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	memset(long_key, 0xaa, sizeof(long_key));
	check_vector(span_of(long_key, 131),
		     SPAN("Test Using Larger Than Block-Size Key - Hash Key First"),
		     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void every_length_agrees_with_libsodium(void)
{
	uint8_t key[64], bytes[200], mac[32], wanted[32];
	crypto_auth_hmacsha256_state state, again;

	for (size_t size = 0; size < sizeof(bytes); size++) {
		randombytes_buf(key, sizeof(key));
		randombytes_buf(bytes, sizeof(bytes));
		crypto_auth_hmacsha256_init(&state, key, size % sizeof(key));
		again = state;
		mac_compute(&state, span_of(bytes, size), mac);
		/* The key's state is as before: it is shared by all requests. */
		assert_memory_equal(&state, &again, sizeof(state));
		crypto_auth_hmacsha256_update(&again, bytes, size);
		crypto_auth_hmacsha256_final(&again, wanted);
		assert_memory_equal(mac, wanted, sizeof(mac));
	}
}

static void test_before_the_processor_was_asked(void **state)
{
	(void)state;
	assert_false(mac_is_accelerated());
	the_vectors_of_rfc_4231();
	every_length_agrees_with_libsodium();
}

static void test_with_what_the_processor_can_do(void **state)
{
	(void)state;
	mac_init();
	print_message("the processor %s instructions for it\n",
		      mac_is_accelerated() ? "has" : "has no");
	the_vectors_of_rfc_4231();
	for (int i = 0; i < 50; i++)
		every_length_agrees_with_libsodium();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_the_processor_was_asked),
		cmocka_unit_test(test_with_what_the_processor_can_do),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
