/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_KEYRING_H
#define WAYMARK_CRYPTO_KEYRING_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "crypto/mac.h"
#include "crypto/purpose.h"

#include <sodium.h>

/*
 * The keyring: one identity key, one signing master, any number of verifying masters, and the ids
 * of retired ones (so that an id is never reused). On disk it is keys.json, mode 0600:
 *
 *   {"version": 1, "identity": "<base64url, 32 bytes>",
 *    "keys": [{"id": 1, "state": "signing", "created": "2026-11-21T…Z", "master": "<base64url>"},
 *             {"id": 2, "state": "retired", "created": "…"}]}
 *
 * Subkey = HMAC-SHA256(master, "waymark 1" ‖ purpose byte ‖ tracker host), host empty for purposes
 * 1 to 6. Masters and states lie in sodium_malloc() memory and are wiped on free. Immutable after
 * load, so any number of threads may read one.
 */
struct keyring;

enum key_state { KEY_SIGNING = 1, KEY_VERIFYING = 2, KEY_RETIRED = 3 };

const char *key_state_text(enum key_state state); /* "signing" … */

struct key_info {
	uint8_t id; /* 1 to 255 */
	enum key_state state;
	usec_t created;
};

enum {
	KEYRING_E_FILE = 1,    /* unreadable, wrong mode, or not a keyring; @error says where */
	KEYRING_E_FULL = 2,    /* id 255 is taken: no further rotation */
	KEYRING_E_UNKNOWN = 3, /* no such key id */
	KEYRING_E_SIGNING = 4, /* the signing key cannot be retired; rotate first */
	KEYRING_E_RETIRED = 5, /* retired already */
	KEYRING_E_EXISTS = 6   /* the file is there; a keyring is never overwritten */
};

/* Once per process before anything else of crypto/. Return: 0, or -EIO. */
int crypto_init(void);

/*
 * Load @path and derive the subkeys for each of @hosts (lower-case A-labels without port, in the
 * order of the configuration: that index is the "tracker" argument elsewhere).
 *
 * Return: 0; KEYRING_E_FILE with @error set; negative errno.
 */
int keyring_load(const char *path, const char *const *hosts, size_t host_count,
		 struct keyring **ret_keyring, struct error *error);
void keyring_free(struct keyring *keyring); /* NULL allowed */

/* Write a fresh keyring with one signing key: O_EXCL, mode 0600, fsync. KEYRING_E_EXISTS. */
int keyring_create(const char *path, struct error *error);

/* A new signing key; the old one goes on verifying. Rewrites @path atomically (rename, fsync). */
int keyring_rotate(const char *path, uint8_t *ret_id, struct error *error);
/* Destroy one master: its tokens stop verifying at once. */
int keyring_retire(const char *path, uint8_t id, struct error *error);

size_t keyring_count(const struct keyring *keyring);
struct key_info keyring_get(const struct keyring *keyring, size_t index);
uint8_t keyring_signing_id(const struct keyring *keyring);
size_t keyring_host_count(const struct keyring *keyring);

/*
 * Export as JSON for a holder of less than all: for a mailer, the identity key and subkeys 1 to 6
 * of the signing key; for a login, the identity key and one tracker's subkey 9. Shape in
 * tests/golden/tokens.json. Appends to @to, which the caller wipes (sodium_memzero).
 */
int keyring_export_mailer(const struct keyring *keyring, struct buffer *to);
int keyring_export_login(const struct keyring *keyring, unsigned tracker, struct buffer *to);

/*
 * The HMAC state after the subkey, to be copied, for id.c and token.c. NULL when @key_id is unknown
 * or retired, or @tracker out of range (ignored for purposes 1 to 6).
 */
const struct mac *keyring_subkey(const struct keyring *keyring, uint8_t key_id,
				 enum purpose purpose, unsigned tracker);
const struct mac *keyring_identity(const struct keyring *keyring);

/*
 * Do both have the same identity key? Another one would give each person and each link another id
 * (DESIGN.md 4: it is never rotated).
 */
bool keyring_same_identity(const struct keyring *one, const struct keyring *other);

#endif
