/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_BINDING_H
#define WAYMARK_STORE_BINDING_H

#include "store/event_writer.h"
#include "store/store.h"

/*
 * Bindings: which browser is tied to which person, by what evidence (DESIGN.md 5). They are events
 * ("bind", "conflict", "unbind") that state/ folds; what they mean for a browser that is known
 * already is decided elsewhere (track/binding_rule.h) before they are made. A "merge" lets the
 * surviving person have the bindings of the other, until it is undone; an "erase" ends those of a
 * person and retires the browsers.
 *
 * state/ folds them a little behind the log, so that no click waits for it. Until then they are
 * known from the tickets that they travel in and from what these left behind, for lookups by the
 * owner; a ticket must therefore be freed on the loop thread. Readers of other processes see what
 * is folded. Loop thread only, if nothing else is said.
 */
struct binding {
	struct visitor_id visitor;
	struct handle person;
	enum evidence evidence;
	uint64_t event; /* sequence of its bind event; 0: not stored yet */
	usec_t time;
	bool undone;
	uint64_t undone_by;   /* sequence of the event that ended it */
	struct link_id scope; /* of binding_each() only: the link of a claim, or zeros */
	char reason[65];      /* likewise: why it ended; or "" */
	bool damaged;	      /* likewise: its row cannot be read; of it only @event is known */
	bool retired;	      /* its person is erased: nobody is bound to this visitor any more */
	usec_t seen;	      /* store/'s own: when the visitor was last seen in what is pruned */
};

/*
 * What ties @visitor to anybody now; with what is queued. At most one lookup in state/, and
 * none for a visitor of whom something is queued.
 *
 * Return: 0; STORE_E_NOT_FOUND; BINDING_E_RETIRED: nothing, and nothing ever will, since who it
 * belonged to is erased; negative errno when state/ cannot be read.
 */
enum { BINDING_E_RETIRED = 11 };
int binding_find(struct store *store, const struct visitor_id *visitor,
		 struct binding *ret_binding);
/* The same by one lookup in any case, for who must not tell by its cost what is queued. */
int binding_find_evenly(struct store *store, const struct visitor_id *visitor,
			struct binding *ret_binding);
/* What last tied @visitor, who is retired, to anybody; as folded. Return: 0; STORE_E_NOT_FOUND;
 * negative errno. */
int binding_find_retired(struct store *store, const struct visitor_id *visitor,
			 struct binding *ret_binding);
/* That of a bind event, undone or not; with what is stored and not folded yet; likewise. */
int binding_find_event(struct store *store, uint64_t sequence, struct binding *ret_binding);

/* Is @visitor the only browser that was ever tied to @person, undone or not, or came into conflict
 * by one of their links? With what is queued; one lookup. Return: 0; negative errno. */
int binding_is_only(struct store *store, const struct handle *person,
		    const struct visitor_id *visitor, bool *ret_only);

/*
 * All that were ever made, in the order of their events, from behind @after; or those of @person
 * that hold. As folded; a nonzero return of @each ends it and is returned. No snapshot is held
 * while @each works. Also for readers.
 */
typedef int (*binding_each_fn)(void *context, const struct binding *binding);
int binding_each(struct store *store, uint64_t after, binding_each_fn each, void *context);
int binding_each_of_person(struct store *store, const struct handle *person, binding_each_fn each,
			   void *context);

/*
 * People whom a merge has made one: the person that @person was merged into, or itself; zeros when
 * it is erased, or the last handle before these and the event that erased it (0: none that is
 * known still). And all handles that were merged into @person, in
 * no order; this looks at all merges that were ever made. Also for readers; return: as
 * binding_each().
 */
int binding_find_person(struct store *store, const struct handle *person, struct handle *ret_now);
int binding_last_person(struct store *store, const struct handle *person, struct handle *ret_last,
			uint64_t *ret_erased);
typedef int (*binding_merged_fn)(void *context, const struct handle *other);
int binding_each_merged(struct store *store, const struct handle *person, binding_merged_fn each,
			void *context);

/* What says that a browser belongs to a person: the event that the next ones are about. */
struct binding_evidence {
	struct visitor_id visitor;
	struct handle person;
	enum evidence evidence;
	usec_t time;		     /* of that event */
	struct span tracker;	     /* its host; absent: none was asked */
	struct link_id link;	     /* of a claim; zeros: it has none */
	struct campaign_id campaign; /* of a claim without a link: instead of it */
	struct span reason;  /* of a bind that the event before does not explain; or absent */
	struct span network; /* of a claim: 4 or 16 bytes, truncated; absent: not kept */
};

/* Who has claimed one person by one link, in the order of their events, queued ones last. */
enum { BINDING_CLAIMS_MAX = 64 };
struct binding_claims {
	bool quarantined;	     /* the link has leaked and binds nobody: then the rest is 0 */
	unsigned browsers, networks; /* different ones, with those of the evidence itself */
	unsigned count;
	struct binding_claim {
		struct visitor_id visitor;
		uint64_t event; /* 0: not stored yet */
		bool conflict;	/* it bound nothing */
		uint8_t network[16], network_bytes;
	} claims[BINDING_CLAIMS_MAX];
};

/*
 * By the link of @evidence, or by its campaign. Without either nobody has. One lookup.
 *
 * Return: 0; negative errno.
 */
int binding_find_claims(struct store *store, const struct binding_evidence *evidence,
			struct binding_claims *ret_claims);

/*
 * One more event into @ticket, right behind the one that carries the evidence.
 * binding_add_leak() ends all of @claims but the first; then nobody is bound by that link any more.
 *
 * Return: as event_ticket_add(); BINDING_E_FULL when state/ has been behind for so long that as
 * many wait for it as may.
 */
enum { BINDING_E_FULL = 10 };
int binding_add_bind(struct store *store, struct event_ticket *ticket,
		     const struct binding_evidence *evidence);
int binding_add_conflict(struct store *store, struct event_ticket *ticket,
			 const struct binding_evidence *evidence, const struct handle *known);
int binding_add_leak(struct store *store, struct event_ticket *ticket,
		     const struct binding_evidence *evidence, const struct binding_claims *claims);
/* Let @visitor be nobody's ("forget", "optout"); at @time, on the tracker of host @tracker. */
int binding_add_forget(struct store *store, struct event_ticket *ticket,
		       const struct visitor_id *visitor, struct span tracker, const char *reason,
		       usec_t time);
/* Undo @binding, as an operator wants it. */
int binding_add_undo(struct store *store, struct event_ticket *ticket,
		     const struct binding *binding, const char *reason, const char *actor,
		     usec_t time);

#endif
