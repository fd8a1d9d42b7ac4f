/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a keyring that leave the server, for those who mint tokens of their own.
 *
 * An export holds subkeys of the signing key, derived anew from its master: who holds one mints
 * what it is for, and nothing else. It also holds the identity key, because the prospect id of an
 * address is computed where the address is known. Tokens minted from an export verify until its key
 * is retired, whatever rotates meanwhile.
 */
#include "crypto/keyring_json.h"
#include "crypto/keyring_vault.h"

#include <assert.h>

static void append_head(const struct keyring *keyring, const char *holder, struct buffer *to)
{
	/* One allocation, so that no copy is left behind by growth. */
	(void)buffer_reserve(to, 2048);
	buffer_printf(to, "{\n  \"version\": 1,\n  \"for\": \"%s\",\n  \"key_id\": %u,\n", holder,
		      keyring->signing_id);
}

static void append_subkeys(const struct keyring *keyring, enum purpose first, enum purpose last,
			   const char *host, struct buffer *to)
{
	const uint8_t *master =
		keyring_master(keyring, (size_t)keyring->slots[keyring->signing_id]);
	uint8_t subkey[KEYRING_KEY_BYTES];

	buffer_append_text(to, "  \"identity\": ");
	keyring_json_append_key(to, keyring->vault->identity);
	buffer_append_text(to, ",\n  \"subkeys\": {");
	for (int purpose = (int)first; purpose <= (int)last; purpose++) {
		keyring_derive(master, (enum purpose)purpose, host, subkey);
		buffer_printf(to, "%s\n    \"%d\": ", purpose > (int)first ? "," : "", purpose);
		keyring_json_append_key(to, subkey);
	}
	buffer_append_text(to, "\n  }\n}\n");
	sodium_memzero(subkey, sizeof(subkey));
}

int keyring_export_mailer(const struct keyring *keyring, struct buffer *to)
{
	append_head(keyring, "mailer", to);
	append_subkeys(keyring, PURPOSE_FIRST, PURPOSE_LAST_WITHOUT_HOST, "", to);
	return to->error;
}

int keyring_export_login(const struct keyring *keyring, unsigned tracker, struct buffer *to)
{
	assert(tracker < keyring->host_count);
	append_head(keyring, "login", to);
	buffer_printf(to, "  \"tracker\": \"%s\",\n", keyring->hosts[tracker]);
	append_subkeys(keyring, PURPOSE_LOGIN, PURPOSE_LOGIN, keyring->hosts[tracker], to);
	return to->error;
}
