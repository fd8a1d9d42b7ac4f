/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark events --prospect`: whose the events are by the bindings that hold when they are printed
 * (track/attachment.h). A person has few browsers, so they are read anew before each look at the
 * log, and an event costs a search in a short sorted list.
 *
 * A bind event that state/ has not folded yet counts as one that holds, until state/ knows it: its
 * browser's views stand right behind it, and a look that has passed them does not come back.
 */
#include "commands/events_prospect.h"

#include "base/cleanup.h"
#include "store/binding.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 16 };

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct visitor_id));
}

static int add(void *context, const struct binding *binding)
{
	struct events_prospect *prospect = context;

	if (prospect->count == prospect->capacity) {
		size_t capacity = prospect->capacity ? prospect->capacity * 2 : FIRST_CAPACITY;
		struct visitor_id *visitors =
			realloc(prospect->visitors, capacity * sizeof(struct visitor_id));

		if (!visitors)
			return -ENOMEM;
		prospect->visitors = visitors;
		prospect->capacity = capacity;
	}
	prospect->visitors[prospect->count++] = binding->visitor;
	return 0;
}

static int add_fresh(struct events_prospect *prospect, const struct binding *binding)
{
	if (prospect->fresh_count == prospect->fresh_capacity) {
		size_t capacity =
			prospect->fresh_capacity ? prospect->fresh_capacity * 2 : FIRST_CAPACITY;
		struct binding *fresh = realloc(prospect->fresh, capacity * sizeof(struct binding));

		if (!fresh)
			return -ENOMEM;
		prospect->fresh = fresh;
		prospect->fresh_capacity = capacity;
	}
	prospect->fresh[prospect->fresh_count++] = *binding;
	return 0;
}

/* Those that state/ still does not know; it is read after this, so that none falls between. */
static int add_those_fresh(struct events_prospect *prospect, struct store *store)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < prospect->fresh_count && r >= 0; i++) {
		struct binding known, binding = prospect->fresh[i];

		r = binding_find_event(store, binding.event, &known);
		if (r != STORE_E_NOT_FOUND)
			continue;
		prospect->fresh[kept++] = binding;
		r = add(prospect, &binding);
	}
	if (r < 0)
		return r;
	prospect->fresh_count = kept;
	return 0;
}

static void sort(struct events_prospect *prospect)
{
	if (prospect->count > 1)
		qsort(prospect->visitors, prospect->count, sizeof(struct visitor_id), compare);
}

int events_prospect_refresh(struct events_prospect *prospect, struct store *store)
{
	int r;

	prospect->count = 0;
	r = add_those_fresh(prospect, store);
	if (!r)
		r = binding_each_of_person(store, &prospect->handle, add, prospect);
	if (!r)
		sort(prospect);
	return r;
}

int events_prospect_note(struct events_prospect *prospect, struct store *store,
			 const struct event *event)
{
	struct binding known, binding = {.event = event->sequence, .person = prospect->handle};
	struct span visitor = event->fields[EVENT_FIELD_visitor];
	int r;

	if (event->type != EVENT_bind || visitor.size != sizeof(binding.visitor) ||
	    !span_equal(event->fields[EVENT_FIELD_prospect],
			span_of(&prospect->handle, sizeof(prospect->handle))))
		return 0;
	r = binding_find_event(store, event->sequence, &known);
	if (r < 0 || (r == 0 && known.undone))
		return r;
	memcpy(&binding.visitor, visitor.data, visitor.size);
	r = r == STORE_E_NOT_FOUND ? add_fresh(prospect, &binding) : 0;
	if (!r)
		r = add(prospect, &binding);
	if (!r)
		sort(prospect);
	return r;
}

enum attachment events_prospect_judge(const struct events_prospect *prospect,
				      const struct event *event)
{
	struct span visitor = event->fields[EVENT_FIELD_visitor];
	bool is_bound = prospect->count > 0 && visitor.size == sizeof(struct visitor_id) &&
			bsearch(visitor.data, prospect->visitors, prospect->count,
				sizeof(struct visitor_id), compare);

	return attachment_of(event, &prospect->handle, is_bound);
}

void events_prospect_finish(struct events_prospect *prospect)
{
	free(take_ptr(prospect->visitors));
	free(take_ptr(prospect->fresh));
	prospect->count = prospect->capacity = 0;
	prospect->fresh_count = prospect->fresh_capacity = 0;
}
