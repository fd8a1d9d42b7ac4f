/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_BINDING_INTERNAL_H
#define WAYMARK_STORE_BINDING_INTERNAL_H

#include "store/binding.h"
#include "store/store_internal.h"

/* What the files of bindings share: rows as schema.h lays them out, and what is queued. */
enum {
	BINDING_VISITOR_ROW_BYTES = 8 + 12 + 1 + 8 + 8,
	BINDING_CLAIM_SCOPE_AT = 12,
	BINDING_CLAIM_SEQUENCE_AT = 20,
	BINDING_CLAIM_KEY_BYTES = 28,
	BINDING_CLAIM_NETWORK_AT = 17 /* in the value */
};

/* In a row of "visitors", where evidence stands. */
enum { EVIDENCE_RETIRED = EVIDENCE_PROOF + 1 };

enum binding_field {
#define BINDING(id, name, ...) BINDING_##name = (id),
	BINDING_FIELDS(BINDING)
#undef BINDING
		BINDING_FIELD_COUNT
};

/* binding.c. A view of a row of "bindings". Return: 0; -EBADMSG. */
int binding_parse(struct span row, struct span fields[BINDING_FIELD_COUNT]);
/* The newest binding of @visitor, undone or not (then evidence is EVIDENCE_NONE). */
bool binding_get_visitor(struct txn *txn, struct span visitor, struct binding *ret_binding);
void binding_put_visitor(struct txn *txn, const struct binding *newest);
/* The link id, else the campaign id; zeros: there is neither. Absent spans have none. */
struct link_id binding_scope(struct span link, struct span campaign);
struct link_id binding_scope_of(const struct binding_evidence *evidence);
void binding_claim_key(const struct handle *person, const struct link_id *scope, uint64_t sequence,
		       uint8_t ret_key[BINDING_CLAIM_KEY_BYTES]);
void binding_walk_claims(struct txn *txn, const struct handle *person, const struct link_id *scope,
			 struct binding_claims *ret_claims);
struct binding_claim *binding_claims_find(struct binding_claims *claims,
					  const struct visitor_id *visitor);

/* binding_fold.c. The row of @sequence says by what it ended, unless it did before. */
void binding_end_row(struct txn *txn, uint64_t sequence, uint64_t by, struct span reason);
/* And whose it was is not said any more. */
void binding_erase_row(struct txn *txn, uint64_t sequence, uint64_t by);
/* The sequence of "<node>.<incarnation>-<sequence>"; 0: it is none. */
uint64_t binding_parse_id(struct span id);

/* binding_merge.c. What @handle was merged into (zeros: erased), by which event. False: it is its
 * own. */
bool binding_get_merged(struct txn *txn, const struct handle *handle, struct handle *ret_into,
			uint64_t *ret_event);
/* @person, or whom it was merged into; zeros: erased. */
struct handle binding_person_now(struct txn *txn, const struct handle *person);
/* Likewise, but of an erased one the last that is not zeros. */
struct handle binding_person_last(struct txn *txn, const struct handle *person);
/* What the event @sequence left in "claims": of @person, and copies. */
void binding_drop_claims(struct txn *txn, const struct handle *person, const struct link_id *scope,
			 uint64_t sequence);
/* The mark that the erase event @sequence left of @person. */
void binding_drop_erased(struct txn *txn, const struct handle *person, uint64_t sequence);
/* Let the visitor of @newest be nobody's for ever. */
void binding_retire(struct txn *txn, struct binding *newest);

/*
 * binding_pending.c: what is queued, or stored and not folded. An entry belongs to its ticket, and
 * when that is freed, to what it left behind until state/ has folded it. It lives in two tables:
 * by visitor, and by person; newest first in both.
 */
enum pending_kind { PENDING_BIND, PENDING_CONFLICT, PENDING_END, PENDING_LEAK };
struct binding_entry {
	struct binding_entry *next; /* of its ticket, of what was left behind, or of the spares */
	struct binding_entry *next_of_visitor, *next_of_person;
	struct store *store;
	enum pending_kind kind;
	struct binding binding; /* visitor, person, evidence, event, time, scope */
	uint8_t network[16], network_bytes;
	uint32_t place; /* of its event in the ticket */
};

/* A new one, in no table; NULL when out of memory, or (*ret_full) when there are too many. */
struct binding_entry *binding_pending_new(struct store *store, enum pending_kind kind,
					  bool *ret_full);
void binding_pending_drop(struct binding_entry *entry); /* one that was not added */
void binding_pending_add(struct event_ticket *ticket, struct binding_entry *entry);
/* The newest of the visitor that is a bind or an end; NULL: state/ says what holds. */
const struct binding_entry *binding_pending_find(struct store *store,
						 const struct visitor_id *visitor);
/* That of a bind event which is stored and not folded. */
bool binding_pending_find_event(struct store *store, uint64_t sequence,
				struct binding *ret_binding);
/* Add what is queued to the claims that state/ has. */
void binding_pending_claims(struct store *store, const struct handle *person,
			    const struct link_id *scope, struct binding_claims *claims);
/* Does what is queued tie another browser than @visitor to the person, or try to? */
bool binding_pending_has_others(struct store *store, const struct handle *person,
				const struct visitor_id *visitor);

#endif
