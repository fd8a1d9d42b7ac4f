/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_HTML_H
#define WAYMARK_SUMMARY_REPORT_HTML_H

#include "summary/report_text.h"

/*
 * The report as one page that needs nothing else: no request leaves it, no script is in it, and its
 * own Content-Security-Policy allows neither. Every text that came from outside is escaped.
 * to->error says whether memory was enough.
 */
struct report_html_options {
	enum report_language language;
	size_t rows; /* of a table; the report may hold more */
};
void report_html_append(struct buffer *to, const struct report *report,
			const struct report_html_options *options);

#endif
