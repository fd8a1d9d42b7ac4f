/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a click, of which only the link and the claim are its own: all else is what any
 * request's event has (visit_event.c).
 *
 * The person comes before the query, which is sealed under that person's key. A trap link is one
 * that no person sees, so whoever follows it is no person. A click claims its person for the
 * browser, unless it is a probe, or its link has leaked: then it only says whose link it is.
 */
#include "public/click_event.h"

#include "base/cleanup.h"
#include "public/visit_claim.h"

static void set_link(struct visit_event *builder, const struct click_target *target)
{
	visit_event_id(builder, EVENT_FIELD_link, &target->link, sizeof(target->link));
	visit_event_id(builder, EVENT_FIELD_mailing, &target->mailing, sizeof(target->mailing));
	visit_event_id(builder, EVENT_FIELD_campaign, &target->campaign, sizeof(target->campaign));
	visit_event_text(builder, EVENT_FIELD_url, target->url);
	visit_event_text(builder, EVENT_FIELD_slug, target->slug);
}

/* A click, and what its claim does to the browser. */
static int add_claim(struct visit_event *builder, const struct click_target *target)
{
	const struct visit_claim claim = {
		.link = target->link,
		.campaign = target->campaign,
		.navigation = builder->visit->identity.navigation,
		.opens = !target->two_parts,
	};

	return visit_claim_add(builder, &claim);
}

int click_event_ticket(const struct visit *visit, const struct click_target *target,
		       struct event_ticket **ret_ticket)
{
	cleanup(visit_event_finish) struct visit_event builder;
	bool known;
	int code;

	visit_event_init(&builder, visit);
	code = visit_event_begin(&builder, visit->type);
	if (code)
		return code;
	builder.trap = target->trap;
	builder.seals |= visit->request->query.size > 0;
	set_link(&builder, target);
	known = target->has_prospect && visit_event_person(&builder, &target->prospect);
	visit_event_query(&builder, visit->request->query);
	code = known && visit->type == EVENT_click ? add_claim(&builder, target)
						   : visit_event_add(&builder);
	if (code == 0)
		*ret_ticket = visit_event_take(&builder);
	return code;
}
