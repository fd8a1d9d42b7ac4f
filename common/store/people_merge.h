/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_PEOPLE_MERGE_H
#define WAYMARK_STORE_PEOPLE_MERGE_H

#include "store/people.h"

/*
 * Two rows of people/ that are one person, and two again. Loop thread of the lock's owner.
 *
 * From a merge on all ids of @other lead to @into. The row of @other stays as it is, with the key
 * that opens what was sealed for it, and says whom it was merged into. What it adds to the fields
 * of @into is the caller's to say, since only track/ reads them.
 */
enum people_merge_result {
	PEOPLE_MERGE_E_NOT_FOUND = PEOPLE_E_NOT_FOUND,
	PEOPLE_MERGE_E_MERGED = 3, /* one of the two is merged into somebody else: merge that one */
	PEOPLE_MERGE_E_APART = 4,  /* to undo: @other is not merged into anybody */
	PEOPLE_MERGE_E_FULL = 5,   /* more ids or handles than one person may have */
	PEOPLE_MERGE_E_UNNAMED = 6, /* an old row that does not say by which id it was made */
	PEOPLE_MERGE_CHANGES = 2
};

/*
 * @ret_changes: of @into and of @other, for the ticket of the merge event; the caller sets told_by
 * of the second. NULLs: people/ says so already, also that @fields are those of @into.
 *
 * Return: 0; one of the above; -EMSGSIZE for fields over their length; negative errno.
 */
int people_merge(struct store *store, const struct handle *into, struct span fields,
		 const struct handle *other,
		 struct people_change *ret_changes[PEOPLE_MERGE_CHANGES]);

/* Likewise; @fields: of whom it was merged into, without what came with @other. */
int people_unmerge(struct store *store, const struct handle *other, struct span fields,
		   struct people_change *ret_changes[PEOPLE_MERGE_CHANGES]);

/* Append to @ret_handles, each once: @person, whom they were merged into, and all who were merged
 * into these, as people/ says. Who is not there is no error. Return: 0; negative errno. */
int people_read_union(struct store *store, const struct handle *person, struct buffer *ret_handles);

#endif
