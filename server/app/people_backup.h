/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_PEOPLE_BACKUP_H
#define WAYMARK_APP_PEOPLE_BACKUP_H

#include "base/error.h"
#include "store/store.h"

/*
 * A copy of people/ being made in a thread of its own, in data/people.copy: one at a time. Whoever
 * asked for it takes the file away and has it removed; so do the next start and the end. All by the
 * loop thread.
 */
struct people_backup;

enum people_backup_state {
	PEOPLE_BACKUP_NONE,
	PEOPLE_BACKUP_RUNNING,
	PEOPLE_BACKUP_DONE,
	PEOPLE_BACKUP_FAILED
};

/* For the owner of the data, who removes what an earlier one left behind. NULL: out of memory. */
struct people_backup *people_backup_new(struct store *store, const char *data_dir);
/* A copy that is being made is given up; the thread is waited for. NULL allowed. */
void people_backup_free(struct people_backup *backup);

/* Return: 0; negative errno. Only in state NONE. */
int people_backup_start(struct people_backup *backup);
/* @error: of FAILED. */
enum people_backup_state people_backup_state(struct people_backup *backup, struct error *error);
/* Remove the copy; state NONE. Not while it is RUNNING. */
void people_backup_discard(struct people_backup *backup);

#endif
