/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_PRIVATE_FILE_H
#define WAYMARK_CRYPTO_PRIVATE_FILE_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * A small file for one user's eyes: the keyring, the tokens. It is refused when its group or others
 * may touch it, and it is made and replaced as a whole: written beside its place, synced, put there
 * under its name and the folder synced, so that a crash at any step leaves the old or the new one.
 * Two writers are kept apart by data/lock, which the caller holds.
 */
struct private_file {
	const char *path;
	const char *name;   /* "keyring", for messages */
	const char *prize;  /* "keys": what others could get at */
	size_t limit_bytes; /* a longer one is refused */
	/* Root gives a new one to whom this path belongs, who has to read it; NULL: it stays
	 * root's. */
	const char *owner_of;
};

enum {
	PRIVATE_FILE_E_FAILED = 1, /* @error says what and why */
	PRIVATE_FILE_E_ABSENT = 2, /* likewise: there is no such file */
	PRIVATE_FILE_E_EXISTS = 3  /* creating: it is there already; no @error */
};

/* All of it into @to, which holds limit_bytes. Return: 0; PRIVATE_FILE_E_*; -ENOMEM. */
int private_file_read(const struct private_file *file, uint8_t *to, size_t *ret_size,
		      struct error *error);

/* A new one, mode 0600, synced. Return: 0; PRIVATE_FILE_E_FAILED, _EXISTS; -ENOMEM. */
int private_file_create(const struct private_file *file, struct span text, struct error *error);

/*
 * @text in the place of what is there. Keeps the owner. A symbolic link is followed, not replaced.
 *
 * Return: 0; PRIVATE_FILE_E_FAILED, and then the file is as it was; -ENOMEM.
 */
int private_file_replace(const struct private_file *file, struct span text, struct error *error);

#endif
