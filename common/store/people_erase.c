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
	struct span handles; /* in order */
	struct buffer found; /* struct lead */
};

struct lead {
	struct prospect_id id;
	struct handle handle;
};

static int compare_handles(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct handle));
}

static void find_ids(struct txn *txn, void *context)
{
	struct id_search *search = context;
	const struct span handles = search->handles;
	struct span id, handle;
	struct txn_walk walk;

	buffer_clear(&search->found);
	txn_walk_begin(txn, PEOPLE_IDS, span_of(NULL, 0), &walk);
	while (handles.size > 0 && txn_walk_next(&walk, &id, &handle))
		if (id.size == sizeof(struct prospect_id) && handle.size == sizeof(struct handle) &&
		    bsearch(handle.data, handles.data, handles.size / sizeof(struct handle),
			    sizeof(struct handle), compare_handles)) {
			buffer_append_span(&search->found, id);
			buffer_append_span(&search->found, handle);
		}
	txn_walk_end(&walk);
	txn_fail(txn, search->found.error);
}

/* Of somebody with a change that is alive people/ does not say which ids they have. */
static void forget_ids(struct buffer *found, const struct handle *handle)
{
	size_t kept = 0;

	for (size_t at = 0; at < found->size; at += sizeof(struct lead)) {
		const uint8_t *lead = found->data + at;

		if (memcmp(lead + offsetof(struct lead, handle), handle, sizeof(*handle)) == 0)
			continue;
		memmove(found->data + kept, lead, sizeof(struct lead));
		kept += sizeof(struct lead);
	}
	found->size = kept;
}

static void add_pending_ids(struct store *store, const struct handle *handle, struct buffer *found)
{
	const struct people_change *change = people_index_find_handle(store->pending, handle);
	struct span ids;

	if (!change || change->kind == PEOPLE_ERASE)
		return;
	ids = change->person.ids;
	if (!ids.data)
		ids = span_of(&change->id, sizeof(change->id));
	forget_ids(found, handle);
	/* Those of one that was merged lead to the other, who has them, too. */
	for (size_t at = 0; at < ids.size; at += sizeof(change->id)) {
		buffer_append(found, ids.data + at, sizeof(change->id));
		buffer_append(found, handle, sizeof(*handle));
	}
}

/* All ids that lead to one of @people, perhaps several times. */
static int find_leads(struct store *store, const struct handle *people, size_t count,
		      struct buffer *ret_found)
{
	cleanup_buffer struct buffer handles = BUFFER_INIT;
	struct id_search search = {.found = BUFFER_INIT};
	int r;

	buffer_append(&handles, people, count * sizeof(*people));
	if (handles.error)
		return handles.error;
	if (count > 0)
		qsort(handles.data, count, sizeof(*people), compare_handles);
	search.handles = buffer_span(&handles);
	r = txn_read(&store->people, find_ids, &search);
	for (size_t i = 0; i < count && !r; i++)
		add_pending_ids(store, &people[i], &search.found);
	if (!r)
		r = search.found.error;
	if (!r)
		*ret_found = search.found;
	else
		buffer_finish(&search.found);
	return r;
}

bool people_is_erasing(const struct store *store, const struct handle *handle)
{
	static const struct prospect_id nobody;
	const struct people_entry *entry = people_index_find(store->pending, &nobody);
	const struct people_change *change = entry ? entry->newest : NULL;

	while (change && !is_among(change->erased, handle->bytes))
		change = change->older;
	return change != NULL;
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

static bool is_new_mark(struct span marks, const uint8_t *mark)
{
	for (size_t at = 0; at < marks.size; at += PEOPLE_MARK_BYTES)
		if (memcmp(marks.data + at, mark, PEOPLE_MARK_BYTES) == 0)
			return false;
	return true;
}

static int add_ids(struct store *store, const struct buffer *found, struct people_change **changes,
		   struct buffer *marks)
{
	const size_t before = marks->size;
	uint8_t mark[PEOPLE_MARK_BYTES];
	int r = 0;

	for (size_t at = 0; at < found->size && !r; at += sizeof(struct lead)) {
		struct lead lead;

		memcpy(&lead, found->data + at, sizeof(lead));
		id_of_erased(store->keyring, &lead.id, mark);
		if (!is_new_mark(span_slice(buffer_span(marks), before, SIZE_MAX), mark))
			continue;
		buffer_append(marks, mark, sizeof(mark));
		r = add_change(store, &lead.id, span_of(NULL, 0), span_of(NULL, 0), changes);
	}
	return r;
}

int people_read_marks_of(struct store *store, const struct handle *people, size_t count,
			 struct buffer *ret_marks)
{
	cleanup_buffer struct buffer found = BUFFER_INIT;
	struct people_mark_of mark;
	int r = find_leads(store, people, count, &found);

	for (size_t at = 0; at < found.size && !r; at += sizeof(struct lead)) {
		struct lead lead;

		memcpy(&lead, found.data + at, sizeof(lead));
		mark.person = lead.handle;
		id_of_erased(store->keyring, &lead.id, mark.mark);
		buffer_append(ret_marks, &mark, sizeof(mark));
	}
	return r ? r : ret_marks->error;
}

int people_prepare_erase(struct store *store, const struct handle *people, size_t count,
			 struct people_change **ret_changes, struct buffer *ret_marks)
{
	static const struct prospect_id nobody;
	cleanup_buffer struct buffer found = BUFFER_INIT;
	struct people_change *changes = NULL;
	size_t before = ret_marks->size;
	int r = find_leads(store, people, count, &found);

	if (!r)
		r = add_ids(store, &found, &changes, ret_marks);
	if (!r)
		r = ret_marks->error;
	if (!r)
		r = add_change(store, &nobody, span_of(people, count * sizeof(*people)),
			       span_slice(buffer_span(ret_marks), before, SIZE_MAX), &changes);
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
	struct span found = span_slice(buffer_span(search->handles), search->before, SIZE_MAX);

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
