/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_GATHER_H
#define WAYMARK_SUMMARY_REPORT_GATHER_H

#include "summary/report.h"
#include "summary/summary.h"

#include <jansson.h>

struct score;

/* A report from data/summary/, the names in state/ and the accounts in the log. */
struct report_options {
	bool has_from, has_to; /* else from the first day with anything, to the last */
	uint16_t from, to;     /* days, both included */
	size_t rows;	       /* of a table, at most */
	usec_t now;
	/*
	 * Who a person is: {"email": …, "fields": {…}}, a new reference, or NULL where nobody
	 * knows. Without it people stay handles. 0; negative errno with @error, which ends the
	 * report.
	 */
	int (*reveal)(void *context, const struct handle *person, json_t **ret_person,
		      struct error *error);
	void *context;
};

/*
 * Return: 0; REPORT_E_FAILED with @error. *ret_report is to be finished (report_finish()) in either
 * case.
 */
enum { REPORT_E_FAILED = 1 };
int report_gather(struct app *app, struct summary *summary, const struct report_options *options,
		  struct report *ret_report, struct error *error);

/* For the parts of it: report_gather.c, report_gather_names.c, report_gather_people.c. */
struct gather {
	struct app *app;
	struct summary *summary;
	const struct report_options *options;
	struct report *report;
	struct error *error;
};

/* A copy in the report's arena that is safe to show (columns_append_plain()); absent stays so. */
struct span gather_plain(struct gather *gather, struct span text);
struct span gather_hex(struct gather *gather, const void *id, size_t size);
/* The row's names by its id. */
void gather_names(struct gather *gather, enum total_kind kind, struct span id,
		  struct report_row *row);
/* Money: "1,234.50 EUR" after what is there already. @amount in the smallest unit. */
void gather_amount(struct gather *gather, struct span *amount, int64_t number,
		   struct span currency);
int gather_people(struct gather *gather); /* 0; negative errno, or positive with the error said */
/* Who @person is, and what follows from that: company, grade, likelihood. */
void gather_identity(struct gather *gather, const json_t *identity, const struct score *score,
		     struct report_person *person);
int gather_companies(struct gather *gather); /* of the report's people; 0; -ENOMEM */

#endif
