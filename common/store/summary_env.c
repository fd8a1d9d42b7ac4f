/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data/summary/: everything in it can be made again from the log, so what a crash leaves half made
 * is thrown away and nothing is repaired here.
 *
 * A first run and a rebuild write another directory, which takes the place of "summary" in one step
 * when it is complete: whoever reads meanwhile has the old one, or none.
 */
#include "store/summary_env.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/store.h"
#include "store/txn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { DIRECTORY_MODE = 0700, FILE_MODE = 0600, MAP_BYTES = 1 << 28, COPY_BYTES = 1 << 20 };

static const char *const databases[] = {
	"facts", "totals", "units", "members", "due", "texts", "text_ids", "meta", "frozen", NULL,
};

struct summary_env {
	struct env env;
};

static char *path_of(const char *data_dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", data_dir, name) < 0 ? NULL : path;
}

int summary_env_lock(const char *data_dir, int *ret_fd, struct error *error)
{
	cleanup_free char *path = path_of(data_dir, "summary.lock");
	cleanup_close int fd = -1;

	if (!path)
		return error_set(error, -ENOMEM, "out of memory");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0)
		return error_set(error, -errno, "%s: cannot be opened: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*ret_fd = fd;
		fd = -1;
		return 0;
	}
	if (errno != EWOULDBLOCK)
		return error_set(error, -errno, "%s: cannot be locked: %s", path, strerror(errno));
	return error_set(error, SUMMARY_ENV_E_LOCKED,
			 "%s: another waymark summarize writes these summaries; wait for it, or "
			 "stop it (--follow keeps them up to date by itself)",
			 path);
}

static int make_directory(const char *path, struct error *error)
{
	if (mkdir(path, DIRECTORY_MODE) == 0 || errno == EEXIST)
		return 0;
	return error_set(error, -errno, "%s: the directory cannot be made: %s", path,
			 strerror(errno));
}

static int open_env(struct summary_env *env, const char *path, bool writable, struct error *error)
{
	int r = env_open(&env->env, path, databases, writable, writable ? MAP_BYTES : 0, error);

	if (r == STORE_E_ABSENT)
		return error_set(error, SUMMARY_ENV_E_ABSENT,
				 "%s: nothing was summarized yet; run waymark summarize", path);
	if (r == STORE_E_DAMAGED)
		return error_set(error, SUMMARY_ENV_E_DAMAGED,
				 "%s: cannot be read; waymark summarize --rebuild makes it anew "
				 "from the log",
				 path);
	return r;
}

int summary_env_open(const char *data_dir, const char *name, bool writable,
		     struct summary_env **ret_env, struct error *error)
{
	cleanup_free char *path = path_of(data_dir, name);
	struct summary_env *env = calloc(1, sizeof(*env));
	int r = path && env ? 0 : error_set(error, -ENOMEM, "out of memory");

	if (!r && writable)
		r = make_directory(path, error);
	if (!r)
		r = open_env(env, path, writable, error);
	if (r) {
		summary_env_close(env);
		return r;
	}
	*ret_env = env;
	return 0;
}

void summary_env_close(struct summary_env *env)
{
	if (!env)
		return;
	env_close(&env->env);
	free(env);
}

int summary_env_remove(const char *data_dir, const char *name)
{
	static const char *const files[] = {"data.mdb", "lock.mdb"};
	cleanup_free char *path = path_of(data_dir, name);

	if (!path)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		cleanup_free char *file = path_of(path, files[i]);

		if (!file)
			return -ENOMEM;
		if (unlink(file) && errno != ENOENT)
			return -errno;
	}
	return rmdir(path) && errno != ENOENT ? -errno : 0;
}

static int sync_directory(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) ? -errno : 0;
}

/* Some file systems cannot exchange two names: then there is a moment without any. */
int summary_env_replace(const char *data_dir, const char *name)
{
	cleanup_free char *new = path_of(data_dir, name), *path = path_of(data_dir, "summary");
	int r;

	if (!new || !path)
		return -ENOMEM;
	if (renameat2(AT_FDCWD, new, AT_FDCWD, path, RENAME_EXCHANGE) == 0) {
		r = sync_directory(data_dir);
		return r ? r : summary_env_remove(data_dir, name);
	}
	if (errno != ENOENT) {
		r = summary_env_remove(data_dir, "summary");
		if (r)
			return r;
	}
	return rename(new, path) ? -errno : sync_directory(data_dir);
}

int summary_env_read(struct summary_env *env, void (*body)(struct txn *txn, void *context),
		     void *context)
{
	return txn_read(&env->env, body, context);
}

int summary_env_write(struct summary_env *env, void (*body)(struct txn *txn, void *context),
		      void *context)
{
	return txn_write(&env->env, body, context);
}

/* A piece of a database: key length 2 ‖ value length 4 ‖ key ‖ value. */
struct copying {
	enum summary_database database;
	struct buffer rows, from, next; /* @next: where the piece behind it begins */
	bool more;
};

static bool copy_row(void *context, struct span key, struct span value)
{
	struct copying *copying = context;
	uint8_t sizes[6];

	if (copying->rows.size >= COPY_BYTES) {
		buffer_append_span(&copying->next, key);
		copying->more = true;
		return false;
	}
	put_u16(sizes, (uint16_t)key.size);
	put_u32(sizes + 2, (uint32_t)value.size);
	buffer_append(&copying->rows, sizes, sizeof(sizes));
	buffer_append_span(&copying->rows, key);
	buffer_append_span(&copying->rows, value);
	return true;
}

static void read_rows(struct txn *txn, void *context)
{
	struct copying *copying = context;
	struct span from = copying->from.size > 0 ? buffer_span(&copying->from) : span_of(NULL, 0);

	copying->more = false;
	buffer_clear(&copying->rows);
	buffer_clear(&copying->next);
	summary_each(txn, copying->database, from, copy_row, copying);
	summary_fail(txn, copying->rows.error ? copying->rows.error : copying->next.error);
}

static void write_rows(struct txn *txn, void *context)
{
	const struct copying *copying = context;
	struct span rows = buffer_span(&copying->rows);

	for (size_t at = 0; at < rows.size && !txn->error;) {
		size_t key = get_u16(rows.data + at), value = get_u32(rows.data + at + 2);

		summary_put(txn, copying->database, span_slice(rows, at + 6, key),
			    span_slice(rows, at + 6 + key, value));
		at += 6 + key + value;
	}
}

int summary_env_copy(struct summary_env *from, enum summary_database one, struct summary_env *to,
		     enum summary_database other)
{
	struct copying copying = {.database = one};
	int r;

	do {
		struct buffer begun = copying.from;

		copying.from = copying.next;
		copying.next = begun;
		copying.database = one;
		r = summary_env_read(from, read_rows, &copying);
		copying.database = other;
		if (!r)
			r = summary_env_write(to, write_rows, &copying);
	} while (!r && copying.more);
	buffer_finish(&copying.rows);
	buffer_finish(&copying.from);
	buffer_finish(&copying.next);
	return r;
}

int summary_env_reserve(struct summary_env *env, size_t bytes)
{
	return env_reserve(&env->env, bytes);
}

uint64_t summary_env_bytes(struct summary_env *env)
{
	struct env_figures figures;

	env_figures(&env->env, &figures);
	return figures.used_bytes;
}

struct span summary_get(struct txn *txn, enum summary_database database, struct span key)
{
	return txn_get(txn, database, key);
}

void summary_put(struct txn *txn, enum summary_database database, struct span key,
		 struct span value)
{
	txn_put(txn, database, key, value);
}

void summary_append(struct txn *txn, enum summary_database database, struct span key,
		    struct span value)
{
	txn_append(txn, database, key, value);
}

void summary_delete(struct txn *txn, enum summary_database database, struct span key)
{
	txn_delete(txn, database, key);
}

void summary_clear(struct txn *txn, enum summary_database database)
{
	txn_clear(txn, database);
}

void summary_fail(struct txn *txn, int error)
{
	if (error)
		txn_fail(txn, error);
}

bool summary_failed(const struct txn *txn)
{
	return txn->error != 0;
}

uint64_t summary_get_number(struct txn *txn, const char *key, uint64_t otherwise)
{
	return txn_get_number(txn, SUMMARY_META, key, otherwise);
}

void summary_put_number(struct txn *txn, const char *key, uint64_t value)
{
	txn_put_number(txn, SUMMARY_META, key, value, 8);
}

void summary_each(struct txn *txn, enum summary_database database, struct span from,
		  summary_each_fn each, void *context)
{
	struct span key, value;
	struct txn_walk walk;

	txn_walk_begin(txn, database, from, &walk);
	while (txn_walk_next(&walk, &key, &value) && each(context, key, value))
		;
	txn_walk_end(&walk);
}

bool summary_ceiling(struct txn *txn, enum summary_database database, struct span key,
		     struct span *ret_key, struct span *ret_value)
{
	struct txn_walk walk;
	bool found;

	txn_walk_begin(txn, database, key, &walk);
	found = txn_walk_next(&walk, ret_key, ret_value);
	txn_walk_end(&walk);
	return found;
}

bool summary_floor(struct txn *txn, enum summary_database database, struct span key,
		   struct span *ret_key, struct span *ret_value)
{
	return txn_floor(txn, database, key, ret_key, ret_value);
}
