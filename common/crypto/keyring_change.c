/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes to keys.json: creation, rotation, retirement. Each reads the file, changes the value and
 * replaces the file whole; a keyring that a server has loaded is another matter, which its owner
 * loads anew.
 *
 * Ids only grow: a retired key keeps its id in the file, so that no later key is taken for it. The
 * identity key is never changed, since every prospect and link id hangs on it.
 */
#include "crypto/keyring_file.h"

#include <errno.h>

static void add_signing_key(struct keyring_file *file, uint8_t id)
{
	struct keyring_entry *entry = &file->keys[file->count++];

	entry->info = (struct key_info){.id = id, .state = KEY_SIGNING, .created = clock_wall()};
	randombytes_buf(entry->master, sizeof(entry->master));
}

int keyring_create(const char *path, struct error *error)
{
	struct keyring_file *file = keyring_file_new();
	int code;

	if (!file)
		return -ENOMEM;
	randombytes_buf(file->identity, sizeof(file->identity));
	add_signing_key(file, 1);
	code = keyring_file_create(path, file, error);
	keyring_file_free(file);
	return code;
}

static int rotate(const char *path, struct keyring_file *file, uint8_t *ret_id, struct error *error)
{
	unsigned highest = 0;
	int code;

	code = keyring_file_read(path, file, error);
	if (code)
		return code;
	for (size_t i = 0; i < file->count; i++)
		if (file->keys[i].info.id > highest)
			highest = file->keys[i].info.id;
	if (highest >= KEYRING_KEYS_MAX)
		return error_set(error, KEYRING_E_FULL,
				 "%s: key %u is there and ids are never reused: this keyring "
				 "cannot be rotated any more",
				 path, highest);
	for (size_t i = 0; i < file->count; i++)
		if (file->keys[i].info.state == KEY_SIGNING)
			file->keys[i].info.state = KEY_VERIFYING;
	add_signing_key(file, (uint8_t)(highest + 1));
	code = keyring_file_replace(path, file, error);
	if (!code)
		*ret_id = (uint8_t)(highest + 1);
	return code;
}

int keyring_rotate(const char *path, uint8_t *ret_id, struct error *error)
{
	struct keyring_file *file = keyring_file_new();
	int code;

	if (!file)
		return -ENOMEM;
	code = rotate(path, file, ret_id, error);
	keyring_file_free(file);
	return code;
}

static int retire(const char *path, struct keyring_file *file, uint8_t id, struct error *error)
{
	struct keyring_entry *entry = file->keys;
	int code;

	code = keyring_file_read(path, file, error);
	if (code)
		return code;
	while (entry < file->keys + file->count && entry->info.id != id)
		entry++;
	if (entry == file->keys + file->count)
		return error_set(error, KEYRING_E_UNKNOWN, "%s: there is no key %u", path, id);
	if (entry->info.state == KEY_SIGNING)
		return error_set(error, KEYRING_E_SIGNING,
				 "%s: key %u is the signing key; rotate first", path, id);
	if (entry->info.state == KEY_RETIRED)
		return error_set(error, KEYRING_E_RETIRED, "%s: key %u is retired already", path,
				 id);
	entry->info.state = KEY_RETIRED;
	sodium_memzero(entry->master, sizeof(entry->master));
	return keyring_file_replace(path, file, error);
}

int keyring_retire(const char *path, uint8_t id, struct error *error)
{
	struct keyring_file *file = keyring_file_new();
	int code;

	if (!file)
		return -ENOMEM;
	code = retire(path, file, id, error);
	keyring_file_free(file);
	return code;
}
