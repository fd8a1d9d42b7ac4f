/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file with a wrong column has a million bad rows, and a terminal that shows them all shows
 * nothing: the first ones tell what is wrong, the rest is a number. The line of progress is drawn
 * over itself and wiped before anything else is said.
 */
#include "commands/import_report.h"

#include "commands/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DRAW_MS = 500, CLOCK_EVERY_ROWS = 64 };

void import_report_begin(struct import_report *report, const char *path)
{
	*report = (struct import_report){
		.path = path,
		.terminal = isatty(STDERR_FILENO),
		.began = clock_monotonic(),
	};
	report->next_draw = report->began;
}

static void wipe(struct import_report *report)
{
	if (report->drawn)
		(void)fputs("\r\033[K", stderr);
	report->drawn = false;
}

void import_report_bad(struct import_report *report, size_t line, const char *sentence)
{
	if (report->bad++ >= IMPORT_SHOWN_MAX)
		return;
	wipe(report);
	command_warn("%s:%zu: %s", report->path, line, sentence);
}

void import_report_notice(struct import_report *report, size_t line, const char *sentence)
{
	if (report->notices++ >= IMPORT_SHOWN_MAX)
		return;
	wipe(report);
	command_warn("%s:%zu: %s", report->path, line, sentence);
}

static void draw(struct import_report *report, usec_t now, uint64_t offset, uint64_t total)
{
	double seconds = (double)(now - report->began) / (double)USEC_PER_SEC;

	(void)fprintf(stderr, "\r\033[K%zu rows, %.0f rows/s, %.1f of %.1f MB (%.0f %%)",
		      report->rows, seconds > 0 ? (double)report->rows / seconds : 0.0,
		      (double)offset / 1e6, (double)total / 1e6,
		      total ? 100.0 * (double)offset / (double)total : 100.0);
	report->drawn = true;
}

void import_report_row(struct import_report *report, uint64_t offset, uint64_t total)
{
	usec_t now;

	if (report->rows++ % CLOCK_EVERY_ROWS || !report->terminal)
		return;
	now = clock_monotonic();
	if (now < report->next_draw)
		return;
	report->next_draw = now + DRAW_MS * USEC_PER_MS;
	draw(report, now, offset, total);
}

bool import_report_is_due(const struct import_report *report)
{
	return report->terminal && clock_monotonic() >= report->next_draw;
}

void import_report_draw(struct import_report *report, const char *text)
{
	report->next_draw = clock_monotonic() + DRAW_MS * USEC_PER_MS;
	(void)fprintf(stderr, "\r\033[K%s", text);
	report->drawn = true;
}

void import_report_end(struct import_report *report)
{
	wipe(report);
	if (report->bad > IMPORT_SHOWN_MAX)
		command_warn("%s: and %zu more bad rows", report->path,
			     report->bad - IMPORT_SHOWN_MAX);
	if (report->notices > IMPORT_SHOWN_MAX)
		command_warn("%s: and %zu more such rows", report->path,
			     report->notices - IMPORT_SHOWN_MAX);
}

int import_report_conclude(const struct import_report *report, bool stopped, int code,
			   struct error *error)
{
	if (stopped)
		(void)error_set(error, 0,
				"%s: stopped at a bad row (--strict); what stands before it is "
				"imported",
				report->path);
	else if (code < 0 && !error->text[0])
		(void)error_set(error, 0, "%s", strerror(-code));
	if (code)
		return command_fail(error);
	code = command_finish();
	return code == COMMAND_OK && report->bad > 0 ? IMPORT_STATUS_BAD_ROWS : code;
}
