/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a click, of which only the link and the claim are its own: all else is what any
 * request's event has (visit_event.c).
 *
 * The person comes before the query, which is sealed under that person's key. A trap link is one
 * that no person sees, so whoever follows it is no person.
 */
#include "public/click_event.h"

#include "base/cleanup.h"
#include "public/visit_event.h"

static void set_link(struct visit_event *builder, const struct click_target *target)
{
	visit_event_id(builder, EVENT_FIELD_link, &target->link, sizeof(target->link));
	visit_event_id(builder, EVENT_FIELD_mailing, &target->mailing, sizeof(target->mailing));
	visit_event_id(builder, EVENT_FIELD_campaign, &target->campaign, sizeof(target->campaign));
	visit_event_text(builder, EVENT_FIELD_url, target->url);
	visit_event_text(builder, EVENT_FIELD_slug, target->slug);
}

/* A probe names the person of its link, and claims nothing. */
static void set_person(struct visit_event *builder, const struct click_target *target)
{
	if (target->has_prospect && visit_event_person(builder, &target->prospect) &&
	    builder->event.type == EVENT_click)
		event_set_choice(&builder->event, EVENT_FIELD_evidence, EVIDENCE_CLAIM);
}

int click_event_ticket(const struct visit *visit, const struct click_target *target,
		       struct event_ticket **ret_ticket)
{
	cleanup(visit_event_finish) struct visit_event builder;
	int code;

	visit_event_init(&builder, visit);
	code = visit_event_begin(&builder, visit->type);
	if (code)
		return code;
	builder.trap = target->trap;
	builder.seals |= visit->request->query.size > 0;
	set_link(&builder, target);
	set_person(&builder, target);
	visit_event_query(&builder, visit->request->query);
	code = visit_event_add(&builder);
	if (code == 0)
		*ret_ticket = visit_event_take(&builder);
	return code;
}
