/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses a purpose. The rest is opened as a token's text, which no input ever gets
 * right but one that was minted; and it is signed as a payload, as the holder of an export could,
 * and opened: what is accepted then mints to the same text. The same bytes are read as keys.json.
 */
#include "base/encode.h"
#include "crypto/keyring_json.h"
#include "crypto/token.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct keyring *keyring;

/* A keyring of this process alone. */
static void make_keyring(void)
{
	static const char *const hosts[] = {"go.example.com"};
	char folder[] = "/tmp/waymark-fuzz-XXXXXX", path[64];

	if (crypto_init() || !mkdtemp(folder))
		abort();
	(void)snprintf(path, sizeof(path), "%s/keys.json", folder);
	if (keyring_create(path, NULL) || keyring_load(path, hosts, 1, &keyring, NULL))
		abort();
	(void)unlink(path);
	(void)rmdir(folder);
}

static void check_payload(enum purpose purpose, struct span payload)
{
	char text[TOKEN_MAX_CHARS + 1], again[TOKEN_MAX_CHARS + 1];
	uint8_t bytes[TOKEN_MAX_BYTES] = {1}, mac[MAC_BYTES];
	struct token token;
	int code;

	if (payload.size > TOKEN_MAX_BYTES - TOKEN_OVERHEAD_BYTES)
		return;
	if (payload.size > 0)
		memcpy(bytes + 1, payload.data, payload.size);
	mac_compute(keyring_subkey(keyring, 1, purpose, 0), span_of(bytes, 1 + payload.size), mac);
	memcpy(bytes + 1 + payload.size, mac, TOKEN_MAC_BYTES);
	base64url_format(bytes, TOKEN_OVERHEAD_BYTES + payload.size, text);
	code = token_open(keyring, purpose, 0, span_text(text), &token);
	assert(code == 0 || code == TOKEN_E_FORM || code == TOKEN_E_VALUE);
	if (code == 0) {
		assert(token_mint(keyring, purpose, 0, &token, again) == 0);
		assert(strcmp(text, again) == 0);
	}
}

static void check_keys(struct span text)
{
	struct keyring_file *file = keyring_file_new(), *again = keyring_file_new();
	cleanup_buffer struct buffer written = BUFFER_INIT;

	assert(file && again);
	if (keyring_file_parse("keys.json", text, file, NULL) == 0) {
		keyring_json_format(file, &written);
		assert(keyring_file_parse("keys.json", buffer_span(&written), again, NULL) == 0);
		assert(memcmp(file, again, sizeof(*file)) == 0);
	}
	keyring_file_free(file);
	keyring_file_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct token token;
	enum purpose purpose;

	if (!keyring)
		make_keyring();
	check_keys(span_of(data, size));
	if (size < 1)
		return 0;
	purpose = (enum purpose)(PURPOSE_FIRST + data[0] % (PURPOSE_COUNT - PURPOSE_FIRST));
	assert(token_open(keyring, purpose, 0, span_of(data + 1, size - 1), &token) != 0);
	check_payload(purpose, span_of(data + 1, size - 1));
	return 0;
}
