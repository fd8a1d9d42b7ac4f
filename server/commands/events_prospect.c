/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark events --prospect`: whose the events are by the bindings that hold when they are printed
 * (track/attachment.h). A person has few browsers, so they are read anew before each look at the
 * log, and an event costs a search in a short sorted list.
 *
 * After a merge the person has several handles, by each of which records may name them. Whoever is
 * asked for by a handle that was merged into another one is that other person.
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

static int compare_handles(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct handle));
}

static int add_merged(void *context, const struct handle *other)
{
	struct events_prospect *prospect = context;

	if (prospect->merged_count == prospect->merged_capacity) {
		size_t capacity =
			prospect->merged_capacity ? prospect->merged_capacity * 2 : FIRST_CAPACITY;
		struct handle *merged = realloc(prospect->merged, capacity * sizeof(struct handle));

		if (!merged)
			return -ENOMEM;
		prospect->merged = merged;
		prospect->merged_capacity = capacity;
	}
	prospect->merged[prospect->merged_count++] = *other;
	return 0;
}

/* Who the person is now. What names an erased one goes on doing so, and that is all. */
static int read_handles(struct events_prospect *prospect, struct store *store)
{
	static const struct handle erased = {{0}};
	int r = binding_find_person(store, &prospect->asked, &prospect->handle);

	prospect->merged_count = 0;
	if (!r && memcmp(&prospect->handle, &erased, sizeof(erased)) == 0)
		prospect->handle = prospect->asked;
	if (!r)
		r = binding_each_merged(store, &prospect->handle, add_merged, prospect);
	if (!r && prospect->merged_count > 1)
		qsort(prospect->merged, prospect->merged_count, sizeof(struct handle),
		      compare_handles);
	return r;
}

static bool is_named(const struct events_prospect *prospect, const struct event *event)
{
	struct span named = event->fields[EVENT_FIELD_prospect];

	if (named.size != sizeof(struct handle))
		return false;
	return memcmp(named.data, &prospect->handle, named.size) == 0 ||
	       (prospect->merged_count > 0 &&
		bsearch(named.data, prospect->merged, prospect->merged_count, sizeof(struct handle),
			compare_handles));
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
	r = read_handles(prospect, store);
	if (!r)
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
	    !is_named(prospect, event))
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

	return attachment_of(event, is_named(prospect, event), is_bound);
}

void events_prospect_finish(struct events_prospect *prospect)
{
	free(take_ptr(prospect->visitors));
	free(take_ptr(prospect->fresh));
	free(take_ptr(prospect->merged));
	prospect->merged_count = prospect->merged_capacity = 0;
	prospect->count = prospect->capacity = 0;
	prospect->fresh_count = prospect->fresh_capacity = 0;
}
