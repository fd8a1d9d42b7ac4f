/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_TERMINAL_H
#define WAYMARK_SUMMARY_REPORT_TERMINAL_H

#include "summary/report_text.h"

/* The report as text: tables and small bars, at most @width cells wide (40 at least). */
struct report_terminal_options {
	enum report_language language;
	size_t width;
	size_t rows;	 /* of a table; the report may hold more */
	bool plain_text; /* bars of '#': the terminal knows no other characters */
};
/* to->error says whether memory was enough. */
void report_terminal_append(struct buffer *to, const struct report *report,
			    const struct report_terminal_options *options);

#endif
