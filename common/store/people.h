/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_PEOPLE_H
#define WAYMARK_STORE_PEOPLE_H

#include "crypto/seal.h"
#include "store/store.h"

/*
 * people/: the only place that ties an address to anything. Loop thread of the lock's owner only.
 *
 * A prospect id that is not known yet gets a handle and a key in memory at once (people_resolve);
 * the change travels with the event that uses it, and the writer commits people/ before events/.
 * Until then the person is known from the changes that are alive: a change must be freed (with its
 * ticket) on the loop thread. A change carries the whole row, so several of one person may be
 * queued in any order, and the newest wins.
 */
struct person {
	struct handle handle;
	struct person_key key;
	usec_t created, changed;
	uint64_t event;	     /* sequence of the event that told of the fields; 0: none did */
	struct span address; /* absent when only the id is known */
	struct span fields;  /* JSON object text (track/person_record.h); absent when none */
	struct span ids;     /* all that lead to the handle, 12 bytes each; absent: only @own */
	struct span
		includes; /* handles that were merged into it, 12 bytes each, not theirs again */
	struct prospect_id own; /* the first of @ids; zeros: an old row, which does not say */
	struct handle
		merged; /* whom its ids lead to since it was merged into it; zeros: it was not */
};

/* What a change does; the last two are those of people_erase.h. */
enum people_change_kind {
	PEOPLE_SET,   /* the row is @person */
	PEOPLE_ERASE, /* @id leads nowhere any more; @erased go, @marks come */
	PEOPLE_ANEW   /* as PEOPLE_SET, and the one mark in @marks goes */
};

/* A row to be written before an event; travels with its ticket (event_writer.h), which owns it. */
struct people_change {
	struct people_change *next;
	enum people_change_kind kind;
	struct prospect_id id;
	struct person person; /* spans owned by the change */
	struct span erased;   /* handles, one behind the other; owned likewise */
	struct span marks;    /* of erased people, PEOPLE_MARK_BYTES each; likewise */
	bool is_new;	      /* the handle was minted for this change */
	uint32_t told_by;     /* its prospect event in the ticket, from 1; 0: none. The caller's */

	/* people.c's: changes of one person stand in the order in which they were made. */
	struct people_entry *entry;
	struct people_change *older, *newer;
	uint64_t version;
	size_t bytes; /* of this allocation, to wipe it */
	bool written; /* it is durable, or a newer one of the same person is */
};

enum { PEOPLE_E_ERASED = 1, PEOPLE_E_NOT_FOUND = 2 };
enum { PEOPLE_MARK_BYTES = 32 }; /* id_of_erased() */

/*
 * The person of @id, minted if there is none. When it was minted or is not yet durable,
 * *ret_change is a change to attach to the ticket of the event (else NULL). Address and fields are
 * not read: they are absent in *ret_person.
 *
 * Return: 0; PEOPLE_E_ERASED; -ENOSPC while people/ fails and as many wait for it as may; negative
 * errno.
 */
int people_resolve(struct store *store, const struct prospect_id *id, struct person *ret_person,
		   struct people_change **ret_change);

/* Likewise of the handle alone, which is all that is needed where nothing is sealed. It is kept
 * between writes to people/, and otherwise one lookup instead of two: the row is not read. */
int people_resolve_handle(struct store *store, const struct prospect_id *id,
			  struct handle *ret_handle, struct people_change **ret_change);

/*
 * Look up without minting; spans are owned by @arena. By an id it is the person that it leads to
 * now. By a handle it is the row of that handle, also one that was merged into another (its key
 * opens what was sealed for it); people_find_now() follows that. Return: 0; PEOPLE_E_NOT_FOUND;
 * errno.
 */
int people_find(struct store *store, const struct prospect_id *id, struct arena *arena,
		struct person *ret_person);
int people_find_handle(struct store *store, const struct handle *handle, struct arena *arena,
		       struct person *ret_person);
int people_find_now(struct store *store, const struct handle *handle, struct arena *arena,
		    struct person *ret_person);

/*
 * A change that sets address and fields (JSON object text) of the person of @id, minted if needed;
 * what is absent stays as it is, and so does the address of a person whose own id is another one.
 * *ret_same: all of it is durable already; then *ret_change is NULL. That includes the prospect
 * event, which is committed behind the row: a crash between the two leaves a row that no event told
 * of, and the same call then makes a change again. So the caller sets change->told_by.
 *
 * Return: 0; PEOPLE_E_ERASED; -EMSGSIZE for an address or fields over the length of schema.h;
 * negative errno.
 */
int people_prepare(struct store *store, const struct prospect_id *id, struct span address,
		   struct span fields, struct handle *ret_handle, struct people_change **ret_change,
		   bool *ret_same);

/*
 * Likewise for somebody for whom people_prepare() says PEOPLE_E_ERASED and who is taken as a new
 * person, since an operator wants it: with another handle and key, and nothing of before.
 */
int people_prepare_anew(struct store *store, const struct prospect_id *id, struct span address,
			struct span fields, struct handle *ret_handle,
			struct people_change **ret_change);

void people_change_free(struct people_change *change); /* one; NULL allowed; wipes the key */

#endif
