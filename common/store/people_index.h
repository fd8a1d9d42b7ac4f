/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_PEOPLE_INDEX_H
#define WAYMARK_STORE_PEOPLE_INDEX_H

#include "store/people.h"

/*
 * The people with changes that are alive, each by its own prospect id. Private to store/; loop
 * thread, but for the two fields of an entry that say otherwise.
 */
#define PEOPLE_NOT_TOLD_YET UINT64_MAX /* a row written before the one that an event tells of */

struct people_entry {
	struct people_index *index;
	struct people_entry *next; /* of its bucket */
	struct prospect_id id;
	struct people_change *newest;
	uint64_t settled; /* the newest version that was durable when its change was freed */
	bool durable;	  /* a row is in people/ */

	uint64_t event;	  /* writer: of the last row written that an event tells of */
	uint64_t written; /* writer: the newest version that is committed */
	uint64_t writing; /* writer: within one transaction */
};

struct people_index *people_index_new(void);
void people_index_free(struct people_index *index); /* empty; NULL allowed */

struct people_entry *people_index_find(struct people_index *index, const struct prospect_id *id);
/* The change that says what the person is now; NULL when people/ does. */
const struct people_change *people_entry_newest(const struct people_entry *entry);
/* Likewise by handle; NULL when no change of that person is alive. Looks at all of them. */
const struct people_change *people_index_find_handle(struct people_index *index,
						     const struct handle *handle);

/*
 * A change to @person, whose spans are copied, of its own id @id; @durable: a row is in people/
 * already. NULL when out of memory.
 */
struct people_change *people_index_add(struct people_index *index, const struct prospect_id *id,
				       const struct person *person, bool durable);
/* One of another kind, with its own two spans, which are copied as well. */
struct people_change *people_index_add_kind(struct people_index *index,
					    enum people_change_kind kind,
					    const struct prospect_id *id,
					    const struct person *person, struct span erased,
					    struct span marks);

#endif
