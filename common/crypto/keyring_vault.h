/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_KEYRING_VAULT_H
#define WAYMARK_CRYPTO_KEYRING_VAULT_H

#include "crypto/keyring_file.h"

/* What a loaded keyring is made of; for the files keyring*.c only. */
enum {
	PURPOSES_WITHOUT_HOST = PURPOSE_LAST_WITHOUT_HOST - PURPOSE_FIRST + 1,
	PURPOSES_WITH_HOST = PURPOSE_COUNT - 1 - PURPOSE_LAST_WITHOUT_HOST
};

/* The secrets, in guarded memory. The masters, 32 bytes a slot, follow the last state. */
struct vault {
	struct mac identity_state;
	uint8_t identity[KEYRING_KEY_BYTES];
	struct mac states[];
};

struct keyring {
	struct key_info keys[KEYRING_KEYS_MAX];
	size_t count;
	uint8_t signing_id;
	int16_t slots[KEYRING_KEYS_MAX + 1]; /* by key id; -1: unknown or retired */
	char **hosts;
	size_t host_count;
	struct vault *vault;
	size_t state_count;
};

static inline uint8_t *keyring_master(const struct keyring *keyring, size_t slot)
{
	return (uint8_t *)&keyring->vault->states[keyring->state_count] + slot * KEYRING_KEY_BYTES;
}

/* The 32 bytes of a subkey, from its master. @host is "" for purposes 1 to 6. */
void keyring_derive(const uint8_t master[KEYRING_KEY_BYTES], enum purpose purpose, const char *host,
		    uint8_t ret_subkey[KEYRING_KEY_BYTES]);

#endif
