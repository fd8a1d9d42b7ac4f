/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_PAGE_H
#define WAYMARK_SUMMARY_REPORT_PAGE_H

#include "summary/report_html.h"
#include "summary/report_periods.h"

/* What the parts of the page share: report_html.c, report_html_table.c, report_html_people.c. */
struct report_page {
	const struct report *report;
	const struct report_html_options *options;
	enum report_language language;
	struct buffer *to;
	struct report_periods periods;
	struct buffer cell; /* a text on its way to being escaped */
};

void page_put(struct report_page *page, const char *html);
void page_escape(struct report_page *page, struct span text);
/* A text of ours, escaped. */
void page_text(struct report_page *page, enum report_text id);
void page_say(struct report_page *page, enum report_text id, const struct report_value *values);
/* <element>text</element>, where @element may have attributes. */
void page_element(struct report_page *page, const char *element, enum report_text id);
/* What was written to page->cell, escaped; then it is empty again. */
void page_end_cell(struct report_page *page);
void page_count(struct report_page *page, int64_t count);
/* <section> with its heading, which names it for who cannot see it. */
void page_begin_section(struct report_page *page, const char *id, enum report_text title);
void page_end_section(struct report_page *page);
/* The heading of a column: the figure's name, its definition as a tip and as what it leads to. */
void page_figure_heading(struct report_page *page, enum report_figure figure);
/* <td> with the label that a narrow screen shows before it. The caller closes it. */
void page_begin_cell(struct report_page *page, const char *label);
void page_figure_cell(struct report_page *page, enum report_figure figure, const int64_t *counts);
void page_count_cell(struct report_page *page, const char *label, int64_t count);
/* "12 more" below a table; nothing for 0. */
void page_others(struct report_page *page, uint64_t others);
size_t page_shown(const struct report_page *page, size_t count);

/* The sections. */
void page_overview(struct report_page *page);
void page_tables(struct report_page *page);
void page_machines(struct report_page *page);
void page_people(struct report_page *page);
void page_companies(struct report_page *page);
void page_account(struct report_page *page);

#endif
