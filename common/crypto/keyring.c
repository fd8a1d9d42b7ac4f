/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keyring in memory: for each key that is not retired, each purpose and, from purpose 7 on,
 * each tracker host, the state of HMAC-SHA256 after its key block. Verifying a token is then a copy
 * of 208 bytes and two compressions, and nothing is derived on the path of a request.
 *
 * All secrets lie in one allocation of sodium_malloc(): guard pages around it, locked in memory,
 * left out of core dumps, read-only once filled, wiped on free. Its size follows the keys that are
 * there: 3 KB for one key and one tracker; when the limit of locked memory (8 MiB by default) is
 * passed, libsodium leaves it unlocked, and all else holds.
 *
 * Invariant: slots[id] is the position of a key's states, -1 for ids unknown or retired, so a
 * retired key cannot verify: its states are not there. Immutable after load; no locks.
 */
#include "crypto/keyring.h"

#include "crypto/keyring_file.h"
#include "crypto/keyring_vault.h"
#include "crypto/mac.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

/* jansson copies masters while keys.json is read; none of them may stay in freed memory. */
static void wipe_and_free(void *memory)
{
	if (memory)
		sodium_memzero(memory, malloc_usable_size(memory));
	free(memory);
}

int crypto_init(void)
{
	json_malloc_t allocate;

	/* The program has its own way to allocate. */
	json_get_alloc_funcs(&allocate, NULL);
	json_set_alloc_funcs(allocate, wipe_and_free);
	return sodium_init() < 0 ? -EIO : 0;
}

void keyring_derive(const uint8_t master[KEYRING_KEY_BYTES], enum purpose purpose, const char *host,
		    uint8_t ret_subkey[KEYRING_KEY_BYTES])
{
	uint8_t number = (uint8_t)purpose;
	struct mac mac;

	mac_init(&mac, span_of(master, KEYRING_KEY_BYTES));
	mac_update(&mac, SPAN("waymark 1"));
	mac_update(&mac, span_of(&number, 1));
	mac_update(&mac, span_text(host));
	mac_finish(&mac, ret_subkey);
}

static void fill_state(struct mac *state, const uint8_t master[KEYRING_KEY_BYTES],
		       enum purpose purpose, const char *host)
{
	uint8_t subkey[KEYRING_KEY_BYTES];

	keyring_derive(master, purpose, host, subkey);
	mac_init(state, span_of(subkey, sizeof(subkey)));
	sodium_memzero(subkey, sizeof(subkey));
}

static size_t state_index(size_t slot, size_t host_count, enum purpose purpose, size_t tracker)
{
	size_t base = slot * (PURPOSES_WITHOUT_HOST + PURPOSES_WITH_HOST * host_count);

	if (purpose <= PURPOSE_LAST_WITHOUT_HOST)
		return base + purpose - PURPOSE_FIRST;
	return base + PURPOSES_WITHOUT_HOST + PURPOSES_WITH_HOST * tracker +
	       (purpose - PURPOSE_LAST_WITHOUT_HOST - 1);
}

static void fill_slot(struct keyring *keyring, size_t slot, const uint8_t *master)
{
	struct mac *states = keyring->vault->states;
	size_t hosts = keyring->host_count;

	memcpy(keyring_master(keyring, slot), master, KEYRING_KEY_BYTES);
	for (int purpose = PURPOSE_FIRST; purpose <= PURPOSE_LAST_WITHOUT_HOST; purpose++)
		fill_state(&states[state_index(slot, hosts, (enum purpose)purpose, 0)], master,
			   (enum purpose)purpose, "");
	for (size_t tracker = 0; tracker < hosts; tracker++)
		for (int purpose = PURPOSE_LAST_WITHOUT_HOST + 1; purpose < PURPOSE_COUNT;
		     purpose++)
			fill_state(
				&states[state_index(slot, hosts, (enum purpose)purpose, tracker)],
				master, (enum purpose)purpose, keyring->hosts[tracker]);
}

/* One allocation: the vault's head, the states of each live key, then the masters. */
static int allocate_vault(struct keyring *keyring, size_t live)
{
	size_t states, bytes;

	if (__builtin_mul_overflow(keyring->host_count, PURPOSES_WITH_HOST, &states) ||
	    __builtin_add_overflow(states, PURPOSES_WITHOUT_HOST, &states) ||
	    __builtin_mul_overflow(states, live, &states) ||
	    __builtin_mul_overflow(states, sizeof(struct mac), &bytes) ||
	    __builtin_add_overflow(bytes, sizeof(struct vault) + live * KEYRING_KEY_BYTES, &bytes))
		return -ENOMEM;
	/* sodium_malloc() aligns the end of the memory, not its start. */
	bytes = (bytes + 63) & ~(size_t)63;
	keyring->vault = sodium_malloc(bytes);
	if (!keyring->vault)
		return -ENOMEM;
	keyring->state_count = states;
	return 0;
}

static int copy_hosts(struct keyring *keyring, const char *const *hosts, size_t count)
{
	keyring->hosts = calloc(count ? count : 1, sizeof(*keyring->hosts));
	if (!keyring->hosts)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		keyring->hosts[i] = strdup(hosts[i]);
		if (!keyring->hosts[i])
			return -ENOMEM;
		keyring->host_count++;
	}
	return 0;
}

static int fill(struct keyring *keyring, const struct keyring_file *file)
{
	size_t live = 0;
	int code;

	for (size_t i = 0; i < file->count; i++)
		live += file->keys[i].info.state != KEY_RETIRED;
	code = allocate_vault(keyring, live);
	if (code)
		return code;
	memcpy(keyring->vault->identity, file->identity, KEYRING_KEY_BYTES);
	mac_init(&keyring->vault->identity_state, span_of(file->identity, KEYRING_KEY_BYTES));
	keyring->count = file->count;
	for (size_t i = 0, slot = 0; i < file->count; i++) {
		const struct key_info *info = &file->keys[i].info;

		keyring->keys[i] = *info;
		if (info->state == KEY_RETIRED)
			continue;
		if (info->state == KEY_SIGNING)
			keyring->signing_id = info->id;
		keyring->slots[info->id] = (int16_t)slot;
		fill_slot(keyring, slot++, file->keys[i].master);
	}
	return sodium_mprotect_readonly(keyring->vault) < 0 ? -errno : 0;
}

static int load(const char *path, const char *const *hosts, size_t host_count,
		struct keyring *keyring, struct error *error)
{
	struct keyring_file *file = keyring_file_new();
	int code;

	if (!file)
		return -ENOMEM;
	code = keyring_file_read(path, file, error);
	if (!code)
		code = copy_hosts(keyring, hosts, host_count);
	if (!code)
		code = fill(keyring, file);
	keyring_file_free(file);
	return code;
}

int keyring_load(const char *path, const char *const *hosts, size_t host_count,
		 struct keyring **ret_keyring, struct error *error)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));
	int code;

	if (!keyring)
		return -ENOMEM;
	memset(keyring->slots, -1, sizeof(keyring->slots));
	code = load(path, hosts, host_count, keyring, error);
	if (code) {
		keyring_free(keyring);
		return code;
	}
	*ret_keyring = keyring;
	return 0;
}

void keyring_free(struct keyring *keyring)
{
	if (!keyring)
		return;
	sodium_free(keyring->vault);
	for (size_t i = 0; i < keyring->host_count; i++)
		free(keyring->hosts[i]);
	free(keyring->hosts);
	free(keyring);
}

size_t keyring_count(const struct keyring *keyring)
{
	return keyring->count;
}

struct key_info keyring_get(const struct keyring *keyring, size_t index)
{
	assert(index < keyring->count);
	return keyring->keys[index];
}

uint8_t keyring_signing_id(const struct keyring *keyring)
{
	return keyring->signing_id;
}

size_t keyring_host_count(const struct keyring *keyring)
{
	return keyring->host_count;
}

const struct mac *keyring_subkey(const struct keyring *keyring, uint8_t key_id,
				 enum purpose purpose, unsigned tracker)
{
	int slot = keyring->slots[key_id];

	assert(purpose >= PURPOSE_FIRST && purpose < PURPOSE_COUNT);
	if (slot < 0)
		return NULL;
	if (purpose > PURPOSE_LAST_WITHOUT_HOST && tracker >= keyring->host_count)
		return NULL;
	return &keyring->vault
			->states[state_index((size_t)slot, keyring->host_count, purpose, tracker)];
}

const struct mac *keyring_identity(const struct keyring *keyring)
{
	return &keyring->vault->identity_state;
}

bool keyring_same_identity(const struct keyring *one, const struct keyring *other)
{
	return sodium_memcmp(one->vault->identity, other->vault->identity, KEYRING_KEY_BYTES) == 0;
}
