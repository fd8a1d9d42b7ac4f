/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_KEYRING_JSON_H
#define WAYMARK_CRYPTO_KEYRING_JSON_H

#include "crypto/keyring_file.h"

/*
 * The text of keys.json. It holds masters, so whoever takes it wipes it: @to has
 * KEYRING_FILE_MAX_BYTES reserved beforehand, and is never moved (which would leave a copy behind).
 */
void keyring_json_format(const struct keyring_file *file, struct buffer *to);

/* Append 32 bytes as a JSON string of base64url, without leaving them on the stack. */
void keyring_json_append_key(struct buffer *to, const uint8_t key[KEYRING_KEY_BYTES]);

#endif
