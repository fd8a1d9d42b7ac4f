/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lookups of bindings: what is queued first, then state/.
 *
 * A click asks for one row by its visitor, which says all that the rule needs; only a browser that
 * is about to be bound, or in conflict, costs a walk over the few that have claimed the same person
 * by the same link. Lists are read in slices, so that nobody who prints them holds a snapshot.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/binding_browsers.h"
#include "store/binding_internal.h"

#include <errno.h>

enum { ROW_HEADER_BYTES = 1, EACH_SLICE_BINDINGS = 256, SEQUENCE_BYTES = 8 };

static const uint32_t field_max_bytes[BINDING_FIELD_COUNT] = {
#define BINDING(id, name, max, ...) [id] = (max),
	BINDING_FIELDS(BINDING)
#undef BINDING
};

int binding_parse(struct span row, struct span fields[BINDING_FIELD_COUNT])
{
	size_t at = ROW_HEADER_BYTES;
	struct span value;
	uint8_t field;
	int r;

	memset(fields, 0, sizeof(*fields) * BINDING_FIELD_COUNT);
	if (row.size < ROW_HEADER_BYTES || row.data[0] != RECORD_VERSION)
		return -EBADMSG;
	while (!(r = record_next(row, &at, &field, &value))) {
		if (field >= BINDING_FIELD_COUNT)
			continue;
		if (value.size > field_max_bytes[field])
			return -EBADMSG;
		fields[field] = value;
	}
	if (r != RECORD_END || fields[BINDING_visitor].size != sizeof(struct visitor_id) ||
	    fields[BINDING_person].size != sizeof(struct handle) ||
	    fields[BINDING_evidence].size != 1 || fields[BINDING_time].size != 8)
		return -EBADMSG;
	return 0;
}

bool binding_get_visitor(struct txn *txn, struct span visitor, struct binding *ret_binding)
{
	struct span row = txn_get(txn, STATE_VISITORS, visitor);
	const uint8_t *at = row.data;

	if (row.size != BINDING_VISITOR_ROW_BYTES)
		return false;
	*ret_binding = (struct binding){.event = get_u64(at)};
	memcpy(&ret_binding->visitor, visitor.data, sizeof(ret_binding->visitor));
	memcpy(&ret_binding->person, at + 8, sizeof(ret_binding->person));
	ret_binding->evidence = at[20] <= EVIDENCE_PROOF ? (enum evidence)at[20] : EVIDENCE_NONE;
	ret_binding->retired = at[20] == EVIDENCE_RETIRED;
	ret_binding->time = get_u64(at + 21);
	ret_binding->seen = get_u64(at + 29);
	return true;
}

void binding_put_visitor(struct txn *txn, const struct binding *newest)
{
	uint8_t row[BINDING_VISITOR_ROW_BYTES];

	put_u64(row, newest->event);
	memcpy(row + 8, &newest->person, sizeof(newest->person));
	row[20] = newest->retired ? EVIDENCE_RETIRED : (uint8_t)newest->evidence;
	put_u64(row + 21, newest->time);
	put_u64(row + 29, newest->seen);
	txn_put(txn, STATE_VISITORS, span_of(&newest->visitor, sizeof(newest->visitor)),
		span_of(row, sizeof(row)));
}

struct link_id binding_scope(struct span link, struct span campaign)
{
	struct link_id scope = {{0}};

	if (link.size == sizeof(scope))
		memcpy(&scope, link.data, sizeof(scope));
	else if (campaign.size == sizeof(struct campaign_id))
		memcpy(&scope, campaign.data, sizeof(struct campaign_id));
	return scope;
}

struct link_id binding_scope_of(const struct binding_evidence *evidence)
{
	const struct link_id *link = &evidence->link;
	const struct campaign_id *campaign = &evidence->campaign;

	if (evidence->evidence != EVIDENCE_CLAIM)
		return (struct link_id){{0}};
	if (!id_is_zero(link, sizeof(*link)))
		return *link;
	return binding_scope(span_of(NULL, 0), span_of(campaign, sizeof(*campaign)));
}

void binding_claim_key(const struct handle *person, const struct link_id *scope, uint64_t sequence,
		       uint8_t ret_key[BINDING_CLAIM_KEY_BYTES])
{
	memcpy(ret_key, person, sizeof(*person));
	memcpy(ret_key + BINDING_CLAIM_SCOPE_AT, scope, sizeof(*scope));
	put_u64(ret_key + BINDING_CLAIM_SEQUENCE_AT, sequence);
}

struct visitor_search {
	struct span visitor;
	struct binding binding;
	bool found;
};

static void find_visitor(struct txn *txn, void *context)
{
	struct visitor_search *search = context;

	search->found = binding_get_visitor(txn, search->visitor, &search->binding);
}

int binding_find(struct store *store, const struct visitor_id *visitor, struct binding *ret_binding)
{
	struct visitor_search search = {.visitor = span_of(visitor, sizeof(*visitor))};
	const struct binding_entry *entry = binding_pending_find(store, visitor);
	int r;

	if (entry && entry->kind == PENDING_END)
		return STORE_E_NOT_FOUND;
	if (entry) {
		*ret_binding = entry->binding;
		return 0;
	}
	r = txn_read(&store->state, find_visitor, &search);
	if (r)
		return r;
	if (search.found && search.binding.retired)
		return BINDING_E_RETIRED;
	if (!search.found || search.binding.evidence == EVIDENCE_NONE)
		return STORE_E_NOT_FOUND;
	*ret_binding = search.binding;
	return 0;
}

int binding_find_retired(struct store *store, const struct visitor_id *visitor,
			 struct binding *ret_binding)
{
	struct visitor_search search = {.visitor = span_of(visitor, sizeof(*visitor))};
	int r = txn_read(&store->state, find_visitor, &search);

	if (r)
		return r;
	if (!search.found || !search.binding.retired)
		return STORE_E_NOT_FOUND;
	*ret_binding = search.binding;
	return 0;
}

int binding_find_evenly(struct store *store, const struct visitor_id *visitor,
			struct binding *ret_binding)
{
	struct visitor_search search = {.visitor = span_of(visitor, sizeof(*visitor))};

	if (binding_pending_find(store, visitor))
		(void)txn_read(&store->state, find_visitor, &search);
	return binding_find(store, visitor, ret_binding);
}

/* Return: 0; -EBADMSG. */
static int make(struct txn *txn, uint64_t sequence, struct span row, struct binding *ret_binding)
{
	struct span fields[BINDING_FIELD_COUNT];
	struct binding binding = {.event = sequence};
	int r = binding_parse(row, fields);

	if (r)
		return r;
	memcpy(&binding.visitor, fields[BINDING_visitor].data, sizeof(binding.visitor));
	memcpy(&binding.person, fields[BINDING_person].data, sizeof(binding.person));
	binding.person = binding_person_now(txn, &binding.person);
	binding.evidence = (enum evidence)fields[BINDING_evidence].data[0];
	binding.time = get_u64(fields[BINDING_time].data);
	binding.scope = binding_scope(fields[BINDING_scope], span_of(NULL, 0));
	binding.undone = fields[BINDING_undone_by].size == 8;
	if (binding.undone)
		binding.undone_by = get_u64(fields[BINDING_undone_by].data);
	if (fields[BINDING_reason].size > 0)
		memcpy(binding.reason, fields[BINDING_reason].data, fields[BINDING_reason].size);
	*ret_binding = binding;
	return 0;
}

struct event_search {
	uint64_t sequence;
	struct binding binding;
	bool found;
};

static void find_event(struct txn *txn, void *context)
{
	struct event_search *search = context;
	uint8_t key[SEQUENCE_BYTES];
	struct span row;

	put_u64(key, search->sequence);
	row = txn_get(txn, STATE_BINDINGS, span_of(key, sizeof(key)));
	search->found = row.data != NULL;
	if (row.data)
		txn_fail(txn, make(txn, search->sequence, row, &search->binding));
}

int binding_find_event(struct store *store, uint64_t sequence, struct binding *ret_binding)
{
	struct event_search search = {.sequence = sequence};
	int r;

	if (binding_pending_find_event(store, sequence, ret_binding))
		return 0;
	r = txn_read(&store->state, find_event, &search);
	if (r)
		return r;
	if (!search.found)
		return STORE_E_NOT_FOUND;
	*ret_binding = search.binding;
	return 0;
}

struct slice {
	uint8_t from[BINDING_CLAIM_KEY_BYTES]; /* go on from this key */
	const struct handle *person;	       /* NULL: all bindings */
	struct binding *bindings;	       /* EACH_SLICE_BINDINGS */
	int count;
	bool end;
};

static void read_all(struct txn *txn, void *context)
{
	struct slice *slice = context;
	struct binding *binding;
	struct span key, row;
	struct txn_walk walk;

	slice->end = true;
	txn_walk_begin(txn, STATE_BINDINGS, span_of(slice->from, SEQUENCE_BYTES), &walk);
	while (txn_walk_next(&walk, &key, &row)) {
		if (key.size != SEQUENCE_BYTES) {
			txn_fail(txn, -EBADMSG);
			break;
		}
		if (slice->count == EACH_SLICE_BINDINGS) {
			memcpy(slice->from, key.data, SEQUENCE_BYTES);
			slice->end = false;
			break;
		}
		binding = &slice->bindings[slice->count++];
		if (make(txn, get_u64(key.data), row, binding) != 0)
			*binding = (struct binding){.event = get_u64(key.data), .damaged = true};
	}
	txn_walk_end(&walk);
}

/* The browsers that claimed the person, or of whom more was said, where that holds. */
static void read_of_person(struct txn *txn, void *context)
{
	struct slice *slice = context;
	struct span key, value;
	struct txn_walk walk;

	slice->end = true;
	txn_walk_begin(txn, STATE_CLAIMS, span_of(slice->from, sizeof(slice->from)), &walk);
	while (txn_walk_next(&walk, &key, &value)) {
		struct binding *binding = &slice->bindings[slice->count];

		if (key.size != BINDING_CLAIM_KEY_BYTES ||
		    memcmp(key.data, slice->person, sizeof(*slice->person)) != 0)
			break;
		if (slice->count == EACH_SLICE_BINDINGS) {
			memcpy(slice->from, key.data, key.size);
			slice->end = false;
			break;
		}
		if (value.size >= BINDING_CLAIM_NETWORK_AT &&
		    binding_get_visitor(txn, span_slice(value, 0, 16), binding) &&
		    binding->evidence != EVIDENCE_NONE &&
		    binding->event == get_u64(key.data + BINDING_CLAIM_SEQUENCE_AT))
			slice->count++;
	}
	txn_walk_end(&walk);
}

static int each_slice(struct store *store, struct slice *slice,
		      void (*read)(struct txn *txn, void *context), binding_each_fn each,
		      void *context)
{
	cleanup_free struct binding *bindings =
		calloc(EACH_SLICE_BINDINGS + 1, sizeof(struct binding));
	int r = bindings ? 0 : -ENOMEM;

	slice->bindings = bindings;
	while (!r && !slice->end) {
		slice->count = 0;
		r = txn_read(&store->state, read, slice);
		for (int i = 0; i < slice->count && !r; i++)
			r = each(context, &bindings[i]);
	}
	return r;
}

int binding_each(struct store *store, uint64_t after, binding_each_fn each, void *context)
{
	struct slice slice = {.end = after == UINT64_MAX};

	put_u64(slice.from, after + 1);
	return each_slice(store, &slice, read_all, each, context);
}

int binding_each_of_person(struct store *store, const struct handle *person, binding_each_fn each,
			   void *context)
{
	static const struct link_id first = {{0}};
	struct slice slice = {.person = person};

	binding_claim_key(person, &first, 0, slice.from);
	return each_slice(store, &slice, read_of_person, each, context);
}

struct browser_slice {
	struct visitor_id after;
	struct binding_browser *browsers;
	size_t count;
};

static void read_browsers(struct txn *txn, void *context)
{
	struct browser_slice *slice = context;
	struct span key, row, after = span_of(&slice->after, sizeof(slice->after));
	struct txn_walk walk;

	slice->count = 0;
	txn_walk_begin(txn, STATE_VISITORS, after, &walk);
	while (slice->count < BINDING_BROWSERS_MAX && txn_walk_next(&walk, &key, &row)) {
		struct binding_browser *browser = &slice->browsers[slice->count];

		if (key.size != sizeof(slice->after) || row.size != BINDING_VISITOR_ROW_BYTES ||
		    row.data[20] == EVIDENCE_NONE || span_equal(key, after))
			continue;
		memset(browser, 0, sizeof(*browser));
		memcpy(&browser->visitor, key.data, key.size);
		memcpy(&browser->last, row.data + 8, sizeof(browser->last));
		browser->event = get_u64(row.data);
		if (row.data[20] != EVIDENCE_RETIRED)
			browser->person = browser->last;
		slice->count++;
	}
	txn_walk_end(&walk);
}

int binding_read_browsers(struct store *store, const struct visitor_id *after,
			  struct binding_browser ret_browsers[BINDING_BROWSERS_MAX],
			  size_t *ret_count)
{
	struct browser_slice slice = {.after = *after, .browsers = ret_browsers};
	int r = txn_read(&store->state, read_browsers, &slice);

	if (!r)
		*ret_count = slice.count;
	return r;
}

void binding_walk_claims(struct txn *txn, const struct handle *person, const struct link_id *scope,
			 struct binding_claims *ret_claims)
{
	uint8_t from[BINDING_CLAIM_KEY_BYTES];
	struct span key, value;
	struct txn_walk walk;

	memset(ret_claims, 0, sizeof(*ret_claims));
	binding_claim_key(person, scope, 0, from);
	txn_walk_begin(txn, STATE_CLAIMS, span_of(from, sizeof(from)), &walk);
	while (ret_claims->count < BINDING_CLAIMS_MAX && txn_walk_next(&walk, &key, &value)) {
		struct binding_claim *claim = &ret_claims->claims[ret_claims->count];
		size_t network = value.size - BINDING_CLAIM_NETWORK_AT;

		if (key.size != sizeof(from) ||
		    memcmp(key.data, from, BINDING_CLAIM_SEQUENCE_AT) != 0)
			break;
		claim->event = get_u64(key.data + BINDING_CLAIM_SEQUENCE_AT);
		ret_claims->quarantined = claim->event == 0;
		if (ret_claims->quarantined)
			break;
		if (value.size < BINDING_CLAIM_NETWORK_AT || network > sizeof(claim->network))
			continue;
		memcpy(&claim->visitor, value.data, sizeof(claim->visitor));
		claim->conflict = value.data[16] == EVIDENCE_NONE;
		memcpy(claim->network, value.data + BINDING_CLAIM_NETWORK_AT, network);
		claim->network_bytes = (uint8_t)network;
		ret_claims->count++;
	}
	txn_walk_end(&walk);
}

struct binding_claim *binding_claims_find(struct binding_claims *claims,
					  const struct visitor_id *visitor)
{
	for (unsigned i = 0; i < claims->count; i++)
		if (memcmp(&claims->claims[i].visitor, visitor, sizeof(*visitor)) == 0)
			return &claims->claims[i];
	return NULL;
}

struct claims_search {
	const struct handle *person;
	struct link_id scope;
	struct binding_claims *claims;
};

static void find_claims(struct txn *txn, void *context)
{
	struct claims_search *search = context;

	binding_walk_claims(txn, search->person, &search->scope, search->claims);
}

static bool same_network(const struct binding_claim *one, const struct binding_claim *other)
{
	return one->network_bytes == other->network_bytes &&
	       memcmp(one->network, other->network, one->network_bytes) == 0;
}

static void count(struct binding_claims *claims)
{
	for (unsigned i = 0; i < claims->count; i++) {
		unsigned same = 0;

		while (same < i && !same_network(&claims->claims[same], &claims->claims[i]))
			same++;
		claims->networks += same == i && claims->claims[i].network_bytes > 0;
	}
	claims->browsers = claims->count;
}

/* The evidence itself as the last of the claims, for counting: then it is taken out again. */
static void count_with(struct binding_claims *claims, const struct binding_evidence *evidence)
{
	struct binding_claim *claim = &claims->claims[claims->count];
	struct span network = evidence->network;
	bool full = claims->count == BINDING_CLAIMS_MAX;

	if (full || binding_claims_find(claims, &evidence->visitor)) {
		count(claims);
		return;
	}
	*claim = (struct binding_claim){.visitor = evidence->visitor};
	if (network.size > 0 && network.size <= sizeof(claim->network)) {
		memcpy(claim->network, network.data, network.size);
		claim->network_bytes = (uint8_t)network.size;
	}
	claims->count++;
	count(claims);
	claims->count--;
}

int binding_find_claims(struct store *store, const struct binding_evidence *evidence,
			struct binding_claims *ret_claims)
{
	struct claims_search search = {&evidence->person, binding_scope_of(evidence), ret_claims};
	int r;

	memset(ret_claims, 0, sizeof(*ret_claims));
	if (id_is_zero(&search.scope, sizeof(search.scope)))
		return 0;
	r = txn_read(&store->state, find_claims, &search);
	if (r)
		return r;
	if (ret_claims->quarantined)
		return 0;
	binding_pending_claims(store, search.person, &search.scope, ret_claims);
	count_with(ret_claims, evidence);
	return 0;
}
