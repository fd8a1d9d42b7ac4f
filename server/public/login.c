/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strongest evidence that a browser gives: whoever has a proof for it was logged in at the
 * site. What decides is the tag, which only the browser's own cookie leads to; the proof may be
 * sent again within its minutes, and then says the same of the same browser.
 *
 * What the login does to the browser's binding is decided before its event is complete, since the
 * event of a second person already carries the new visitor.
 */
#include "public/login.h"

#include "app/bind.h"

#include <assert.h>

static bool is_good(const struct visit *visit, struct span proof, struct token *ret_token)
{
	const struct keyring *keyring = visit->settings->keyring;
	usec_t expiry;

	if (token_open(keyring, PURPOSE_LOGIN, visit->tracker->index, proof, ret_token) != 0)
		return false;
	expiry = ret_token->second * USEC_PER_SEC;
	return visit->now < expiry && expiry <= visit->now + LOGIN_AHEAD_S * USEC_PER_SEC &&
	       id_tag_is_of_visitor(keyring, visit->tracker->index, &ret_token->tag,
				    &visit->identity.visitor);
}

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
	return LOGIN_E_LEFT_OUT;
}

int login_take(struct visit *visit, struct visit_event *builder, struct span proof)
{
	struct bind_evidence evidence;
	struct bind_decision decision;
	struct token token;
	int code;

	assert(builder->visit == visit);
	if (!is_good(visit, proof, &token)) {
		visit_count_forged(visit->request, PURPOSE_LOGIN);
		return LOGIN_E_FORGED;
	}
	if (visit_is_left_out(visit, EVENT_login))
		return LOGIN_E_LEFT_OUT;
	code = visit_event_begin(builder, EVENT_login);
	if (code)
		return code;
	if (!visit_event_person(builder, &token.prospect))
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
