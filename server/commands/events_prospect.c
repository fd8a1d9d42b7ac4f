/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark events --prospect`: whose the events are by the bindings that hold when they are printed
 * (track/attachment.h). A person has few browsers, so they are read anew before each look at the
 * log, and an event costs a search in a short sorted list.
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

int events_prospect_refresh(struct events_prospect *prospect, struct store *store)
{
	int r;

	prospect->count = 0;
	r = binding_each_of_person(store, &prospect->handle, add, prospect);
	if (!r && prospect->count > 1)
		qsort(prospect->visitors, prospect->count, sizeof(struct visitor_id), compare);
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
	prospect->count = prospect->capacity = 0;
}
