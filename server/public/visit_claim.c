/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an event with a person to a binding, for whatever carries a claim. The rule is in
 * track/binding_rule.h; here the event says who claims whom, by which link and from which network.
 */
#include "public/visit_claim.h"

#include "app/bind.h"
#include "track/verdict.h"

static void set_evidence(const struct visit_event *builder, const struct visit_claim *claim,
			 struct bind_evidence *evidence)
{
	const struct identity *identity = &builder->visit->identity;

	*evidence = (struct bind_evidence){
		.binding = {.person = builder->person.handle,
			    .evidence = EVIDENCE_CLAIM,
			    .time = builder->visit->now,
			    .tracker = span_text(builder->visit->tracker->host),
			    .link = claim->link,
			    .campaign = claim->campaign,
			    .network = builder->event.fields[EVENT_FIELD_ip]},
		.is_new = identity->is_new,
		.navigation = claim->navigation,
		.machine = event_choice(&builder->event, EVENT_FIELD_verdict) == VERDICT_MACHINE,
	};
	if (builder->policy->visitor)
		evidence->binding.visitor = identity->visitor;
}

/* What it may open in a form is only known to whoever made it, as long as it is fresh. */
static void remember(struct app *app, const struct bind_evidence *evidence,
		     const struct bind_decision *decision)
{
	const struct binding_evidence *claim = &evidence->binding;

	if (evidence->navigation && !evidence->machine && !decision->leaked && !decision->failed &&
	    decision->action != BINDING_CONFLICT &&
	    !id_is_zero(&claim->visitor, sizeof(claim->visitor)))
		recent_claims_put(&app->recent_claims, &claim->visitor, &claim->person,
				  claim->time);
}

int visit_claim_add(struct visit_event *builder, const struct visit_claim *claim)
{
	struct app *app = builder->visit->app;
	struct bind_evidence evidence;
	struct bind_decision decision;
	int code;

	visit_event_complete(builder);
	set_evidence(builder, claim, &evidence);
	bind_decide(app, &evidence, &decision);
	event_set_choice(&builder->event, EVENT_FIELD_evidence,
			 decision.leaked ? EVIDENCE_NONE : EVIDENCE_CLAIM);
	code = visit_event_add(builder);
	if (code)
		return code;
	bind_record(app, &evidence, &decision, builder->ticket);
	if (claim->opens)
		remember(app, &evidence, &decision);
	return 0;
}
