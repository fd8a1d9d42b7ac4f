/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_TEXT_H
#define WAYMARK_SUMMARY_REPORT_TEXT_H

#include "summary/report.h"

/*
 * What a report says, in its reader's language: sentences (report_texts_table.h), figures with
 * their definitions (report_figures_table.h), and numbers, days and durations as that language
 * writes them. Nothing here is escaped.
 */
enum report_language { REPORT_EN, REPORT_JA, REPORT_LANGUAGES };

enum report_text {
#define TEXT(id, ...) REPORT_TEXT_##id,
#include "summary/report_texts_table.h"
#undef TEXT
	REPORT_TEXT_COUNT
};

struct report_value {
	const char *name; /* as in the braces; NULL ends the values */
	const char *value;
};

enum report_figure {
#define FIGURE(id, ...) FIGURE_##id,
#include "summary/report_figures_table.h"
#undef FIGURE
	FIGURE_COUNT
};

enum report_form { REPORT_COUNT, REPORT_RATE, REPORT_TIME, REPORT_MEAN, REPORT_PER };

struct report_figure_row {
	const char *key; /* in JSON, and in the addresses of definitions */
	enum report_form form;
	enum total count, of, beside;
	const char *heading[REPORT_LANGUAGES], *definition[REPORT_LANGUAGES];
};

const char *report_language_tag(enum report_language language); /* "en", "ja" */
/* By its tag; REPORT_LANGUAGES when there is no such language. */
enum report_language report_language_find(struct span tag);

const char *report_text(enum report_text id, enum report_language language);
/* With its values. @values may be NULL; a name without a value stays as it is written. */
void report_say(struct buffer *to, enum report_text id, enum report_language language,
		const struct report_value *values);
/* What an event of this type is for a reader ("click": "Followed a link"), or the type itself. */
struct span report_type_text(struct span type, enum report_language language);
/* What a rule of track/verdict_rules_table.h saw ("burst"), or its name. */
struct span report_reason_text(struct span name, enum report_language language);

/* A name as it is shown: of an address without "https://". */
void report_name_append(struct buffer *to, struct span name);

const struct report_figure_row *report_figure(enum report_figure figure);
/* The figure of @counts as text: "1,234", "4.2%", "1 min 23 s"; "–" where there is none. */
void report_figure_append(struct buffer *to, enum report_figure figure, const int64_t *counts,
			  enum report_language language);

/* "1,234", "-5" */
void report_count_append(struct buffer *to, int64_t count);
/* "4.2%", "37%"; "–" when @whole is 0 */
void report_percent_append(struct buffer *to, int64_t part, int64_t whole);
/* "45 s", "1 min 23 s", "2 h 05 min" */
void report_duration_append(struct buffer *to, int64_t milliseconds, enum report_language language);
/* Hundredths: "12.5", "30" */
void report_points_append(struct buffer *to, int64_t hundredths);

/* "2026-11-21"; "21 Nov" and "Sat 21 Nov 2026", or 11/21 and 2026年11月21日(土) */
enum report_day_form { REPORT_DAY_ISO, REPORT_DAY_SHORT, REPORT_DAY_LONG };
void report_day_append(struct buffer *to, int64_t day, enum report_day_form form,
		       enum report_language language);
/* "2026-11-21 12:00 UTC" */
void report_time_append(struct buffer *to, usec_t time);

#endif
