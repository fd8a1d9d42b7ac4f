/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a browser the only one that anybody has ever seen of a person? state/claims has a row for each
 * browser that was tied to them, by whatever evidence, and for each that came into conflict by one
 * of their links; ending a binding leaves its row. The walk ends at the first row of another one,
 * and rows of the same browser are few: one for each time that it was tied anew.
 */
#include "store/binding_internal.h"

enum { ROWS_MAX = 64 };

struct search {
	const struct handle *person;
	struct span visitor;
	bool others;
};

static void find_others(struct txn *txn, void *context)
{
	static const struct link_id first = {{0}};
	uint8_t from[BINDING_CLAIM_KEY_BYTES];
	struct search *search = context;
	struct span key, value;
	struct txn_walk walk;
	unsigned rows = 0;

	search->others = false;
	binding_claim_key(search->person, &first, 0, from);
	txn_walk_begin(txn, STATE_CLAIMS, span_of(from, sizeof(from)), &walk);
	while (!search->others && txn_walk_next(&walk, &key, &value)) {
		if (key.size != sizeof(from) ||
		    memcmp(key.data, search->person, sizeof(*search->person)) != 0)
			break;
		/* The mark of a link that leaked names no browser, and is of many. */
		search->others =
			++rows > ROWS_MAX ||
			!span_equal(span_slice(value, 0, search->visitor.size), search->visitor);
	}
	txn_walk_end(&walk);
}

int binding_is_only(struct store *store, const struct handle *person,
		    const struct visitor_id *visitor, bool *ret_only)
{
	struct search search = {.person = person, .visitor = span_of(visitor, sizeof(*visitor))};
	int r = txn_read(&store->state, find_others, &search);

	if (r)
		return r;
	*ret_only = !search.others && !binding_pending_has_others(store, person, visitor);
	return 0;
}
