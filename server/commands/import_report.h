/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_IMPORT_REPORT_H
#define WAYMARK_COMMANDS_IMPORT_REPORT_H

#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What an import says on standard error: bad rows and notices by line, the first IMPORT_SHOWN_MAX
 * of each in full and the rest as a number; and, when standard error is a terminal, how far it is.
 */
enum { IMPORT_SHOWN_MAX = 20 };

/* Exit status: it was carried out, but for rows that were bad. */
enum { IMPORT_STATUS_BAD_ROWS = 2 };

struct import_report {
	const char *path;
	size_t rows, bad, notices;

	/* private */
	bool terminal, drawn;
	usec_t began, next_draw;
};

void import_report_begin(struct import_report *report, const char *path);
void import_report_bad(struct import_report *report, size_t line, const char *sentence);
void import_report_notice(struct import_report *report, size_t line, const char *sentence);
/* One more row was looked at, which ends at @offset of @total bytes. Draws twice a second. */
void import_report_row(struct import_report *report, uint64_t offset, uint64_t total);
/* Of what goes on with the rows, where that takes longer than reading them: is a line due? */
bool import_report_is_due(const struct import_report *report);
void import_report_draw(struct import_report *report, const char *text);
/* Say how many were not shown. Once. */
void import_report_end(struct import_report *report);
/*
 * After the summary: what the import came to, as the exit status. @code: of the import, with
 * @error; @stopped: it ended at a bad row, because it was asked to.
 */
int import_report_conclude(const struct import_report *report, bool stopped, int code,
			   struct error *error);

#endif
