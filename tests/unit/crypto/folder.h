/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TESTS_UNIT_CRYPTO_FOLDER_H
#define WAYMARK_TESTS_UNIT_CRYPTO_FOLDER_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A folder of the test's own with the path of one keyring in it. */
struct folder {
	char path[256];
	char keys[300];
};

static inline void folder_make(struct folder *folder)
{
	const char *base = getenv("TMPDIR");

	(void)snprintf(folder->path, sizeof(folder->path), "%s/waymark-XXXXXX",
		       base ? base : "/tmp");
	assert(mkdtemp(folder->path));
	(void)snprintf(folder->keys, sizeof(folder->keys), "%s/keys.json", folder->path);
}

static inline void folder_remove(struct folder *folder)
{
	(void)unlink(folder->keys);
	assert(rmdir(folder->path) == 0);
}

#endif
