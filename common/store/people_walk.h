/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_PEOPLE_WALK_H
#define WAYMARK_STORE_PEOPLE_WALK_H

#include "base/arena.h"
#include "store/people.h"

/*
 * All rows of people/ in the order of handles, a page at a time, as they are durable. Loop thread
 * of the lock's owner. Also those that are merged into others.
 */
enum { PEOPLE_PAGE_ROWS = 64 };

/*
 * Up to PEOPLE_PAGE_ROWS rows behind @after (zeros: from the first), with spans in @arena and
 * without keys. Fewer: there are no more.
 */
int people_read_page(struct store *store, const struct handle *after, struct arena *arena,
		     struct person ret_people[PEOPLE_PAGE_ROWS], size_t *ret_count);

#endif
