/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events of bindings, made and remembered in one step, so that whoever asks next already knows.
 *
 * A bind or a conflict stands right behind the event that carries its evidence, in one ticket: they
 * are committed together and need not name each other. A leak is one event however many claims it
 * ends; here it ends those that still hold.
 */
#include "base/cleanup.h"
#include "store/binding_internal.h"

#include <errno.h>

static void set_claim(struct event *event, const struct binding_evidence *evidence)
{
	const struct campaign_id *campaign = &evidence->campaign;
	const struct link_id *link = &evidence->link;

	if (evidence->tracker.size > 0)
		event_set(event, EVENT_FIELD_tracker, evidence->tracker);
	event_set(event, EVENT_FIELD_prospect,
		  span_of(&evidence->person, sizeof(evidence->person)));
	if (evidence->evidence != EVIDENCE_CLAIM)
		return;
	if (!id_is_zero(link, sizeof(*link)))
		event_set(event, EVENT_FIELD_link, span_of(link, sizeof(*link)));
	else if (!id_is_zero(campaign, sizeof(*campaign)))
		event_set(event, EVENT_FIELD_campaign, span_of(campaign, sizeof(*campaign)));
}

static struct binding_entry *entry_of(struct store *store, enum pending_kind kind,
				      const struct binding_evidence *evidence, int *ret_error)
{
	struct span network = evidence->network;
	struct binding_entry *entry;
	bool full;

	entry = binding_pending_new(store, kind, &full);
	*ret_error = entry ? 0 : full ? BINDING_E_FULL : -ENOMEM;
	if (!entry)
		return NULL;
	entry->binding = (struct binding){
		.visitor = evidence->visitor,
		.person = evidence->person,
		.evidence = evidence->evidence,
		.time = evidence->time,
		.scope = binding_scope_of(evidence),
	};
	if (network.size > 0 && network.size <= sizeof(entry->network)) {
		memcpy(entry->network, network.data, network.size);
		entry->network_bytes = (uint8_t)network.size;
	}
	return entry;
}

/* @event into @ticket, and @entry, if there is one, with it; or neither. */
static int add(struct event_ticket *ticket, const struct event *event, struct binding_entry *entry)
{
	int r;

	if (!entry)
		return event_ticket_add(ticket, event);
	entry->place = ticket->count;
	r = event_ticket_add(ticket, event);
	if (r)
		binding_pending_drop(entry);
	else
		binding_pending_add(ticket, entry);
	return r;
}

static int add_about_visitor(struct store *store, struct event_ticket *ticket,
			     const struct binding_evidence *evidence, struct event *event,
			     enum pending_kind kind)
{
	struct binding_entry *entry;
	int r;

	entry = entry_of(store, kind, evidence, &r);
	if (!entry)
		return r;
	set_claim(event, evidence);
	event_set(event, EVENT_FIELD_visitor,
		  span_of(&evidence->visitor, sizeof(evidence->visitor)));
	event_set_choice(event, EVENT_FIELD_evidence, (uint8_t)evidence->evidence);
	if (evidence->evidence == EVIDENCE_CLAIM && evidence->network.size > 0)
		event_set(event, EVENT_FIELD_ip, evidence->network);
	return add(ticket, event, entry);
}

int binding_add_bind(struct store *store, struct event_ticket *ticket,
		     const struct binding_evidence *evidence)
{
	struct event event;

	event_init(&event, EVENT_bind, evidence->time);
	if (evidence->reason.size > 0)
		event_set(&event, EVENT_FIELD_reason, evidence->reason);
	return add_about_visitor(store, ticket, evidence, &event, PENDING_BIND);
}

int binding_add_conflict(struct store *store, struct event_ticket *ticket,
			 const struct binding_evidence *evidence, const struct handle *known)
{
	struct event event;

	event_init(&event, EVENT_conflict, evidence->time);
	event_set(&event, EVENT_FIELD_other, span_of(known, sizeof(*known)));
	return add_about_visitor(store, ticket, evidence, &event, PENDING_CONFLICT);
}

/* From now on the visitor of a claim is nobody's, if it is that claim which holds. */
static void end_claim(struct store *store, struct event_ticket *ticket,
		      const struct binding_evidence *evidence, const struct binding_claim *claim)
{
	struct binding_entry *entry;
	struct binding known;
	bool full;

	if (binding_find(store, &claim->visitor, &known) != 0 || known.event != claim->event)
		return;
	/* Without memory for it the browser stays bound until state/ has folded the event. */
	entry = binding_pending_new(store, PENDING_END, &full);
	if (!entry)
		return;
	entry->binding.visitor = claim->visitor;
	entry->binding.person = evidence->person;
	entry->place = ticket->count - 1;
	binding_pending_add(ticket, entry);
}

int binding_add_leak(struct store *store, struct event_ticket *ticket,
		     const struct binding_evidence *evidence, const struct binding_claims *claims)
{
	struct binding_entry *entry;
	struct event event;
	bool first = true;
	int r;

	entry = entry_of(store, PENDING_LEAK, evidence, &r);
	if (!entry)
		return r;
	memset(&entry->binding.visitor, 0, sizeof(entry->binding.visitor));
	event_init(&event, EVENT_unbind, evidence->time);
	set_claim(&event, evidence);
	event_set(&event, EVENT_FIELD_reason, SPAN("leaked"));
	r = add(ticket, &event, entry);
	for (unsigned i = 0; i < claims->count && !r; i++) {
		if (claims->claims[i].conflict)
			continue;
		if (!first)
			end_claim(store, ticket, evidence, &claims->claims[i]);
		first = false;
	}
	return r;
}

/* @holds: what it ends is what ties the visitor now. */
static int add_end(struct store *store, struct event_ticket *ticket, struct event *event,
		   const struct visitor_id *visitor, const char *reason, bool holds)
{
	struct binding_entry *entry = NULL;
	bool full;

	if (holds) {
		entry = binding_pending_new(store, PENDING_END, &full);
		if (!entry)
			return full ? BINDING_E_FULL : -ENOMEM;
		entry->binding.visitor = *visitor;
	}
	event_set(event, EVENT_FIELD_visitor, span_of(visitor, sizeof(*visitor)));
	event_set(event, EVENT_FIELD_reason, span_text(reason));
	return add(ticket, event, entry);
}

int binding_add_forget(struct store *store, struct event_ticket *ticket,
		       const struct visitor_id *visitor, struct span tracker, const char *reason,
		       usec_t time)
{
	struct event event;

	event_init(&event, EVENT_unbind, time);
	if (tracker.size > 0)
		event_set(&event, EVENT_FIELD_tracker, tracker);
	return add_end(store, ticket, &event, visitor, reason, true);
}

int binding_add_undo(struct store *store, struct event_ticket *ticket,
		     const struct binding *binding, const char *reason, const char *actor,
		     usec_t time)
{
	cleanup_buffer struct buffer refers = BUFFER_INIT;
	struct binding known;
	struct event event;
	bool holds;

	buffer_printf(&refers, "%s.%u-%llu", store->node, (unsigned)store->incarnation,
		      (unsigned long long)binding->event);
	if (refers.error)
		return refers.error;
	holds = binding_find(store, &binding->visitor, &known) == 0 &&
		known.event == binding->event;
	event_init(&event, EVENT_unbind, time);
	event_set(&event, EVENT_FIELD_refers, buffer_span(&refers));
	event_set(&event, EVENT_FIELD_prospect, span_of(&binding->person, sizeof(binding->person)));
	event_set(&event, EVENT_FIELD_actor, span_text(actor));
	return add_end(store, ticket, &event, &binding->visitor, reason, holds);
}
