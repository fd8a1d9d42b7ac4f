/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A running SHA-256, which is what `sha256sum` prints: whoever keeps a backup can check it without
 * this program.
 *
 * Not for secrets: nothing here is wiped, and a plain digest authenticates nothing.
 */
#include "crypto/digest.h"
#include "base/encode.h"

#include <sodium.h>
#include <stdlib.h>

struct digest {
	crypto_hash_sha256_state state;
};

struct digest *digest_new(void)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (digest)
		(void)crypto_hash_sha256_init(&digest->state);
	return digest;
}

void digest_free(struct digest *digest)
{
	free(digest);
}

void digest_add(struct digest *digest, struct span bytes)
{
	(void)crypto_hash_sha256_update(&digest->state, bytes.data, bytes.size);
}

void digest_finish(struct digest *digest, char ret_text[DIGEST_TEXT_BYTES])
{
	uint8_t bytes[DIGEST_BYTES];

	(void)crypto_hash_sha256_final(&digest->state, bytes);
	hex_format(bytes, sizeof(bytes), ret_text);
	(void)crypto_hash_sha256_init(&digest->state);
}
