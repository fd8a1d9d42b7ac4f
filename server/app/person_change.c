/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operation does to one person: a row of people/, and the event that says so.
 */
#include "app/person_change.h"

int person_change_add(struct operation_call *call, struct people_change *change, struct span props,
		      struct span reason, struct error *error)
{
	struct event event;
	int code;

	event_init(&event, EVENT_prospect, clock_wall());
	event_set(&event, EVENT_FIELD_prospect,
		  span_of(&change->person.handle, sizeof(change->person.handle)));
	event_set(&event, EVENT_FIELD_props, props);
	event_set(&event, EVENT_FIELD_reason, reason);
	event_set(&event, EVENT_FIELD_actor, span_text(call->actor));
	operation_count(call, METRIC_EVENT_PROSPECT, 1);
	code = operation_add_event(call, &event, error);
	if (code) {
		people_change_free(change);
		return code;
	}
	change->told_by = call->ticket->count;
	event_ticket_add_change(call->ticket, change);
	return 0;
}
