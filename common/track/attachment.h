/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_ATTACHMENT_H
#define WAYMARK_TRACK_ATTACHMENT_H

#include "store/event.h"

/*
 * Whose an event is, by the bindings that hold now. What a record says of its person was true when
 * it was written; a binding that is made later attaches what the browser did before, and one that
 * is undone takes back what was recorded because of it (DESIGN.md 5).
 */
enum attachment {
	ATTACHMENT_NONE,     /* not theirs, or not any more */
	ATTACHMENT_RECORDED, /* theirs, as the record says */
	ATTACHMENT_LATER     /* theirs by a binding that the record does not know of */
};

/* Does an event of @type have its person from what ties its browser to one? */
bool attachment_follows_binding(enum event_type type);

/*
 * @is_recorded: the record names the person, by any of the handles that are the person's now;
 * @is_bound: the event's visitor is tied to the person now; false without a visitor.
 */
enum attachment attachment_of(const struct event *event, bool is_recorded, bool is_bound);

#endif
