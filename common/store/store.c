/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data directory: opened in one order, closed in the reverse one.
 *
 * First data/lock, then the writer's thread, which makes the rest ready (establish.c); whoever
 * opens the store waits for its first round. So a thread that meets a damaged page is always one
 * that can be replaced, and a disk that does not answer holds up a server for seconds only.
 */
#include "store/store.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/backup.h"
#include "store/link_cache.h"
#include "store/people_internal.h"
#include "store/typed_internal.h"

#include <errno.h>
#include <sys/stat.h>

const char *const store_events_databases[] = {"events", "meta", "texts", NULL};
const char *const store_state_databases[] = {"links",	"slugs",    "names",	"meta",
					     "sources", "bindings", "visitors", "claims",
					     "merged",	"forms",    "repoints", NULL};
const char *const store_people_databases[] = {"ids", "rows", "erased", "meta", "typed", NULL};

enum { DIRECTORY_MODE = 0700, EVENTS_MAP_BYTES = 1 << 30, OTHER_MAP_BYTES = 1 << 28 };

static int prepare_env(struct store *store, struct env *env, const char *name,
		       const char *const *databases, size_t map_bytes)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;

	buffer_printf(&path, "%s/%s", store->data_dir, name);
	if (!buffer_text(&path))
		return -ENOMEM;
	return env_prepare(env, buffer_text(&path), databases, !store->reader,
			   store->reader ? 0 : map_bytes);
}

static int prepare_envs(struct store *store, size_t map_bytes, struct error *error)
{
	size_t other = map_bytes ? map_bytes : OTHER_MAP_BYTES;
	int r = prepare_env(store, &store->events, "events", store_events_databases,
			    map_bytes ? map_bytes : EVENTS_MAP_BYTES);

	if (!r)
		r = prepare_env(store, &store->state, "state", store_state_databases, other);
	if (!r && !store->reader)
		r = prepare_env(store, &store->people, "people", store_people_databases, other);
	if (!r && !store->reader)
		r = people_open(store);
	if (!r && !store->reader)
		r = typed_open(store);
	if (!r && !store->reader)
		r = binding_open(store);
	if (!r && !store->reader) {
		store->links = link_cache_new();
		r = store->links ? 0 : -ENOMEM;
	}
	atomic_store(&store->events.unjudged, !store->reader);
	atomic_store(&store->state.unjudged, !store->reader);
	atomic_store(&store->people.unjudged, true);
	store->people.alone = true;
	return r ? error_set(error, r, "%s: cannot be opened: %s", store->data_dir, strerror(-r))
		 : 0;
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
	r = event_writer_open(store, options, &store->writer);
	if (r)
		return error_set(error, r, "the event writer cannot start: %s", strerror(-r));
	return event_writer_wait_opened(store->writer, error);
}

static struct store *store_new(const char *data_dir, const char *node)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->lock_fd = -1;
	store->reader = !node;
	store->data_dir = span_dup(span_text(data_dir));
	store->node = node ? span_dup(span_text(node)) : NULL;
	if (store->data_dir && (store->node || !node))
		return store;
	free(store->data_dir);
	free(store->node);
	free(store);
	return NULL;
}

/* What a restore that was interrupted has left is no store, however much it looks like one. */
static int refuse_unfinished(const char *data_dir, struct error *error)
{
	if (!restore_is_unfinished(data_dir))
		return 0;
	return error_set(error, STORE_E_DAMAGED,
			 "%s: a restore into it was not finished; run waymark restore again",
			 data_dir);
}

int store_open(const struct store_options *options, struct store **ret_store, struct error *error)
{
	const char *data_dir = options->data_dir;
	struct store *store;
	int r;

	if (mkdir(data_dir, DIRECTORY_MODE) && errno != EEXIST && !options->degraded_start)
		return error_set(error, -errno, "%s: the directory cannot be made: %s", data_dir,
				 strerror(errno));
	store = store_new(data_dir, options->node);
	if (!store)
		return error_set(error, -ENOMEM, "%s: out of memory", data_dir);
	store->keyring = options->keyring;
	store->degraded = options->degraded_start;
	r = store_lock_take(options, &store->lock_fd, &store->owned, error);
	if (!r)
		r = refuse_unfinished(data_dir, error);
	if (!r)
		r = prepare_envs(store, options->initial_map_bytes, error);
	if (!r)
		r = start(store, options, error);
	if (r) {
		store_close(store);
		return r;
	}
	store_leave_to_owner(data_dir);
	*ret_store = store;
	return 0;
}

int store_open_reader(const char *data_dir, struct store **ret_store, struct error *error)
{
	struct store *store = store_new(data_dir, NULL);
	int r;

	if (!store)
		return error_set(error, -ENOMEM, "%s: out of memory", data_dir);
	r = refuse_unfinished(data_dir, error);
	if (!r)
		r = prepare_envs(store, 0, error);
	if (!r)
		r = store_establish_reader(store, error);
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
	typed_close(store);
	binding_close(store);
	link_cache_free(store->links);
	env_close(&store->people);
	env_close(&store->state);
	env_close(&store->events);
	store_leave_to_owner(store->data_dir);
	if (store->lock_fd >= 0)
		(void)close(store->lock_fd);
	buffer_finish(&store->fold_queue.records);
	text_table_finish(&store->texts);
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

uint16_t store_incarnation(const struct store *store)
{
	return store->incarnation;
}

void store_set_keyring(struct store *store, const struct keyring *keyring)
{
	store->keyring = keyring;
}

void store_set_retention(struct store *store, const struct retention *retention)
{
	event_writer_set_retention(store->writer, retention);
}

const char *store_env_name(enum store_env env)
{
	static const char *const names[STORE_ENVS] = {"events", "state", "people"};

	return names[env];
}

static void read_last(struct txn *txn, void *context)
{
	struct store_status *status = context;
	struct span key, value;

	txn_last(txn, EVENTS_EVENTS, &key, &value);
	if (key.size == 8)
		status->last_sequence = get_u64(key.data);
	status->pruned_through = txn_get_number(txn, EVENTS_META, "pruned_through", 0);
	if (status->last_sequence < status->pruned_through)
		status->last_sequence = status->pruned_through;
}

static void read_position(struct txn *txn, void *context)
{
	struct store_status *status = context;

	status->state_position = txn_get_number(txn, STATE_META, "position", 0);
}

static void reader_status(struct store *store, struct store_status *status)
{
	status->errors[STORE_EVENTS] = txn_read(&store->events, read_last, status);
	status->errors[STORE_STATE] = txn_read(&store->state, read_position, status);
	status->events_failing = status->errors[STORE_EVENTS] != 0;
	status->state_failing = status->errors[STORE_STATE] != 0;
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
	ret_status->damaged[STORE_EVENTS] = atomic_load(&store->events.damaged);
	ret_status->damaged[STORE_STATE] = atomic_load(&store->state.damaged);
	ret_status->damaged[STORE_PEOPLE] = atomic_load(&store->people.damaged);
	ret_status->reads[STORE_EVENTS] = events.reads;
	ret_status->reads[STORE_STATE] = state.reads;
	ret_status->reads[STORE_PEOPLE] = people.reads;
	ret_status->map_growths = events.growths + state.growths + people.growths;
}

uint64_t store_state_writes(struct store *store)
{
	return atomic_load(&store->state.writes);
}
