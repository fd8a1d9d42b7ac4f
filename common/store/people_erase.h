/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_PEOPLE_ERASE_H
#define WAYMARK_STORE_PEOPLE_ERASE_H

#include "store/people.h"

/*
 * Erasing people: the rows of people/, all ids that lead to them, and whatever else people/ holds
 * of them. What stays is a mark for each id, which tells nothing without the identity key, and with
 * it only that this address was erased.
 *
 * An erasure is a list of changes and belongs into a ticket with the erase events of these people.
 * The ticket is done when people/ was written anew, so that no byte of the rows is left in its
 * file; it comes back as EVENT_LOST when that failed, and then the erasure is pending. Loop thread
 * of the lock's owner only.
 */

/*
 * The changes that erase all of @people, linked by next, and the marks of their ids, appended to
 * @ret_marks. Looks through all ids. Nobody behind a handle is no error.
 *
 * Return: 0; negative errno.
 */
int people_prepare_erase(struct store *store, const struct handle *people, size_t count,
			 struct people_change **ret_changes, struct buffer *ret_marks);
/*
 * The marks that erasing @people would leave, one struct people_mark_of each, appended; one that
 * several of them have comes several times. Looks through all ids once, however many people.
 * Return: 0; negative errno.
 */
struct people_mark_of {
	struct handle person;
	uint8_t mark[PEOPLE_MARK_BYTES];
};
int people_read_marks_of(struct store *store, const struct handle *people, size_t count,
			 struct buffer *ret_marks);
/* A change that puts marks there, sorted or not, whosever they are. Return: 0; -ENOMEM. */
int people_prepare_marks(struct store *store, struct span marks, struct people_change **ret_change);
void people_erasure_free(struct people_change *changes); /* NULL allowed */

/* Return: 0; negative errno. */
int people_is_erased(struct store *store, const struct prospect_id *id, bool *ret_erased);
/* Append handles whose erasure has not come to its end: a crash, or a disk that was full. */
int people_read_erasing(struct store *store, struct buffer *ret_handles);
/* Append all marks, in order. */
int people_read_marks(struct store *store, struct buffer *ret_marks);
/*
 * Append the handles of those who are in people/ although they were erased, by @marks (in order):
 * an older people/ came back. Computes the mark of everybody.
 */
int people_find_marked(struct store *store, struct span marks, struct buffer *ret_handles);

#endif
