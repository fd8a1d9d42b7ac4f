/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/short_hash.h"

#include <assert.h>
#include <sodium.h>

static_assert(SHORT_HASH_KEY_BYTES == crypto_shorthash_KEYBYTES, "the key of libsodium");
static_assert(sizeof(uint64_t) == crypto_shorthash_BYTES, "the hash of libsodium");
static_assert(SHORT_HASH_WIDE_BYTES == crypto_shorthash_siphashx24_BYTES, "its wide one");

void short_hash_key_make(struct short_hash_key *ret_key)
{
	randombytes_buf(ret_key->bytes, sizeof(ret_key->bytes));
}

uint64_t short_hash(const struct short_hash_key *key, struct span text)
{
	uint8_t bytes[crypto_shorthash_BYTES];
	uint64_t hash;

	(void)crypto_shorthash(bytes, text.data, text.size, key->bytes);
	memcpy(&hash, bytes, sizeof(hash));
	return hash;
}

void short_hash_wide(const struct short_hash_key *key, struct span text,
		     uint8_t ret_hash[SHORT_HASH_WIDE_BYTES])
{
	(void)crypto_shorthash_siphashx24(ret_hash, text.data, text.size, key->bytes);
}
