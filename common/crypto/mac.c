/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A click verifies two tokens, or verifies one and mints one: that is a tenth of all its work where
 * SHA-256 is plain C, as in libsodium. Nettle uses the processor's instructions for it, a quarter
 * of the time, and is on every machine that libmicrohttpd is on.
 */
#include "crypto/mac.h"

#include <sodium.h>

void mac_init(struct mac *mac, struct span key)
{
	hmac_sha256_set_key(&mac->state, key.size, key.data);
}

void mac_update(struct mac *mac, struct span bytes)
{
	if (bytes.size > 0)
		hmac_sha256_update(&mac->state, bytes.size, bytes.data);
}

void mac_finish(struct mac *mac, uint8_t ret_mac[MAC_BYTES])
{
	hmac_sha256_digest(&mac->state, MAC_BYTES, ret_mac);
	sodium_memzero(mac, sizeof(*mac));
}

void mac_compute(const struct mac *key, struct span bytes, uint8_t ret_mac[MAC_BYTES])
{
	struct mac mac = *key;

	mac_update(&mac, bytes);
	mac_finish(&mac, ret_mac);
}
