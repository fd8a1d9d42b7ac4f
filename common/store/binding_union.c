/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merges from the outside: what state/ says of one, and their events. What they do to bindings is
 * in binding_merge.c.
 */
#include "base/cleanup.h"
#include "store/binding_internal.h"
#include "store/binding_merge.h"

struct search {
	const struct handle *other;
	struct binding_merge merge;
	bool found;
};

static void find(struct txn *txn, void *context)
{
	struct search *search = context;

	search->found =
		binding_get_merged(txn, search->other, &search->merge.into, &search->merge.event);
}

int binding_find_merge(struct store *store, const struct handle *other,
		       struct binding_merge *ret_merge)
{
	struct search search = {.other = other};
	int r = txn_read(&store->state, find, &search);

	if (r)
		return r;
	if (!search.found)
		return STORE_E_NOT_FOUND;
	*ret_merge = search.merge;
	return 0;
}

static int add(struct event_ticket *ticket, const struct binding_union *both, struct span refers)
{
	struct event event;

	event_init(&event, EVENT_merge, both->time);
	event_set(&event, EVENT_FIELD_prospect, span_of(&both->person, sizeof(both->person)));
	event_set(&event, EVENT_FIELD_other, span_of(&both->other, sizeof(both->other)));
	event_set(&event, EVENT_FIELD_reason, both->reason);
	event_set(&event, EVENT_FIELD_actor, span_text(both->actor));
	if (refers.data)
		event_set(&event, EVENT_FIELD_refers, refers);
	return event_ticket_add(ticket, &event);
}

int binding_add_merge(struct event_ticket *ticket, const struct binding_union *both)
{
	return add(ticket, both, span_of(NULL, 0));
}

int binding_add_unmerge(struct store *store, struct event_ticket *ticket,
			const struct binding_union *both, uint64_t merged)
{
	cleanup_buffer struct buffer refers = BUFFER_INIT;

	buffer_printf(&refers, "%s.%u-%llu", store->node, (unsigned)store->incarnation,
		      (unsigned long long)merged);
	return refers.error ? refers.error : add(ticket, both, buffer_span(&refers));
}
