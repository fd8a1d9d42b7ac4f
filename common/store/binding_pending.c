/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of bindings before state/ says it.
 *
 * An entry is made with its event and belongs to the ticket. A ticket that is freed without having
 * been stored takes what it said with it. One that was stored leaves its entries behind, until
 * state/ has folded beyond them; that is looked at before each lookup in state/ and never between
 * one and what is added to it, since the lookup may have been of the time before.
 *
 * Ids of visitors are random and come in only by a cookie that has verified, so their bytes are as
 * good as a hash of them; likewise handles. As many entries as PENDING_MAX bound the memory when
 * state/ cannot be written for long: then nobody is bound.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/binding_internal.h"

#include <errno.h>

enum { BUCKETS = 8192, PENDING_MAX = 65536, SPARES_MAX = 1024 };

struct binding_pending {
	struct binding_entry *by_visitor[BUCKETS], *by_person[BUCKETS];
	struct binding_entry *first, *last; /* left behind, in the order of their coming back */
	struct binding_entry *spares;
	unsigned count, spare_count;
};

int binding_open(struct store *store)
{
	store->bindings = calloc(1, sizeof(struct binding_pending));
	return store->bindings ? 0 : -ENOMEM;
}

static struct binding_entry **visitor_bucket(struct binding_pending *pending,
					     const struct visitor_id *visitor)
{
	return &pending->by_visitor[get_u64(visitor->bytes) % BUCKETS];
}

static struct binding_entry **person_bucket(struct binding_pending *pending,
					    const struct handle *person)
{
	return &pending->by_person[get_u64(person->bytes) % BUCKETS];
}

void binding_pending_drop(struct binding_entry *entry)
{
	struct binding_pending *pending = entry->store->bindings;

	pending->count--;
	if (pending->spare_count == SPARES_MAX) {
		free(entry);
		return;
	}
	entry->next = pending->spares;
	pending->spares = entry;
	pending->spare_count++;
}

/* Ends name nobody as a rule: they would all be in one bucket. */
static bool has_person(const struct binding_entry *entry)
{
	return entry->kind != PENDING_END;
}

static void remove_entry(struct binding_entry *entry)
{
	struct binding_pending *pending = entry->store->bindings;
	struct binding_entry **at = visitor_bucket(pending, &entry->binding.visitor);

	while (*at != entry)
		at = &(*at)->next_of_visitor;
	*at = entry->next_of_visitor;
	if (has_person(entry)) {
		at = person_bucket(pending, &entry->binding.person);
		while (*at != entry)
			at = &(*at)->next_of_person;
		*at = entry->next_of_person;
	}
	binding_pending_drop(entry);
}

/* What state/ has folded meanwhile. */
static void forget_folded(struct store *store)
{
	struct binding_pending *pending = store->bindings;
	uint64_t folded;

	if (!pending->first)
		return;
	folded = atomic_load(&store->folded_through);
	while (pending->first && pending->first->binding.event <= folded) {
		struct binding_entry *entry = pending->first;

		pending->first = entry->next;
		if (!pending->first)
			pending->last = NULL;
		remove_entry(entry);
	}
}

void binding_close(struct store *store)
{
	struct binding_pending *pending = store->bindings;

	if (!pending)
		return;
	atomic_store(&store->folded_through, UINT64_MAX);
	forget_folded(store);
	while (pending->spares) {
		struct binding_entry *entry = pending->spares;

		pending->spares = entry->next;
		free(entry);
	}
	free(take_ptr(store->bindings));
}

struct binding_entry *binding_pending_new(struct store *store, enum pending_kind kind,
					  bool *ret_full)
{
	struct binding_pending *pending = store->bindings;
	struct binding_entry *entry;

	forget_folded(store);
	*ret_full = pending->count >= PENDING_MAX;
	if (*ret_full)
		return NULL;
	entry = pending->spares;
	if (entry) {
		pending->spares = entry->next;
		pending->spare_count--;
	} else {
		entry = malloc(sizeof(*entry));
	}
	if (!entry)
		return NULL;
	*entry = (struct binding_entry){.store = store, .kind = kind};
	pending->count++;
	return entry;
}

void binding_pending_add(struct event_ticket *ticket, struct binding_entry *entry)
{
	struct binding_pending *pending = entry->store->bindings;
	struct binding_entry **bucket = visitor_bucket(pending, &entry->binding.visitor);

	entry->next_of_visitor = *bucket;
	*bucket = entry;
	if (has_person(entry)) {
		bucket = person_bucket(pending, &entry->binding.person);
		entry->next_of_person = *bucket;
		*bucket = entry;
	}
	entry->next = ticket->bindings;
	ticket->bindings = entry;
}

static void leave_behind(struct binding_entry *entry)
{
	struct binding_pending *pending = entry->store->bindings;

	entry->next = NULL;
	if (pending->last)
		pending->last->next = entry;
	else
		pending->first = entry;
	pending->last = entry;
}

void binding_ticket_freed(struct event_ticket *ticket)
{
	while (ticket->bindings) {
		struct binding_entry *entry = ticket->bindings;

		ticket->bindings = entry->next;
		if (ticket->outcome == EVENT_STORED) {
			entry->binding.event = ticket->first_sequence + entry->place;
			leave_behind(entry);
		} else {
			remove_entry(entry);
		}
	}
}

const struct binding_entry *binding_pending_find(struct store *store,
						 const struct visitor_id *visitor)
{
	struct binding_entry *entry;

	if (!store->bindings)
		return NULL;
	forget_folded(store);
	entry = *visitor_bucket(store->bindings, visitor);
	while (entry && ((entry->kind != PENDING_BIND && entry->kind != PENDING_END) ||
			 memcmp(&entry->binding.visitor, visitor, sizeof(*visitor)) != 0))
		entry = entry->next_of_visitor;
	return entry;
}

bool binding_pending_find_event(struct store *store, uint64_t sequence, struct binding *ret_binding)
{
	const struct binding_entry *entry;

	if (!store->bindings)
		return false;
	forget_folded(store);
	entry = store->bindings->first;
	while (entry && (entry->kind != PENDING_BIND || entry->binding.event != sequence))
		entry = entry->next;
	if (!entry)
		return false;
	*ret_binding = entry->binding;
	/* By the newest of its browser, whose sequence nobody knows before that is stored. */
	ret_binding->undone = binding_pending_find(store, &entry->binding.visitor) != entry;
	return true;
}

static bool is_of(const struct binding_entry *entry, const struct handle *person,
		  const struct link_id *scope)
{
	return memcmp(&entry->binding.person, person, sizeof(*person)) == 0 &&
	       memcmp(&entry->binding.scope, scope, sizeof(*scope)) == 0;
}

static void add_claim(struct binding_claims *claims, const struct binding_entry *entry)
{
	struct binding_claim *claim = &claims->claims[claims->count];

	if (claims->count == BINDING_CLAIMS_MAX ||
	    binding_claims_find(claims, &entry->binding.visitor))
		return;
	*claim = (struct binding_claim){
		.visitor = entry->binding.visitor,
		.event = entry->binding.event,
		.conflict = entry->kind == PENDING_CONFLICT,
		.network_bytes = entry->network_bytes,
	};
	memcpy(claim->network, entry->network, sizeof(claim->network));
	claims->count++;
}

static void reverse(struct binding_claim *claims, unsigned count)
{
	for (unsigned i = 0; i < count / 2; i++) {
		struct binding_claim claim = claims[i];

		claims[i] = claims[count - 1 - i];
		claims[count - 1 - i] = claim;
	}
}

void binding_pending_claims(struct store *store, const struct handle *person,
			    const struct link_id *scope, struct binding_claims *claims)
{
	unsigned folded = claims->count;
	const struct binding_entry *entry;

	if (!store->bindings)
		return;
	entry = *person_bucket(store->bindings, person);
	for (; entry; entry = entry->next_of_person) {
		if (!is_of(entry, person, scope))
			continue;
		if (entry->kind == PENDING_LEAK)
			claims->quarantined = true;
		else
			add_claim(claims, entry);
	}
	reverse(claims->claims + folded, claims->count - folded);
}

bool binding_pending_has_others(struct store *store, const struct handle *person,
				const struct visitor_id *visitor)
{
	const struct binding_entry *entry;

	if (!store->bindings)
		return false;
	entry = *person_bucket(store->bindings, person);
	while (entry && (memcmp(&entry->binding.person, person, sizeof(*person)) != 0 ||
			 memcmp(&entry->binding.visitor, visitor, sizeof(*visitor)) == 0))
		entry = entry->next_of_person;
	return entry != NULL;
}
