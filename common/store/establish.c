/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a store ready: data/lock, then each environment opened, judged and recovered.
 *
 * The writer's thread does this, because it writes, and because whatever is wrong with a disk is
 * tried again until it works: each step leaves a mark when it is done, and the next round begins
 * with what is not. The environments fail apart. A directory that another version wrote is refused
 * before anything in it changes, and lookups see an environment only after it was judged
 * (env->unjudged), so that nothing of another log or of a newer schema is ever answered.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { DIRECTORY_MODE = 0700 };

static int make_directory(const char *path, struct error *error)
{
	if (mkdir(path, DIRECTORY_MODE) == 0 || errno == EEXIST)
		return 0;
	return error_set(error, -errno, "%s: the directory cannot be made: %s", path,
			 strerror(errno));
}

/*
 * A new environment is made beside its place and moved there when it is complete, since LMDB cannot
 * open what a power cut leaves of a first commit. Leftovers of an earlier attempt are worth
 * nothing.
 */
static int make_env(const char *path, const char *const *databases, struct error *error)
{
	cleanup_buffer struct buffer new = BUFFER_INIT, data = BUFFER_INIT, lock = BUFFER_INIT;
	struct env env = {0};
	int r;

	buffer_printf(&new, "%s.new", path);
	buffer_printf(&data, "%s.new/data.mdb", path);
	buffer_printf(&lock, "%s.new/lock.mdb", path);
	if (!buffer_text(&new) || !buffer_text(&data) || !buffer_text(&lock))
		return error_set(error, -ENOMEM, "%s: out of memory", path);
	r = make_directory(buffer_text(&new), error);
	if (r)
		return r;
	(void)unlink(buffer_text(&data));
	(void)unlink(buffer_text(&lock));
	r = env_open(&env, buffer_text(&new), databases, true, 0, error);
	env_close(&env);
	if (!r && rename(buffer_text(&new), path))
		r = error_set(error, -errno, "%s: cannot be made: %s", path, strerror(errno));
	return r;
}

/* With a name that survives a power cut. */
static int make_if_absent(struct store *store, struct env *env, struct error *error)
{
	cleanup_close int fd = -1;
	int r;

	if (access(env->path, F_OK) == 0 || errno != ENOENT)
		return 0;
	r = make_env(env->path, env->names, error);
	if (r)
		return r;
	fd = open(store->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && fsync(fd) == 0)
		return 0;
	return error_set(error, -errno, "%s: the directory cannot be synced: %s", store->data_dir,
			 strerror(errno));
}

static bool is_open(const struct store *store, const struct env *env)
{
	return env->lmdb && (!env->read_only || store->degraded);
}

static int open_env(struct store *store, struct env *env, struct error *error)
{
	int r;

	if (is_open(store, env))
		return 0;
	env_set_writable(env, store->owned);
	r = store->owned ? make_if_absent(store, env, error) : 0;
	if (r)
		return r;
	(void)env_reopen(env, env->generation, true);
	return is_open(store, env) ? 0 : env_describe(env, error);
}

struct identity_of_store {
	const char *node; /* NULL for a reader */
	uint64_t schema, incarnation;
	char *found;
};

static void read_identity(struct txn *txn, void *context)
{
	struct identity_of_store *identity = context;
	struct span node = txn_get(txn, EVENTS_META, SPAN("node"));

	identity->schema = txn_get_number(txn, EVENTS_META, "schema", 0);
	identity->incarnation = txn_get_number(txn, EVENTS_META, "incarnation", 1);
	free(take_ptr(identity->found));
	if (node.data)
		identity->found = span_dup(node);
	if (node.data && !identity->found)
		txn_fail(txn, -ENOMEM);
}

static void write_identity(struct txn *txn, void *context)
{
	struct identity_of_store *identity = context;

	txn_put_number(txn, EVENTS_META, "schema", SCHEMA_VERSION, 4);
	txn_put(txn, EVENTS_META, SPAN("node"), span_text(identity->node));
	txn_put_number(txn, EVENTS_META, "incarnation", 1, 2);
	txn_put_number(txn, EVENTS_META, "pruned_through", 0, 8);
	read_identity(txn, identity);
}

static int refuse_newer(const char *path, struct error *error)
{
	return error_set(error, STORE_E_SCHEMA,
			 "%s: written by a newer version; install that version", path);
}

static int unreadable(const struct env *env, int code, struct error *error)
{
	return error_set(error, code == -EBADMSG ? STORE_E_DAMAGED : code,
			 "%s: cannot be read or written: %s", env->path,
			 code == -EBADMSG ? "a page is damaged; restore it from a backup"
					  : strerror(-code));
}

/* Who this log is; a new one takes the configured name. */
static int establish_identity(struct store *store, struct error *error)
{
	struct identity_of_store identity = {.node = store->node};
	struct env *events = &store->events;
	cleanup_free char *found = NULL;
	int r = txn_read_unjudged(events, read_identity, &identity);

	if (!r && identity.schema == 0 && !store->reader)
		r = txn_write(events, write_identity, &identity);
	found = identity.found;
	if (r)
		return unreadable(events, r, error);
	if (identity.schema > SCHEMA_VERSION)
		return refuse_newer(events->path, error);
	if (!found)
		return error_set(error, store->reader ? STORE_E_ABSENT : STORE_E_DAMAGED,
				 "%s: no event store is here (yet)", events->path);
	store->incarnation = (uint16_t)identity.incarnation;
	if (!store->node)
		store->node = take_ptr(found);
	else if (strcmp(store->node, found) != 0)
		return error_set(error, STORE_E_NODE,
				 "%s: this log belongs to node \"%s\", the configuration says "
				 "\"%s\"; set node back, or use another data_dir",
				 events->path, found, store->node);
	atomic_store(&events->unjudged, false);
	return 0;
}

static int establish_events(struct store *store, struct error *error)
{
	int r = store->events_ready ? 0 : open_env(store, &store->events, error);

	if (!r && !store->events_ready)
		r = establish_identity(store, error);
	if (!r && !store->events_ready) {
		/* Before anything is appended; what cannot be read now is read later. */
		(void)prune_open(&store->prune, store);
		r = event_account_recover(store, error);
	}
	store->events_ready |= r == 0;
	return r ? r : store->recovery_due ? -EROFS : 0;
}

static void read_people_schema(struct txn *txn, void *context)
{
	uint64_t *schema = context;

	*schema = txn_get_number(txn, PEOPLE_META, "schema", 0);
}

static void write_people_schema(struct txn *txn, void *context)
{
	(void)context;
	txn_put_number(txn, PEOPLE_META, "schema", SCHEMA_VERSION, 4);
}

static int establish_people(struct store *store, struct error *error)
{
	uint64_t schema = 0;
	int r = open_env(store, &store->people, error);

	if (r)
		return r;
	if (store->owned)
		people_compact_forget(store);
	r = txn_read_unjudged(&store->people, read_people_schema, &schema);
	if (!r && schema > SCHEMA_VERSION)
		return refuse_newer(store->people.path, error);
	if (!r && schema == 0)
		r = txn_write(&store->people, write_people_schema, NULL);
	if (r)
		return unreadable(&store->people, r, error);
	atomic_store(&store->people.unjudged, false);
	store->people_ready = true;
	return 0;
}

static int establish_state(struct store *store, struct error *error)
{
	int r = open_env(store, &store->state, error);

	return r ? r : fold_open(store, error);
}

/* The directory, and data/lock in it. */
static int establish_lock(struct store *store, struct error *error)
{
	const struct store_options options = {.data_dir = store->data_dir};
	int fd = -1, r;

	if (store->owned)
		return 0;
	r = make_directory(store->data_dir, error);
	if (!r)
		r = store_lock_take(&options, &fd, &store->owned, error);
	if (r)
		return r;
	if (store->lock_fd >= 0)
		(void)close(store->lock_fd);
	store->lock_fd = fd;
	/* What is open was opened for reading; nobody would open it again. */
	env_set_writable(&store->events, store->owned);
	env_set_writable(&store->state, store->owned);
	env_set_writable(&store->people, store->owned);
	return 0;
}

bool store_is_established(const struct store *store)
{
	return store->owned && store->events_ready && store->state_ready && store->people_ready;
}

bool store_is_held(const struct store *store)
{
	return atomic_load(&store->events.held) || atomic_load(&store->state.held) ||
	       atomic_load(&store->people.held);
}

bool store_refuses(int code)
{
	return code == STORE_E_LOCKED || code == STORE_E_SCHEMA || code == STORE_E_NODE;
}

/* A refusal is worse than a failure, and the first one of its kind is told. */
static void note_worst(int code, const struct error *error, int *worst, struct error *ret_error)
{
	if (code == 0 || (*worst && (store_refuses(*worst) || !store_refuses(code))))
		return;
	*worst = code;
	if (ret_error)
		*ret_error = *error;
}

static int to_errno(int code)
{
	return code > 0 ? -EBADMSG : code;
}

int store_establish(struct store *store, int ret_results[STORE_ENVS], struct error *error)
{
	struct error errors[STORE_ENVS + 1] = {{""}};
	int worst = 0, r, lock = establish_lock(store, &errors[STORE_ENVS]);

	r = establish_events(store, &errors[STORE_EVENTS]);
	store->events_error = to_errno(r);
	ret_results[STORE_EVENTS] = to_errno(r ? r : lock);
	if (!store->recovery_due)
		note_worst(r, &errors[STORE_EVENTS], &worst, error);
	r = store->people_ready ? 0 : establish_people(store, &errors[STORE_PEOPLE]);
	ret_results[STORE_PEOPLE] = to_errno(r);
	note_worst(r, &errors[STORE_PEOPLE], &worst, error);
	r = store->state_ready ? 0 : establish_state(store, &errors[STORE_STATE]);
	ret_results[STORE_STATE] = r || store->state_ready ? to_errno(r) : -EAGAIN;
	note_worst(r, &errors[STORE_STATE], &worst, error);
	note_worst(lock, &errors[STORE_ENVS], &worst, error);
	return worst;
}

int store_establish_reader(struct store *store, struct error *error)
{
	int r = env_reopen(&store->events, 0, true);

	if (r)
		return env_describe(&store->events, error);
	r = env_reopen(&store->state, 0, true);
	if (r)
		return env_describe(&store->state, error);
	return establish_identity(store, error);
}
