/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_BACKUP_PEOPLE_H
#define WAYMARK_COMMANDS_BACKUP_PEOPLE_H

#include "base/error.h"

#include <stdint.h>

/*
 * Have the owner of people/ copy it, and put the copy at @path (mode 0600, renamed to its place
 * when it is whole), or in it as people.mdb if that is a directory.
 *
 * Return: 0; otherwise @error says why not.
 */
int backup_people(const char *config, const char *path, struct error *error);

struct session;
/* The same for whoever holds the lock of copies.h and has a session. *ret_people: how many. */
int backup_people_anew(struct session *session, const char *path, uint64_t *ret_people,
		       struct error *error);
/* Remove what a copy to @path that was cut off has left beside it. Return: 0; nonzero with @error.
 */
int backup_people_tidy(const char *path, struct error *error);

#endif
