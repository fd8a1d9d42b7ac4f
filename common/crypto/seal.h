/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_SEAL_H
#define WAYMARK_CRYPTO_SEAL_H

#include "base/bytes.h"

/*
 * Per-person sealing: XChaCha20-Poly1305 (crypto_aead_xchacha20poly1305_ietf) under the 32-byte key
 * that lives in people/ only. A sealed value is nonce 24 ‖ ciphertext ‖ tag 16; @context is
 * authenticated with it (event type and field id), so that a value cannot be moved to another
 * field. Destroying the key makes every sealed value of that person unreadable, in backups too.
 */
enum { PERSON_KEY_BYTES = 32, SEAL_OVERHEAD_BYTES = 40 };

struct person_key {
	uint8_t bytes[PERSON_KEY_BYTES];
};

void person_key_random(struct person_key *ret_key);

/* Append the sealed form of @clear to @to (check to->error). */
void seal_append(const struct person_key *key, struct span context, struct span clear,
		 struct buffer *to);

/* Append the clear bytes. Return: 0; SEAL_E_FORGED (also: another key, another context). */
enum { SEAL_E_FORGED = 1 };
int seal_open(const struct person_key *key, struct span context, struct span sealed,
	      struct buffer *to);

#endif
