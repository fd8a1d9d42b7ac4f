/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A MAC is the same whoever computes it: against RFC 4231, and against libsodium for every length
 * around the borders of a block.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "crypto/mac.h"

#include <sodium.h>

static void check_vector(struct span key, struct span bytes, const char *expected)
{
	uint8_t mac[MAC_BYTES], wanted[MAC_BYTES];
	struct mac state;

	assert_int_equal(hex_parse(span_text(expected), wanted, sizeof(wanted)), 0);
	mac_init(&state, key);
	mac_compute(&state, bytes, mac);
	assert_memory_equal(mac, wanted, sizeof(mac));
}

static void test_the_vectors_of_rfc_4231(void **unused)
{
	uint8_t twenty[20], fifty[50], long_key[131];

	(void)unused;
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

static void test_every_length_agrees_with_libsodium(void **unused)
{
	uint8_t key[100], bytes[200], mac[MAC_BYTES], wanted[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state theirs;
	struct mac ours, before;

	(void)unused;
	for (size_t size = 0; size < sizeof(bytes); size++) {
		randombytes_buf(key, sizeof(key));
		randombytes_buf(bytes, sizeof(bytes));
		mac_init(&ours, span_of(key, size % sizeof(key)));
		before = ours;
		mac_compute(&ours, span_of(bytes, size), mac);
		/* The key's state is as before: it is shared by all requests. */
		assert_memory_equal(&ours, &before, sizeof(ours));
		crypto_auth_hmacsha256_init(&theirs, key, size % sizeof(key));
		crypto_auth_hmacsha256_update(&theirs, bytes, size);
		crypto_auth_hmacsha256_final(&theirs, wanted);
		assert_memory_equal(mac, wanted, sizeof(mac));
	}
}

static void test_pieces_are_the_whole_and_leave_nothing(void **unused)
{
	static const struct mac empty;
	uint8_t mac[MAC_BYTES], wanted[MAC_BYTES];
	struct mac key, pieces;

	(void)unused;
	mac_init(&key, SPAN("Jefe"));
	mac_compute(&key, SPAN("what do ya want for nothing?"), wanted);
	pieces = key;
	mac_update(&pieces, SPAN("what do ya "));
	mac_update(&pieces, span_of(NULL, 0));
	mac_update(&pieces, SPAN("want for nothing?"));
	mac_finish(&pieces, mac);
	assert_memory_equal(mac, wanted, sizeof(mac));
	assert_memory_equal(&pieces, &empty, sizeof(pieces));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_vectors_of_rfc_4231),
		cmocka_unit_test(test_every_length_agrees_with_libsodium),
		cmocka_unit_test(test_pieces_are_the_whole_and_leave_nothing),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
