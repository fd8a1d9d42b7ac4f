/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of the browser's id at the first tracker is said again of its id here: looked up
 * now, so that what was undone since is not handed on, and judged by the same rule as if the
 * browser had said it here. But a hand-over is no person who tells who they are: where two have
 * done so, one on each site, the rule's new visitor is left to whoever logs in, and an operator
 * sees a conflict.
 *
 * A claim comes without its link. That link has been judged where it was followed, and the same
 * reader on a second site is not one browser more that has it.
 */
#include "public/handover_event.h"

#include "app/bind.h"
#include "base/cleanup.h"
#include "track/privacy.h"
#include "track/verdict.h"

/* False: it is nobody's, or consent here does not allow a person. */
static bool find_person(const struct visit_event *builder, const struct handover *handover,
			struct binding *ret_known)
{
	struct app *app = builder->visit->app;
	int r;

	if (!builder->policy->person || !builder->policy->visitor)
		return false;
	r = binding_find(app->store, &handover->visitor, ret_known);
	if (r < 0)
		metrics_add(&app->metrics, METRIC_BINDINGS_FAILED, 1);
	return r == 0;
}

static void set_evidence(const struct visit_event *builder, const struct binding *known,
			 struct bind_evidence *evidence)
{
	const struct visit *visit = builder->visit;

	*evidence = (struct bind_evidence){
		.binding = {.visitor = visit->identity.visitor,
			    .person = known->person,
			    .evidence = known->evidence,
			    .time = visit->now,
			    .tracker = span_text(visit->tracker->host),
			    .reason = SPAN("handover"),
			    .network = builder->event.fields[EVENT_FIELD_ip]},
		.is_new = visit->identity.is_new,
		.navigation = visit->identity.navigation,
		.machine = event_choice(&builder->event, EVENT_FIELD_verdict) == VERDICT_MACHINE,
	};
}

/* By the rule, but without a new visitor: who is erased since comes into conflict with nobody. */
static void decide(struct app *app, const struct bind_evidence *evidence,
		   struct bind_decision *decision)
{
	struct handle *known = &decision->known;

	memset(known, 0, sizeof(*known));
	bind_decide(app, evidence, decision);
	if (decision->action == BINDING_NEW_VISITOR)
		decision->action =
			id_is_zero(known, sizeof(*known)) ? BINDING_NOTHING : BINDING_CONFLICT;
}

static int add(struct visit_event *builder, const struct handover *handover, enum evidence most)
{
	struct app *app = builder->visit->app;
	struct bind_evidence evidence;
	struct bind_decision decision;
	struct binding known;
	int code;

	if (!find_person(builder, handover, &known))
		return visit_event_add(builder);
	if (known.evidence > most)
		known.evidence = most;
	visit_event_complete(builder);
	set_evidence(builder, &known, &evidence);
	decide(app, &evidence, &decision);
	if (decision.action == BINDING_BIND) {
		event_set(&builder->event, EVENT_FIELD_prospect,
			  span_of(&known.person, sizeof(known.person)));
		event_set_choice(&builder->event, EVENT_FIELD_evidence, (uint8_t)known.evidence);
	}
	code = visit_event_add(builder);
	if (code == 0)
		bind_record(app, &evidence, &decision, builder->ticket);
	return code;
}

int handover_event_ticket(const struct visit *visit, const struct handover *handover,
			  enum evidence most, struct span page, struct event_ticket **ret_ticket)
{
	cleanup(visit_event_finish) struct visit_event builder;
	int code;

	visit_event_init(&builder, visit);
	code = visit_event_begin(&builder, EVENT_event);
	if (code)
		return code;
	builder.referrer = span_text(handover->origin);
	visit_event_text(&builder, EVENT_FIELD_name, SPAN("handover"));
	privacy_page_url(visit->settings->config, page, builder.scratch);
	visit_event_scratch(&builder, EVENT_FIELD_url);
	code = add(&builder, handover, most);
	if (code == 0)
		*ret_ticket = visit_event_take(&builder);
	return code;
}
