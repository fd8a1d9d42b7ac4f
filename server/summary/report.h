/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_H
#define WAYMARK_SUMMARY_REPORT_H

#include "base/arena.h"
#include "base/clock.h"
#include "summary/totals.h"

/*
 * What `summarize report` shows, gathered once (report_gather.h) and printed in one of three forms:
 * for a terminal, as JSON, as a page. Nothing here is read any more: names are resolved, days are
 * those of summary.time_zone, numbers are final.
 *
 * Every span comes from outside and has been through columns_append_plain(): valid UTF-8 without
 * controls and without marks that turn the line round. It is not escaped: each form does that in
 * its own way. All memory is the report's arena.
 */

/* A row of a table: one campaign, link, page … in the period. */
struct report_row {
	struct span name;   /* absent: it has none, or none that is kept */
	struct span detail; /* where a link leads; absent: nothing to add */
	struct span id; /* as the log has it, hexadecimal; absent for what is known by its name */
	struct span amount; /* money, "1,234.50 EUR", several joined by ", "; absent: none */
	int64_t counts[TOTAL_COUNT];
};

/* The rows that matter most, and how much the others come to. */
struct report_table {
	struct report_row *rows;
	size_t count;
	uint64_t others; /* rows that are not here */
	int64_t others_counts[TOTAL_COUNT];
};

struct report_day {
	int64_t day; /* since 1970-01-01 */
	int64_t counts[TOTAL_COUNT];
};

enum { REPORT_WINDOWS = 3 }; /* 7 days, 30 days, all */

struct report_window {
	int64_t views, sessions, visible_ms, clicks, clicks_machine, opens, downloads, searches,
		submits, logins, purchases;
};

/* One of the events behind a score. */
struct report_evidence {
	struct span what; /* a type of event: "submit"; or the rule's name */
	struct span where;
	int64_t day;
	int64_t points; /* in hundredths */
	uint64_t sequence;
};

struct report_category {
	struct span name;
	int64_t points; /* in hundredths */
};

/* How somebody came. */
struct report_touch {
	struct span class; /* source_class_name(); absent: they never came */
	struct span name;  /* of the campaign, the site …; absent: none */
	usec_t time;
};

struct report_person {
	struct span id;	     /* the handle */
	struct span address; /* absent: not asked for, or nobody has it any more */
	struct span company; /* absent: not known */
	int64_t score;	     /* in hundredths */
	int likelihood;	     /* 0 to 100 (likelihood.h): people are ranked by it */
	struct span why;     /* what it comes of, in English */
	char grade[4];	     /* "A+"; empty: nothing is known to grade by */
	struct {
		struct span type, where, campaign;
		usec_t time;	   /* 0: nothing yet */
		uint64_t sequence; /* the event that shows it */
	} last;
	struct report_touch first_touch, last_touch;
	struct report_window windows[REPORT_WINDOWS];
	struct report_category *categories;
	size_t category_count;
	struct report_evidence *evidence;
	size_t evidence_count;
};

struct report_company {
	struct span name;
	uint64_t people;
	int64_t score; /* in hundredths: of its people together */
	usec_t last;
	struct report_window window; /* 30 days */
};

/* Promise 1 in numbers: where every event that came in during the period went. */
struct report_account {
	bool is_read; /* false: the log could not be read, @problem says why */
	uint64_t received, stored, dropped, rejected, lost, pending, late;
	uint64_t accounts; /* that these are read from; one a minute while anything happens */
	uint64_t unclean;  /* ends without a last account, in the period */
	uint64_t missing;  /* the most that these can have taken */
	bool adds_up;
	struct span problem; /* the first thing that does not; absent: nothing */
};

struct report {
	struct arena arena;
	struct span site;	 /* hosts of the trackers */
	struct span time_zone;	 /* of the days */
	int64_t from, to;	 /* days, both included; to < from: there is nothing */
	bool whole;		 /* that is everything there is */
	usec_t as_of, made;	 /* verdicts are settled as of then; when it was asked for */
	uint64_t position, last; /* the log is summarized up to here, and ends there */
	uint64_t facts;

	int64_t totals[TOTAL_COUNT];
	struct span amount;	     /* as in a row */
	int64_t visitors;	     /* different browsers in the whole period; -1: not known */
	int64_t before[TOTAL_COUNT]; /* of as many days before */
	bool has_before;	     /* all of these are in the summaries */
	struct report_day *days;
	size_t day_count; /* each day of the period, also those without anything */
	struct report_table tables[TOTAL_KIND_COUNT];

	struct report_person *people; /* by likelihood */
	size_t people_count;
	uint64_t people_all;		  /* with facts, shown or not */
	struct report_company *companies; /* of these people; none unless they are revealed */
	size_t company_count;
	struct report_account account;
};

void report_finish(struct report *report); /* NULL allowed */

/* A part of a whole, for a bar or a rate; 0 where there is no whole. */
static inline double report_share(int64_t part, int64_t whole)
{
	return whole > 0 && part > 0 ? (double)part / (double)whole : 0;
}

#endif
