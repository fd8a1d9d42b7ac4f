/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page of a report of made-up figures, on standard output: report_page en|ja plain|attack. With
 * `attack` half of its names are what an attacker would choose.
 */
#include "../unit/summary/report_sample.h"
#include "base/cleanup.h"
#include "summary/report_html.h"
#include "summary/report_terminal.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	cleanup_buffer struct buffer page = BUFFER_INIT;
	struct report report;
	enum report_language language;

	if (argc < 3)
		return EXIT_FAILURE;
	language = report_language_find(span_text(argv[1]));
	if (language == REPORT_LANGUAGES)
		return EXIT_FAILURE;
	sample_report(&report, strcmp(argv[2], "attack") == 0);
	if (argc > 3)
		report_terminal_append(&page, &report,
				       &(struct report_terminal_options){.language = language,
									 .width = (size_t)atoi(
										 argv[3]),
									 .rows = 10});
	else
		report_html_append(&page, &report,
				   &(struct report_html_options){.language = language, .rows = 50});
	report_finish(&report);
	return page.error || fwrite(buffer_span(&page).data, 1, page.size, stdout) != page.size;
}
