/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaving a list does: the mark in the person's record, which whoever sends mail asks for
 * (track/person_marks.h), with the prospect event that tells of the record, and the unsubscribe or
 * resubscribe event. One ticket, so that there is never one without the others. Somebody of whom
 * only the id in the mail's token is known gets a record that holds the mark.
 *
 * The events name the person also where consent allows no identity: the token does, and nothing is
 * tied to the browser.
 */
#include "base/cleanup.h"
#include "public/person_keep.h"
#include "public/subscription.h"
#include "track/person_marks.h"

#include <errno.h>

struct change {
	const struct subscription *subscription;
	enum person_mailing what;
	bool leaves;
	const char *reason;
};

static void decide(const struct subscription *subscription, enum subscription_wish wish,
		   struct change *ret_change)
{
	bool all = wish == SUBSCRIPTION_LEAVE_ALL || !subscription->has_list ||
		   (wish == SUBSCRIPTION_UNDO && subscription->state == SUBSCRIPTION_LEFT_ALL);

	*ret_change = (struct change){
		.subscription = subscription,
		.what = all ? PERSON_OPTED_OUT : PERSON_UNSUBSCRIBED,
		.leaves = wish != SUBSCRIPTION_UNDO,
		.reason = wish == SUBSCRIPTION_UNDO	   ? "undo"
			  : wish == SUBSCRIPTION_ONE_CLICK ? "one_click"
							   : "page",
	};
}

static int set_mark(const struct change *change, struct person_keep *keep)
{
	bool changed;

	return person_record_set_mailing(keep->record, change->what,
					 &change->subscription->token.list, change->leaves,
					 keep->source, keep->visit->now, &changed);
}

static int keep_mark(struct change *change, struct event_ticket *ticket)
{
	const struct subscription *subscription = change->subscription;
	const struct person_keep_event how = {.actor = SPAN("subscription"), .whole = true};
	cleanup(person_keep_finish) struct person_keep keep;
	const char *field;
	int r = person_keep_begin(&keep, &subscription->visit, &subscription->token.prospect,
				  SPAN("subscription"));

	if (r == 0)
		r = set_mark(change, &keep);
	if (r == PERSON_RECORD_E_FULL) {
		/* Whoever has left as many lists as can be noted wants none. */
		change->what = PERSON_OPTED_OUT;
		r = set_mark(change, &keep);
	}
	if (r)
		return r;
	field = change->what == PERSON_OPTED_OUT ? "opted_out" : "unsubscribed";
	if (json_array_append_new(keep.fields, json_string(field)) != 0)
		return -ENOMEM;
	return person_keep_queue(&keep, span_of(NULL, 0), &how, ticket);
}

static int add_event(const struct change *change, struct visit_event *builder)
{
	const struct token *token = &change->subscription->token;

	if (!visit_event_person(builder, &token->prospect))
		return -EIO;
	if (change->what == PERSON_UNSUBSCRIBED)
		visit_event_id(builder, EVENT_FIELD_list, &token->list, sizeof(token->list));
	event_set(&builder->event, EVENT_FIELD_reason, span_text(change->reason));
	event_set_choice(&builder->event, EVENT_FIELD_evidence, EVIDENCE_CLAIM);
	return visit_event_add(builder);
}

struct event_ticket *subscription_take(const struct subscription *subscription,
				       enum subscription_wish wish, int *ret_code)
{
	cleanup(visit_event_finish) struct visit_event builder;
	struct change change;
	int code;

	visit_event_init(&builder, &subscription->visit);
	decide(subscription, wish, &change);
	code = visit_event_begin(&builder, change.leaves ? EVENT_unsubscribe : EVENT_resubscribe);
	if (code == 0)
		code = keep_mark(&change, builder.ticket);
	if (code == 0)
		code = add_event(&change, &builder);
	if (code)
		event_writer_count_lost(subscription->visit.app->writer);
	*ret_code = code;
	return code ? NULL : visit_event_take(&builder);
}
