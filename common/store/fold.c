/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state/ as a fold of the log.
 *
 * The truth is the log; state/ only answers quickly. So it carries the position up to which it has
 * applied the log, and the identity of that log; whatever does not fit (another log, another
 * schema, a position beyond the end) is thrown away and folded again. A slice of the log is applied
 * in one transaction together with the position behind it. Applying an event twice changes nothing,
 * therefore slices that concern nothing here write nothing: store->folded runs ahead of the
 * position on disk, and a crash only costs looking at those events again.
 *
 * Runs in the writer's thread; but what is queued, and what has piled up while state/ could not be
 * written, is applied in a thread of its own (event_fold.c), a job at a time.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/event_reader.h"
#include "store/store_internal.h"

#include <errno.h>

static void (*const folds[EVENT_TYPE_COUNT])(struct txn *txn, const struct event *event) = {
	[EVENT_bind] = binding_fold_bind,   [EVENT_conflict] = binding_fold_conflict,
	[EVENT_erase] = binding_fold_erase, [EVENT_form] = form_fold,
	[EVENT_link] = link_fold,	    [EVENT_merge] = binding_fold_merge,
	[EVENT_name] = name_fold,	    [EVENT_unbind] = binding_fold_unbind,
};

/* Bindings are known from what is queued until they are folded (binding_pending.c). */
static const bool is_known_meanwhile[EVENT_TYPE_COUNT] = {
	[EVENT_bind] = true,
	[EVENT_conflict] = true,
	[EVENT_unbind] = true,
};

/* Tombstones are erase events, too: without any field. */
static bool is_tombstone(struct span record)
{
	return record.data[1] == EVENT_erase && record.size == EVENT_HEADER_BYTES;
}

bool fold_concerns(const struct event *event)
{
	return folds[event->type] || event->fields[EVENT_FIELD_source_id].data;
}

bool fold_is_awaited(const struct event *event)
{
	return event->fields[EVENT_FIELD_source_id].data ||
	       (folds[event->type] && !is_known_meanwhile[event->type]);
}

/* By the record, without decoding it: most events concern nothing here. */
static bool record_concerns(struct span record)
{
	if (record.size < EVENT_HEADER_BYTES)
		return false;
	return (record.data[1] < EVENT_TYPE_COUNT && folds[record.data[1]] &&
		!is_tombstone(record)) ||
	       source_concerns(record);
}

struct fold {
	struct event_slice slice;
	uint64_t position; /* behind what of the slice is applied at once */
};

/*
 * A record that cannot be read is passed over: the reader of the log reports it, and one damaged
 * event must not take every link behind it away.
 */
static void apply_slice(struct txn *txn, void *context)
{
	struct fold *fold = context;
	struct event event;
	struct span record;
	uint64_t sequence;

	fold->slice.at = 0;
	while (event_slice_next(&fold->slice, &sequence, &record) && sequence <= fold->position) {
		if (!record_concerns(record) || event_decode(record, &event))
			continue;
		event.sequence = sequence;
		if (folds[event.type])
			folds[event.type](txn, &event);
		source_fold(txn, &event);
	}
	txn_put_number(txn, STATE_META, "position", fold->position, 8);
}

/* Look through the slice, to @end at most: does anything concern state/, and where does it end? */
static bool slice_concerns(struct fold *fold, uint64_t end)
{
	bool concerns = false;
	struct span record;
	uint64_t sequence;

	fold->slice.at = 0;
	while (event_slice_next(&fold->slice, &sequence, &record) && sequence <= end) {
		fold->position = sequence;
		concerns |= record_concerns(record);
	}
	return concerns;
}

static int run_slice(struct fold_job *job, struct fold *fold)
{
	struct env *state = &job->store->state;
	int r = 0;

	fold->position = job->end; /* should there be no such event */
	if (slice_concerns(fold, job->end)) {
		r = env_reserve(state, fold->slice.records.size);
		if (!r)
			r = txn_write(state, apply_slice, fold);
		if (!r)
			job->position = fold->position;
	}
	if (!r)
		job->folded = fold->position;
	return r;
}

int fold_run(struct fold_job *job, usec_t until)
{
	struct fold fold = {0};
	bool more = false;
	int r = 0;

	while (!r && !more && job->folded < job->end) {
		r = event_slice_read(&job->store->events, job->folded, &fold.slice);
		if (r || fold.slice.count == 0)
			break;
		r = run_slice(job, &fold);
		more = job->folded < job->end && clock_monotonic() >= until;
	}
	event_slice_finish(&fold.slice);
	if (r)
		return r > 0 ? -EBADMSG : r;
	return more ? FOLD_E_MORE : 0;
}

/*
 * When no more has come for a moment; or at the latest by then, or when it is that much: the larger
 * a job, the more of its rows share the pages that are written.
 */
enum {
	TURN_MS =
		100, /* of folding what has piled up: then who waits for it is told how far it is */
	ROOM_FACTOR = 4,
	QUEUE_IDLE_MS = 20,
	QUEUE_LATEST_MS = 1000,
	QUEUE_RECORDS = 16384,
	QUEUE_BYTES_MAX = 16 << 20,
	LENGTH_BYTES = 4
};

static void queue_record(struct fold_queue *queue, uint64_t sequence, struct span record)
{
	uint8_t head[8 + LENGTH_BYTES];

	put_u64(head, sequence);
	put_u32(head + 8, (uint32_t)record.size);
	buffer_append_span(&queue->records, span_of(head, sizeof(head)));
	buffer_append_span(&queue->records, record);
	queue->count++;
	queue->broken |= queue->records.error || queue->records.size > QUEUE_BYTES_MAX;
}

void fold_queue_add(struct store *store, const struct event_ticket *ticket, usec_t now)
{
	struct fold_queue *queue = &store->fold_queue;
	const uint8_t *at = ticket->records.data;

	if (queue->count == 0 && !queue->broken)
		queue->latest = now + QUEUE_LATEST_MS * USEC_PER_MS;
	queue->due = now + QUEUE_IDLE_MS * USEC_PER_MS;
	for (uint32_t i = 0; i < ticket->count && !queue->broken; i++) {
		struct span record = span_of(at + LENGTH_BYTES, get_u32(at));

		if (record_concerns(record))
			queue_record(queue, ticket->first_sequence + i, record);
		at += LENGTH_BYTES + record.size;
	}
}

usec_t fold_queue_due(const struct store *store)
{
	const struct fold_queue *queue = &store->fold_queue;

	if (queue->count == 0 && !queue->broken)
		return UINT64_MAX;
	if (queue->count >= QUEUE_RECORDS || queue->broken)
		return 0;
	return queue->due < queue->latest ? queue->due : queue->latest;
}

/* A state/ that was reset answers from now on. */
static void note_caught_up(struct store *store)
{
	if (store->refolding)
		atomic_store(&store->state.unjudged, false);
	store->refolding = false;
}

void fold_job_take(struct store *store, struct fold_job *job)
{
	struct fold_queue *queue = &store->fold_queue;
	struct buffer spare = job->records;

	*job = (struct fold_job){
		.store = store,
		.records = queue->records,
		.count = queue->count,
		.broken = queue->broken,
		.end = store->last_sequence,
		.folded = store->folded,
		.position = store->position,
	};
	spare.error = 0;
	buffer_clear(&spare);
	queue->records = spare;
	queue->count = 0;
	queue->broken = false;
}

static int apply_queue(struct fold_job *job)
{
	struct fold fold = {
		.slice = {.records = job->records, .count = job->count},
		.position = job->end,
	};
	struct env *state = &job->store->state;
	/* Each record is rows in several databases, whose keys are spread. */
	int r = env_reserve(state, ROOM_FACTOR * job->records.size);

	if (!r)
		r = txn_write(state, apply_slice, &fold);
	if (!r)
		job->position = job->folded = job->end;
	return r;
}

void fold_job_run(struct fold_job *job)
{
	int r = 0;

	if (!job->broken && job->count > 0)
		r = apply_queue(job);
	/* From the log: all that state/ lacks, whatever became of the queue. */
	if (!r)
		r = fold_run(job, clock_monotonic() + TURN_MS * USEC_PER_MS);
	job->result = r;
}

int fold_job_finish(struct store *store, struct fold_job *job)
{
	store->folded = job->folded;
	store->position = job->position;
	store->fold_queue.broken |= job->result != 0;
	if (job->result == 0)
		note_caught_up(store);
	return job->result;
}

void fold_job_free(struct fold_job *job)
{
	buffer_finish(&job->records);
}

static void put_position(struct txn *txn, void *context)
{
	const struct store *store = context;

	txn_put_number(txn, STATE_META, "position", store->folded, 8);
}

int fold_keep_position(struct store *store)
{
	int r;

	if (store->position == store->folded)
		return 0;
	r = txn_write(&store->state, put_position, store);
	if (!r)
		store->position = store->folded;
	return r;
}

static void identity_of_log(const struct store *store, struct buffer *to)
{
	buffer_printf(to, "%s.%u", store->node, (unsigned)store->incarnation);
}

static void reset(struct txn *txn, void *context)
{
	cleanup_buffer struct buffer log = BUFFER_INIT;

	identity_of_log(context, &log);
	txn_fail(txn, log.error);
	txn_clear(txn, STATE_LINKS);
	txn_clear(txn, STATE_SLUGS);
	txn_clear(txn, STATE_NAMES);
	txn_clear(txn, STATE_SOURCES);
	txn_clear(txn, STATE_BINDINGS);
	txn_clear(txn, STATE_VISITORS);
	txn_clear(txn, STATE_CLAIMS);
	txn_clear(txn, STATE_MERGED);
	txn_clear(txn, STATE_FORMS);
	txn_clear(txn, STATE_REPOINTS);
	txn_put_number(txn, STATE_META, "schema", STATE_SCHEMA_VERSION, 4);
	txn_put_number(txn, STATE_META, "position", 0, 8);
	txn_put_number(txn, STATE_META, "seen_through", 0, 8);
	txn_put_number(txn, STATE_META, "seen_time", 0, 8);
	txn_put_number(txn, STATE_META, "seen_floor", 0, 8);
	txn_put(txn, STATE_META, SPAN("log"), buffer_span(&log));
}

/* What state/ says about itself. */
struct identity {
	const struct store *store;
	uint64_t schema, position, seen_through;
	usec_t seen_time, seen_floor;
	bool of_log, of_node;
};

static void read_identity(struct txn *txn, void *context)
{
	cleanup_buffer struct buffer log = BUFFER_INIT;
	struct identity *identity = context;
	struct span found;

	identity_of_log(identity->store, &log);
	txn_fail(txn, log.error);
	identity->schema = txn_get_number(txn, STATE_META, "schema", 0);
	identity->position = txn_get_number(txn, STATE_META, "position", UINT64_MAX);
	identity->seen_through = txn_get_number(txn, STATE_META, "seen_through", 0);
	identity->seen_time = txn_get_number(txn, STATE_META, "seen_time", 0);
	identity->seen_floor = txn_get_number(txn, STATE_META, "seen_floor", 0);
	found = txn_get(txn, STATE_META, SPAN("log"));
	identity->of_log = span_equal(found, buffer_span(&log));
	identity->of_node = span_starts(found, span_text(identity->store->node)) &&
			    span_find(found, '.', strlen(identity->store->node)) ==
				    strlen(identity->store->node);
}

/* When the log has pruned what this state/ did not look at, anybody may have been seen in it. */
static void take_seen(struct store *store, const struct identity *identity, uint64_t pruned)
{
	store->binding_prune = (struct binding_prune){
		.through = identity->seen_through,
		.time = identity->seen_time,
		.floor = identity->seen_floor,
	};
	if (identity->seen_through >= pruned)
		return;
	store->binding_prune.through = pruned;
	store->binding_prune.floor = clock_wall();
}

static int start_again(struct store *store, uint64_t pruned, struct error *error)
{
	int r;

	if (pruned > 0)
		return error_set(error, STORE_E_DAMAGED,
				 "%s: is of an older version or of another log, and cannot be made "
				 "again since the beginning of this one is pruned; restore both "
				 "from one backup",
				 store->state.path);
	r = txn_write(&store->state, reset, store);
	store->position = 0;
	store->binding_prune = (struct binding_prune){.through = 0};
	store->refolding = true;
	return r;
}

/* Up to the end of the log, or as far as the time goes that the start has: the writer goes on. */
static int catch_up(struct store *store)
{
	struct fold_job job = {
		.store = store,
		.end = store->last_sequence,
		.folded = store->position,
		.position = store->position,
	};
	int r = fold_run(&job, store->catch_up_until);

	store->folded = job.folded;
	store->position = job.position;
	store->fold_queue.broken |= r == FOLD_E_MORE;
	if (r == FOLD_E_MORE)
		return 0;
	if (!r)
		r = fold_keep_position(store);
	if (!r)
		note_caught_up(store);
	return r;
}

int fold_open(struct store *store, struct error *error)
{
	struct identity identity = {.store = store};
	const char *path = store->state.path;
	uint64_t pruned = 0;
	bool fits;
	int r = txn_read_unjudged(&store->state, read_identity, &identity);

	if (!r && identity.schema > STATE_SCHEMA_VERSION)
		return error_set(error, STORE_E_SCHEMA,
				 "%s: written by a newer version; install that version", path);
	if (!r && !store->events_ready) {
		atomic_store(&store->state.unjudged, !identity.of_node);
		return 0;
	}
	if (!r)
		r = event_reader_pruned_through(store, &pruned);
	/* What it has not applied must still be there. */
	fits = !r && identity.schema == STATE_SCHEMA_VERSION && identity.of_log &&
	       identity.position <= store->last_sequence && identity.position >= pruned;
	store->position = fits ? identity.position : 0;
	if (fits)
		take_seen(store, &identity, pruned);
	if (!r && !fits) {
		atomic_store(&store->state.unjudged, true);
		r = start_again(store, pruned, error);
	}
	if (r > 0)
		return r;
	/* An old one answers for what it holds while it catches up, a new one only when it has. */
	if (!r && !store->refolding)
		atomic_store(&store->state.unjudged, false);
	if (!r) {
		r = catch_up(store);
		store->state_ready = !r || (store->degraded && !store->refolding);
	}
	if (r)
		return error_set(error, r, "%s: the log could not be applied: %s", path,
				 strerror(-r));
	return 0;
}
