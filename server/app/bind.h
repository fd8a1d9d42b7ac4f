/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_BIND_H
#define WAYMARK_APP_BIND_H

#include "app/app.h"
#include "store/binding.h"
#include "track/binding_rule.h"

/*
 * Binding a browser to a person by whatever evidence: what is known is looked up (store/binding.h),
 * the rule is asked (track/binding_rule.h), and what it says becomes an event right behind the one
 * that carries the evidence, in the same ticket. The answer to the request depends on none of it.
 *
 * In two steps, since the event that carries the evidence says whether it counts:
 *
 *   bind_decide(app, &evidence, &decision);
 *   … the event, into the ticket …
 *   bind_record(app, &evidence, &decision, ticket);
 */
struct bind_evidence {
	struct binding_evidence binding;
	bool is_new; /* the visitor was minted for this request: nothing is known of it */
	bool navigation, machine; /* of a claim; by the verdict at request time */
};

struct bind_decision {
	enum binding_action action;
	bool failed;		      /* what is known cannot be told: nobody is bound */
	bool leaked;		      /* the link is quarantined, or will be by bind_record() */
	bool leaks;		      /* the latter */
	struct handle known;	      /* of BINDING_CONFLICT: to whom the browser is tied */
	struct binding_claims claims; /* of a claim that the rule would let count */
};

/* Never fails: without what is known nobody is bound, and that is counted. */
void bind_decide(struct app *app, const struct bind_evidence *evidence,
		 struct bind_decision *ret_decision);
/*
 * At most one event, and not counted, for a ticket that may still be thrown away. With
 * BINDING_NEW_VISITOR none: decide again, with a visitor that is new.
 *
 * Return: its counter; METRIC_COUNT: there is none.
 */
enum metric bind_add(struct app *app, const struct bind_evidence *evidence,
		     const struct bind_decision *decision, struct event_ticket *ticket);
/* Likewise, and counted. */
void bind_record(struct app *app, const struct bind_evidence *evidence,
		 const struct bind_decision *decision, struct event_ticket *ticket);
/*
 * Both, for a declaration or a proof that is the last event of @ticket. After BINDING_NEW_VISITOR
 * nothing is recorded: whoever can give the browser another cookie does so, and calls it again
 * with that visitor, @is_new; whoever cannot leaves it at that.
 */
enum binding_action bind_prove(struct app *app, const struct bind_evidence *evidence,
			       struct event_ticket *ticket);

#endif
