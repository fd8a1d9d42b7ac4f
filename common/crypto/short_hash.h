/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_SHORT_HASH_H
#define WAYMARK_CRYPTO_SHORT_HASH_H

#include "base/bytes.h"

/*
 * SipHash-2-4 for tables whose keys come from outside: under a key that nobody else knows, nobody
 * can choose names that fall into one place. Not a MAC of ours: 8 bytes, and never leaves memory.
 */
enum { SHORT_HASH_KEY_BYTES = 16 };

struct short_hash_key {
	uint8_t bytes[SHORT_HASH_KEY_BYTES];
};

void short_hash_key_make(struct short_hash_key *ret_key);
uint64_t short_hash(const struct short_hash_key *key, struct span text);

/* As many bytes as make a name of the text: two texts with the same ones are not to be expected. */
enum { SHORT_HASH_WIDE_BYTES = 16 };
void short_hash_wide(const struct short_hash_key *key, struct span text,
		     uint8_t ret_hash[SHORT_HASH_WIDE_BYTES]);

#endif
