/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading data/summary/ beside whoever writes it.
 *
 * A walk holds no snapshot while its caller works: a person is folded in a transaction of their
 * own, totals are copied out in slices. So a walk over everybody may see one person as of a batch
 * that another was not yet in; each of them is right for some moment, and the next walk sees it
 * all.
 *
 * Totals under other rules than the configuration has now are still the newest that there are, and
 * are given out.
 */
#include "summary/summary.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "summary/due.h"
#include "summary/person.h"
#include "summary/tally.h"
#include "summary/text_ids.h"
#include "summary/unit_fold.h"
#include "track/settle.h"

#include <errno.h>

enum { SLICE_BYTES = 1 << 18, NAME_ARENA_BYTES = 1 << 16 };

struct summary {
	struct app *app;
	struct summary_env *env;
	struct unit_fold *fold;
	struct buffer text;
	struct arena arena;
	bool collects; /* what the fold judges */
	struct judged {
		struct fact fact;
		struct settle_verdict verdict;
	} * judged;
	size_t judged_count, judged_capacity;
	bool out_of_memory;
};

static void take_judged(void *context, const struct fact *fact,
			const struct settle_verdict *verdict)
{
	struct summary *summary = context;

	if (!summary->collects || summary->out_of_memory)
		return;
	if (summary->judged_count == summary->judged_capacity) {
		size_t capacity = summary->judged_capacity ? 2 * summary->judged_capacity : 64;
		struct judged *rows = reallocarray(summary->judged, capacity, sizeof(*rows));

		summary->out_of_memory = !rows;
		if (!rows)
			return;
		summary->judged = rows;
		summary->judged_capacity = capacity;
	}
	summary->judged[summary->judged_count++] = (struct judged){*fact, *verdict};
}

struct beginning {
	uint64_t schema;
	bool complete;
};

static void read_beginning(struct txn *txn, void *context)
{
	struct beginning *beginning = context;

	beginning->schema = summary_get_number(txn, "schema", 0);
	beginning->complete = summary_get(txn, SUMMARY_META, SPAN("rules")).size > 0;
}

static int check(const struct summary *summary, struct error *error)
{
	const char *data_dir = summary->app->config->data_dir;
	struct beginning beginning = {.schema = 0};
	int r = summary_env_read(summary->env, read_beginning, &beginning);

	if (r)
		return error_set(error, SUMMARY_E_FAILED, "%s/summary: cannot be read: %s",
				 data_dir, strerror(-r));
	if (beginning.schema == 0)
		return error_set(error, SUMMARY_E_ABSENT,
				 "%s/summary: nothing was summarized yet; run waymark summarize",
				 data_dir);
	if (beginning.schema != SUMMARY_SCHEMA_VERSION)
		return error_set(error, SUMMARY_E_FAILED,
				 "%s/summary: written by another version; run waymark summarize",
				 data_dir);
	if (!beginning.complete)
		return error_set(error, SUMMARY_E_ABSENT,
				 "%s/summary: rules have changed and the totals are not complete "
				 "yet; wait for waymark summarize, or run it",
				 data_dir);
	return 0;
}

int summary_open(struct app *app, struct summary **ret_summary, struct error *error)
{
	struct summary *summary = calloc(1, sizeof(*summary));
	const struct fold_sink sink = {.judged = take_judged, .context = summary};
	int r;

	if (!summary)
		return error_set(error, SUMMARY_E_FAILED, "out of memory");
	summary->app = app;
	summary->arena = ARENA_INIT(NAME_ARENA_BYTES);
	r = summary_env_open(app->config->data_dir, "summary", false, &summary->env, error);
	if (r)
		r = r == SUMMARY_ENV_E_ABSENT ? SUMMARY_E_ABSENT : SUMMARY_E_FAILED;
	if (!r)
		r = check(summary, error);
	if (!r && unit_fold_new(app->config, &sink, &summary->fold, error))
		r = SUMMARY_E_FAILED;
	if (r) {
		summary_close(summary);
		return r;
	}
	*ret_summary = summary;
	return 0;
}

void summary_close(struct summary *summary)
{
	if (!summary)
		return;
	unit_fold_free(summary->fold);
	summary_env_close(summary->env);
	buffer_finish(&summary->text);
	arena_finish(&summary->arena);
	free(summary->judged);
	free(summary);
}

static void read_state(struct txn *txn, void *context)
{
	struct summary_state *state = context;

	state->position = summary_get_number(txn, "position", 0);
	state->as_of = summary_get_number(txn, "as_of", 0);
	state->facts = summary_get_number(txn, "facts", 0);
}

int summary_state(struct summary *summary, struct summary_state *ret_state)
{
	struct summary_state state = {0};
	struct store_status store;
	int r = summary_env_read(summary->env, read_state, &state);

	if (r)
		return r;
	store_status(summary->app->store, &store);
	state.last = store.last_sequence;
	state.next_due = due_next(summary->env);
	*ret_state = state;
	return 0;
}

/* Rows of totals, copied out: key length 1 ‖ value length 2 ‖ key ‖ value. */
struct total_slice {
	unsigned kind;
	struct span id;
	uint8_t from[TOTAL_KEY_MAX_BYTES];
	size_t from_bytes;
	uint16_t first, last;
	struct buffer rows;
	bool more;
};

static bool is_wanted(const struct total_slice *slice, struct span key)
{
	uint16_t day = get_u16(key.data + key.size - 2);

	return day >= slice->first && day <= slice->last;
}

static bool take_total(void *context, struct span key, struct span value)
{
	struct total_slice *slice = context;
	uint8_t sizes[3] = {(uint8_t)key.size};

	if (key.size < 3 || key.data[0] != slice->kind ||
	    (slice->id.data && !span_equal(span_slice(key, 1, key.size - 3), slice->id)))
		return false;
	if (slice->rows.size >= SLICE_BYTES) {
		memcpy(slice->from, key.data, key.size);
		slice->from_bytes = key.size;
		slice->more = true;
		return false;
	}
	if (!is_wanted(slice, key))
		return true;
	put_u16(sizes + 1, (uint16_t)value.size);
	buffer_append(&slice->rows, sizes, sizeof(sizes));
	buffer_append_span(&slice->rows, key);
	buffer_append_span(&slice->rows, value);
	return true;
}

static void read_totals(struct txn *txn, void *context)
{
	struct total_slice *slice = context;

	slice->more = false;
	buffer_clear(&slice->rows);
	summary_each(txn, SUMMARY_TOTALS, span_of(slice->from, slice->from_bytes), take_total,
		     slice);
	summary_fail(txn, slice->rows.error);
}

static int give_totals(const struct total_slice *slice, summary_total_fn each, void *context)
{
	struct span rows = buffer_span(&slice->rows), id;
	int64_t counts[TOTAL_COUNT];
	uint16_t day;
	int r = 0;

	for (size_t at = 0; at < rows.size && !r;) {
		size_t key = rows.data[at], value = get_u16(rows.data + at + 1);

		if (tally_read_row(span_slice(rows, at + 3, key),
				   span_slice(rows, at + 3 + key, value), &id, &day, counts))
			r = each(context, id, day, counts);
		at += 3 + key + value;
	}
	return r;
}

int summary_totals(struct summary *summary, unsigned kind, struct span id, uint16_t from,
		   uint16_t to, summary_total_fn each, void *context)
{
	struct total_slice slice = {.kind = kind, .id = id, .first = from, .last = to};
	int r;

	slice.from[0] = (uint8_t)kind;
	slice.from_bytes = 1;
	if (id.size > 0 && id.size <= TOTAL_ID_MAX_BYTES) {
		memcpy(slice.from + 1, id.data, id.size);
		slice.from_bytes += id.size;
	}
	do {
		r = summary_env_read(summary->env, read_totals, &slice);
		if (!r)
			r = give_totals(&slice, each, context);
	} while (!r && slice.more);
	buffer_finish(&slice.rows);
	return r;
}

struct person_fold {
	struct summary *summary;
	struct subject unit; /* asked for, or the next one behind it */
	bool next, found;
	usec_t as_of;
	struct person_summary person;
	int result;
};

static void fold_person(struct txn *txn, void *context)
{
	struct person_fold *fold = context;
	struct span from = span_of(fold->unit.bytes, SUBJECT_BYTES);
	uint64_t facts = 0;
	usec_t due, as_of = fold->as_of;
	struct subject unit;

	if (as_of == 0)
		as_of = summary_get_number(txn, "as_of", 0);
	fold->found = fold->next ? unit_find_person(txn, from, &fold->unit)
				 : unit_find(txn, &fold->unit, &unit);
	if (!fold->found)
		return;
	if (!fold->next)
		fold->unit = unit;
	fold->summary->judged_count = 0;
	unit_fold_use(fold->summary->fold, txn);
	fold->result =
		unit_fold_run(fold->summary->fold, &fold->unit, as_of, &fold->person, &due, &facts);
	unit_fold_use(fold->summary->fold, NULL);
	fold->found = facts > 0;
}

/* Return: 0, and fold->found says whether there is such a person; negative errno. */
static int run_person(struct person_fold *fold)
{
	int r = summary_env_read(fold->summary->env, fold_person, fold);

	if (!r)
		r = fold->result;
	return r ? r : fold->summary->out_of_memory ? -ENOMEM : 0;
}

static void handle_of(const struct subject *unit, struct handle *ret_person)
{
	memcpy(ret_person, unit->bytes + 1, sizeof(*ret_person));
}

int summary_persons(struct summary *summary, const struct handle *after, usec_t as_of,
		    summary_person_fn each, void *context)
{
	struct person_fold fold = {.summary = summary, .next = true, .as_of = as_of};
	struct subject before = {{0}};
	struct handle person;
	int r = 0;

	fold.unit.bytes[0] = SUBJECT_PERSON;
	if (after) {
		fold.unit = subject_of_person(after);
		subject_step(&fold.unit);
	}
	while (!r) {
		r = run_person(&fold);
		/* The same again: there was none behind it. */
		if (r || (!fold.found && memcmp(&fold.unit, &before, sizeof(before)) == 0))
			return r;
		before = fold.unit;
		handle_of(&fold.unit, &person);
		if (fold.found)
			r = each(context, &person, &fold.person);
		subject_step(&fold.unit);
		before = fold.unit;
	}
	return r;
}

int summary_person(struct summary *summary, const struct handle *person, usec_t as_of,
		   summary_person_fn each, void *context)
{
	struct person_fold fold = {.summary = summary, .as_of = as_of};
	struct handle found;
	int r;

	fold.unit = subject_of_person(person);
	r = run_person(&fold);
	if (r || !fold.found)
		return r ? r : SUMMARY_E_ABSENT;
	handle_of(&fold.unit, &found);
	return each(context, &found, &fold.person);
}

int summary_person_facts(struct summary *summary, const struct handle *person, usec_t as_of,
			 summary_fact_fn each, void *context)
{
	struct person_fold fold = {.summary = summary, .as_of = as_of};
	int r;

	fold.unit = subject_of_person(person);
	summary->collects = true;
	r = run_person(&fold);
	summary->collects = false;
	if (r || !fold.found)
		return r ? r : SUMMARY_E_ABSENT;
	for (size_t i = 0; i < summary->judged_count && !r; i++)
		r = each(context, &summary->judged[i].fact, &summary->judged[i].verdict);
	return r;
}

struct gone {
	uint64_t after;
	struct buffer rows; /* handle 12 ‖ sequence 8 */
};

static bool take_gone(void *context, struct span key, struct span value)
{
	struct gone *gone = context;

	if (key.size != SUBJECT_BYTES || key.data[0] != SUBJECT_PERSON)
		return false;
	if (value.size != SUBJECT_BYTES + 8 || get_u64(value.data + SUBJECT_BYTES) <= gone->after)
		return true;
	buffer_append(&gone->rows, key.data + 1, sizeof(struct handle));
	buffer_append(&gone->rows, value.data + SUBJECT_BYTES, 8);
	return true;
}

static void read_gone(struct txn *txn, void *context)
{
	static const uint8_t from = SUBJECT_PERSON;
	struct gone *gone = context;

	buffer_clear(&gone->rows);
	summary_each(txn, SUMMARY_UNITS, span_of(&from, 1), take_gone, gone);
	summary_fail(txn, gone->rows.error);
}

int summary_gone(struct summary *summary, uint64_t after,
		 int (*each)(void *context, const struct handle *person, uint64_t sequence),
		 void *context)
{
	struct gone gone = {.after = after};
	struct handle person;
	int r = summary_env_read(summary->env, read_gone, &gone);

	for (size_t at = 0; at < gone.rows.size && !r; at += sizeof(person) + 8) {
		memcpy(&person, gone.rows.data + at, sizeof(person));
		r = each(context, &person, get_u64(gone.rows.data + at + sizeof(person)));
	}
	buffer_finish(&gone.rows);
	return r;
}

struct text_search {
	struct summary *summary;
	uint32_t id;
	bool found;
};

static void read_text(struct txn *txn, void *context)
{
	struct text_search *search = context;
	struct span text = text_ids_read(txn, search->id);

	buffer_clear(&search->summary->text);
	buffer_append_span(&search->summary->text, text);
	search->found = text.data != NULL;
}

struct span summary_text(struct summary *summary, uint32_t id)
{
	struct text_search search = {.summary = summary, .id = id};

	if (summary_env_read(summary->env, read_text, &search) || !search.found ||
	    summary->text.error)
		return span_of(NULL, 0);
	return buffer_span(&summary->text);
}

struct span summary_name(struct summary *summary, enum name_kind kind, const void *id)
{
	struct span name;

	arena_reset(&summary->arena);
	return name_find(summary->app->store, kind, id, &summary->arena, &name) ? span_of(NULL, 0)
										: name;
}

const struct fold_context *summary_fold_context(struct summary *summary)
{
	return unit_fold_context(summary->fold);
}
