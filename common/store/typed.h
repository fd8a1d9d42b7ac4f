/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_TYPED_H
#define WAYMARK_STORE_TYPED_H

#include "base/arena.h"
#include "store/event_writer.h"
#include "store/store.h"

/*
 * What a browser has itself sent by forms, so that the next form can show it there again and
 * nowhere else (level "own", DESIGN.md 8): one row in people/ for each visitor who consents to be
 * tied to a person. It goes when the browser is forgotten, when the person is erased, and when it
 * is older than retention keeps events.
 *
 * A change travels with its ticket, as changes of people do: it is committed before the ticket's
 * events, and known to lookups from when it is made; so a ticket must be freed on the loop thread.
 * Loop thread of the lock's owner only.
 */
enum { TYPED_VALUES_MAX_BYTES = 16384 };

struct typed {
	struct handle person; /* whom the browser said it was */
	usec_t time;	      /* of the newest post */
	uint64_t event;	      /* its sequence; 0: not stored yet */
	struct span values; /* JSON object: name of the person's field to its value; in the arena */
};

/* One lookup in people/, found or not. Return: 0; STORE_E_NOT_FOUND; negative errno. */
int typed_find(struct store *store, const struct visitor_id *visitor, struct arena *arena,
	       struct typed *ret_typed);

/*
 * What all browsers have sent that said they were @person, at most @max of them; looks through all
 * rows, and sees what is durable. Return: 0; negative errno.
 */
struct typed_row {
	struct visitor_id visitor;
	struct typed typed;
};
int typed_find_person(struct store *store, const struct handle *person, struct arena *arena,
		      struct typed_row *ret_rows, size_t max, size_t *ret_count);

/*
 * From now on @visitor has sent @typed, whatever it sent before. @told_by: the submit event in
 * @ticket, from 1, which gives typed->event its value.
 *
 * Return: 0; -EMSGSIZE for values over TYPED_VALUES_MAX_BYTES; -ENOSPC while people/ fails and as
 * many wait for it as may; -ENOMEM.
 */
int typed_add(struct store *store, struct event_ticket *ticket, const struct visitor_id *visitor,
	      const struct typed *typed, uint32_t told_by);
/* It has sent nothing; costs a lookup, and no change where it had sent nothing. Return: likewise.
 */
int typed_add_forget(struct store *store, struct event_ticket *ticket,
		     const struct visitor_id *visitor);

#endif
