/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everybody, a page at a time: no snapshot is held while somebody looks at one.
 */
#include "store/people_walk.h"

#include "store/people_row.h"
#include "store/store_internal.h"

struct page {
	const struct handle *after;
	struct arena *arena;
	struct person *people;
	size_t count;
};

static void read_page(struct txn *txn, void *context)
{
	struct page *page = context;
	struct span from = span_of(page->after, sizeof(*page->after)), key, row;
	struct txn_walk walk;

	page->count = 0;
	txn_walk_begin(txn, PEOPLE_ROWS, from, &walk);
	while (page->count < PEOPLE_PAGE_ROWS && txn_walk_next(&walk, &key, &row)) {
		struct person *person = &page->people[page->count];

		if (key.size != sizeof(person->handle) || span_equal(key, from))
			continue;
		memcpy(&person->handle, key.data, sizeof(person->handle));
		txn_fail(txn, person_decode(row, person));
		explicit_bzero(&person->key, sizeof(person->key));
		txn_fail(txn, person_copy_spans(page->arena, person));
		page->count++;
	}
	txn_walk_end(&walk);
}

int people_read_page(struct store *store, const struct handle *after, struct arena *arena,
		     struct person ret_people[PEOPLE_PAGE_ROWS], size_t *ret_count)
{
	struct page page = {.after = after, .arena = arena, .people = ret_people};
	int r = txn_read(&store->people, read_page, &page);

	if (!r)
		*ret_count = page.count;
	return r;
}
