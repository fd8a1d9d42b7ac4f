/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state/forms, folded from the events "form" and looked up by whoever shows or takes a form.
 *
 * A form event holds the whole definition, so the newest replaces the row; only the time of the
 * first stays. Folding the same event twice gives the same row.
 */
#include "store/form_row.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/store_internal.h"

#include <errno.h>

enum { EACH_SLICE_FORMS = 16 };

enum form_row_field {
#define FORM(id, name, ...) FORM_##name = (id),
	FORM_FIELDS(FORM)
#undef FORM
		FORM_FIELD_COUNT
};

static const uint32_t field_max_bytes[FORM_FIELD_COUNT] = {
#define FORM(id, name, max, ...) [id] = (max),
	FORM_FIELDS(FORM)
#undef FORM
};

/* Return: 0; -EBADMSG for a row that is not one. */
static int parse(struct span row, struct span fields[FORM_FIELD_COUNT])
{
	int r = record_read_row(row, field_max_bytes, FORM_FIELD_COUNT, fields);

	return r == 0 && fields[FORM_definition].data ? 0 : -EBADMSG;
}

static uint64_t number(struct span value)
{
	return value.size == 8 ? get_u64(value.data) : 0;
}

static void append_number(struct buffer *row, enum form_row_field field, uint64_t value)
{
	uint8_t text[8];

	put_u64(text, value);
	record_append(row, (uint8_t)field, span_of(text, sizeof(text)));
}

void form_fold(struct txn *txn, const struct event *event)
{
	struct span id = event->fields[EVENT_FIELD_form], old[FORM_FIELD_COUNT] = {0}, row;
	struct span definition = event->fields[EVENT_FIELD_props];
	cleanup_buffer struct buffer new = BUFFER_INIT;
	usec_t created = event->time;

	if (id.size != sizeof(struct form_id) || !definition.data)
		return;
	row = txn_get(txn, STATE_FORMS, id);
	if (row.data && parse(row, old) == 0 && number(old[FORM_created]) > 0)
		created = number(old[FORM_created]);
	buffer_append_byte(&new, RECORD_VERSION);
	record_append(&new, FORM_definition, definition);
	append_number(&new, FORM_created, created);
	append_number(&new, FORM_changed, event->time);
	append_number(&new, FORM_event, event->sequence);
	txn_fail(txn, new.error);
	txn_put(txn, STATE_FORMS, id, buffer_span(&new));
}

/* A row whose spans are copies in @arena. */
static int make(struct span id, struct span row, struct arena *arena, struct form_row *ret_row)
{
	struct span fields[FORM_FIELD_COUNT], copy = arena_copy(arena, row);
	struct form_row form;
	int r;

	if (!copy.data)
		return -ENOMEM;
	r = parse(copy, fields);
	if (r)
		return r;
	memcpy(form.id.bytes, id.data, sizeof(form.id.bytes));
	form.definition = fields[FORM_definition];
	form.created = number(fields[FORM_created]);
	form.changed = number(fields[FORM_changed]);
	form.event = number(fields[FORM_event]);
	*ret_row = form;
	return 0;
}

struct search {
	struct span id;
	struct arena *arena;
	struct form_row row;
	bool found;
};

static void find(struct txn *txn, void *context)
{
	struct search *search = context;
	struct span row = txn_get(txn, STATE_FORMS, search->id);

	search->found = row.data != NULL;
	if (search->found)
		txn_fail(txn, make(search->id, row, search->arena, &search->row));
}

int form_row_find(struct store *store, const struct form_id *id, struct arena *arena,
		  struct form_row *ret_row)
{
	struct search search = {.id = span_of(id->bytes, sizeof(id->bytes)), .arena = arena};
	int r = txn_read(&store->state, find, &search);

	if (r)
		return r;
	if (!search.found)
		return STORE_E_NOT_FOUND;
	*ret_row = search.row;
	return 0;
}

struct slice {
	struct form_id after;
	bool begun;
	struct arena *arena;
	struct form_row rows[EACH_SLICE_FORMS];
	int count;
};

/* Up to EACH_SLICE_FORMS rows behind @after, copied. */
static void read_slice(struct txn *txn, void *context)
{
	struct slice *slice = context;
	struct span after = span_of(slice->after.bytes, sizeof(slice->after.bytes)), key, row;
	struct txn_walk walk;

	slice->count = 0;
	txn_walk_begin(txn, STATE_FORMS, slice->begun ? after : span_of(NULL, 0), &walk);
	while (slice->count < EACH_SLICE_FORMS && txn_walk_next(&walk, &key, &row)) {
		if (slice->begun && span_equal(key, after))
			continue;
		if (key.size != sizeof(struct form_id)) {
			txn_fail(txn, -EBADMSG);
			break;
		}
		txn_fail(txn, make(key, row, slice->arena, &slice->rows[slice->count]));
		slice->count++;
	}
	txn_walk_end(&walk);
}

int form_row_each(struct store *store, int (*each)(void *context, const struct form_row *row),
		  void *context)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct slice slice = {.arena = &arena};
	int r;

	do {
		r = txn_read(&store->state, read_slice, &slice);
		for (int i = 0; i < slice.count && !r; i++)
			r = each(context, &slice.rows[i]);
		if (slice.count > 0)
			slice.after = slice.rows[slice.count - 1].id;
		slice.begun = true;
		arena_reset(&arena);
	} while (!r && slice.count == EACH_SLICE_FORMS);
	return r;
}
