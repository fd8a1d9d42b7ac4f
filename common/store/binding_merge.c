/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to bindings when two handles turn out to be one person, and when a person is erased:
 * the folds of merge and erase.
 *
 * A merge rewrites nothing that it could not give back. The rows of the handle that is merged in
 * stay where they are, and are copied to the surviving one (and to those that this one was merged
 * into): whoever looks a person up finds the claims of both, and a link of either that has leaked
 * binds nobody. The browsers' rows, which are looked up at each click, name the survivor. Unmerging
 * (a merge that refers to the first) takes the copies away and gives the browsers back that were
 * tied before the merge; what was tied since then stays with the survivor, whose it was said to be.
 *
 * An erased person's browsers are retired: their ids bind nobody and attach to nobody any more. A
 * row of each is kept until no cookie can show it (binding_prune.c). It says whose it was by the
 * handle, as the log does: nobody is behind that any more, but what these browsers did was done by
 * one person, and totals that are made again must say so. Whoever was merged into the person is
 * erased with them.
 *
 * Rows are read a page at a time, since a database must not be changed while it is walked.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/binding_internal.h"

#include <errno.h>

enum {
	MERGED_ROW_BYTES = sizeof(struct handle) + 8,
	MERGED_ERASED_BYTES = MERGED_ROW_BYTES + 1, /* with a byte more: and that one is erased */
	CHAIN_MAX = 64,				    /* merges of merges; no more are followed */
	PAGE_ROWS = 64,
	CLAIM_VALUE_MAX_BYTES = BINDING_CLAIM_NETWORK_AT + 16
};

static const struct handle erased = {{0}};

static struct span handle_span(const struct handle *handle)
{
	return span_of(handle, sizeof(*handle));
}

static bool is_same(const struct handle *a, const struct handle *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool binding_get_merged(struct txn *txn, const struct handle *handle, struct handle *ret_into,
			uint64_t *ret_event)
{
	struct span row = txn_get(txn, STATE_MERGED, handle_span(handle));

	if (row.size != MERGED_ROW_BYTES && row.size != MERGED_ERASED_BYTES)
		return false;
	*ret_into = erased;
	if (row.size == MERGED_ROW_BYTES)
		memcpy(ret_into, row.data, sizeof(*ret_into));
	*ret_event = get_u64(row.data + sizeof(*ret_into));
	return true;
}

static void put_merged(struct txn *txn, const struct handle *handle, const struct handle *into,
		       uint64_t event)
{
	uint8_t row[MERGED_ROW_BYTES];

	memcpy(row, into, sizeof(*into));
	put_u64(row + sizeof(*into), event);
	txn_put(txn, STATE_MERGED, handle_span(handle), span_of(row, sizeof(row)));
}

/* @handle, which was merged into another one, is erased with that, by @event. */
static void put_erased_with(struct txn *txn, const struct handle *handle, uint64_t event)
{
	struct span row = txn_get(txn, STATE_MERGED, handle_span(handle));
	uint8_t new[MERGED_ERASED_BYTES] = {0};

	memcpy(new, row.data, sizeof(*handle));
	put_u64(new + sizeof(*handle), event);
	new[MERGED_ERASED_BYTES - 1] = 1;
	txn_put(txn, STATE_MERGED, handle_span(handle), span_of(new, sizeof(new)));
}

struct handle binding_person_now(struct txn *txn, const struct handle *person)
{
	struct handle now = *person, into;
	uint64_t event;

	for (unsigned i = 0; i < CHAIN_MAX && binding_get_merged(txn, &now, &into, &event); i++)
		now = into;
	return now;
}

/* A piece of the rows of one person in "claims". */
struct page {
	struct claim_row {
		uint8_t key[BINDING_CLAIM_KEY_BYTES];
		uint8_t value[CLAIM_VALUE_MAX_BYTES];
		size_t value_bytes;
		uint64_t event; /* 0: the link has leaked */
	} rows[PAGE_ROWS];
	unsigned count;
	uint8_t from[BINDING_CLAIM_KEY_BYTES];
	bool end;
};

static void begin_page(struct page *page, const struct handle *person)
{
	static const struct link_id first = {{0}};

	binding_claim_key(person, &first, 0, page->from);
	page->end = false;
	page->count = 0;
}

static void read_page(struct txn *txn, const struct handle *person, struct page *page)
{
	struct span key, value;
	struct txn_walk walk;

	page->count = 0;
	page->end = true;
	txn_walk_begin(txn, STATE_CLAIMS, span_of(page->from, sizeof(page->from)), &walk);
	while (txn_walk_next(&walk, &key, &value)) {
		struct claim_row *row = &page->rows[page->count];

		if (key.size != sizeof(row->key) || memcmp(key.data, person, sizeof(*person)) != 0)
			break;
		if (page->count == PAGE_ROWS) {
			memcpy(page->from, key.data, key.size);
			page->end = false;
			break;
		}
		if (value.size > sizeof(row->value))
			continue;
		memcpy(row->key, key.data, key.size);
		memcpy(row->value, value.data, value.size);
		row->value_bytes = value.size;
		row->event = get_u64(key.data + BINDING_CLAIM_SEQUENCE_AT);
		page->count++;
	}
	txn_walk_end(&walk);
}

/* Call @each for all rows of @person. */
static void each_claim(struct txn *txn, const struct handle *person,
		       void (*each)(struct txn *txn, const struct claim_row *row,
				    const void *context),
		       const void *context)
{
	struct page page;

	begin_page(&page, person);
	while (!page.end && !txn->error) {
		read_page(txn, person, &page);
		for (unsigned i = 0; i < page.count; i++)
			each(txn, &page.rows[i], context);
	}
}

/* The key of @row under another person. */
static struct span key_under(const struct claim_row *row, const struct handle *person,
			     uint8_t key[BINDING_CLAIM_KEY_BYTES])
{
	memcpy(key, row->key, BINDING_CLAIM_KEY_BYTES);
	memcpy(key, person, sizeof(*person));
	return span_of(key, BINDING_CLAIM_KEY_BYTES);
}

/* A browser whose newest binding is that of @row, into @ret_newest. */
static bool is_newest(struct txn *txn, const struct claim_row *row, struct binding *ret_newest)
{
	return row->event > 0 && row->value_bytes >= BINDING_CLAIM_NETWORK_AT &&
	       binding_get_visitor(txn, span_of(row->value, sizeof(struct visitor_id)),
				   ret_newest) &&
	       ret_newest->event == row->event;
}

/* Between whom rows are copied, or whose copies go. */
struct move {
	const struct handle *from, *to;
};

static void copy_claim(struct txn *txn, const struct claim_row *row, const void *context)
{
	const struct move *move = context;
	uint8_t key[BINDING_CLAIM_KEY_BYTES];
	struct span to = key_under(row, move->to, key);

	if (!txn_get(txn, STATE_CLAIMS, to).data)
		txn_put(txn, STATE_CLAIMS, to, span_of(row->value, row->value_bytes));
}

/* A mark of a leak that the survivor had itself is not the same, and stays. */
static void take_copy(struct txn *txn, const struct claim_row *row, const void *context)
{
	const struct move *move = context;
	uint8_t key[BINDING_CLAIM_KEY_BYTES];
	struct span to = key_under(row, move->to, key);

	if (span_equal(txn_get(txn, STATE_CLAIMS, to), span_of(row->value, row->value_bytes)))
		txn_delete(txn, STATE_CLAIMS, to);
}

/* Of those that were tied to @from when it was merged; @context: whose they are now. */
static void name_person(struct txn *txn, const struct claim_row *row, const void *context)
{
	struct binding newest;

	if (!is_newest(txn, row, &newest) || newest.retired)
		return;
	newest.person = *(const struct handle *)context;
	binding_put_visitor(txn, &newest);
}

/* For each that @other is merged into, from the nearest on: copies are made, or go. */
static void move_claims(struct txn *txn, const struct handle *other, const struct handle *into,
			void (*each)(struct txn *txn, const struct claim_row *row,
				     const void *context))
{
	struct handle at = *into, next;
	uint64_t event;

	for (unsigned i = 0; i < CHAIN_MAX; i++) {
		const struct move move = {other, &at};

		each_claim(txn, other, each, &move);
		if (!binding_get_merged(txn, &at, &next, &event))
			return;
		at = next;
	}
}

static void merge(struct txn *txn, uint64_t sequence, const struct handle *person,
		  const struct handle *other)
{
	const struct handle now = binding_person_now(txn, person);
	struct handle into;
	uint64_t event;

	/* Merged or erased already; erased; or in a circle. */
	if (binding_get_merged(txn, other, &into, &event) || is_same(&now, &erased) ||
	    is_same(&now, other))
		return;
	put_merged(txn, other, person, sequence);
	move_claims(txn, other, person, copy_claim);
	each_claim(txn, other, name_person, &now);
}

static void unmerge(struct txn *txn, uint64_t sequence, const struct handle *other)
{
	struct handle into;
	uint64_t event;

	if (!binding_get_merged(txn, other, &into, &event) || event != sequence ||
	    is_same(&into, &erased))
		return;
	txn_delete(txn, STATE_MERGED, handle_span(other));
	move_claims(txn, other, &into, take_copy);
	each_claim(txn, other, name_person, other);
}

void binding_fold_merge(struct txn *txn, const struct event *event)
{
	struct span refers = event->fields[EVENT_FIELD_refers];
	struct span person = event->fields[EVENT_FIELD_prospect];
	struct span other = event->fields[EVENT_FIELD_other];
	struct handle into, from;

	if (person.size != sizeof(into) || other.size != sizeof(from))
		return;
	memcpy(&into, person.data, sizeof(into));
	memcpy(&from, other.data, sizeof(from));
	if (refers.data)
		unmerge(txn, binding_parse_id(refers), &from);
	else
		merge(txn, event->sequence, &into, &from);
}

void binding_retire(struct txn *txn, struct binding *newest)
{
	newest->evidence = EVIDENCE_NONE;
	newest->retired = true;
	binding_put_visitor(txn, newest);
}

/* @context: the sequence of the erase event. */
static void erase_claim(struct txn *txn, const struct claim_row *row, const void *context)
{
	struct binding newest;

	if (is_newest(txn, row, &newest) && newest.evidence != EVIDENCE_NONE)
		binding_retire(txn, &newest);
	if (row->event > 0)
		binding_erase_row(txn, row->event, *(const uint64_t *)context);
	txn_delete(txn, STATE_CLAIMS, span_of(row->key, sizeof(row->key)));
}

/* The next handle from @from on that leads to one that is erased and does not say so itself. */
static bool find_orphan(struct txn *txn, struct handle *from)
{
	struct span key, row;
	struct txn_walk walk;
	bool found = false;

	txn_walk_begin(txn, STATE_MERGED, handle_span(from), &walk);
	while (!found && txn_walk_next(&walk, &key, &row)) {
		struct handle now;

		if (key.size != sizeof(now) || row.size != MERGED_ROW_BYTES ||
		    id_is_zero(row.data, sizeof(now)))
			continue;
		memcpy(from, key.data, sizeof(*from));
		now = binding_person_now(txn, from);
		found = is_same(&now, &erased);
	}
	txn_walk_end(&walk);
	return found;
}

void binding_fold_erase(struct txn *txn, const struct event *event)
{
	struct span person = event->fields[EVENT_FIELD_prospect];
	struct handle handle, other = {{0}};

	/* Without a person it is a tombstone. */
	if (person.size != sizeof(handle))
		return;
	memcpy(&handle, person.data, sizeof(handle));
	handle = binding_person_now(txn, &handle);
	if (is_same(&handle, &erased))
		return;
	put_merged(txn, &handle, &erased, event->sequence);
	each_claim(txn, &handle, erase_claim, &event->sequence);
	while (!txn->error && find_orphan(txn, &other)) {
		put_erased_with(txn, &other, event->sequence);
		each_claim(txn, &other, erase_claim, &event->sequence);
	}
}

void binding_drop_claims(struct txn *txn, const struct handle *person, const struct link_id *scope,
			 uint64_t sequence)
{
	uint8_t key[BINDING_CLAIM_KEY_BYTES];
	struct handle at = *person, into;
	uint64_t event;

	for (unsigned i = 0; i < CHAIN_MAX; i++) {
		binding_claim_key(&at, scope, sequence, key);
		txn_delete(txn, STATE_CLAIMS, span_of(key, sizeof(key)));
		if (!binding_get_merged(txn, &at, &into, &event))
			return;
		at = into;
	}
}

void binding_drop_erased(struct txn *txn, const struct handle *person, uint64_t sequence)
{
	struct handle into;
	uint64_t event;

	if (binding_get_merged(txn, person, &into, &event) && event == sequence &&
	    is_same(&into, &erased))
		txn_delete(txn, STATE_MERGED, handle_span(person));
}

struct handle binding_person_last(struct txn *txn, const struct handle *person)
{
	struct handle last = *person;

	for (unsigned i = 0; i < CHAIN_MAX; i++) {
		struct span row = txn_get(txn, STATE_MERGED, handle_span(&last));

		if (row.size < MERGED_ROW_BYTES || id_is_zero(row.data, sizeof(last)))
			break;
		memcpy(&last, row.data, sizeof(last));
	}
	return last;
}

struct person_search {
	const struct handle *person;
	struct handle now, last;
	uint64_t erased; /* by which event; 0: it is not */
};

static void find_person(struct txn *txn, void *context)
{
	struct person_search *search = context;
	struct handle into;
	uint64_t event;

	search->now = binding_person_now(txn, search->person);
	search->last = binding_person_last(txn, search->person);
	if (is_same(&search->now, &erased) && binding_get_merged(txn, &search->last, &into, &event))
		search->erased = event;
}

int binding_find_person(struct store *store, const struct handle *person, struct handle *ret_now)
{
	struct person_search search = {.person = person};
	int r = txn_read(&store->state, find_person, &search);

	if (!r)
		*ret_now = search.now;
	return r;
}

int binding_last_person(struct store *store, const struct handle *person, struct handle *ret_last,
			uint64_t *ret_erased)
{
	struct person_search search = {.person = person};
	int r = txn_read(&store->state, find_person, &search);

	if (r)
		return r;
	*ret_last = search.last;
	*ret_erased = search.erased;
	return 0;
}

/* A piece of the handles that were merged into one. */
struct merged_slice {
	const struct handle *person;
	struct handle from, found[PAGE_ROWS];
	unsigned count;
	bool end;
};

static void read_merged(struct txn *txn, void *context)
{
	struct merged_slice *slice = context;
	struct span key, row;
	struct txn_walk walk;

	slice->count = 0;
	slice->end = true;
	txn_walk_begin(txn, STATE_MERGED, handle_span(&slice->from), &walk);
	while (txn_walk_next(&walk, &key, &row)) {
		struct handle other, now;

		if (key.size != sizeof(other))
			continue;
		memcpy(&other, key.data, sizeof(other));
		if (slice->count == PAGE_ROWS) {
			slice->from = other;
			slice->end = false;
			break;
		}
		now = binding_person_now(txn, &other);
		if (is_same(&now, slice->person))
			slice->found[slice->count++] = other;
	}
	txn_walk_end(&walk);
}

int binding_each_merged(struct store *store, const struct handle *person, binding_merged_fn each,
			void *context)
{
	struct merged_slice slice = {.person = person};
	int r = 0;

	while (!r && !slice.end) {
		r = txn_read(&store->state, read_merged, &slice);
		for (unsigned i = 0; i < slice.count && !r; i++)
			r = each(context, &slice.found[i]);
	}
	return r;
}
