/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_KEYRING_FILE_H
#define WAYMARK_CRYPTO_KEYRING_FILE_H

#include "crypto/keyring.h"

/*
 * keys.json as a value: what keyring.c derives subkeys from, and what rotate and retire change.
 * Holds masters in the clear, so it lives in guarded memory only and is wiped when released.
 */
enum {
	KEYRING_KEY_BYTES = 32,
	KEYRING_KEYS_MAX = 255,
	KEYRING_FILE_MAX_BYTES = 65536 /* 255 keys take less than half of it */
};

struct keyring_entry {
	struct key_info info;
	uint8_t master[KEYRING_KEY_BYTES]; /* zeros when retired */
};

struct keyring_file {
	uint8_t identity[KEYRING_KEY_BYTES];
	size_t count;
	struct keyring_entry keys[KEYRING_KEYS_MAX]; /* in the order of the file */
};

struct keyring_file *keyring_file_new(void);	   /* zeroed, guarded memory; NULL: out of memory */
void keyring_file_free(struct keyring_file *file); /* NULL allowed; wipes */

/* Read and check @path into @file. Return: 0; KEYRING_E_FILE with @error; negative errno. */
int keyring_file_read(const char *path, struct keyring_file *file, struct error *error);

/* The same from memory; @path is for messages. For fuzzers and tests too. */
int keyring_file_parse(const char *path, struct span text, struct keyring_file *file,
		       struct error *error);

/* Create @path, mode 0600, and sync it. Return: 0; KEYRING_E_EXISTS or KEYRING_E_FILE; errno. */
int keyring_file_create(const char *path, const struct keyring_file *file, struct error *error);

/*
 * Put @file in the place of @path, which is there: written beside it, synced, renamed over it, the
 * folder synced. Keeps the owner. A symbolic link is followed, not replaced.
 *
 * Return: 0; KEYRING_E_FILE with @error, and then @path is as it was; negative errno.
 */
int keyring_file_replace(const char *path, const struct keyring_file *file, struct error *error);

#endif
