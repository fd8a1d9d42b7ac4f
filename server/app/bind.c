/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a click, a form post or a login does to the binding of its browser.
 *
 * Of a browser that is known, one lookup tells it all, and nearly always there is nothing to do.
 * Only where a claim would count, or come into conflict, is it asked who else has claimed the same
 * person by the same link: the one who makes it too many for one person ends the earlier claims.
 */
#include "app/bind.h"

static enum binding_action fail(struct app *app, struct bind_decision *decision)
{
	metrics_add(&app->metrics, METRIC_BINDINGS_FAILED, 1);
	decision->failed = true;
	return BINDING_NOTHING;
}

/* What is known of the browser, into the situation. False: it cannot be told. */
static bool look_up_visitor(struct app *app, const struct bind_evidence *evidence,
			    struct binding_situation *situation, struct handle *ret_known)
{
	const struct binding_evidence *new = &evidence->binding;
	struct binding known;
	int r = STORE_E_NOT_FOUND;

	if (!evidence->is_new)
		r = binding_find(app->store, &new->visitor, &known);
	situation->retired = r == BINDING_E_RETIRED;
	if (r)
		return r == STORE_E_NOT_FOUND || r == BINDING_E_RETIRED;
	situation->known = known.evidence;
	situation->same_person = memcmp(&known.person, &new->person, sizeof(known.person)) == 0;
	*ret_known = known.person;
	return true;
}

/* Had this browser claimed the person by that link, it would be tied by it, if nobody undid it. */
static bool was_undone(const struct binding_claims *claims, const struct visitor_id *visitor)
{
	for (unsigned i = 0; i < claims->count; i++)
		if (!claims->claims[i].conflict &&
		    memcmp(&claims->claims[i].visitor, visitor, sizeof(*visitor)) == 0)
			return true;
	return false;
}

/* Does the link of this claim still bind, and for how long? */
static enum binding_action judge_link(struct app *app, const struct bind_evidence *evidence,
				      struct binding_situation *situation,
				      struct bind_decision *decision)
{
	struct binding_claims *claims = &decision->claims;

	if (binding_find_claims(app->store, &evidence->binding, claims) != 0)
		return fail(app, decision);
	decision->leaks =
		!claims->quarantined && binding_rule_leaked(claims->browsers, claims->networks);
	decision->leaked = situation->quarantined = claims->quarantined || decision->leaks;
	situation->undone = situation->known == EVIDENCE_NONE && !evidence->is_new &&
			    was_undone(claims, &evidence->binding.visitor);
	return binding_rule(situation);
}

/* Who cannot claim anything is asked for no more than what the event says of its link. */
static void look_up_link(struct app *app, const struct bind_evidence *evidence,
			 struct bind_decision *decision)
{
	if (binding_find_claims(app->store, &evidence->binding, &decision->claims) != 0)
		(void)fail(app, decision);
	else
		decision->leaked = decision->claims.quarantined;
}

void bind_decide(struct app *app, const struct bind_evidence *evidence,
		 struct bind_decision *ret_decision)
{
	struct binding_situation situation = {
		.evidence = evidence->binding.evidence,
		.navigation = evidence->navigation,
		.machine = evidence->machine,
	};
	enum binding_action action = BINDING_NOTHING;

	ret_decision->failed = ret_decision->leaked = ret_decision->leaks = false;
	if (id_is_zero(&evidence->binding.visitor, sizeof(evidence->binding.visitor)))
		action = BINDING_NOTHING;
	else if (!look_up_visitor(app, evidence, &situation, &ret_decision->known))
		action = fail(app, ret_decision);
	else
		action = binding_rule(&situation);
	if (situation.evidence == EVIDENCE_CLAIM && action != BINDING_NOTHING)
		action = judge_link(app, evidence, &situation, ret_decision);
	else if (situation.evidence == EVIDENCE_CLAIM &&
		 (situation.machine || !situation.navigation))
		look_up_link(app, evidence, ret_decision);
	ret_decision->action = action;
}

enum metric bind_add(struct app *app, const struct bind_evidence *evidence,
		     const struct bind_decision *decision, struct event_ticket *ticket)
{
	const struct binding_evidence *binding = &evidence->binding;
	enum metric metric = METRIC_COUNT;
	int r = 0;

	if (decision->leaks) {
		r = binding_add_leak(app->store, ticket, binding, &decision->claims);
		metric = METRIC_EVENT_UNBIND;
	} else if (decision->action == BINDING_BIND) {
		r = binding_add_bind(app->store, ticket, binding);
		metric = METRIC_EVENT_BIND;
	} else if (decision->action == BINDING_CONFLICT) {
		r = binding_add_conflict(app->store, ticket, binding, &decision->known);
		metric = METRIC_EVENT_CONFLICT;
	}
	if (r)
		metrics_add(&app->metrics, METRIC_BINDINGS_FAILED, 1);
	return r ? METRIC_COUNT : metric;
}

void bind_record(struct app *app, const struct bind_evidence *evidence,
		 const struct bind_decision *decision, struct event_ticket *ticket)
{
	enum metric metric = bind_add(app, evidence, decision, ticket);

	if (metric == METRIC_COUNT)
		return;
	metrics_add(&app->metrics, metric, 1);
	if (decision->leaks)
		metrics_add(&app->metrics, METRIC_LINKS_LEAKED, 1);
}

enum binding_action bind_prove(struct app *app, const struct bind_evidence *evidence,
			       struct event_ticket *ticket)
{
	struct bind_decision decision;

	bind_decide(app, evidence, &decision);
	bind_record(app, evidence, &decision, ticket);
	return decision.action;
}
