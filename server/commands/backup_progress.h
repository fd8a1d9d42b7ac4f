/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_BACKUP_PROGRESS_H
#define WAYMARK_COMMANDS_BACKUP_PROGRESS_H

#include "base/clock.h"

#include <stdbool.h>

/*
 * How far a backup or a restore is, on standard error: on a terminal one line that changes, else a
 * line every ten seconds, so that what runs for an hour says so in the log of whoever runs it.
 */
struct backup_progress {
	const char *what;
	usec_t next; /* monotonic; 0: nothing shown yet */
	bool shown;
};

void backup_progress_show(void *progress, uint64_t sequence, uint64_t last);
void backup_progress_end(struct backup_progress *progress);

#endif
