/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_TXN_H
#define WAYMARK_STORE_TXN_H

#include "base/bytes.h"
#include "store/env.h"

/*
 * A transaction with a sticky error: begin, many steps, one check at the end. After an error every
 * step does nothing and every read finds nothing. Private to store/.
 *
 * Databases are numbered in the order of env->names. Spans that reads return lie in the map and are
 * valid until the transaction ends, or its next write.
 */
struct txn {
	struct env *env;
	MDB_txn *lmdb; /* NULL: not begun, or ended */
	int error;     /* 0; TXN_E_*; negative errno */
	bool read_only;
	uint64_t generation;		     /* of the environment when it began */
	MDB_cursor *cursor;		     /* of the walk that is going on */
	MDB_cursor *ends[ENV_DATABASES_MAX]; /* of databases that are being appended to */
};

enum {
	TXN_E_FULL = 1, /* the map must grow, then all of it again */
	TXN_E_PANIC = 2 /* the environment must be reopened, then all of it again */
};

/*
 * Run @body in a read transaction. A panicked environment is reopened and a resized map adopted
 * before this fails. Where @body meets a damaged page it is left in the middle (guard.h), so it
 * keeps what it allocates in @context; it reports by txn_fail().
 *
 * Return: the sticky error as 0 or a negative errno; -EBADMSG: damaged.
 */
int txn_read(struct env *env, void (*body)(struct txn *txn, void *context), void *context);
/* Also before it is known whether what lies there is ours (env->unjudged). */
int txn_read_unjudged(struct env *env, void (*body)(struct txn *txn, void *context), void *context);

/* A read transaction without a guard, for whoever must hold one over several functions. */
void txn_begin_read(struct txn *txn, struct env *env);
/* End it; return: the sticky error as 0 or a negative errno. */
int txn_finish(struct txn *txn);

/* The value of @key; absent when there is none, and after an error. */
struct span txn_get(struct txn *txn, unsigned database, struct span key);
void txn_put(struct txn *txn, unsigned database, struct span key, struct span value);
/* Like txn_put(), for a key that is behind all others (else -EEXIST). */
void txn_append(struct txn *txn, unsigned database, struct span key, struct span value);
void txn_delete(struct txn *txn, unsigned database, struct span key); /* no error when absent */
void txn_clear(struct txn *txn, unsigned database);
void txn_fail(struct txn *txn, int error); /* unless it has failed before */

/* The integers of the "meta" databases; absent or of another size: @otherwise. */
uint64_t txn_get_number(struct txn *txn, unsigned database, const char *key, uint64_t otherwise);
void txn_put_number(struct txn *txn, unsigned database, const char *key, uint64_t value,
		    unsigned bytes);

/* Keys in order, from the first at or after @from (absent: from the start). */
struct txn_walk {
	struct txn *txn;
	MDB_cursor *cursor;
	MDB_val key;
	bool begun;
};
void txn_walk_begin(struct txn *txn, unsigned database, struct span from, struct txn_walk *walk);
bool txn_walk_next(struct txn_walk *walk, struct span *ret_key, struct span *ret_value);
void txn_walk_end(struct txn_walk *walk);

/* The last row whose key is @key or comes before it. False: there is none. */
bool txn_floor(struct txn *txn, unsigned database, struct span key, struct span *ret_key,
	       struct span *ret_value);

/* The last key and its value; absent when the database is empty. */
void txn_last(struct txn *txn, unsigned database, struct span *ret_key, struct span *ret_value);

/*
 * Run @body in a write transaction and commit it; again from the start when the map had to grow or
 * the environment to be reopened, so @body must be repeatable. @body reports by txn_fail() and, as
 * for txn_read(), owns nothing. After a damaged page nobody can write until the calling thread has
 * ended and env_release() was called.
 *
 * Return: 0 when it is durable; otherwise a negative errno, and it may or may not be there.
 */
int txn_write(struct env *env, void (*body)(struct txn *txn, void *context), void *context);

#endif
