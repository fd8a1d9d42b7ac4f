/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing under a person's key. The nonce is random: with 192 bits, no count of sealed values makes
 * a repetition likely, so nodes that share a person need not agree on a counter.
 *
 * The person's key comes from the kernel directly, since it outlives all that it seals.
 */
#include "crypto/seal.h"

#include "crypto/random.h"

#include <sodium.h>

enum {
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES
};

_Static_assert(NONCE_BYTES + TAG_BYTES == SEAL_OVERHEAD_BYTES, "the sealed form on disk");
_Static_assert(PERSON_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the key on disk");

void person_key_random(struct person_key *ret_key)
{
	randombytes_buf(ret_key->bytes, sizeof(ret_key->bytes));
}

void seal_append(const struct person_key *key, struct span context, struct span clear,
		 struct buffer *to)
{
	uint8_t *room = buffer_reserve(to, clear.size + SEAL_OVERHEAD_BYTES);

	if (!room)
		return;
	random_take(room, NONCE_BYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(room + NONCE_BYTES, NULL, clear.data,
							 clear.size, context.data, context.size,
							 NULL, room, key->bytes);
	to->size += clear.size + SEAL_OVERHEAD_BYTES;
}

int seal_open(const struct person_key *key, struct span context, struct span sealed,
	      struct buffer *to)
{
	uint8_t *room;

	if (sealed.size < SEAL_OVERHEAD_BYTES)
		return SEAL_E_FORGED;
	room = buffer_reserve(to, sealed.size - SEAL_OVERHEAD_BYTES);
	if (!room)
		return to->error;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(room, NULL, NULL, sealed.data + NONCE_BYTES,
						       sealed.size - NONCE_BYTES, context.data,
						       context.size, sealed.data, key->bytes) < 0)
		return SEAL_E_FORGED;
	to->size += sealed.size - SEAL_OVERHEAD_BYTES;
	return 0;
}
