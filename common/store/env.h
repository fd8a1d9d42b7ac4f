/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_ENV_H
#define WAYMARK_STORE_ENV_H

#include "base/clock.h"
#include "base/error.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One LMDB environment with its named databases, private to store/.
 *
 * Each is opened at most once in a process and never used across fork(). Every transaction holds
 * @live for reading as long as it lives; growing and reopening hold it for writing, since LMDB
 * allows neither beside a live transaction of the same process.
 *
 * An owner whose disk refuses writing has it open for reading, without LMDB's lock file, which
 * data/lock makes safe as long as this process does not write either. One that cannot be opened at
 * all is asked for again by whoever needs it, at most every ENV_REOPEN_MS.
 */
enum { ENV_DATABASES_MAX = 11, ENV_REOPEN_MS = 100, ENV_REWRITE_MS = 1000 };
/* LMDB's own number of its free pages: no named database has it. */
enum { ENV_NO_DATABASE = 0 };

struct env {
	char *path;		  /* the directory */
	const char *const *names; /* of its databases, NULL at the end */
	bool writable;		  /* by its owner, if the disk allows it */
	MDB_env *lmdb;		  /* NULL after a reopen that failed, until the next one */
	/* ENV_NO_DATABASE: open for reading, and an earlier version made the file; it is empty. */
	MDB_dbi databases[ENV_DATABASES_MAX];
	size_t map_bytes;
	bool opened;	     /* or tried to */
	bool create;	     /* may be made by opening it; else a file that is empty is damaged */
	uint64_t generation; /* one up with each reopen */
	uint64_t growths;
	bool read_only;		/* open, but the disk refused writing */
	bool synced;		/* its directory is on disk */
	int refusal;		/* a code of LMDB's: why it is not open, or not for writing */
	usec_t next_open;	/* not again before */
	atomic_bool unjudged;	/* what is inside is not known to be ours: no lookups yet */
	atomic_bool held;	/* a write was left in the middle; see env_release() */
	atomic_bool damaged;	/* a page was met that cannot be read */
	_Atomic uint64_t reads; /* lookups: read transactions of txn_read() */
	/* One up behind each write and each opening, before anybody can be told of it. */
	_Atomic uint64_t writes;
	/*
	 * Its owner alone looks things up in it, and may keep a reader's slot: @reader is a reset
	 * transaction, which holds no snapshot, for the next one who reads; or NULL. Whoever takes
	 * it owns it.
	 */
	bool alone;
	_Atomic(MDB_txn *) reader;
	pthread_rwlock_t live;
};

/* Set up without opening. Return: 0; -ENOMEM or another errno. */
int env_prepare(struct env *env, const char *path, const char *const *names, bool writable,
		size_t map_bytes);
/*
 * Open the environment in directory @path, which exists; @map_bytes 0: what the file says. One that
 * is not there is made. Stale
 * slots of dead readers are cleared.
 *
 * Return: 0; STORE_E_ABSENT (reading only); STORE_E_DAMAGED; negative errno; @error is set.
 */
int env_open(struct env *env, const char *path, const char *const *names, bool writable,
	     size_t map_bytes, struct error *error);
void env_close(struct env *env); /* also one that env_open() refused, or all zeros */
/* Say in @error why it is not open, or not for writing. Return: as env_open(). */
int env_describe(const struct env *env, struct error *error);

/*
 * Close and open again, unless another thread has done so since @generation. With @wait it waits
 * for the transactions of other threads; without, it gives way to them (-EAGAIN).
 */
int env_reopen(struct env *env, uint64_t generation, bool wait);
/*
 * Let the complete data file @file, of the same file system and closed, take the place of its own;
 * waits for the transactions of other threads. A crash leaves one of the two.
 *
 * Return: 0; negative errno: then it is the old one, or the new one that is opened again later.
 */
int env_replace(struct env *env, const char *file);
/* May its owner write? One that is open for reading is opened again by the next write. */
void env_set_writable(struct env *env, bool writable);
/* Double the map. Return: 0 or a negative errno. */
int env_grow(struct env *env);
/* Double the map until @bytes more of data fit with room to spare. */
int env_reserve(struct env *env, size_t bytes);
/* Clear what readers left that died: a dead snapshot keeps pages from being used again. */
void env_forget_dead_readers(struct env *env);
/* Take the size that another process has given the map. */
int env_adopt_size(struct env *env);
/*
 * A thread that left a write transaction in the middle holds LMDB's lock of writers until it ends.
 * Called by another thread after that: throw the environment away; the next use opens it again.
 */
void env_release(struct env *env);

/* Write a compacted copy of it to @fd, in one snapshot. Return: 0; negative errno. */
int env_copy(struct env *env, int fd);

struct env_figures {
	uint64_t used_bytes; /* of pages; 0 while it is not open */
	uint64_t growths, reopens, reads;
};
void env_figures(struct env *env, struct env_figures *ret_figures); /* any thread */

#endif
