/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_PERSON_KEEP_H
#define WAYMARK_PUBLIC_PERSON_KEEP_H

#include "public/visit_event.h"
#include "track/person_record.h"

#include <jansson.h>

/*
 * A change of one person's record by what a visitor says: looked up, changed by offers, queued with
 * the event that tells of it. All or nothing: what is not queued leaves nothing.
 *
 *   person_keep_begin(&keep, visit, &id, source) … person_keep_offer() … person_keep_queue()
 */
struct person_keep {
	const struct visit *visit;
	struct prospect_id id;
	struct person row; /* as it is in people/; created 0: there is none */
	struct person_record *record;
	struct span source;
	enum person_evidence evidence; /* of what is offered; the caller's */
	struct person_offer offer;     /* likewise: how */
	json_t *fields, *proposed;     /* names of those that change */
};

/*
 * @source must outlive it. Return: 0; PERSON_KEEP_E_DAMAGED: what is there cannot be read, and is
 * left as it is; negative errno. To be finished in any case.
 */
enum { PERSON_KEEP_E_DAMAGED = 1, PERSON_KEEP_E_ERASED = 2, PERSON_KEEP_E_FULL = 3 };
int person_keep_begin(struct person_keep *keep, const struct visit *visit,
		      const struct prospect_id *id, struct span source);
void person_keep_finish(struct person_keep *keep);

/* Return: 0; negative errno. What is too long for a record, or is not what the field takes, is left
 * out of it. */
int person_keep_offer(struct person_keep *keep, struct span name, struct span value);

/* What the event says besides; absent spans: nothing. */
struct person_keep_event {
	struct span reason; /* absent: "added", or "changed" */
	struct span actor;
	struct span source, source_id; /* by which it is kept once */
	bool always;		       /* also when nothing changes */
	bool whole;		       /* a record that has no room for the change is an error */
};
/*
 * @address: of the person, if that is known now. Return: 0; PERSON_KEEP_E_ERASED: nobody may be
 * known by this id any more; PERSON_KEEP_E_FULL: only where @how asks for it; negative errno.
 */
int person_keep_queue(struct person_keep *keep, struct span address,
		      const struct person_keep_event *how, struct event_ticket *ticket);

#endif
