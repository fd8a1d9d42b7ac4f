/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_LINK_REPOINT_H
#define WAYMARK_STORE_LINK_REPOINT_H

#include "store/store.h"

/*
 * state/repoints: each time that a link was made to lead elsewhere, for as long as the link is
 * there, and so beyond what retention leaves of the log. A link's id is made of the destination
 * that it was registered with, which is the first of these. Loop thread, or a reader's only one.
 */
struct link_repoint {
	uint64_t event; /* sequence of the link event that changed it */
	usec_t time;
	struct span from, to, actor, reason;
};

/*
 * All changes of @id, oldest first; a nonzero return of @each ends it and is returned. The spans
 * are good until @each returns. Return: 0, -errno.
 */
int link_repoint_each(struct store *store, const struct link_id *id,
		      int (*each)(void *context, const struct link_repoint *change), void *context);

/*
 * The destination that @id was registered with, where it was changed since; in @arena.
 * Return: 0; STORE_E_NOT_FOUND: it was not changed; negative errno.
 */
int link_repoint_first(struct store *store, const struct link_id *id, struct arena *arena,
		       struct span *ret_destination);

#endif
