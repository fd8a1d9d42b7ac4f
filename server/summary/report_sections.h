/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_SECTIONS_H
#define WAYMARK_SUMMARY_REPORT_SECTIONS_H

#include "summary/report_text.h"

/*
 * The tables of a report, in their order: what the rows are, which figures stand beside them, and
 * by which of these the rows are ranked. One table for all three forms of a report.
 */
enum { SECTION_FIGURES_MAX = 10 };

enum report_bar {
	REPORT_BAR_NONE,
	REPORT_BAR_COUNT, /* the first figure against the largest of all rows */
	REPORT_BAR_MIX	  /* clicks: people, unclear, machines */
};

struct report_section {
	const char *key; /* in JSON, and the address within the page */
	enum total_kind kind;
	enum report_text title, lead, column;
	enum report_bar bar;
	enum total order[2]; /* the second where the first is equal */
	enum report_figure figures[SECTION_FIGURES_MAX];
	size_t figure_count;
};

/* Return: the rows; *ret_count: how many. */
const struct report_section *report_sections(size_t *ret_count);
/* Is there anything to show of it? A section about something nobody uses is left out. */
bool report_section_is_empty(const struct report *report, const struct report_section *section);

/* The largest @total of its rows; at least 1. */
int64_t report_table_max(const struct report_table *table, enum total total);
/* Is there money in any row? Then it has a column of its own. */
bool report_has_amounts(const struct report_table *table);
/* What a row is called, for a reader; a source with how it is one ("Search: www.example.org"). */
void report_row_name_append(struct buffer *to, const struct report_section *section,
			    const struct report_row *row, enum report_language language);
/* @class: source_class_name(). */
void report_source_append(struct buffer *to, struct span class, struct span name,
			  enum report_language language);

/* The figures at the head of a report. */
const enum report_figure *report_headline(size_t *ret_count);
/* Their counts: the totals, with as many visitors as there were browsers. */
void report_headline_counts(const struct report *report, int64_t ret_counts[TOTAL_COUNT]);

#endif
