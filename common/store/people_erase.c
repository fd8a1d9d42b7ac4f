/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What erasing does in people/.
 *
 * A person may have several ids (another address, a merge) and several handles (who was merged in),
 * and no row says which ids lead to a handle; so all ids are looked through, which is 24 bytes each
 * and happens seldom. For each id there is a change of its own, so that a lookup finds the person
 * erased from now on, and an older change of that person that is still queued is not written behind
 * the erasure. One more change, of nobody's id, carries the handles and the marks.
 *
 * The transaction leaves a note of each handle ("erasing"), which goes only with the file that is
 * written behind the erase event (people_compact()). As long as it is there the event may be
 * missing in the log, and bytes of the row may lie in a page that is free: whoever opens the store
 * makes the erasure again, which is harmless.
 *
 * In a database behind those that are named here a value begins with the handle whose it is.
 */
#include "store/people_erase.h"
#include "base/cleanup.h"
#include "store/people_index.h"
#include "store/people_internal.h"

#include <errno.h>

enum { PAGE_ROWS = 256, KEY_MAX_BYTES = 64 };

static bool is_among(struct span handles, const uint8_t *handle)
{
	for (size_t at = 0; at < handles.size; at += sizeof(struct handle))
		if (memcmp(handles.data + at, handle, sizeof(struct handle)) == 0)
			return true;
	return false;
}

struct id_search {
	struct span handles;
	struct buffer ids; /* found */
};

static void find_ids(struct txn *txn, void *context)
{
	struct id_search *search = context;
	struct span id, handle;
	struct txn_walk walk;

	buffer_clear(&search->ids);
	txn_walk_begin(txn, PEOPLE_IDS, span_of(NULL, 0), &walk);
	while (txn_walk_next(&walk, &id, &handle))
		if (id.size == sizeof(struct prospect_id) && handle.size == sizeof(struct handle) &&
		    is_among(search->handles, handle.data))
			buffer_append_span(&search->ids, id);
	txn_walk_end(&walk);
	txn_fail(txn, search->ids.error);
}

static bool has_id(const struct buffer *ids, const struct prospect_id *id)
{
	for (size_t at = 0; at < ids->size; at += sizeof(*id))
		if (memcmp(ids->data + at, id, sizeof(*id)) == 0)
			return true;
	return false;
}

/* Those of whom people/ does not know yet. */
static void find_pending_ids(struct store *store, struct id_search *search)
{
	for (size_t at = 0; at < search->handles.size; at += sizeof(struct handle)) {
		struct handle handle;
		const struct people_change *change;

		memcpy(&handle, search->handles.data + at, sizeof(handle));
		change = people_index_find_handle(store->pending, &handle);
		if (change && !has_id(&search->ids, &change->id))
			buffer_append(&search->ids, &change->id, sizeof(change->id));
	}
}

/* One more at the beginning of the list. */
static int add_change(struct store *store, const struct prospect_id *id, struct span erased,
		      struct span marks, struct people_change **changes)
{
	static const struct person nobody;
	struct people_change *change =
		people_index_add_kind(store->pending, PEOPLE_ERASE, id, &nobody, erased, marks);

	if (!change)
		return -ENOMEM;
	change->next = *changes;
	*changes = change;
	return 0;
}

static int add_ids(struct store *store, const struct buffer *ids, struct people_change **changes,
		   struct buffer *marks)
{
	uint8_t mark[PEOPLE_MARK_BYTES];
	int r = 0;

	for (size_t at = 0; at < ids->size && !r; at += sizeof(struct prospect_id)) {
		struct prospect_id id;

		memcpy(&id, ids->data + at, sizeof(id));
		id_of_erased(store->keyring, &id, mark);
		buffer_append(marks, mark, sizeof(mark));
		r = add_change(store, &id, span_of(NULL, 0), span_of(NULL, 0), changes);
	}
	return r;
}

int people_prepare_erase(struct store *store, const struct handle *people, size_t count,
			 struct people_change **ret_changes, struct buffer *ret_marks)
{
	static const struct prospect_id nobody;
	struct id_search search = {.handles = span_of(people, count * sizeof(*people))};
	struct people_change *changes = NULL;
	size_t before = ret_marks->size;
	int r = txn_read(&store->people, find_ids, &search);

	if (!r)
		find_pending_ids(store, &search);
	if (!r)
		r = search.ids.error;
	if (!r)
		r = add_ids(store, &search.ids, &changes, ret_marks);
	if (!r)
		r = ret_marks->error;
	if (!r)
		r = add_change(store, &nobody, search.handles,
			       span_of(ret_marks->data + before, ret_marks->size - before),
			       &changes);
	buffer_finish(&search.ids);
	if (r) {
		people_erasure_free(changes);
		return r;
	}
	*ret_changes = changes;
	return 0;
}

int people_prepare_marks(struct store *store, struct span marks, struct people_change **ret_change)
{
	static const struct prospect_id nobody;
	struct people_change *change = NULL;
	int r = add_change(store, &nobody, span_of(NULL, 0), marks, &change);

	if (!r)
		*ret_change = change;
	return r;
}

void people_erasure_free(struct people_change *changes)
{
	while (changes) {
		struct people_change *change = changes;

		changes = change->next;
		people_change_free(change);
	}
}

/* Keys of a page of rows that begin with one of @handles. */
struct owned_page {
	uint8_t keys[PAGE_ROWS][KEY_MAX_BYTES];
	size_t sizes[PAGE_ROWS];
	unsigned count;
};

static void find_owned(struct txn *txn, unsigned database, struct span handles,
		       struct owned_page *page)
{
	struct txn_walk walk;
	struct span key, value;

	page->count = 0;
	txn_walk_begin(txn, database, span_of(NULL, 0), &walk);
	while (page->count < PAGE_ROWS && txn_walk_next(&walk, &key, &value)) {
		if (value.size < sizeof(struct handle) || key.size > KEY_MAX_BYTES ||
		    !is_among(handles, value.data))
			continue;
		memcpy(page->keys[page->count], key.data, key.size);
		page->sizes[page->count++] = key.size;
	}
	txn_walk_end(&walk);
}

static void delete_owned(struct txn *txn, unsigned database, struct span handles)
{
	struct owned_page page;

	do {
		find_owned(txn, database, handles, &page);
		for (unsigned i = 0; i < page.count; i++)
			txn_delete(txn, database, span_of(page.keys[i], page.sizes[i]));
	} while (page.count == PAGE_ROWS && !txn->error);
}

static void note_erasing(struct txn *txn, const uint8_t *handle)
{
	uint8_t key[sizeof(PEOPLE_ERASING) - 1 + sizeof(struct handle)] = PEOPLE_ERASING;

	memcpy(key + sizeof(PEOPLE_ERASING) - 1, handle, sizeof(struct handle));
	txn_put(txn, PEOPLE_META, span_of(key, sizeof(key)), SPAN(""));
}

void people_write_erase(struct txn *txn, const struct people_change *change)
{
	struct span handles = change->erased, marks = change->marks;

	if (!id_is_zero(&change->id, sizeof(change->id)))
		txn_delete(txn, PEOPLE_IDS, span_of(&change->id, sizeof(change->id)));
	for (size_t at = 0; at < handles.size; at += sizeof(struct handle)) {
		txn_delete(txn, PEOPLE_ROWS, span_slice(handles, at, sizeof(struct handle)));
		note_erasing(txn, handles.data + at);
	}
	for (size_t at = 0; at < marks.size; at += PEOPLE_MARK_BYTES)
		txn_put(txn, PEOPLE_ERASED, span_slice(marks, at, PEOPLE_MARK_BYTES), SPAN(""));
	for (unsigned i = PEOPLE_META + 1; handles.size > 0 && store_people_databases[i]; i++)
		delete_owned(txn, i, handles);
}

struct mark_search {
	uint8_t mark[PEOPLE_MARK_BYTES];
	bool found;
};

static void find_mark(struct txn *txn, void *context)
{
	struct mark_search *search = context;
	struct span mark = span_of(search->mark, sizeof(search->mark));

	search->found = txn_get(txn, PEOPLE_ERASED, mark).data != NULL;
}

int people_is_erased(struct store *store, const struct prospect_id *id, bool *ret_erased)
{
	struct mark_search search = {.found = false};
	int r;

	id_of_erased(store->keyring, id, search.mark);
	r = txn_read(&store->people, find_mark, &search);
	if (!r)
		*ret_erased = search.found;
	return r;
}

/* Keys of one database from behind @prefix, without it. */
struct listing {
	unsigned database;
	struct span prefix;
	size_t bytes; /* of a key behind it */
	struct buffer *to;
	size_t before;
};

static void list_keys(struct txn *txn, void *context)
{
	struct listing *listing = context;
	struct span key, value;
	struct txn_walk walk;

	listing->to->size = listing->before;
	txn_walk_begin(txn, listing->database, listing->prefix, &walk);
	while (txn_walk_next(&walk, &key, &value)) {
		if (listing->prefix.data && !span_starts(key, listing->prefix))
			break;
		key = span_slice(key, listing->prefix.size, key.size);
		if (key.size == listing->bytes)
			buffer_append_span(listing->to, key);
	}
	txn_walk_end(&walk);
	txn_fail(txn, listing->to->error);
}

int people_read_erasing(struct store *store, struct buffer *ret_handles)
{
	struct listing listing = {.database = PEOPLE_META,
				  .prefix = SPAN(PEOPLE_ERASING),
				  .bytes = sizeof(struct handle),
				  .to = ret_handles,
				  .before = ret_handles->size};

	return txn_read(&store->people, list_keys, &listing);
}

int people_read_marks(struct store *store, struct buffer *ret_marks)
{
	struct listing listing = {.database = PEOPLE_ERASED,
				  .bytes = PEOPLE_MARK_BYTES,
				  .to = ret_marks,
				  .before = ret_marks->size};

	return txn_read(&store->people, list_keys, &listing);
}

struct marked_search {
	const struct keyring *keyring;
	struct span marks;
	struct buffer *handles;
	size_t before;
};

static int compare_marks(const void *a, const void *b)
{
	return memcmp(a, b, PEOPLE_MARK_BYTES);
}

static bool is_marked(const struct marked_search *search, const struct prospect_id *id)
{
	uint8_t mark[PEOPLE_MARK_BYTES];

	id_of_erased(search->keyring, id, mark);
	return search->marks.size > 0 &&
	       bsearch(mark, search->marks.data, search->marks.size / PEOPLE_MARK_BYTES,
		       PEOPLE_MARK_BYTES, compare_marks);
}

static void note_marked(const struct marked_search *search, struct span handle)
{
	struct span found = span_of(search->handles->data + search->before,
				    search->handles->size - search->before);

	if (handle.size == sizeof(struct handle) && !is_among(found, handle.data))
		buffer_append_span(search->handles, handle);
}

static void find_marked(struct txn *txn, void *context)
{
	struct marked_search *search = context;
	struct span key, value;
	struct prospect_id id;
	struct txn_walk walk;

	search->handles->size = search->before;
	txn_walk_begin(txn, PEOPLE_IDS, span_of(NULL, 0), &walk);
	while (txn_walk_next(&walk, &key, &value)) {
		if (key.size != sizeof(id))
			continue;
		memcpy(&id, key.data, sizeof(id));
		if (is_marked(search, &id))
			note_marked(search, value);
	}
	txn_walk_end(&walk);
	/* Of a row that was merged into another one no id leads there any more. */
	txn_walk_begin(txn, PEOPLE_ROWS, span_of(NULL, 0), &walk);
	while (txn_walk_next(&walk, &key, &value))
		if (id_of_address(search->keyring, people_row_address(value), &id) == 0 &&
		    is_marked(search, &id))
			note_marked(search, key);
	txn_walk_end(&walk);
	txn_fail(txn, search->handles->error);
}

int people_find_marked(struct store *store, struct span marks, struct buffer *ret_handles)
{
	struct marked_search search = {.keyring = store->keyring,
				       .marks = marks,
				       .handles = ret_handles,
				       .before = ret_handles->size};

	return txn_read(&store->people, find_marked, &search);
}
