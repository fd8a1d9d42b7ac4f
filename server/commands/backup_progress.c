/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of progress. It is shown by time, not by count, so neither a fast disk nor a slow one
 * makes it a flood or a riddle; what is over within the first interval shows nothing at all.
 *
 * Nothing but this file moves the cursor, and it leaves it at the start of an empty line.
 */
#include "commands/backup_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { TERMINAL_MS = 500, LOG_MS = 10000 };

void backup_progress_show(void *context, uint64_t sequence, uint64_t last)
{
	struct backup_progress *progress = context;
	bool terminal = isatty(STDERR_FILENO);
	usec_t now = clock_monotonic(), pause = (terminal ? TERMINAL_MS : LOG_MS) * USEC_PER_MS;

	if (progress->next == 0)
		progress->next = now + pause;
	if (now < progress->next)
		return;
	progress->next = now + pause;
	progress->shown = terminal;
	fprintf(stderr, "%s: event %" PRIu64 " of %" PRIu64 "%s", progress->what, sequence, last,
		terminal ? "\r" : "\n");
}

void backup_progress_end(struct backup_progress *progress)
{
	if (progress->shown)
		fputc('\n', stderr);
}
