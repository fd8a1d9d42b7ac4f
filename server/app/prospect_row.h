/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_PROSPECT_ROW_H
#define WAYMARK_APP_PROSPECT_ROW_H

#include "app/operation.h"
#include "track/person_marks.h"
#include "track/person_type.h"

/*
 * What an operator says of one person, as a row of an import:
 *
 *   {"email": "…",
 *    "fields": {"company": "…"},                          "" takes one away
 *    "ids": {"salesforce_contact": "003…"},               likewise
 *    "suppressed": {"opted_out": true, "bounced": false,
 *                   "lists": {"news": true}},             true: has left that list
 *    "opens": "denied"}                                   denied, measure, identify, or ""
 */
enum { PROSPECT_ROW_ROOM = 192 };

/* NULL, or what is wrong with it; @room: for a sentence that names the place. @config: for the
 * types of fields. */
const char *prospect_row_refusal(const struct config *config, const json_t *row,
				 char room[PROSPECT_ROW_ROOM]);

struct prospect_row_source {
	struct span name; /* "import", "api", "crm" */
	usec_t time;
	const struct config *config;
};

/*
 * Put a row that was not refused into @record. @changed: a list, to which the names of what is
 * different now are added; never values.
 *
 * Return: 0; PERSON_RECORD_E_FULL; -ENOMEM.
 */
int prospect_row_apply(struct person_record *record, const json_t *row,
		       const struct prospect_row_source *source, json_t *changed);

/* Record the names of the lists in @row (app/record_name.h). */
int prospect_row_record_lists(struct operation_call *call, json_t *met, const json_t *row,
			      struct error *error);

#endif
