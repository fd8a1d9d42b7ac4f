/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_COPIES_H
#define WAYMARK_COMMANDS_COPIES_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Where commands have put personal data outside of data/: so that erasing somebody finds it there.
 * data/copies.json, whole paths:
 *
 *   {"version": 1, "deliveries": ["/srv/crm"], "people": ["/mnt/backup/people.mdb"]}
 *
 * Whoever makes such a copy notes the path first and holds data/copies.lock together with others
 * who do; whoever erases holds it alone, so that nobody who is being erased is copied meanwhile.
 */
#define COPIES_DELIVERIES "deliveries"
#define COPIES_PEOPLE	  "people"

/* Waits for who has it. The descriptor is the lock. Return: 0; nonzero with @error. */
int copies_lock(const char *data_dir, bool alone, int *ret_fd, struct error *error);

/* With the lock held. @path may be relative, and need not be there yet; its folder must be. */
int copies_note(const char *data_dir, const char *kind, const char *path, struct error *error);
/* @path as the list has it. */
int copies_forget(const char *data_dir, const char *kind, const char *path, struct error *error);
/* All of it, with both lists, be they empty; a new reference. */
int copies_read(const char *data_dir, json_t **ret_copies, struct error *error);

#endif
