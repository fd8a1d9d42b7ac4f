/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_BINDING_MERGE_H
#define WAYMARK_STORE_BINDING_MERGE_H

#include "store/binding.h"

/*
 * Merges as state/ has folded them (binding_merge.c), and the events that make and undo them. Loop
 * thread; whoever appends the ticket waits until it is applied.
 */
struct binding_merge {
	struct handle into; /* zeros: it is erased */
	uint64_t event;	    /* sequence of the merge or erase event */
};

/* What became of @other. Return: 0; STORE_E_NOT_FOUND: it is its own; negative errno. */
int binding_find_merge(struct store *store, const struct handle *other,
		       struct binding_merge *ret_merge);

/* What an operator says of two handles. */
struct binding_union {
	struct handle person, other;
	struct span reason;
	const char *actor;
	usec_t time;
};

/* One more event into @ticket: @other is @person from now on. Return: as event_ticket_add(). */
int binding_add_merge(struct event_ticket *ticket, const struct binding_union *both);
/* Or is no more: the merge of event @merged is undone. */
int binding_add_unmerge(struct store *store, struct event_ticket *ticket,
			const struct binding_union *both, uint64_t merged);

#endif
