/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_MAC_H
#define WAYMARK_CRYPTO_MAC_H

#include "base/bytes.h"

#include <sodium.h>

/*
 * HMAC-SHA256 under a key whose state is ready (keyring_subkey()): @ret_mac is what libsodium's
 * crypto_auth_hmacsha256_*() would make of it, for any bytes and on any machine. Constant in time
 * but for the number of bytes.
 */
void mac_compute(const crypto_auth_hmacsha256_state *key, struct span bytes,
		 uint8_t ret_mac[crypto_auth_hmacsha256_BYTES]);

/*
 * See what this processor can do, before the first mac_compute() and any thread; without it, or
 * where the processor's own instructions do not agree with libsodium, libsodium does all the work.
 */
void mac_init(void);
/* Whether mac_compute() has instructions of the processor to use. */
bool mac_is_accelerated(void);

#endif
