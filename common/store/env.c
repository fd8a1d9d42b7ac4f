/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LMDB environments: opening, growing, reopening.
 *
 * Durability is LMDB's own: pages, fdatasync, then the meta page through a descriptor that is
 * O_DSYNC. No flag here weakens that, and none maps the file writable, so that a stray pointer of
 * ours cannot damage it. A new file must also be found again after a power cut, which LMDB leaves
 * to its user: the directories are synced when an environment is opened for writing.
 *
 * Opening reads pages that may be damaged, so all of it runs under the guard; the databases are
 * looked up in a read transaction, which holds no lock that a jump could leave behind.
 *
 * Locks: env->live, see env.h. The lock prefers readers, so a lookup on the loop thread never
 * queues behind a thread that waits to grow the map. What is not atomic changes under the write
 * lock only.
 */
#include "store/env.h"
#include "base/cleanup.h"
#include "store/guard.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum {
	FILE_MODE = 0600,
	MAP_STEP_BYTES = 1 << 20,
	SPARE_PAGES = 64,
	LOCK_FILE_BYTES = 16384,
	META_PAGES_BYTES = 8192
};

static bool is_damage(int code)
{
	return code == MDB_INVALID || code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND ||
	       code == MDB_VERSION_MISMATCH || code == MDB_INCOMPATIBLE || code == EINVAL;
}

static int to_errno(int code)
{
	return is_damage(code) ? -EBADMSG : code > 0 ? -code : -EIO;
}

static int sync_directory(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) ? errno : 0;
}

/*
 * LMDB writes its lock file by way of a map, and on a full disk the first touch of a page that has
 * no block is a SIGBUS. A file system that cannot reserve blocks is taken as it is.
 */
static int reserve_lock_file(const struct env *env)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;
	cleanup_close int fd = -1;

	buffer_printf(&path, "%s/lock.mdb", env->path);
	if (!buffer_text(&path))
		return ENOMEM;
	fd = open(buffer_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return errno;
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LOCK_FILE_BYTES) && errno != EOPNOTSUPP)
		return errno;
	return 0;
}

/* What a version of before did not know is empty to who may not make it. */
static int find_one(struct env *env, unsigned i, MDB_txn *txn, unsigned flags, bool may_lack)
{
	int r = mdb_dbi_open(txn, env->names[i], flags, &env->databases[i]);

	if (r != MDB_NOTFOUND || !may_lack)
		return r;
	env->databases[i] = ENV_NO_DATABASE;
	return 0;
}

/* @flags: MDB_CREATE, or none. The first database is in every file that is an environment of ours.
 */
static int find_databases(struct env *env, unsigned flags, bool may_lack)
{
	MDB_txn *txn;
	int r;

	r = mdb_txn_begin(env->lmdb, NULL, flags ? 0 : MDB_RDONLY, &txn);
	if (r)
		return r;
	for (unsigned i = 0; env->names[i] && !r; i++)
		r = find_one(env, i, txn, flags, may_lack && i > 0);
	if (!r)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return r;
}

struct opening {
	struct env *env;
	unsigned flags; /* MDB_RDONLY: not for writing */
	int result;	/* of LMDB's codes */
};

static void open_guarded(void *context)
{
	struct opening *opening = context;
	struct env *env = opening->env;
	MDB_envinfo info;
	int dead, r;

	r = mdb_env_create(&env->lmdb);
	if (r)
		env->lmdb = NULL;
	if (!r)
		r = mdb_env_set_assert(env->lmdb, guard_assertion);
	if (!r)
		r = mdb_env_set_maxdbs(env->lmdb, ENV_DATABASES_MAX);
	if (!r && env->map_bytes)
		r = mdb_env_set_mapsize(env->lmdb, env->map_bytes);
	if (!r)
		r = mdb_env_open(env->lmdb, env->path, MDB_NOTLS | opening->flags, FILE_MODE);
	if (!r)
		r = find_databases(env, 0, opening->flags & MDB_RDONLY);
	if (r == MDB_NOTFOUND && !(opening->flags & MDB_RDONLY))
		r = find_databases(env, MDB_CREATE, false);
	if (!r) {
		(void)mdb_reader_check(env->lmdb, &dead);
		(void)mdb_env_info(env->lmdb, &info);
		env->map_bytes = info.me_mapsize;
	}
	opening->result = r;
}

static void close_guarded(void *context)
{
	struct env *env = context;
	MDB_txn *reader = atomic_exchange(&env->reader, NULL);

	if (reader)
		mdb_txn_abort(reader);
	mdb_env_close(env->lmdb);
}

/* What cannot even be closed is left alone: some memory and a map that nobody uses. */
static void close_lmdb(struct env *env)
{
	if (env->lmdb)
		(void)guard_run(close_guarded, env);
	env->lmdb = NULL;
	atomic_fetch_add(&env->writes, 1);
}

/*
 * LMDB makes a new environment of a file that is missing or empty, and a log that is cut to nothing
 * would begin again at its first sequence. A store's environments are made elsewhere (establish.c).
 */
static int check_size(const struct env *env)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;
	struct stat status;

	buffer_printf(&path, "%s/data.mdb", env->path);
	if (!buffer_text(&path))
		return ENOMEM;
	if (stat(buffer_text(&path), &status))
		return errno;
	return status.st_size < META_PAGES_BYTES ? MDB_INVALID : 0;
}

static int open_as(struct env *env, unsigned flags)
{
	struct opening opening = {.env = env, .flags = flags, .result = MDB_CORRUPTED};
	int r = env->create ? 0 : check_size(env);

	if (!r && !(flags & MDB_RDONLY))
		r = reserve_lock_file(env);
	if (r)
		return r;
	(void)guard_run(open_guarded, &opening);
	if (opening.result)
		close_lmdb(env);
	return opening.result;
}

static bool refuses_writing(int code)
{
	return code == EROFS || code == EACCES || code == EPERM || code == ENOSPC ||
	       code == EDQUOT || code == EIO;
}

/* Return: 0 or a code of LMDB's; on failure env->lmdb is NULL. */
static int open_lmdb(struct env *env)
{
	int r;

	guard_install();
	env->read_only = false;
	env->refusal = r = open_as(env, env->writable ? 0 : MDB_RDONLY);
	if (!r && env->writable && !env->synced) {
		env->refusal = r = sync_directory(env->path);
		env->synced = r == 0;
		if (r)
			close_lmdb(env);
	}
	if (env->writable && refuses_writing(r)) {
		r = open_as(env, MDB_RDONLY | MDB_NOLOCK);
		env->read_only = r == 0;
	}
	atomic_store(&env->damaged, is_damage(r));
	return r;
}

int env_describe(const struct env *env, struct error *error)
{
	int code = env->refusal;

	if (is_damage(code))
		return error_set(error, STORE_E_DAMAGED,
				 "%s: not a readable LMDB environment (%s); restore it from a "
				 "backup, or move the directory away",
				 env->path, mdb_strerror(code));
	switch (code) {
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

int env_prepare(struct env *env, const char *path, const char *const *names, bool writable,
		size_t map_bytes)
{
	int r;

	*env = (struct env){.names = names, .writable = writable};
	/* LMDB wants whole pages; a size that it refuses would look like a damaged file. */
	env->map_bytes = (map_bytes + MAP_STEP_BYTES - 1) & ~(size_t)(MAP_STEP_BYTES - 1);
	env->path = span_dup(span_text(path));
	if (!env->path)
		return -ENOMEM;
	r = pthread_rwlock_init(&env->live, NULL);
	if (r)
		free(take_ptr(env->path));
	return -r;
}

int env_open(struct env *env, const char *path, const char *const *names, bool writable,
	     size_t map_bytes, struct error *error)
{
	int r = env_prepare(env, path, names, writable, map_bytes);

	if (r)
		return error_set(error, r, "%s: cannot be opened: %s", path, strerror(-r));
	env->opened = true;
	env->create = writable;
	return open_lmdb(env) || env->read_only ? env_describe(env, error) : 0;
}

void env_close(struct env *env)
{
	if (!env->path)
		return;
	/* One that is held belongs to a thread; the end of the process lets go of both. */
	if (!atomic_load(&env->held))
		close_lmdb(env);
	(void)pthread_rwlock_destroy(&env->live);
	free(take_ptr(env->path));
}

static bool lock_for_writing(struct env *env, bool wait)
{
	return (wait ? pthread_rwlock_wrlock(&env->live) : pthread_rwlock_trywrlock(&env->live)) ==
	       0;
}

int env_reopen(struct env *env, uint64_t generation, bool wait)
{
	usec_t now = clock_monotonic();
	int r = 0;

	if (atomic_load(&env->held))
		return -EBADMSG;
	if (!lock_for_writing(env, wait))
		return -EAGAIN;
	if (env->generation == generation || !env->lmdb) {
		if (now < env->next_open) {
			r = env->refusal;
		} else {
			close_lmdb(env);
			env->generation += env->opened;
			env->opened = true;
			r = open_lmdb(env);
			if (r || env->read_only)
				env->next_open =
					now + (r ? ENV_REOPEN_MS : ENV_REWRITE_MS) * USEC_PER_MS;
		}
	}
	(void)pthread_rwlock_unlock(&env->live);
	return r ? to_errno(r) : 0;
}

/* The name is on disk before anybody is told that the old file is gone. */
static int put_in_place(const struct env *env, const char *file)
{
	cleanup_buffer struct buffer data = BUFFER_INIT;

	buffer_printf(&data, "%s/data.mdb", env->path);
	if (!buffer_text(&data))
		return ENOMEM;
	if (rename(file, buffer_text(&data)))
		return errno;
	return sync_directory(env->path);
}

int env_replace(struct env *env, const char *file)
{
	int r, opened;

	if (atomic_load(&env->held))
		return -EBADMSG;
	(void)lock_for_writing(env, true);
	close_lmdb(env);
	r = put_in_place(env, file);
	env->generation++;
	opened = open_lmdb(env);
	(void)pthread_rwlock_unlock(&env->live);
	if (!r)
		r = opened;
	return r ? to_errno(r) : 0;
}

void env_set_writable(struct env *env, bool writable)
{
	(void)pthread_rwlock_wrlock(&env->live);
	if (writable && !env->writable)
		env->read_only = env->lmdb != NULL;
	env->writable = writable;
	(void)pthread_rwlock_unlock(&env->live);
}

void env_release(struct env *env)
{
	(void)pthread_rwlock_wrlock(&env->live);
	close_lmdb(env);
	env->next_open = 0;
	atomic_store(&env->held, false);
	(void)pthread_rwlock_unlock(&env->live);
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
	if (env->lmdb && !env->read_only)
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

struct use {
	MDB_env *lmdb;
	uint64_t bytes;
};

/* The meta pages say so, and they may be gone. */
static void look_at_use(void *context)
{
	struct use *use = context;
	MDB_envinfo info;
	MDB_stat stat;

	if (!mdb_env_info(use->lmdb, &info) && !mdb_env_stat(use->lmdb, &stat))
		use->bytes = (info.me_last_pgno + 1) * stat.ms_psize;
}

/* Under the lock. */
static uint64_t used_bytes(struct env *env)
{
	struct use use = {.lmdb = env->lmdb};

	if (use.lmdb && !guard_run(look_at_use, &use))
		atomic_store(&env->damaged, true);
	return use.bytes;
}

void env_figures(struct env *env, struct env_figures *ret_figures)
{
	(void)pthread_rwlock_rdlock(&env->live);
	ret_figures->used_bytes = used_bytes(env);
	ret_figures->growths = env->growths;
	ret_figures->reads = atomic_load(&env->reads);
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

struct copying {
	MDB_env *lmdb;
	int fd, result;
};

static void copy_guarded(void *context)
{
	struct copying *copying = context;

	copying->result = mdb_env_copyfd2(copying->lmdb, copying->fd, MDB_CP_COMPACT);
}

int env_copy(struct env *env, int fd)
{
	struct copying copying = {.fd = fd, .result = MDB_MAP_RESIZED};

	for (int i = 0; i < 3 && copying.result == MDB_MAP_RESIZED; i++) {
		if (i > 0 && env_adopt_size(env))
			break;
		(void)pthread_rwlock_rdlock(&env->live);
		copying.lmdb = env->lmdb;
		copying.result = env->lmdb ? MDB_CORRUPTED : EIO;
		if (env->lmdb)
			(void)guard_run(copy_guarded, &copying);
		(void)pthread_rwlock_unlock(&env->live);
	}
	return copying.result ? to_errno(copying.result) : 0;
}
