/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bindings that no browser can present any more go, as the log does.
 *
 * A cookie lives BROWSER_LIFE_DAYS from when it was last set, and whatever sets it is an event with
 * its visitor. So a browser is gone when it was not seen for as long; and the log, whose beginning
 * retention removes, cannot say so alone. Therefore each event is looked at once before it may be
 * removed or overwritten: the row of its visitor in "visitors", if it has one, keeps when that was
 * seen last (to SEEN_DAYS, so that a row is written once a month). state/ says so durably before
 * the log does without the event, which keeps the rule that the truth is state/ as of
 * pruned_through and the log behind it. Under a log that is never pruned nothing goes.
 *
 * Then a sweep walks "bindings" from the oldest on, and removes those whose browser was not seen
 * for that long before the last event that was looked at: the binding, its claims, and with the
 * newest one the browser. It ends at the first binding that is too young, and begins again when a
 * day's worth of events has been looked at. What a browser in conflict left in "claims" goes with
 * its event, and so does the mark of an erased person, whom nothing can be on its way for any more.
 *
 * Both work in bounded steps, in the writer's thread.
 */
#include "store/binding_prune.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/binding_internal.h"

#include <errno.h>

enum {
	BROWSER_LIFE_DAYS = 395, /* of a cookie, track/identity.h */
	SEEN_DAYS = 30,
	NOTE_EVENTS = 4096, /* are looked at in a step, */
	NOTE_ROWS = 256,    /* with at most so many rows that change */
	STEP_USEC = 1000,
	CHECK_EVENTS = 64,
	SWEEP_ROWS = 1024,
	SWEEP_GONE = 64,
	SWEEP_PAUSE_MS = 100
};

static const usec_t browser_life = (BROWSER_LIFE_DAYS + SEEN_DAYS) * USEC_PER_DAY;

/* What a step has seen in the log. */
struct note {
	uint64_t after, limit, through; /* looked at from behind the first, to the second at most */
	usec_t now, time;		/* not later than @now: when the last of it was stored */
	usec_t young;			/* what was stored since then waits */
	unsigned count;
	struct note_row {
		enum event_type type; /* conflict, erase; else a visitor was seen */
		struct visitor_id visitor;
		struct handle person;
		struct link_id scope;
		uint64_t sequence;
		usec_t time;
	} * rows; /* NOTE_EVENTS */
};

/* The fields that matter are among the first of a record, and none of them is a shared text. */
static bool read_row(struct span record, struct note_row *row)
{
	struct span fields[EVENT_FIELD_campaign + 1] = {{0}}, value;
	uint8_t field, type = record.data[1];
	size_t at = EVENT_HEADER_BYTES;

	while (record_next(record, &at, &field, &value) == 0 && field <= EVENT_FIELD_campaign)
		fields[field] = value;
	if (type != EVENT_conflict && type != EVENT_erase) {
		value = fields[EVENT_FIELD_visitor];
		if (value.size == sizeof(row->visitor))
			memcpy(&row->visitor, value.data, sizeof(row->visitor));
		return value.size == sizeof(row->visitor);
	}
	value = fields[EVENT_FIELD_prospect];
	if (value.size != sizeof(row->person))
		return false;
	row->type = (enum event_type)type;
	memcpy(&row->person, value.data, sizeof(row->person));
	row->scope = binding_scope(fields[EVENT_FIELD_link], fields[EVENT_FIELD_campaign]);
	return true;
}

/* False: it stays for long, and is looked at later. */
static bool add_record(struct note *note, uint64_t sequence, struct span record)
{
	usec_t time = prune_storing_time(record);
	struct note_row row = {.sequence = sequence}, *last;

	/* Of the future: its clock was wrong, and it goes with those behind it. */
	if (time > note->young && time <= note->now)
		return false;
	note->through = sequence;
	if (record.size < EVENT_HEADER_BYTES)
		return true;
	if (time <= note->now)
		note->time = time;
	row.time = time <= note->now ? time : note->now;
	if (!read_row(record, &row))
		return true;
	last = note->count > 0 ? &note->rows[note->count - 1] : NULL;
	if (last && last->type == row.type &&
	    memcmp(&last->visitor, &row.visitor, sizeof(row.visitor)) == 0 &&
	    !id_is_zero(&row.visitor, sizeof(row.visitor)))
		last->time = row.time;
	else
		note->rows[note->count++] = row;
	return true;
}

static void read_note(struct txn *txn, void *context)
{
	const usec_t began = clock_monotonic();
	struct note *note = context;
	struct span key, record;
	struct txn_walk walk;
	uint8_t from[8];

	put_u64(from, note->after + 1);
	txn_walk_begin(txn, EVENTS_EVENTS, span_of(from, sizeof(from)), &walk);
	for (unsigned i = 1; i <= NOTE_EVENTS; i++) {
		if (!txn_walk_next(&walk, &key, &record) || key.size != sizeof(from) ||
		    get_u64(key.data) > note->limit || !add_record(note, get_u64(key.data), record))
			break;
		if (i % CHECK_EVENTS == 0 && clock_monotonic() - began > STEP_USEC)
			break;
	}
	txn_walk_end(&walk);
}

/* Is it a month since state/ last noted that this browser was seen? Most are in nobody's binding.
 */
static bool is_news(struct txn *txn, const struct note_row *row, struct binding *ret_newest)
{
	return binding_get_visitor(txn, span_of(&row->visitor, sizeof(row->visitor)), ret_newest) &&
	       ret_newest->seen + SEEN_DAYS * USEC_PER_DAY <= row->time;
}

/* Only what changes a row; the note ends before there would be too many. */
static void keep_news(struct txn *txn, void *context)
{
	struct note *note = context;
	unsigned count = note->count;
	struct binding newest;

	note->count = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct note_row *row = &note->rows[i];

		if (row->type != EVENT_conflict && row->type != EVENT_erase &&
		    !is_news(txn, row, &newest))
			continue;
		if (note->count == NOTE_ROWS) {
			note->through = row->sequence - 1;
			note->time = note->rows[note->count - 1].time;
			break;
		}
		note->rows[note->count++] = *row;
	}
}

static void note_visitor(struct txn *txn, const struct note_row *row)
{
	struct binding newest;

	if (!is_news(txn, row, &newest))
		return;
	newest.seen = row->time;
	binding_put_visitor(txn, &newest);
}

static void write_note(struct txn *txn, void *context)
{
	struct store *store = context;
	const struct note *note = store->binding_prune.note;

	for (unsigned i = 0; i < note->count; i++) {
		const struct note_row *row = &note->rows[i];

		if (row->type == EVENT_conflict)
			binding_drop_claims(txn, &row->person, &row->scope, row->sequence);
		else if (row->type == EVENT_erase)
			binding_drop_erased(txn, &row->person, row->sequence);
		else
			note_visitor(txn, row);
	}
	txn_put_number(txn, STATE_META, "seen_through", note->through, 8);
	txn_put_number(txn, STATE_META, "seen_time", note->time, 8);
	txn_put_number(txn, STATE_META, "seen_floor", store->binding_prune.floor, 8);
}

/* As old as the shorter of the periods has to be. */
static usec_t find_young(const struct store *store)
{
	const struct retention *retention = &store->prune.retention;
	uint64_t days = retention->days;

	if (retention->anonymous_days > 0 && retention->anonymous_days < days)
		days = retention->anonymous_days;
	return store->prune.clock.time > days * USEC_PER_DAY
		       ? store->prune.clock.time - days * USEC_PER_DAY
		       : 0;
}

int binding_prune_note(struct store *store)
{
	struct binding_prune *prune = &store->binding_prune;
	cleanup_free struct note_row *rows = calloc(NOTE_EVENTS, sizeof(*rows));
	struct note note = {
		.after = prune->through,
		.limit = store->position,
		.through = prune->through,
		.now = store->prune.clock.time,
		.time = prune->time,
		.young = find_young(store),
		.rows = rows,
	};
	int r;

	if (note.limit <= note.after || !rows)
		return 0;
	r = txn_read(&store->events, read_note, &note);
	if (r || note.through == note.after)
		return 0; /* how the log fares is another matter */
	r = txn_read(&store->state, keep_news, &note);
	if (!r)
		r = env_reserve(&store->state, NOTE_ROWS * sizeof(*rows));
	prune->note = &note;
	if (!r)
		r = txn_write(&store->state, write_note, store);
	prune->note = NULL;
	if (r)
		return r;
	prune->through = note.through;
	prune->time = note.time;
	return 0;
}

/* What a step of the sweep has found. */
struct sweep {
	struct store *store;
	uint64_t from; /* the next to be looked at */
	usec_t gone;   /* not seen since then: gone */
	bool end;
	unsigned count;
	struct sweep_row {
		uint64_t event;
		struct visitor_id visitor;
		struct handle person;
		struct link_id scope;
	} rows[SWEEP_GONE];
};

static bool is_gone(struct txn *txn, const struct sweep *sweep, struct span visitor)
{
	usec_t floor = sweep->store->binding_prune.floor;
	struct binding newest;

	if (!binding_get_visitor(txn, visitor, &newest))
		return true;
	return (newest.seen > floor ? newest.seen : floor) <= sweep->gone;
}

/* False: it is too young, and so are those behind it. */
static bool look_at(struct txn *txn, struct sweep *sweep, uint64_t event, struct span row)
{
	struct sweep_row *found = &sweep->rows[sweep->count];
	struct span fields[BINDING_FIELD_COUNT];

	if (binding_parse(row, fields) != 0)
		return true;
	if (get_u64(fields[BINDING_time].data) > sweep->gone)
		return false;
	if (!is_gone(txn, sweep, fields[BINDING_visitor]))
		return true;
	found->event = event;
	memcpy(&found->visitor, fields[BINDING_visitor].data, sizeof(found->visitor));
	memcpy(&found->person, fields[BINDING_person].data, sizeof(found->person));
	found->scope = binding_scope(fields[BINDING_scope], span_of(NULL, 0));
	sweep->count++;
	return true;
}

static void read_sweep(struct txn *txn, void *context)
{
	const usec_t began = clock_monotonic();
	struct sweep *sweep = context;
	struct span key, row;
	struct txn_walk walk;
	uint8_t from[8];

	put_u64(from, sweep->from);
	sweep->end = true;
	txn_walk_begin(txn, STATE_BINDINGS, span_of(from, sizeof(from)), &walk);
	for (unsigned i = 1; txn_walk_next(&walk, &key, &row) && key.size == sizeof(from); i++) {
		sweep->end = sweep->count < SWEEP_GONE && i <= SWEEP_ROWS &&
			     (i % CHECK_EVENTS != 0 || clock_monotonic() - began < STEP_USEC);
		if (!sweep->end || !look_at(txn, sweep, get_u64(key.data), row))
			break;
		sweep->from = get_u64(key.data) + 1;
	}
	txn_walk_end(&walk);
}

static void write_sweep(struct txn *txn, void *context)
{
	const struct sweep *sweep = context;

	for (unsigned i = 0; i < sweep->count; i++) {
		const struct sweep_row *row = &sweep->rows[i];
		struct span visitor = span_of(&row->visitor, sizeof(row->visitor));
		struct binding newest;
		uint8_t key[8];

		put_u64(key, row->event);
		txn_delete(txn, STATE_BINDINGS, span_of(key, sizeof(key)));
		binding_drop_claims(txn, &row->person, &row->scope, row->event);
		if (binding_get_visitor(txn, visitor, &newest) && newest.event == row->event)
			txn_delete(txn, STATE_VISITORS, visitor);
	}
}

/* Is there anything that a sweep has not looked at, as far as it is known who was seen? */
static bool is_due(const struct binding_prune *prune)
{
	if (clock_monotonic() < prune->next || prune->time <= browser_life)
		return false;
	return prune->from > 0 || prune->time >= prune->swept + USEC_PER_DAY;
}

/* By the log and by the clock, since a clock that was wrong may have stood in the log. */
static usec_t find_gone(const struct store *store)
{
	usec_t kept = store->prune.retention.days * USEC_PER_DAY;
	usec_t now = store->prune.clock.time, gone = store->binding_prune.swept;

	if (now < gone + kept)
		gone = now > kept ? now - kept : 0;
	return gone > browser_life ? gone - browser_life : 0;
}

int binding_prune_sweep(struct store *store)
{
	struct binding_prune *prune = &store->binding_prune;
	struct sweep sweep = {.store = store, .from = prune->from};
	int r;

	if (!store->state_ready || store->refolding || !is_due(prune))
		return 0;
	prune->next = clock_monotonic() + SWEEP_PAUSE_MS * USEC_PER_MS;
	if (prune->from == 0)
		prune->swept = prune->time;
	sweep.gone = find_gone(store);
	r = txn_read(&store->state, read_sweep, &sweep);
	if (!r && sweep.count > 0)
		r = txn_write(&store->state, write_sweep, &sweep);
	if (!r)
		prune->from = sweep.end ? 0 : sweep.from;
	return r;
}
