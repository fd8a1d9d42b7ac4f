/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_ERASE_H
#define WAYMARK_APP_ERASE_H

#include "app/app.h"

/*
 * Erasing people (DESIGN.md 6): what a ticket needs so that nothing ties the log to them any more.
 * Loop thread of the lock's owner.
 */
struct erase_set {
	struct buffer handles; /* all of them and whoever was merged into them, 12 bytes each */
	struct buffer marks;   /* of their ids, 32 bytes each */
};
void erase_finish(struct erase_set *erasure);

/*
 * Add the handle of @person to erasure->handles, with all that were merged into the same one.
 * Return: 0; negative errno.
 */
int erase_find(struct app *app, const struct handle *person, struct erase_set *erasure);
/* Add the handles of @other, each once. Return: 0; negative errno. */
int erase_join(struct erase_set *erasure, const struct erase_set *other);

/*
 * Erase everybody in erasure->handles: marks in the file beside the keys first, then what the
 * ticket carries, which is made if there is none. Each handle has an erase event, since the log may
 * know less of merges than people/ does.
 *
 * Return: 0; EVENT_TICKET_E_FULL: too many for one ticket; APP_E_FAILED with @error; negative
 * errno.
 */
int erase_add(struct app *app, struct erase_set *erasure, const char *actor, struct span reason,
	      struct event_ticket **ticket, struct error *error);

/*
 * When the store was opened: bring to its end what a crash or a full disk left of an erasure, and
 * erase again whom an older people/ has brought back, by the marks beside the keys. Waits for it.
 * A store that cannot be read or written now is left for the next start.
 *
 * Return: 0; APP_E_FAILED with @error: the list of marks cannot be read.
 */
int erase_resume(struct app *app, struct error *error);

#endif
