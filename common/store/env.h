/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_ENV_H
#define WAYMARK_STORE_ENV_H

#include "base/error.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One LMDB environment with its named databases, private to store/.
 *
 * Each is opened at most once in a process and never used across fork(). Every transaction holds
 * @live for reading as long as it lives; growing and reopening hold it for writing, since LMDB
 * allows neither beside a live transaction of the same process.
 */
enum { ENV_DATABASES_MAX = 4 };

struct env {
	char *path;		  /* the directory */
	const char *const *names; /* of its databases, NULL at the end */
	bool writable;
	MDB_env *lmdb; /* NULL after a reopen that failed, until the next one */
	MDB_dbi databases[ENV_DATABASES_MAX];
	size_t map_bytes;
	uint64_t generation; /* one up with each reopen */
	uint64_t growths;
	pthread_rwlock_t live;
};

/*
 * Open the environment in directory @path, which exists; @map_bytes 0: what the file says. Stale
 * slots of dead readers are cleared.
 *
 * Return: 0; STORE_E_ABSENT (reading only); STORE_E_DAMAGED; negative errno; @error is set.
 */
int env_open(struct env *env, const char *path, const char *const *names, bool writable,
	     size_t map_bytes, struct error *error);
void env_close(struct env *env); /* also one that env_open() refused, or all zeros */

/* Close and open again, unless another thread has done so since @generation. */
int env_reopen(struct env *env, uint64_t generation);
/* Double the map. Return: 0 or a negative errno. */
int env_grow(struct env *env);
/* Double the map until @bytes more of data fit with room to spare. */
int env_reserve(struct env *env, size_t bytes);
/* Clear what readers left that died: a dead snapshot keeps pages from being used again. */
void env_forget_dead_readers(struct env *env);
/* Take the size that another process has given the map. */
int env_adopt_size(struct env *env);

struct env_figures {
	uint64_t used_bytes; /* of pages; 0 while it is not open */
	uint64_t growths, reopens;
};
void env_figures(struct env *env, struct env_figures *ret_figures); /* any thread */

#endif
