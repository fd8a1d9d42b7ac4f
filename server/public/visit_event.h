/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_VISIT_EVENT_H
#define WAYMARK_PUBLIC_VISIT_EVENT_H

#include "app/app.h"
#include "public/visit.h"
#include "store/binding.h"
#include "store/people.h"

/*
 * Makes the events of one visit, all into one ticket. For each of them: visit_event_begin(), then
 * what is particular to it (visit_event_person() and the setters, in any order), then
 * visit_event_add(), which sets what any request's event has. One at a time in the process: the
 * buffers are the app's. The caller may set @referrer, @trap and, before it names the person,
 * @seals in between.
 */
struct visit_event {
	const struct visit *visit;
	struct event event;
	struct event_ticket *ticket;
	struct buffer *text, *scratch; /* the app's */
	const struct consent_policy *policy;
	struct span referrer; /* the Referer header, unless the page says it better */
	bool trap;	      /* it was asked for by a link that no person sees */
	bool seals;	      /* a field is sealed, so the person's key is needed */
	unsigned internal;    /* enum internal_reason: why no event of the visit counts */
	bool complete;	      /* visit_event_complete() was called */
	bool has_person;
	int person_code;      /* why visit_event_person() found none; 0: it did not look */
	struct person person; /* its handle; its key where @seals */
	bool looked;	      /* @bound is what ties the visitor; without evidence: nothing */
	struct binding bound;
	struct address truncated;
	struct campaign_id campaign; /* where the event has one that nothing else holds */
};

/* Before anything else: whoever declares one with cleanup(visit_event_finish) does so right behind,
 * since clearing all of it would cost as much as making the event. */
void visit_event_init(struct visit_event *builder, const struct visit *visit);
void visit_event_finish(struct visit_event *builder); /* frees the ticket that nobody took */

/*
 * Begin an event: its tracker, its consent, and its visitor where the policy allows one; the person
 * whom that visitor is tied to, where the policy allows a person and the event names none itself
 * (track/attachment.h).
 *
 * Return: 0; VISIT_EVENT_E_NOT_STORED when consent says that nothing is kept (counted dropped);
 * -ENOMEM.
 */
enum { VISIT_EVENT_E_NOT_STORED = 1 };
int visit_event_begin(struct visit_event *builder, enum event_type type);

/* The person that a token names, minted if new; nothing where the policy allows no person, or the
 * store does not know. True when the event now has one. */
bool visit_event_person(struct visit_event *builder, const struct prospect_id *prospect);

/* The person of @handle, likewise, with the key; nothing when there is no such person (any more).
 */
bool visit_event_handle(struct visit_event *builder, const struct handle *handle);

/* @clear, sealed for the person whom the event names, with the key. */
void visit_event_seal(struct visit_event *builder, enum event_field field, struct span clear);

/* What the link was asked with: the listed parameters, and all of it sealed for a known person. */
void visit_event_query(struct visit_event *builder, struct span query);

/* What a page was asked with, where its address had to lose some of it: all of it, sealed for the
 * person whom the visitor is tied to; nothing without one, or when the store does not know them. */
void visit_event_page_query(struct visit_event *builder, struct span query);

/* What a rule of track/privacy.h has appended to builder->scratch, as a field; clears it. */
void visit_event_scratch(struct visit_event *builder, enum event_field field);

static inline void visit_event_text(struct visit_event *builder, enum event_field field,
				    struct span text)
{
	if (text.size > 0)
		event_set_text(&builder->event, field, text, builder->text);
}

static inline void visit_event_id(struct visit_event *builder, enum event_field field,
				  const void *id, size_t size)
{
	if (!id_is_zero(id, size))
		event_set(&builder->event, field, span_of(id, size));
}

/* Signals, verdict, agent, language, referrer, address; by whoever must know them before. */
void visit_event_complete(struct visit_event *builder);
/* The same, unless it is done; then into the ticket, counted by type. Return: 0; as
 * event_ticket_add(). */
int visit_event_add(struct visit_event *builder);

/* The ticket with all that were added; the caller's from now on. NULL: none was. */
struct event_ticket *visit_event_take(struct visit_event *builder);

#endif
