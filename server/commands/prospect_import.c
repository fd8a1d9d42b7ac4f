/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark prospect import`: people from CSV or NDJSON, added or changed.
 *
 * The file is read twice. The first pass notes for each person the last row about them, and the
 * second sends only that one. So every person of the file is written once, whatever the batches
 * are; a run that was killed and is started again finds what it has done unchanged, and ends with
 * what one run would have left: one row of people/ and one event for each person.
 */
#include "app/operation.h"
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/import_batch.h"
#include "commands/import_options.h"
#include "commands/import_report.h"
#include "commands/import_seen.h"
#include "commands/prospect_shape.h"

#include <errno.h>
#include <stdio.h>

struct import {
	struct import_options options;
	struct session *session;
	struct import_rows *rows;
	struct import_seen *seen;
	struct import_batch batch;
	struct import_report report;
	struct error error;
	size_t added, changed, same, doubled, left_out, unshared;
	bool stopped;	   /* --strict: at a bad row */
	json_t *constants; /* --own, --anew */
};

enum { KEY_OWN = 300, KEY_ANEW };

static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	IMPORT_OPTIONS_ROWS,
	{"anew", KEY_ANEW, NULL, 0,
	 "Take people who were erased as new ones, instead of refusing them", 0},
	{"own", KEY_OWN, NULL, 0,
	 "These are people of your own, not the CRM's: crm.share_field is not asked", 0},
	{0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct import *import = state->input;

	if (key != KEY_OWN && key != KEY_ANEW)
		return import_options_parse(key, argument, state);
	if (!import->constants)
		import->constants = json_object();
	(void)json_object_set_new(import->constants, key == KEY_OWN ? "own" : "anew", json_true());
	return 0;
}

static const char *field_of_column(const char *column)
{
	return prospect_shape_is_address(column) ? "email" : prospect_shape_column(column);
}

static const char *what_is_known(void)
{
	return "email, and any other as a field of that name";
}

/* A bad row: go on, or with --strict end here. */
static int refuse(struct import *import, size_t line, const char *sentence)
{
	if (import->stopped)
		return IMPORT_ROWS_E_FILE;
	import_report_bad(&import->report, line, sentence);
	import->stopped = import->options.strict;
	return import->stopped ? IMPORT_ROWS_E_FILE : 0;
}

/* A row that cannot even be sent. With --strict those before it may hold the first bad one. */
static int refuse_unread(struct import *import, size_t line, const char *sentence)
{
	int code = import->options.strict ? import_batch_flush(&import->batch, &import->error) : 0;

	return code ? code : refuse(import, line, sentence);
}

static void take_result(void *context, size_t line, const json_t *result)
{
	const char *refusal = json_string_value(json_object_get(result, "error"));
	const char *status = json_string_value(json_object_get(result, "status"));
	struct import *import = context;

	if (refusal)
		(void)refuse(import, line, refusal);
	else if (status && strcmp(status, "added") == 0)
		import->added++;
	else if (status && strcmp(status, "changed") == 0)
		import->changed++;
	else if (status && strcmp(status, "left_out") == 0)
		import->left_out++;
	else if (status && strcmp(status, "unshared") == 0)
		import->unshared++;
	else
		import->same++;
}

/* The prospect id of a row, if its address is one. */
static bool id_of_row(const struct import *import, const json_t *row, struct prospect_id *ret_id)
{
	const json_t *email = json_object_get(row, "email");

	return json_is_string(email) &&
	       id_of_address(session_app(import->session)->keyring,
			     span_of(json_string_value(email), json_string_length(email)),
			     ret_id) == 0;
}

static int note_row(void *context, size_t line, json_t *row, const char *trouble)
{
	struct import *import = context;
	struct prospect_id id;
	int code = 0;

	(void)trouble;
	if (row && id_of_row(import, row, &id))
		code = import_seen_put(import->seen, &id, line);
	json_decref(row);
	if (code)
		return error_set(&import->error, IMPORT_ROWS_E_FILE,
				 "the temporary table of addresses cannot grow (TMPDIR): %s",
				 strerror(-code));
	return 0;
}

/* Is another row of this person the one that counts? */
static bool is_superseded(struct import *import, size_t line, const json_t *row)
{
	struct prospect_id id;
	char sentence[96];
	size_t last;

	if (!id_of_row(import, row, &id))
		return false;
	last = import_seen_find(import->seen, &id);
	if (last == line || last == 0)
		return false;
	import->doubled++;
	(void)snprintf(sentence, sizeof(sentence),
		       "the same address as in line %zu, which is the last and counts", last);
	import_report_notice(&import->report, line, sentence);
	return true;
}

static int take_row(void *context, size_t line, json_t *row, const char *trouble)
{
	struct import *import = context;
	uint64_t offset = import_rows_offset(import->rows);
	char room[PROSPECT_SHAPE_ROOM];
	const char *refusal;
	json_t *shaped;

	import_report_row(&import->report, offset, import_rows_total(import->rows));
	if (!row)
		return refuse_unread(import, line, trouble);
	if (is_superseded(import, line, row)) {
		json_decref(row);
		return 0;
	}
	shaped = prospect_shape(row, room, &refusal);
	json_decref(row);
	if (!shaped)
		return refusal ? refuse_unread(import, line, refusal) : -ENOMEM;
	return import_batch_add(&import->batch, line, shaped, offset, &import->error);
}

static int run(struct import *import)
{
	int code = session_open(import->options.config, &import->session, &import->error);

	if (!code)
		code = import_rows_open(&import->options.rows, &import->rows, &import->error);
	if (!code) {
		import->seen = import_seen_new(&import->error);
		code = import->seen ? 0 : IMPORT_ROWS_E_FILE;
	}
	if (!code)
		code = import_rows_each(import->rows, note_row, import, &import->error);
	import->batch.session = import->session;
	import->batch.constants = import->constants;
	if (!code)
		code = import_batch_begin(&import->batch);
	if (!code)
		code = import_rows_each(import->rows, take_row, import, &import->error);
	if (!code)
		code = import_batch_flush(&import->batch, &import->error);
	return code;
}

static void finish(struct import *import)
{
	import_batch_finish(&import->batch);
	import_seen_free(import->seen);
	import_rows_close(import->rows);
	session_close(import->session);
	import_options_finish(&import->options);
	json_decref(import->constants);
}

static void print_summary(const struct import *import)
{
	printf("%zu added, %zu changed, %zu the same, %zu refused", import->added, import->changed,
	       import->same, import->report.bad);
	if (import->left_out + import->unshared > 0)
		printf(", %zu left out by crm.share_field, %zu that take part no more",
		       import->left_out, import->unshared);
	if (import->doubled > 0)
		printf(", %zu superseded by a later row", import->doubled);
	putchar('\n');
}

int command_prospect_import(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "FILE",
		.doc = "Add or change people from FILE ('-' is standard input): CSV with a header "
		       "row and a column \"email\", or one JSON object per line. Columns "
		       "salesforce_lead, salesforce_contact and salesforce_account are ids; "
		       "opted_out and bounced keep mail away; unsubscribed and subscribed name "
		       "lists; opens is a consent; all others are fields."
		       "\vOf several rows of one address the last counts. Started again after it "
		       "was killed, an import ends as if it had not been. Exit status: 0, or 2 "
		       "when it is done but for bad rows, 1 when it failed."};
	cleanup(finish) struct import import = {0};
	int code;

	command_parse(&argp, argc, argv, &import);
	import_report_begin(&import.report, import.options.rows.path);
	import.options.rows.required = "email";
	import.options.map.field = field_of_column;
	import.options.map.what_is_known = what_is_known;
	import.batch = (struct import_batch){
		.path = "/api/v1/prospects",
		.key = "prospects",
		.strict = import.options.strict,
		.result = take_result,
		.context = &import,
	};
	code = run(&import);
	import_report_end(&import.report);
	print_summary(&import);
	return import_report_conclude(&import.report, import.stopped, code, &import.error);
}
