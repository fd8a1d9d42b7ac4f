/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LMDB environments: opening, growing, reopening.
 *
 * Durability is LMDB's own: pages, fdatasync, then the meta page through a descriptor that is
 * O_DSYNC. No flag here weakens that, and none maps the file writable, so that a stray pointer of
 * ours cannot damage it. A new file must also be found again after a power cut, which LMDB leaves
 * to its user: the directories are synced when an environment is opened for writing.
 *
 * Locks: env->live, see env.h. The lock prefers readers, so a lookup on the loop thread never
 * queues behind a thread that waits to grow the map. @map_bytes, @growths and @generation change
 * under the write lock only.
 */
#include "store/env.h"
#include "base/cleanup.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>

enum { FILE_MODE = 0600, MAP_STEP_BYTES = 1 << 20, SPARE_PAGES = 64 };

static int to_errno(int code)
{
	return code > 0 ? -code : -EIO;
}

static int open_databases(struct env *env)
{
	MDB_txn *txn;
	int r;

	r = mdb_txn_begin(env->lmdb, NULL, env->writable ? 0 : MDB_RDONLY, &txn);
	if (r)
		return r;
	for (unsigned i = 0; env->names[i] && !r; i++)
		r = mdb_dbi_open(txn, env->names[i], env->writable ? MDB_CREATE : 0,
				 &env->databases[i]);
	if (!r)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return r;
}

/* Return: 0 or a code of LMDB's; on failure env->lmdb is NULL. */
static int open_lmdb(struct env *env)
{
	unsigned flags = MDB_NOTLS | (env->writable ? 0 : MDB_RDONLY);
	MDB_envinfo info;
	int r, dead;

	r = mdb_env_create(&env->lmdb);
	if (r) {
		env->lmdb = NULL;
		return r;
	}
	r = mdb_env_set_maxdbs(env->lmdb, ENV_DATABASES_MAX);
	if (!r && env->map_bytes)
		r = mdb_env_set_mapsize(env->lmdb, env->map_bytes);
	if (!r)
		r = mdb_env_open(env->lmdb, env->path, flags, FILE_MODE);
	if (!r)
		r = open_databases(env);
	if (r) {
		mdb_env_close(env->lmdb);
		env->lmdb = NULL;
		return r;
	}
	(void)mdb_reader_check(env->lmdb, &dead);
	(void)mdb_env_info(env->lmdb, &info);
	env->map_bytes = info.me_mapsize;
	return 0;
}

static int sync_directory(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) ? -errno : 0;
}

static int describe(const struct env *env, int code, struct error *error)
{
	switch (code) {
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_VERSION_MISMATCH:
	case MDB_INCOMPATIBLE:
	case EINVAL:
		return error_set(error, STORE_E_DAMAGED,
				 "%s: not a readable LMDB environment (%s); restore it from a "
				 "backup, or move the directory away",
				 env->path, mdb_strerror(code));
	case MDB_NOTFOUND:
	case ENOENT:
		if (!env->writable)
			return error_set(error, STORE_E_ABSENT,
					 "%s: no event store is here (yet); is data_dir right, and "
					 "has the server run?",
					 env->path);
		break;
	case ENOSPC:
	case EDQUOT:
		return error_set(error, -code, "%s: the disk is full; make room and start again",
				 env->path);
	case EACCES:
	case EPERM:
		return error_set(error, -code,
				 "%s: no permission; run as the user that owns the directory",
				 env->path);
	case EROFS:
		return error_set(error, -code, "%s: the file system is read-only", env->path);
	default:
		break;
	}
	return error_set(error, to_errno(code), "%s: cannot be opened: %s", env->path,
			 mdb_strerror(code));
}

int env_open(struct env *env, const char *path, const char *const *names, bool writable,
	     size_t map_bytes, struct error *error)
{
	int r;

	*env = (struct env){.names = names, .writable = writable};
	/* LMDB wants whole pages; a size that it refuses would look like a damaged file. */
	env->map_bytes = (map_bytes + MAP_STEP_BYTES - 1) & ~(size_t)(MAP_STEP_BYTES - 1);
	env->path = span_dup(span_text(path));
	if (!env->path)
		return error_set(error, -ENOMEM, "%s: out of memory", path);
	r = pthread_rwlock_init(&env->live, NULL);
	if (r) {
		free(take_ptr(env->path));
		return error_set(error, -r, "%s: no lock could be made", path);
	}
	r = open_lmdb(env);
	if (r)
		return describe(env, r, error);
	r = writable ? sync_directory(path) : 0;
	if (r)
		return error_set(error, r, "%s: the directory cannot be synced: %s", path,
				 strerror(-r));
	return 0;
}

void env_close(struct env *env)
{
	if (!env->path)
		return;
	if (env->lmdb)
		mdb_env_close(take_ptr(env->lmdb));
	(void)pthread_rwlock_destroy(&env->live);
	free(take_ptr(env->path));
}

int env_reopen(struct env *env, uint64_t generation)
{
	int r = 0;

	(void)pthread_rwlock_wrlock(&env->live);
	if (env->generation == generation || !env->lmdb) {
		if (env->lmdb)
			mdb_env_close(take_ptr(env->lmdb));
		env->generation++;
		r = open_lmdb(env);
	}
	(void)pthread_rwlock_unlock(&env->live);
	return r ? to_errno(r) : 0;
}

static int set_size(struct env *env, size_t bytes)
{
	MDB_envinfo info;
	int r = env->lmdb ? mdb_env_set_mapsize(env->lmdb, bytes) : EIO;

	if (r)
		return to_errno(r);
	(void)mdb_env_info(env->lmdb, &info);
	env->map_bytes = info.me_mapsize;
	return 0;
}

int env_grow(struct env *env)
{
	int r;

	(void)pthread_rwlock_wrlock(&env->live);
	r = set_size(env, env->map_bytes * 2);
	if (!r)
		env->growths++;
	(void)pthread_rwlock_unlock(&env->live);
	return r;
}

void env_forget_dead_readers(struct env *env)
{
	int dead;

	(void)pthread_rwlock_rdlock(&env->live);
	if (env->lmdb)
		(void)mdb_reader_check(env->lmdb, &dead);
	(void)pthread_rwlock_unlock(&env->live);
}

int env_adopt_size(struct env *env)
{
	int r;

	(void)pthread_rwlock_wrlock(&env->live);
	r = set_size(env, 0);
	(void)pthread_rwlock_unlock(&env->live);
	return r;
}

/* Under the lock. */
static uint64_t used_bytes(const struct env *env)
{
	MDB_envinfo info;
	MDB_stat stat;

	if (!env->lmdb || mdb_env_info(env->lmdb, &info) || mdb_env_stat(env->lmdb, &stat))
		return 0;
	return (info.me_last_pgno + 1) * stat.ms_psize;
}

void env_figures(struct env *env, struct env_figures *ret_figures)
{
	(void)pthread_rwlock_rdlock(&env->live);
	ret_figures->used_bytes = used_bytes(env);
	ret_figures->growths = env->growths;
	ret_figures->reopens = env->generation;
	(void)pthread_rwlock_unlock(&env->live);
}

int env_reserve(struct env *env, size_t bytes)
{
	/* Twice the data, since a page is rarely full, and some for the tree above it. */
	uint64_t wanted = 2 * (uint64_t)bytes + (uint64_t)SPARE_PAGES * 4096;
	uint64_t used, map_bytes;
	int r = 0;

	(void)pthread_rwlock_rdlock(&env->live);
	used = used_bytes(env);
	map_bytes = env->map_bytes;
	(void)pthread_rwlock_unlock(&env->live);
	for (; !r && used + wanted > map_bytes; map_bytes *= 2)
		r = env_grow(env);
	return r;
}
