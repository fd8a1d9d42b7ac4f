/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a proof does to the browser's binding is decided before its event is complete, since the
 * event of a second person already carries the new visitor.
 */
#include "public/proof.h"

#include "app/bind.h"

static void set_evidence(struct bind_evidence *evidence, const struct visit_event *builder)
{
	const struct visit *visit = builder->visit;

	*evidence = (struct bind_evidence){
		.binding = {.person = builder->person.handle,
			    .evidence = EVIDENCE_PROOF,
			    .time = visit->now,
			    .tracker = span_text(visit->tracker->host)},
		.is_new = visit->identity.is_new,
	};
	if (builder->policy->visitor)
		evidence->binding.visitor = visit->identity.visitor;
}

static void renew_visitor(struct visit *visit)
{
	struct identity_request asked;

	visit_ask(visit, &asked);
	identity_renew(&asked, &visit->identity);
}

/* The event goes nowhere without its person. */
static int leave_out(const struct visit_event *builder)
{
	struct app *app = builder->visit->app;

	if (builder->person_code == PEOPLE_E_ERASED) {
		event_writer_count_dropped(app->writer);
		metrics_add(&app->metrics, METRIC_DROPPED_ERASED, 1);
	} else {
		event_writer_count_lost(app->writer);
	}
	return PROOF_E_LEFT_OUT;
}

int proof_take(struct visit *visit, struct visit_event *builder, const struct prospect_id *prospect)
{
	struct bind_evidence evidence;
	struct bind_decision decision;
	int code;

	if (!visit_event_person(builder, prospect))
		return leave_out(builder);
	set_evidence(&evidence, builder);
	bind_decide(visit->app, &evidence, &decision);
	if (decision.action == BINDING_NEW_VISITOR) {
		renew_visitor(visit);
		set_evidence(&evidence, builder);
		visit_event_id(builder, EVENT_FIELD_visitor, &visit->identity.visitor,
			       sizeof(visit->identity.visitor));
		bind_decide(visit->app, &evidence, &decision);
	}
	event_set_choice(&builder->event, EVENT_FIELD_evidence, EVIDENCE_PROOF);
	code = visit_event_add(builder);
	if (code == 0)
		bind_record(visit->app, &evidence, &decision, builder->ticket);
	builder->looked = false; /* whose the browser is has changed */
	return code;
}
