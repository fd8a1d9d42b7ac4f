/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions with a sticky error, and the one place that repeats a write.
 *
 * LMDB answers in three ways that are not failures but orders: the map is full (grow it), another
 * process has grown it (adopt the size), the environment panicked after a meta page could not be
 * written (reopen it). Nobody above this file sees them. A number of attempts bounds each, so that
 * a disk that fails again and again comes out as an error.
 *
 * A damaged page ends a read like an error: a read transaction holds a slot in LMDB's table, which
 * is given back as usual. A write transaction that is left in the middle cannot be ended, because
 * LMDB's own lists point into frames that are gone. It is left as it is, and with it LMDB's lock of
 * writers, a robust mutex that the kernel releases when the thread ends: until then every write is
 * refused (env->held), while lookups go on.
 *
 * Invariant: txn->lmdb is set exactly while env->live is held for reading by this transaction.
 */
#include "store/txn.h"
#include "base/encode.h"
#include "store/guard.h"

#include <errno.h>

/* No value of ours is longer; what a damaged page says about its size is not believed. */
enum { ATTEMPTS_MAX = 4, GROWTHS_MAX = 24, VALUE_MAX_BYTES = 1 << 20 };

static int translate(int code)
{
	switch (code) {
	case 0:
		return 0;
	case MDB_MAP_FULL:
		return TXN_E_FULL;
	case MDB_PANIC:
		return TXN_E_PANIC;
	case MDB_KEYEXIST:
		return -EEXIST;
	case MDB_READERS_FULL:
		return -EUSERS;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_CURSOR_FULL:
	case MDB_BAD_TXN:
		return -EBADMSG;
	default:
		return code > 0 ? -code : -EIO;
	}
}

static MDB_val to_val(struct span span)
{
	union {
		const uint8_t *in;
		void *out;
	} data = {.in = span.data};

	return (MDB_val){.mv_size = span.size, .mv_data = data.out};
}

static struct span to_span(MDB_val val)
{
	return span_of(val.mv_data, val.mv_size);
}

void txn_fail(struct txn *txn, int error)
{
	if (!txn->error)
		txn->error = error;
}

/* By the reader that was kept, if there is one: it has its slot, and its memory. */
static int begin_reading(struct env *env, MDB_txn **ret_lmdb)
{
	MDB_txn *kept = env->alone ? atomic_exchange(&env->reader, NULL) : NULL;

	if (!kept)
		return mdb_txn_begin(env->lmdb, NULL, MDB_RDONLY, ret_lmdb);
	if (mdb_txn_renew(kept) == 0) {
		*ret_lmdb = kept;
		return 0;
	}
	mdb_txn_abort(kept);
	return mdb_txn_begin(env->lmdb, NULL, MDB_RDONLY, ret_lmdb);
}

/* Its snapshot ends here in either case. */
static void end_reading(struct txn *txn)
{
	MDB_txn *other = txn->lmdb;

	if (txn->env->alone && !txn->error) {
		mdb_txn_reset(txn->lmdb);
		other = atomic_exchange(&txn->env->reader, txn->lmdb);
	}
	if (other)
		mdb_txn_abort(other);
}

struct beginning {
	struct env *env;
	struct txn *txn;
	int result;
};

/* It reads a meta page, which is gone where the file was cut. */
static void begin_guarded(void *context)
{
	struct beginning *beginning = context;
	struct txn *txn = beginning->txn;
	struct env *env = beginning->env;

	beginning->result = txn->read_only ? begin_reading(env, &txn->lmdb)
					   : mdb_txn_begin(env->lmdb, NULL, 0, &txn->lmdb);
}

/* A read that was left in the middle keeps its slot until the environment is opened again. */
static int begin_lmdb(struct txn *txn, struct env *env)
{
	struct beginning beginning = {.env = env, .txn = txn};

	if (!env->lmdb || (env->read_only && !txn->read_only))
		return MDB_PANIC;
	if (guard_run(begin_guarded, &beginning))
		return beginning.result;
	atomic_store(&env->damaged, true);
	if (txn->read_only)
		return MDB_PANIC;
	atomic_store(&env->held, true);
	return MDB_CORRUPTED;
}

static int begin_once(struct txn *txn, struct env *env, bool read_only)
{
	int r;

	*txn = (struct txn){.env = env, .read_only = read_only};
	(void)pthread_rwlock_rdlock(&env->live);
	txn->generation = env->generation;
	r = begin_lmdb(txn, env);
	if (!r)
		return 0;
	txn->lmdb = NULL;
	(void)pthread_rwlock_unlock(&env->live);
	return r;
}

/* The loop thread reads, and must not wait for a commit that a disk has stalled. */
static void begin(struct txn *txn, struct env *env, bool read_only)
{
	int r = MDB_PANIC, reopened = 0;

	for (int i = 0; i < ATTEMPTS_MAX && !reopened; i++) {
		r = begin_once(txn, env, read_only);
		if (r == MDB_MAP_RESIZED)
			(void)env_adopt_size(env);
		else if (r == MDB_PANIC)
			reopened = env_reopen(env, txn->generation, !read_only);
		else
			break;
	}
	txn_fail(txn, reopened ? reopened : translate(r));
}

/* Whoever changes the database elsewhere moves pages: the next append looks for its end again. */
static void leave_end(struct txn *txn, unsigned database)
{
	if (txn->ends[database])
		mdb_cursor_close(txn->ends[database]);
	txn->ends[database] = NULL;
}

static void leave_ends(struct txn *txn)
{
	for (unsigned i = 0; i < ENV_DATABASES_MAX; i++)
		leave_end(txn, i);
}

static void end(struct txn *txn)
{
	if (!txn->lmdb)
		return;
	leave_ends(txn);
	if (txn->cursor)
		mdb_cursor_close(txn->cursor);
	txn->cursor = NULL;
	if (txn->read_only)
		end_reading(txn);
	else
		mdb_txn_abort(txn->lmdb);
	txn->lmdb = NULL;
	(void)pthread_rwlock_unlock(&txn->env->live);
}

void txn_begin_read(struct txn *txn, struct env *env)
{
	begin(txn, env, true);
	if (atomic_load(&env->unjudged))
		txn_fail(txn, -EIO);
}

int txn_finish(struct txn *txn)
{
	end(txn);
	return txn->error > 0 ? -EIO : txn->error;
}

struct work {
	struct txn *txn;
	void (*body)(struct txn *txn, void *context);
	void *context;
};

static void run(void *context)
{
	struct work *work = context;

	work->body(work->txn, work->context);
}

int txn_read_unjudged(struct env *env, void (*body)(struct txn *txn, void *context), void *context)
{
	struct txn txn;
	struct work work = {&txn, body, context};
	int r;

	begin(&txn, env, true);
	if (!txn.error && !guard_run(run, &work))
		txn_fail(&txn, -EBADMSG);
	r = txn_finish(&txn);
	if (r == -EBADMSG)
		atomic_store(&env->damaged, true);
	return r;
}

int txn_read(struct env *env, void (*body)(struct txn *txn, void *context), void *context)
{
	if (atomic_load(&env->unjudged))
		return -EIO;
	atomic_fetch_add_explicit(&env->reads, 1, memory_order_relaxed);
	return txn_read_unjudged(env, body, context);
}

/* What a page says that is damaged may lie anywhere and be of any size. */
static bool believable(struct txn *txn, MDB_val value)
{
	if (value.mv_size <= VALUE_MAX_BYTES)
		return true;
	txn_fail(txn, -EBADMSG);
	return false;
}

struct span txn_get(struct txn *txn, unsigned database, struct span key)
{
	MDB_val name = to_val(key), value;
	int r;

	if (txn->error || txn->env->databases[database] == ENV_NO_DATABASE)
		return span_of(NULL, 0);
	r = mdb_get(txn->lmdb, txn->env->databases[database], &name, &value);
	if (!r && believable(txn, value))
		return to_span(value);
	/* A key of a length that no key has is simply not there. */
	if (r && r != MDB_NOTFOUND && r != MDB_BAD_VALSIZE)
		txn_fail(txn, translate(r));
	return span_of(NULL, 0);
}

void txn_put(struct txn *txn, unsigned database, struct span key, struct span value)
{
	MDB_val name = to_val(key), content = to_val(value);

	leave_end(txn, database);
	if (!txn->error)
		txn_fail(txn, translate(mdb_put(txn->lmdb, txn->env->databases[database], &name,
						&content, 0)));
}

/* From one append to the next LMDB need not come down from the root again. */
void txn_append(struct txn *txn, unsigned database, struct span key, struct span value)
{
	MDB_val name = to_val(key), content = to_val(value);
	MDB_cursor **end = &txn->ends[database];

	if (!txn->error && !*end)
		txn_fail(txn,
			 translate(mdb_cursor_open(txn->lmdb, txn->env->databases[database], end)));
	if (!txn->error)
		txn_fail(txn, translate(mdb_cursor_put(*end, &name, &content, MDB_APPEND)));
}

void txn_delete(struct txn *txn, unsigned database, struct span key)
{
	MDB_val name = to_val(key);
	int r;

	leave_end(txn, database);
	if (txn->error)
		return;
	r = mdb_del(txn->lmdb, txn->env->databases[database], &name, NULL);
	if (r != MDB_NOTFOUND)
		txn_fail(txn, translate(r));
}

void txn_clear(struct txn *txn, unsigned database)
{
	leave_end(txn, database);
	if (!txn->error)
		txn_fail(txn, translate(mdb_drop(txn->lmdb, txn->env->databases[database], 0)));
}

uint64_t txn_get_number(struct txn *txn, unsigned database, const char *key, uint64_t otherwise)
{
	struct span value = txn_get(txn, database, span_text(key));

	switch (value.data ? value.size : 0) {
	case 2:
		return get_u16(value.data);
	case 4:
		return get_u32(value.data);
	case 8:
		return get_u64(value.data);
	default:
		return otherwise;
	}
}

void txn_put_number(struct txn *txn, unsigned database, const char *key, uint64_t value,
		    unsigned bytes)
{
	uint8_t text[8];

	put_u64(text, value);
	txn_put(txn, database, span_text(key), span_of(text + 8 - bytes, bytes));
}

void txn_walk_begin(struct txn *txn, unsigned database, struct span from, struct txn_walk *walk)
{
	*walk = (struct txn_walk){.txn = txn, .key = to_val(from)};
	if (txn->env->databases[database] == ENV_NO_DATABASE)
		return;
	if (!txn->error)
		txn_fail(txn, translate(mdb_cursor_open(txn->lmdb, txn->env->databases[database],
							&walk->cursor)));
	if (!txn->error)
		txn->cursor = walk->cursor;
}

bool txn_walk_next(struct txn_walk *walk, struct span *ret_key, struct span *ret_value)
{
	MDB_cursor_op step = walk->begun ? MDB_NEXT : walk->key.mv_data ? MDB_SET_RANGE : MDB_FIRST;
	MDB_val value;
	int r;

	if (walk->txn->error || !walk->cursor)
		return false;
	r = mdb_cursor_get(walk->cursor, &walk->key, &value, step);
	walk->begun = true;
	if (r) {
		if (r != MDB_NOTFOUND)
			txn_fail(walk->txn, translate(r));
		return false;
	}
	if (!believable(walk->txn, walk->key) || !believable(walk->txn, value))
		return false;
	*ret_key = to_span(walk->key);
	*ret_value = to_span(value);
	return true;
}

void txn_walk_end(struct txn_walk *walk)
{
	if (!walk->cursor)
		return;
	mdb_cursor_close(walk->cursor);
	if (walk->txn->cursor == walk->cursor)
		walk->txn->cursor = NULL;
	walk->cursor = NULL;
}

/* At @ret_key, from the first key that is not before it. Return: as LMDB. */
static int step_to_floor(MDB_cursor *cursor, struct span key, MDB_val *ret_key, MDB_val *ret_value)
{
	int r;

	*ret_key = to_val(key);
	r = mdb_cursor_get(cursor, ret_key, ret_value, MDB_SET_RANGE);
	if (r == MDB_NOTFOUND)
		return mdb_cursor_get(cursor, ret_key, ret_value, MDB_LAST);
	if (!r && !span_equal(to_span(*ret_key), key))
		return mdb_cursor_get(cursor, ret_key, ret_value, MDB_PREV);
	return r;
}

bool txn_floor(struct txn *txn, unsigned database, struct span key, struct span *ret_key,
	       struct span *ret_value)
{
	MDB_val found, value;
	struct txn_walk walk;
	int r = MDB_NOTFOUND;

	txn_walk_begin(txn, database, span_of(NULL, 0), &walk);
	if (walk.cursor)
		r = step_to_floor(walk.cursor, key, &found, &value);
	txn_walk_end(&walk);
	if (r && r != MDB_NOTFOUND)
		txn_fail(txn, translate(r));
	if (r || !believable(txn, found) || !believable(txn, value))
		return false;
	*ret_key = to_span(found);
	*ret_value = to_span(value);
	return true;
}

void txn_last(struct txn *txn, unsigned database, struct span *ret_key, struct span *ret_value)
{
	struct txn_walk walk;
	MDB_val key, value;
	int r;

	*ret_key = *ret_value = span_of(NULL, 0);
	txn_walk_begin(txn, database, span_of(NULL, 0), &walk);
	if (walk.cursor) {
		r = mdb_cursor_get(walk.cursor, &key, &value, MDB_LAST);
		if (!r && believable(txn, key) && believable(txn, value)) {
			*ret_key = to_span(key);
			*ret_value = to_span(value);
		} else if (r && r != MDB_NOTFOUND) {
			txn_fail(txn, translate(r));
		}
	}
	txn_walk_end(&walk);
}

static void commit(struct txn *txn)
{
	if (txn->error) {
		end(txn);
		return;
	}
	leave_ends(txn);
	txn_fail(txn, translate(mdb_txn_commit(txn->lmdb)));
	txn->lmdb = NULL;
	(void)pthread_rwlock_unlock(&txn->env->live);
}

static void run_and_commit(void *context)
{
	struct work *work = context;

	run(work);
	commit(work->txn);
}

/* Left in the middle: see above. */
static void abandon(struct txn *txn)
{
	struct env *env = txn->env;

	atomic_store(&env->held, true);
	txn->lmdb = NULL;
	txn->error = -EBADMSG;
	(void)pthread_rwlock_unlock(&env->live);
}

static void write_once(struct work *work, struct env *env)
{
	begin(work->txn, env, false);
	if (!work->txn->error && !guard_run(run_and_commit, work))
		abandon(work->txn);
	if (work->txn->error == -EBADMSG)
		atomic_store(&env->damaged, true);
}

int txn_write(struct env *env, void (*body)(struct txn *txn, void *context), void *context)
{
	struct txn txn;
	struct work work = {&txn, body, context};

	for (int i = 0; i < GROWTHS_MAX; i++) {
		int r;

		if (atomic_load(&env->held))
			return -EBADMSG;
		write_once(&work, env);
		/* Whatever it returns: a commit that reports an error may have happened. */
		atomic_fetch_add(&env->writes, 1);
		if (txn.error != TXN_E_FULL)
			break;
		r = env_grow(env);
		if (r)
			return r;
	}
	return txn.error > 0 ? -EIO : txn.error;
}
