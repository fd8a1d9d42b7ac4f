/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_MAC_H
#define WAYMARK_CRYPTO_MAC_H

#include "base/bytes.h"

#include <nettle/hmac.h>

/*
 * HMAC-SHA256 (RFC 2104, FIPS 180-4): what every token, id and subkey is made of. A struct mac that
 * holds a key and nothing behind it may be shared and copied; it is as secret as the key.
 */
struct mac {
	struct hmac_sha256_ctx state;
};

enum { MAC_BYTES = SHA256_DIGEST_SIZE };

void mac_init(struct mac *mac, struct span key);
void mac_update(struct mac *mac, struct span bytes); /* absent: nothing */
/* The MAC of what was added. Wipes @mac. */
void mac_finish(struct mac *mac, uint8_t ret_mac[MAC_BYTES]);

/* The MAC of @bytes alone; @key stays as it is. Constant in time but for the number of bytes. */
void mac_compute(const struct mac *key, struct span bytes, uint8_t ret_mac[MAC_BYTES]);

#endif
