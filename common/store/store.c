/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data directory: opened in one order, closed in the reverse one.
 *
 * Lock, environments, the end of the log (with the account of a crash), the fold of the log into
 * state/, and only then the writer's thread: until that runs, everything here belongs to the
 * caller's thread. A directory that another version wrote is refused before anything in it changes.
 */
#include "store/store.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char *const events_databases[] = {"events", "meta", NULL};
static const char *const state_databases[] = {"links", "slugs", "names", "meta", NULL};
static const char *const people_databases[] = {"ids", "rows", "erased", "meta", NULL};

enum { DIRECTORY_MODE = 0700, EVENTS_MAP_BYTES = 1 << 30, OTHER_MAP_BYTES = 1 << 28 };

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

static int open_env(struct store *store, struct env *env, const char *name,
		    const char *const *databases, size_t map_bytes, struct error *error)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;
	int r;

	buffer_printf(&path, "%s/%s", store->data_dir, name);
	if (!buffer_text(&path))
		return error_set(error, -ENOMEM, "%s: out of memory", store->data_dir);
	r = 0;
	if (!store->reader && access(buffer_text(&path), F_OK) && errno == ENOENT)
		r = make_env(buffer_text(&path), databases, error);
	if (!r)
		r = env_open(env, buffer_text(&path), databases, !store->reader, map_bytes, error);
	return r;
}

/* The name of the environment's directory must survive a power cut, too. */
static int sync_data_dir(const struct store *store, struct error *error)
{
	cleanup_close int fd = open(store->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && fsync(fd) == 0)
		return 0;
	return error_set(error, -errno, "%s: the directory cannot be synced: %s", store->data_dir,
			 strerror(errno));
}

static int open_envs(struct store *store, size_t map_bytes, struct error *error)
{
	size_t other = map_bytes ? map_bytes : OTHER_MAP_BYTES;
	int r;

	r = open_env(store, &store->events, "events", events_databases,
		     store->reader ? 0
		     : map_bytes   ? map_bytes
				   : EVENTS_MAP_BYTES,
		     error);
	if (!r)
		r = open_env(store, &store->state, "state", state_databases,
			     store->reader ? 0 : other, error);
	if (!r && !store->reader)
		r = open_env(store, &store->people, "people", people_databases, other, error);
	if (!r && !store->reader)
		r = sync_data_dir(store, error);
	return r;
}

struct identity_of_store {
	struct store *store;
	const char *node; /* NULL for a reader */
	uint64_t schema, incarnation;
	char *found;
};

static void read_identity(struct txn *txn, struct identity_of_store *identity)
{
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

static void write_people_schema(struct txn *txn, void *context)
{
	(void)context;
	txn_put_number(txn, PEOPLE_META, "schema", SCHEMA_VERSION, 4);
}

static uint64_t schema_of(struct env *env, unsigned meta, int *ret_error)
{
	struct txn txn;
	uint64_t schema;

	txn_begin_read(&txn, env);
	schema = txn_get_number(&txn, meta, "schema", 0);
	*ret_error = txn_finish(&txn);
	return schema;
}

static int refuse_newer(const char *path, struct error *error)
{
	return error_set(error, STORE_E_SCHEMA,
			 "%s: written by a newer version; install that version", path);
}

/* Who this log is; a new one takes the configured name. */
static int establish_identity(struct store *store, const char *node, struct error *error)
{
	struct identity_of_store identity = {.store = store, .node = node};
	struct txn txn;
	int r;

	txn_begin_read(&txn, &store->events);
	read_identity(&txn, &identity);
	r = txn_finish(&txn);
	if (!r && identity.schema == 0 && !store->reader)
		r = txn_write(&store->events, write_identity, &identity);
	store->node = take_ptr(identity.found);
	store->incarnation = (uint16_t)identity.incarnation;
	if (r)
		return error_set(error, r, "%s: its meta cannot be read or written: %s",
				 store->events.path, strerror(-r));
	if (identity.schema > SCHEMA_VERSION)
		return refuse_newer(store->events.path, error);
	if (!store->node)
		return error_set(error, store->reader ? STORE_E_ABSENT : STORE_E_DAMAGED,
				 "%s: no event store is here (yet)", store->events.path);
	if (node && strcmp(store->node, node) != 0)
		return error_set(error, STORE_E_DAMAGED,
				 "%s: this log belongs to node \"%s\", the configuration says "
				 "\"%s\"; set node back, or use another data_dir",
				 store->events.path, store->node, node);
	return 0;
}

static int establish_people(struct store *store, struct error *error)
{
	int r;
	uint64_t schema = schema_of(&store->people, PEOPLE_META, &r);

	if (!r && schema > SCHEMA_VERSION)
		return refuse_newer(store->people.path, error);
	if (!r && schema == 0)
		r = txn_write(&store->people, write_people_schema, NULL);
	if (!r)
		r = people_open(store);
	if (r)
		return error_set(error, r, "%s: cannot be read or written: %s", store->people.path,
				 strerror(-r));
	return 0;
}

/* An empty queue takes any one ticket, whatever its limit. */
static uint64_t most_queued(const struct store_options *options)
{
	uint64_t clicks = options->queue_clicks, bulk = options->queue_bulk;

	return (clicks > EVENT_TICKET_MAX_EVENTS ? clicks : EVENT_TICKET_MAX_EVENTS) +
	       (bulk > EVENT_TICKET_MAX_EVENTS ? bulk : EVENT_TICKET_MAX_EVENTS);
}

static int start(struct store *store, const struct store_options *options, struct error *error)
{
	int r;

	store->queue_limit = most_queued(options);
	store->prune.retention = options->retention;
	/* Before anything is appended; what cannot be read now, the writer reads later. */
	(void)prune_open(&store->prune, store);
	r = event_account_recover(store, options->degraded_start, error);
	if (!r)
		r = fold_open(store, options->degraded_start, error);
	if (r)
		return r;
	r = event_writer_open(store, options, &store->writer);
	if (r)
		return error_set(error, r, "the event writer cannot start: %s", strerror(-r));
	return 0;
}

static struct store *store_new(const char *data_dir, bool reader)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->lock_fd = -1;
	store->reader = reader;
	store->data_dir = span_dup(span_text(data_dir));
	if (store->data_dir)
		return store;
	free(store);
	return NULL;
}

int store_open(const struct store_options *options, struct store **ret_store, struct error *error)
{
	struct store *store;
	int r = make_directory(options->data_dir, error);

	if (r)
		return r;
	store = store_new(options->data_dir, false);
	if (!store)
		return error_set(error, -ENOMEM, "%s: out of memory", options->data_dir);
	store->keyring = options->keyring;
	r = store_lock_take(options, &store->lock_fd, error);
	if (!r)
		r = open_envs(store, options->initial_map_bytes, error);
	if (!r)
		r = establish_identity(store, options->node, error);
	if (!r)
		r = establish_people(store, error);
	if (!r)
		r = start(store, options, error);
	if (r) {
		store_close(store);
		return r;
	}
	*ret_store = store;
	return 0;
}

int store_open_reader(const char *data_dir, struct store **ret_store, struct error *error)
{
	struct store *store = store_new(data_dir, true);
	int r;

	if (!store)
		return error_set(error, -ENOMEM, "%s: out of memory", data_dir);
	r = open_envs(store, 0, error);
	if (!r)
		r = establish_identity(store, NULL, error);
	if (r) {
		store_close(store);
		return r;
	}
	*ret_store = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	event_writer_close(store->writer);
	people_close(store);
	env_close(&store->people);
	env_close(&store->state);
	env_close(&store->events);
	if (store->lock_fd >= 0)
		(void)close(store->lock_fd);
	free(store->node);
	free(store->data_dir);
	free(store);
}

struct event_writer *store_writer(struct store *store)
{
	return store->writer;
}

const char *store_node(const struct store *store)
{
	return store->node;
}

void store_set_keyring(struct store *store, const struct keyring *keyring)
{
	store->keyring = keyring;
}

void store_set_retention(struct store *store, const struct retention *retention)
{
	event_writer_set_retention(store->writer, retention);
}

static void reader_status(struct store *store, struct store_status *ret_status)
{
	struct span key, value;
	struct txn txn;

	txn_begin_read(&txn, &store->events);
	txn_last(&txn, EVENTS_EVENTS, &key, &value);
	if (key.size == 8)
		ret_status->last_sequence = get_u64(key.data);
	ret_status->pruned_through = txn_get_number(&txn, EVENTS_META, "pruned_through", 0);
	if (ret_status->last_sequence < ret_status->pruned_through)
		ret_status->last_sequence = ret_status->pruned_through;
	ret_status->events_failing = txn_finish(&txn) != 0;
	txn_begin_read(&txn, &store->state);
	ret_status->state_position = txn_get_number(&txn, STATE_META, "position", 0);
	ret_status->state_failing = txn_finish(&txn) != 0;
}

void store_status(struct store *store, struct store_status *ret_status)
{
	struct env_figures events, state, people = {0};

	*ret_status = (struct store_status){0};
	if (store->writer)
		event_writer_status(store->writer, ret_status);
	else
		reader_status(store, ret_status);
	env_figures(&store->events, &events);
	env_figures(&store->state, &state);
	if (!store->reader)
		env_figures(&store->people, &people);
	ret_status->events_bytes = events.used_bytes;
	ret_status->state_bytes = state.used_bytes;
	ret_status->people_bytes = people.used_bytes;
	ret_status->map_growths = events.growths + state.growths + people.growths;
}
