/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two kinds of events. Some name a person themselves: a click by its link, a form post by what was
 * typed. They stay that person's, whoever the browser belongs to. The others have their person from
 * the binding alone, and follow it. An event of the first kind that names nobody, such as a click
 * on a link without a person, follows the binding as well.
 */
#include "track/attachment.h"

static const bool follows_binding[EVENT_TYPE_COUNT] = {
	[EVENT_view] = true,	     [EVENT_leave] = true,    [EVENT_event] = true,
	[EVENT_search] = true,	     [EVENT_download] = true, [EVENT_prefill] = true,
	[EVENT_submit_error] = true, [EVENT_consent] = true,
};

bool attachment_follows_binding(enum event_type type)
{
	return follows_binding[type];
}

enum attachment attachment_of(const struct event *event, bool is_recorded, bool is_bound)
{
	bool names_nobody = event->fields[EVENT_FIELD_prospect].data == NULL;
	bool has_visitor = event->fields[EVENT_FIELD_visitor].data != NULL;

	if (is_recorded && (is_bound || !has_visitor || !follows_binding[event->type]))
		return ATTACHMENT_RECORDED;
	if (is_bound && (follows_binding[event->type] || names_nobody))
		return ATTACHMENT_LATER;
	return ATTACHMENT_NONE;
}
