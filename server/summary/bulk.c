/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two steps: the log into a sort, the sort into rows of facts. Each reads and writes in one
 * direction only, which is what makes ten million events a matter of seconds. A browser that is
 * nobody's, and what came without one, is a unit as it comes out of the sort, and is folded on the
 * way; people are folded when all is written (refold.c).
 *
 * Whose a browser is, is read from state/ beside the sorted facts, since both are in the order of
 * visitor ids; who was merged into whom and who was erased is asked of it too. It may be newer than
 * where the log was read to; what comes after that position is applied later, and finds that
 * nothing is to be changed.
 *
 * Who is erased is counted as they were, as a unit of their last handle, and frozen at the end. Of
 * those whom the summaries before have frozen already nothing is counted again.
 *
 * The new directory is complete when it takes its place, or it never does.
 *
 * The file is long because the three steps share the state of one run, and nothing else uses any
 * of them.
 */
#include "summary/bulk.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/binding_browsers.h"
#include "store/event_reader.h"
#include "store/event_walk.h"
#include "summary/apply.h"
#include "summary/erasure.h"
#include "summary/fact_sort.h"
#include "summary/refold.h"
#include "summary/text_sweep.h"

#include <errno.h>

enum { CHUNK_BYTES = 8 << 20, TEXTS_WAITING_MAX = 16384, STOP_EVENTS = 65536 };

static const char building[] = "summary.new";

struct move {
	struct subject subject, unit;
	bool erased;
	uint64_t sequence;
};

struct bulk {
	const struct bulk_options *options;
	struct summary_env *env;
	struct text_ids *texts;
	struct event_walk *walk;
	struct intake *intake;
	struct fact_sort *sort;
	struct event_reader_retained retained; /* the log begins behind it */
	uint64_t position, last, events, facts;
	struct buffer log; /* identity of it */
	struct intake_result
		results[2];	    /* one is of the event before: a conflict may be about it */
	struct intake_result *held; /* this one; NULL: it makes no fact */
	int error;

	/* Rows that wait: key ‖ length 4 ‖ row, one after the other. */
	struct buffer rows;
	struct move *moves;
	size_t move_count, move_capacity;
	struct subject *erased; /* who is counted, and erased in the end */
	size_t erased_count, erased_capacity;
	uint8_t key[FACT_KEY_BYTES];
	struct buffer row;
	struct fact before;

	/* What comes out of the sort. */
	struct refold *refold;
	struct subject subject; /* the last one */
	bool open, kept, folds; /* its facts come; are kept; are a unit */
	bool sorted;		/* all came */

	struct binding_browser browsers[BINDING_BROWSERS_MAX]; /* of state/, what comes next */
	size_t browser, browser_count;
	bool browsers_end;
};

static void write_texts(struct txn *txn, void *context)
{
	text_ids_write(context, txn);
}

static int flush_texts(struct bulk *bulk)
{
	int r = summary_env_write(bulk->env, write_texts, bulk->texts);

	if (!r)
		text_ids_written(bulk->texts);
	return r;
}

static int release_held(struct bulk *bulk)
{
	struct intake_result *held = bulk->held;
	int r = 0;

	for (unsigned i = 0; held && i < held->copy_count && !r; i++)
		r = fact_sort_add(bulk->sort, &held->copies[i].subject, &held->fact,
				  held->copies[i].bits | (held->fact.bits & FACT_CONFLICT));
	bulk->held = NULL;
	return r;
}

static int take_result(struct bulk *bulk, const struct event *event, struct intake_result *result)
{
	int r;

	if (result->change == INTAKE_CONFLICT) {
		if (bulk->held && bulk->held->fact.sequence + 1 == event->sequence)
			bulk->held->fact.bits |= FACT_CONFLICT;
		return 0;
	}
	r = release_held(bulk);
	if (result->copy_count > 0)
		bulk->held = result;
	return r;
}

static int take_event(void *context, const struct event *event,
		      const struct event_walk_numbers *numbers)
{
	struct bulk *bulk = context;
	struct intake_result *result = &bulk->results[bulk->held == &bulk->results[0]];
	int r;

	if (event->sequence > bulk->position)
		return BULK_E_STOPPED;
	if (event->sequence != bulk->last + 1)
		return -ESTALE;
	bulk->last = event->sequence;
	if (bulk->events++ % STOP_EVENTS == 0 && bulk->options->stop && bulk->options->stop())
		return -ECANCELED;
	r = intake_take(bulk->intake, event, numbers, result);
	if (!r)
		r = take_result(bulk, event, result);
	if (!r && text_ids_waiting(bulk->texts) >= TEXTS_WAITING_MAX)
		r = flush_texts(bulk);
	return r;
}

/* Is all of it read? Retention may have taken something away meanwhile. */
static int check_retained(const struct bulk *bulk, struct error *error)
{
	struct event_reader_retained now;
	int r = event_reader_retained(bulk->options->app->store, &now);

	if (r)
		return r;
	if (now.pruned_through > bulk->last ||
	    now.tombstoned_through != bulk->retained.tombstoned_through)
		return error_set(error, -ESTALE,
				 "retention took events away while the log was read; run it again");
	if (bulk->last < bulk->position)
		return error_set(error, -ESTALE, "event %llu is not in the log",
				 (unsigned long long)bulk->last + 1);
	return 0;
}

static int read_log(struct bulk *bulk, struct error *error)
{
	struct store *store = bulk->options->app->store;
	uint64_t last = 0;
	int r = event_reader_retained(store, &bulk->retained);

	if (!r)
		r = event_reader_identity(store, &bulk->log);
	bulk->last = bulk->retained.pruned_through;
	if (!r)
		r = event_walk_each(bulk->walk, bulk->last, take_event, bulk, &last);
	if (r == EVENT_E_FORM || r == EVENT_E_VERSION)
		if (last < bulk->position)
			return error_set(error, -EBADMSG, "event %llu cannot be read",
					 (unsigned long long)last + 1);
	/* Behind the position, or the end of what was wanted; or a gap. */
	if (r >= 0 || r == -ESTALE)
		r = check_retained(bulk, error);
	if (!r)
		r = release_held(bulk);
	if (!r)
		r = flush_texts(bulk);
	return r;
}

static int next_browser(struct bulk *bulk)
{
	struct store *store = bulk->options->app->store;
	struct visitor_id after = {{0}};
	int r;

	if (++bulk->browser < bulk->browser_count || bulk->browsers_end)
		return 0;
	if (bulk->browser_count > 0)
		after = bulk->browsers[bulk->browser_count - 1].visitor;
	bulk->browser = 0;
	r = binding_read_browsers(store, &after, bulk->browsers, &bulk->browser_count);
	bulk->browsers_end = bulk->browser_count < BINDING_BROWSERS_MAX;
	return r;
}

/* Whose @visitor is by state/, or NULL. Asked in the order of visitors. */
static const struct binding_browser *find_binding(struct bulk *bulk, const uint8_t *visitor)
{
	const struct binding_browser *browser;

	for (;;) {
		int order;

		if (bulk->browser >= bulk->browser_count)
			return NULL;
		browser = &bulk->browsers[bulk->browser];
		order = memcmp(&browser->visitor, visitor, sizeof(browser->visitor));
		if (order >= 0)
			return order == 0 ? browser : NULL;
		bulk->error = next_browser(bulk);
		if (bulk->error)
			return NULL;
	}
}

static int add_move(struct bulk *bulk, const struct subject *subject, const struct handle *person,
		    bool erased)
{
	struct move *move;

	if (bulk->move_count == bulk->move_capacity) {
		size_t capacity = bulk->move_capacity ? 2 * bulk->move_capacity : 1024;
		struct move *rows = reallocarray(bulk->moves, capacity, sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		bulk->moves = rows;
		bulk->move_capacity = capacity;
	}
	move = &bulk->moves[bulk->move_count++];
	*move = (struct move){.subject = *subject, .erased = erased, .sequence = bulk->position};
	if (!erased)
		move->unit = subject_of_person(person);
	return 0;
}

struct carried {
	const struct subject *subject;
	bool erased;
};

static void find_carried(struct txn *txn, void *context)
{
	struct carried *carried = context;
	struct subject unit;

	carried->erased = !unit_find(txn, carried->subject, &unit);
}

/* Who is erased is counted, too, with @last, if that is not in what is carried over. False: it is.
 */
static bool place_erased(struct bulk *bulk, const struct subject *subject,
			 const struct handle *last)
{
	struct carried carried = {.subject = subject};
	struct subject *rows, unit = subject_of_person(last);

	if (bulk->options->carry && !bulk->error)
		bulk->error = summary_env_read(bulk->options->carry, find_carried, &carried);
	if (!bulk->error && carried.erased)
		bulk->error = add_move(bulk, subject, NULL, true);
	else if (!bulk->error && !id_is_zero(last, sizeof(*last)) &&
		 memcmp(&unit, subject, sizeof(unit)) != 0)
		bulk->error = add_move(bulk, subject, last, false);
	if (carried.erased || bulk->error)
		return false;
	if (bulk->erased_count == bulk->erased_capacity) {
		size_t capacity = bulk->erased_capacity ? 2 * bulk->erased_capacity : 64;

		rows = reallocarray(bulk->erased, capacity, sizeof(*rows));
		if (!rows) {
			bulk->error = -ENOMEM;
			return false;
		}
		bulk->erased = rows;
		bulk->erased_capacity = capacity;
	}
	bulk->erased[bulk->erased_count++] = *subject;
	return true;
}

/* False: the facts of @subject go. @since: the event by which it is @last's. */
static bool place(struct bulk *bulk, const struct subject *subject, const struct handle *person,
		  const struct handle *last, uint64_t since)
{
	struct subject unit;
	struct handle now;
	uint64_t erased = 0;

	if (bulk->error)
		return false;
	if (!id_is_zero(person, sizeof(*person))) {
		bulk->error = add_move(bulk, subject, person, false);
		return true;
	}
	bulk->error = binding_last_person(bulk->options->app->store, last, &now, &erased);
	if (bulk->error || (erased <= bulk->position && since <= bulk->position))
		return place_erased(bulk, subject, &now);
	/* That is said behind what was read; until then they are as they were. */
	unit = subject_of_person(&now);
	if (memcmp(&unit, subject, sizeof(unit)) != 0)
		bulk->error = add_move(bulk, subject, &now, false);
	return true;
}

/* Whose the facts of @subject are by state/. False: they are counted already. */
static bool place_subject(struct bulk *bulk, const struct subject *subject)
{
	const struct binding_browser *browser;
	struct handle person, now = {{0}};

	if (subject_kind(subject) == SUBJECT_ANONYMOUS)
		return true;
	if (subject_kind(subject) == SUBJECT_VISITOR) {
		browser = find_binding(bulk, subject->bytes + 1);
		return !browser ||
		       place(bulk, subject, &browser->person, &browser->last, browser->event);
	}
	memcpy(&person, subject->bytes + 1, sizeof(person));
	bulk->error = binding_find_person(bulk->options->app->store, &person, &now);
	return memcmp(&person, &now, sizeof(now)) == 0 || place(bulk, subject, &now, &person, 0);
}

static void write_rows(struct txn *txn, void *context)
{
	struct bulk *bulk = context;
	struct span rows = buffer_span(&bulk->rows);

	for (size_t at = 0; at < rows.size && !summary_failed(txn);) {
		const uint8_t *key = rows.data + at;
		uint32_t size = get_u32(key + FACT_KEY_BYTES);

		summary_append(txn, SUMMARY_FACTS, span_of(key, FACT_KEY_BYTES),
			       span_of(key + FACT_KEY_BYTES + 4, size));
		at += FACT_KEY_BYTES + 4 + size;
	}
	for (size_t i = 0; i < bulk->move_count && !summary_failed(txn); i++)
		unit_set(txn, &bulk->moves[i].subject,
			 bulk->moves[i].erased ? NULL : &bulk->moves[i].unit,
			 bulk->moves[i].sequence);
}

static int flush_rows(struct bulk *bulk)
{
	int r = bulk->rows.error;

	if (!r)
		r = summary_env_reserve(bulk->env, bulk->rows.size);
	if (!r)
		r = summary_env_write(bulk->env, write_rows, bulk);
	buffer_clear(&bulk->rows);
	bulk->move_count = 0;
	return r;
}

static void end_row(struct bulk *bulk)
{
	uint8_t size[4];

	if (bulk->row.size == 0)
		return;
	put_u32(size, (uint32_t)bulk->row.size);
	buffer_append(&bulk->rows, bulk->key, sizeof(bulk->key));
	buffer_append(&bulk->rows, size, sizeof(size));
	buffer_append_span(&bulk->rows, buffer_span(&bulk->row));
	buffer_clear(&bulk->row);
}

static void add_to_row(struct bulk *bulk, const struct subject *subject, const struct fact *fact)
{
	if (bulk->row.size >= FACT_ROW_MAX_BYTES)
		end_row(bulk);
	if (bulk->row.size == 0) {
		fact_origin(subject, &bulk->before);
		fact_key(subject, fact->time, fact->sequence, bulk->key);
	}
	fact_append(&bulk->before, fact, &bulk->row);
	bulk->before = *fact;
}

static void end_subject(struct bulk *bulk)
{
	end_row(bulk);
	if (bulk->open && bulk->folds && !bulk->error)
		bulk->error = refold_unit(bulk->refold, &bulk->subject);
	bulk->open = bulk->folds = false;
}

static void begin_subject(struct bulk *bulk, const struct subject *subject)
{
	const struct bulk_options *options = bulk->options;
	size_t moves = bulk->move_count;

	bulk->subject = *subject;
	bulk->open = true;
	bulk->kept = place_subject(bulk, subject);
	bulk->folds =
		bulk->kept && bulk->move_count == moves && subject_kind(subject) != SUBJECT_PERSON;
	if (bulk->folds)
		unit_fold_begin(options->fold, subject, options->as_of);
}

static void take_fact(struct bulk *bulk, const struct subject *subject, const struct fact *fact)
{
	if (!bulk->open || memcmp(subject, &bulk->subject, sizeof(*subject)) != 0) {
		end_subject(bulk);
		begin_subject(bulk, subject);
	}
	if (!bulk->kept || bulk->error)
		return;
	add_to_row(bulk, subject, fact);
	bulk->facts++;
	if (bulk->folds)
		bulk->error = unit_fold_add(bulk->options->fold, fact);
}

/* As many as make a chunk of rows. Texts are looked up in @txn. */
static void take_facts(struct txn *txn, void *context)
{
	struct bulk *bulk = context;
	struct subject subject;
	struct fact fact;
	int r;

	unit_fold_use(bulk->options->fold, txn);
	while (!bulk->error && !bulk->sorted && bulk->rows.size < CHUNK_BYTES) {
		r = fact_sort_next(bulk->sort, &subject, &fact);
		bulk->sorted = r == FACT_E_END;
		if (r == 0)
			take_fact(bulk, &subject, &fact);
		else if (r != FACT_E_END)
			bulk->error = r;
	}
	if (bulk->sorted)
		end_subject(bulk);
	summary_fail(txn, bulk->error);
}

static int write_facts(struct bulk *bulk)
{
	int r;

	bulk->browser = 0;
	r = next_browser(bulk);
	while (!r && !bulk->sorted) {
		r = summary_env_read(bulk->env, take_facts, bulk);
		if (!r)
			r = flush_rows(bulk);
		if (!r)
			r = refold_written(bulk->refold);
	}
	return r;
}

/* They are in the totals; now they are frozen there. */
static int erase(struct bulk *bulk)
{
	struct erasure erasure = {
		.fold = bulk->options->fold,
		.tally = bulk->options->tally,
		.as_of = bulk->options->as_of,
		.sequence = bulk->position,
	};
	int r = erasure_run_all(&erasure, bulk->env, bulk->erased, bulk->erased_count);

	bulk->facts -= erasure.removed;
	return r;
}

/* What of the totals before has no facts in the log, with the numbers of its texts. */
static int carry(struct bulk *bulk)
{
	struct summary_env *from = bulk->options->carry;
	int r = summary_env_copy(from, SUMMARY_FROZEN, bulk->env, SUMMARY_FROZEN);

	return r ? r : text_ids_carry(from, bulk->env);
}

static void write_meta(struct txn *txn, void *context)
{
	const struct bulk *bulk = context;

	summary_put_number(txn, "schema", SUMMARY_SCHEMA_VERSION);
	summary_put(txn, SUMMARY_META, SPAN("log"), buffer_span(&bulk->log));
	summary_put_number(txn, "begins", bulk->retained.pruned_through);
	summary_put_number(txn, "stones", bulk->retained.tombstoned_through);
	summary_put_number(txn, "position", bulk->position);
	summary_put_number(txn, "as_of", bulk->options->as_of);
	summary_put_number(txn, "facts", bulk->facts);
	/* All texts of before came along, whatever still names them. */
	text_sweep_note(txn, bulk->options->carry != NULL);
}

static int build(struct bulk *bulk, struct error *error)
{
	const struct bulk_options *options = bulk->options;
	int r = read_log(bulk, error);

	if (!r)
		r = fact_sort_finish(bulk->sort);
	if (!r)
		r = refold_new(bulk->env, options->fold, options->tally, options->as_of,
			       options->memory_bytes / 4, &bulk->refold);
	if (!r)
		r = write_facts(bulk);
	fact_sort_free(bulk->sort);
	bulk->sort = NULL;
	if (!r)
		r = refold_people(bulk->refold);
	if (!r)
		r = refold_end(bulk->refold);
	if (!r)
		r = erase(bulk);
	return r ? r : summary_env_write(bulk->env, write_meta, bulk);
}

static int open_all(struct bulk *bulk, struct error *error)
{
	const struct bulk_options *options = bulk->options;
	const char *data_dir = options->app->config->data_dir;
	struct store_status status;
	int r = summary_env_remove(data_dir, building);

	if (r)
		return error_set(error, r, "%s/%s: cannot be removed: %s", data_dir, building,
				 strerror(-r));
	r = summary_env_open(data_dir, building, true, &bulk->env, error);
	if (!r && options->carry)
		r = carry(bulk);
	if (!r)
		r = text_ids_open(bulk->env, options->memory_bytes / 4, &bulk->texts);
	if (!r)
		r = event_walk_new(options->app->store, &bulk->walk);
	if (!r)
		r = intake_new(options->app->trackers, bulk->texts, &bulk->intake);
	if (!r)
		r = fact_sort_new(data_dir, options->memory_bytes / 2, &bulk->sort);
	store_status(options->app->store, &status);
	bulk->position = status.state_position;
	return r;
}

static void close_all(struct bulk *bulk)
{
	refold_free(bulk->refold);
	fact_sort_free(bulk->sort);
	intake_free(bulk->intake);
	event_walk_free(bulk->walk);
	text_ids_close(bulk->texts);
	summary_env_close(bulk->env);
	buffer_finish(&bulk->log);
	buffer_finish(&bulk->rows);
	buffer_finish(&bulk->row);
	free(bulk->moves);
	free(bulk->erased);
	free(bulk);
}

int bulk_run(const struct bulk_options *options, uint64_t *ret_events, struct error *error)
{
	const char *data_dir = options->app->config->data_dir;
	struct bulk *bulk = calloc(1, sizeof(*bulk));
	int r;

	if (!bulk)
		return error_set(error, -ENOMEM, "out of memory");
	bulk->options = options;
	error->text[0] = '\0';
	r = open_all(bulk, error);
	if (!r)
		r = build(bulk, error);
	*ret_events = bulk->events;
	close_all(bulk);
	if (!r)
		r = summary_env_replace(data_dir, building);
	else
		(void)summary_env_remove(data_dir, building);
	if (r == -ECANCELED)
		return BULK_E_STOPPED;
	if (r && !error->text[0])
		(void)error_set(error, r, "%s/%s: cannot be written: %s", data_dir, building,
				strerror(-r));
	return r;
}
