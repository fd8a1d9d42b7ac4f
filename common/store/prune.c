/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention: the prefix of the log is removed by storing time, and records of one class are
 * overwritten by tombstones earlier.
 *
 * A record may go when it is as old as its period says and every registered reader has read it, or
 * when it is older by the readers' maximum lag; never before state/ has folded it durably (truth =
 * state/ as of pruned_through + the log after it) and has noted whose browser it is of
 * (binding_prune.c), and never the last one, which says how the run before ended. The age is by the
 * clock of retention.h. A record that claims to be of the future was written under a wrong clock:
 * it goes with the first later record that may go, since it was stored before it.
 *
 * A step is short: it looks at a bounded number of records, for a bounded time, and takes twice as
 * many away as the batch beside it adds, so that a log that is behind catches up under any load.
 * Pages that it frees are the ones that the next batches are written to, so the file stops growing.
 *
 * Invariant: pruned_through and tombstoned_through are committed with what they tell of.
 */
#include "store/prune.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/store_internal.h"

enum {
	QUOTA_MIN = 128,
	QUOTA_MAX = 512,
	CHECK_EVENTS = 16,
	STEP_USEC = 300,      /* of looking and of removing */
	LOOK_MS = 250,	      /* between looks while nothing is old enough */
	FAILED_MS = 60000,    /* after a commit that failed */
	PAUSE_MIN_USEC = 5000 /* between steps of their own, and four times what one took */
};

/* What an action of this class needs of a record. */
struct limits {
	usec_t now, expired, overdue; /* stored at or before: old enough; even for readers */
	uint64_t readers, ceiling;    /* sequences: read by all; never past, as things are */
	uint64_t last;		      /* never past, for ever */
};

static usec_t before(usec_t now, uint64_t days)
{
	return now > days * USEC_PER_DAY ? now - days * USEC_PER_DAY : 0;
}

usec_t prune_storing_time(struct span record)
{
	size_t at = EVENT_HEADER_BYTES;
	struct span value;
	uint8_t field;

	/* What cannot be read goes with what stands behind it. */
	if (record.size < EVENT_HEADER_BYTES)
		return UINT64_MAX;
	while (record_next(record, &at, &field, &value) == 0)
		if (field == EVENT_FIELD_stored && value.size == 8)
			return get_u64(value.data);
	return get_u64(record.data + 4);
}

static void find_limits(const struct prune *prune, uint32_t days, const struct reader *readers,
			size_t count, const struct store *store, struct limits *ret_limits)
{
	uint64_t last = store->last_sequence;

	*ret_limits = (struct limits){.now = prune->clock.time, .readers = UINT64_MAX};
	ret_limits->expired = before(prune->clock.time, days);
	ret_limits->overdue =
		before(prune->clock.time, (uint64_t)days + prune->retention.reader_lag_days);
	ret_limits->last = last > 0 ? last - 1 : 0;
	ret_limits->ceiling = ret_limits->last;
	if (store->position < ret_limits->ceiling)
		ret_limits->ceiling = store->position;
	if (store->binding_prune.through < ret_limits->ceiling)
		ret_limits->ceiling = store->binding_prune.through;
	for (size_t i = 0; i < count; i++)
		if (readers[i].position < ret_limits->readers)
			ret_limits->readers = readers[i].position;
}

static bool may_go(const struct limits *limits, uint64_t sequence, usec_t stored)
{
	if (sequence > limits->ceiling)
		return false;
	return stored <= limits->overdue ||
	       (stored <= limits->expired && sequence <= limits->readers);
}

static bool is_over(const struct prune *prune, uint64_t count)
{
	return count % CHECK_EVENTS == 0 && clock_monotonic() - prune->began > STEP_USEC;
}

/* What one step has found: how far it goes, and what is to be overwritten on the way. */
struct found {
	uint64_t through;
	uint64_t count;
	bool more, held; /* ended by its limits; by state/, which has to be durable first */
	struct {
		uint64_t sequence;
		uint8_t record[EVENT_HEADER_BYTES];
	} stones[QUOTA_MAX];
	unsigned stone_count;
};

/* It is old enough, and waits for nothing but state/. */
static bool is_held(const struct limits *limits, uint64_t sequence, usec_t stored)
{
	return sequence > limits->ceiling && sequence <= limits->last && stored <= limits->expired;
}

/* The record at hand is of the future. Does one behind it, stored later, say that it may go? */
static void look_ahead(struct txn *txn, const struct limits *limits, struct prune_sweep *sweep,
		       struct found *found)
{
	uint8_t from[8];
	struct txn_walk walk;
	struct span key, record;

	put_u64(from, sweep->looked + 1);
	txn_walk_begin(txn, EVENTS_EVENTS, span_of(from, sizeof(from)), &walk);
	for (unsigned i = 0; i < QUOTA_MAX && txn_walk_next(&walk, &key, &record); i++) {
		usec_t stored = prune_storing_time(record);

		if (key.size != 8)
			break;
		if (stored <= limits->now) {
			/* Looked at again next time: it may have become old by then. */
			if (may_go(limits, get_u64(key.data), stored)) {
				sweep->known = get_u64(key.data);
				sweep->known_time = stored;
			}
			found->held = is_held(limits, get_u64(key.data), stored);
			break;
		}
		sweep->looked = get_u64(key.data);
	}
	txn_walk_end(&walk);
}

bool retention_is_anonymous(const struct event *event)
{
	const struct event_type_row *row = event_type_row(event->type);

	return event->type != EVENT_consent && !event->fields[EVENT_FIELD_prospect].data &&
	       !fold_concerns(event) && (row->required | row->optional) & EVENT_HAS(agent);
}

/* A tombstone of @record into @ret_stone, if it is of the class that has a shorter period. */
static bool make_tombstone(struct span record, uint8_t ret_stone[EVENT_HEADER_BYTES])
{
	struct event event;

	if (event_decode(record, &event) || !retention_is_anonymous(&event))
		return false;
	ret_stone[0] = RECORD_VERSION;
	ret_stone[1] = EVENT_erase;
	put_u16(ret_stone + 2, event.incarnation);
	put_u64(ret_stone + 4, prune_storing_time(record));
	return true;
}

static void find(const struct prune *prune, struct txn *txn, const struct limits *limits,
		 struct prune_sweep *sweep, uint64_t quota, bool stones, struct found *found)
{
	uint8_t from[8];
	struct txn_walk walk;
	struct span key, record;
	bool future = false;

	found->through = sweep->through;
	found->count = found->stone_count = 0;
	found->held = false;
	put_u64(from, sweep->through + 1);
	txn_walk_begin(txn, EVENTS_EVENTS, span_of(from, sizeof(from)), &walk);
	for (;;) {
		uint64_t sequence;
		usec_t stored;

		found->more = found->count >= quota || is_over(prune, found->count + 1);
		if (found->more || !txn_walk_next(&walk, &key, &record) || key.size != 8)
			break;
		sequence = get_u64(key.data);
		stored = prune_storing_time(record);
		future = stored > limits->now;
		if (sequence <= sweep->known && stored > sweep->known_time)
			stored = sweep->known_time;
		if (!may_go(limits, sequence, stored)) {
			found->held = is_held(limits, sequence, stored);
			break;
		}
		future = false;
		found->through = sequence;
		found->count++;
		if (stones && make_tombstone(record, found->stones[found->stone_count].record))
			found->stones[found->stone_count++].sequence = sequence;
	}
	txn_walk_end(&walk);
	if (sweep->looked < found->through)
		sweep->looked = found->through;
	if (future && found->count == 0)
		look_ahead(txn, limits, sweep, found);
}

static void remove_prefix(struct prune *prune, struct txn *txn, const struct limits *limits,
			  uint64_t quota, struct found *found)
{
	struct prune_sweep *sweep = &prune->result.prefix;
	uint64_t through = sweep->through;
	uint8_t key[8];

	find(prune, txn, limits, sweep, quota, false, found);
	while (through < found->through && !txn->error) {
		put_u64(key, ++through);
		txn_delete(txn, EVENTS_EVENTS, span_of(key, sizeof(key)));
		if (is_over(prune, through))
			break;
	}
	if (through == sweep->through)
		return;
	prune->result.pruned = through - sweep->through;
	prune->result.more |= found->more || through < found->through;
	sweep->through = through;
	txn_put_number(txn, EVENTS_META, "pruned_through", through, 8);
	text_table_prune(txn, through);
}

static void overwrite_anonymous(struct prune *prune, struct txn *txn, const struct limits *limits,
				uint64_t quota, struct found *found)
{
	struct prune_sweep *sweep = &prune->result.anonymous;
	uint8_t key[8];

	if (sweep->through < prune->result.prefix.through)
		sweep->through = prune->result.prefix.through;
	find(prune, txn, limits, sweep, quota, true, found);
	for (unsigned i = 0; i < found->stone_count; i++) {
		put_u64(key, found->stones[i].sequence);
		/* Deleted first: only then LMDB joins pages that have become nearly empty. */
		txn_delete(txn, EVENTS_EVENTS, span_of(key, sizeof(key)));
		txn_put(txn, EVENTS_EVENTS, span_of(key, sizeof(key)),
			span_of(found->stones[i].record, EVENT_HEADER_BYTES));
	}
	if (found->through == sweep->through)
		return;
	prune->result.tombstones = found->stone_count;
	prune->result.more |= found->more;
	sweep->through = found->through;
	txn_put_number(txn, EVENTS_META, "tombstoned_through", found->through, 8);
}

/* Has the class a period of its own? */
static bool is_anonymous_apart(const struct prune *prune)
{
	return prune->retention.anonymous_days > 0 &&
	       prune->retention.anonymous_days < prune->retention.days;
}

static uint64_t count_passed(const struct reader *readers, size_t count, uint64_t from,
			     uint64_t through)
{
	uint64_t passed = 0;

	for (size_t i = 0; i < count; i++)
		passed += readers[i].position >= from && readers[i].position < through;
	return passed;
}

uint64_t prune_quota(uint64_t events)
{
	if (events == 0 || events > QUOTA_MAX / 2)
		return QUOTA_MAX;
	return 2 * events > QUOTA_MIN ? 2 * events : QUOTA_MIN;
}

void prune_step(struct prune *prune, struct txn *txn, const struct store *store, uint64_t quota)
{
	const struct retention *retention = &prune->retention;
	struct reader readers[READERS_MAX];
	struct limits limits;
	struct found found;
	size_t count;

	prune->began = clock_monotonic();
	prune->result =
		(struct prune_result){.prefix = prune->prefix, .anonymous = prune->anonymous};
	/* After a commit in doubt only the log knows how far it went. */
	prune->result.prefix.through = txn_get_number(txn, EVENTS_META, "pruned_through", 0);
	prune->result.anonymous.through = txn_get_number(txn, EVENTS_META, "tombstoned_through", 0);
	count = reader_read_all(txn, readers);
	find_limits(prune, retention->days, readers, count, store, &limits);
	remove_prefix(prune, txn, &limits, quota, &found);
	prune->result.passed_over =
		count_passed(readers, count, prune->prefix.through, prune->result.prefix.through);
	if (!is_anonymous_apart(prune))
		return;
	find_limits(prune, retention->anonymous_days, readers, count, store, &limits);
	overwrite_anonymous(prune, txn, &limits, quota, &found);
}

struct kept {
	struct prune *prune;
	usec_t time, held, newest;
};

static void read_kept(struct txn *txn, void *context)
{
	struct kept *kept = context;
	struct span key, last;

	kept->prune->prefix.through = txn_get_number(txn, EVENTS_META, "pruned_through", 0);
	kept->prune->anonymous.through = txn_get_number(txn, EVENTS_META, "tombstoned_through", 0);
	kept->time = txn_get_number(txn, EVENTS_META, "retention_clock", 0);
	kept->held = txn_get_number(txn, EVENTS_META, "retention_held", 0);
	txn_last(txn, EVENTS_EVENTS, &key, &last);
	kept->newest = last.size >= EVENT_HEADER_BYTES ? prune_storing_time(last) : 0;
}

int prune_open(struct prune *prune, struct store *store)
{
	struct kept kept = {.prune = prune};
	int r = txn_read(&store->events, read_kept, &kept);

	prune->open = r == 0;
	if (!r)
		retention_clock_start(&prune->clock, kept.time, kept.held, kept.newest,
				      clock_wall(), clock_monotonic());
	return r;
}

void prune_keep_clock(const struct prune *prune, struct txn *txn)
{
	if (prune->retention.days == 0 || !prune->open)
		return;
	txn_put_number(txn, EVENTS_META, "retention_clock", prune->clock.time, 8);
	txn_put_number(txn, EVENTS_META, "retention_held", prune->clock.held, 8);
}

struct looking {
	struct prune *prune;
	const struct store *store;
};

static void look_at(struct txn *txn, void *context)
{
	struct looking *looking = context;
	struct prune *prune = looking->prune;
	struct reader readers[READERS_MAX];
	struct limits limits;
	struct found found;
	size_t count;

	count = reader_read_all(txn, readers);
	find_limits(prune, prune->retention.days, readers, count, looking->store, &limits);
	find(prune, txn, &limits, &prune->prefix, 1, false, &found);
	prune->due = found.count > 0;
	prune->wants_state = found.held;
	if (!is_anonymous_apart(prune))
		return;
	if (prune->anonymous.through < prune->prefix.through)
		prune->anonymous.through = prune->prefix.through;
	find_limits(prune, prune->retention.anonymous_days, readers, count, looking->store,
		    &limits);
	find(prune, txn, &limits, &prune->anonymous, 1, false, &found);
	prune->due |= found.count > 0;
	prune->wants_state |= found.held;
}

/* Is the next record of either sweep one that may go? */
static void look(struct prune *prune, struct store *store)
{
	struct looking looking = {prune, store};

	if (txn_read(&store->events, look_at, &looking))
		prune->due = false;
	prune->looks++;
}

bool prune_is_due(struct prune *prune, struct store *store)
{
	usec_t now = clock_monotonic(), wall;

	if (prune->retention.days == 0)
		return false;
	if (prune->due || now < prune->next)
		return prune->due;
	prune->began = now;
	prune->next = now + LOOK_MS * USEC_PER_MS;
	if (!prune->open && prune_open(prune, store))
		return false;
	wall = clock_wall();
	retention_clock_step(&prune->clock, wall, now);
	prune->behind = wall > prune->clock.time ? wall - prune->clock.time : 0;
	look(prune, store);
	if (prune->due)
		prune->next = now;
	return prune->due;
}

usec_t prune_next(const struct prune *prune)
{
	return prune->retention.days ? prune->next : UINT64_MAX;
}

void prune_committed(struct prune *prune)
{
	usec_t now = clock_monotonic(), pause = 4 * (now - prune->began);

	prune->prefix = prune->result.prefix;
	prune->anonymous = prune->result.anonymous;
	prune->due = prune->result.more;
	prune->next = now + (pause > PAUSE_MIN_USEC ? pause : PAUSE_MIN_USEC);
}

void prune_state_kept(struct prune *prune, bool moved)
{
	if (prune->wants_state && moved)
		prune->next = 0;
	prune->wants_state = false;
}

void prune_failed(struct prune *prune)
{
	prune->due = false;
	prune->next = clock_monotonic() + FAILED_MS * USEC_PER_MS;
}
