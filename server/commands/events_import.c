/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark events import`: events of another system, or of another log of ours, from NDJSON in the
 * form that `waymark events` prints, or from CSV whose columns are fields of that form.
 *
 * The log keeps each source and id once and for ever, so an import may be started again at any
 * time: what is there is known. Events that belong to one log alone (accounts, links, bindings) are
 * left out and counted by type, because an export of ours holds them as a matter of course.
 */
#include "app/operation.h"
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/events_bounces.h"
#include "commands/events_shape.h"
#include "commands/import_batch.h"
#include "commands/import_options.h"
#include "commands/import_report.h"
#include "track/event_parse.h"

#include <errno.h>
#include <stdio.h>

enum {
	KEY_SOURCE = 600,
	KEY_SET,
	KEY_KEEP_HANDLES,
	KEY_DROP_SEALED,
	KEY_FORMAT,
	COLUMN_BYTES = 64
};

struct import {
	struct import_options options; /* first: import_options_parse() takes it */
	const char *source;
	struct import_map set; /* --set: "column" is the field, "field" its value */
	bool keep_handles, drop_sealed, is_dsn;
	char **paths;
	size_t path_count;

	struct session *session;
	struct import_rows *rows;
	struct import_batch batch;
	struct import_report report;
	json_t *left_out; /* type to {"reason", "count"} */
	struct error error;
	size_t added, known, left;
	bool stopped;
};

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"format", KEY_FORMAT, "rows|dsn", 0, "What the files hold: events in rows (default), or mails, of which delivery status notifications become bounces", 0},
	{"source", KEY_SOURCE, "NAME", 0, "The system that the events come from; with an event's id it is kept once", 0},
	IMPORT_OPTIONS_ROWS,
	{"set", KEY_SET, "FIELD=VALUE", 0, "Give this field to every event that has none, as in --set type=sent. May be repeated", 0},
	{"keep-handles", KEY_KEEP_HANDLES, NULL, 0, "Take handles that nobody here has: the export of another instance", 0},
	{"drop-sealed", KEY_DROP_SEALED, NULL, 0, "Leave out fields that are sealed, instead of refusing the event", 0},
	{0},
};
/* clang-format on */

/* What columns of other systems are called, in lower case and without '-', '_' and ' '. */
static const struct {
	const char *column, *field;
} aliases[] = {
	{"email", "email"},	      {"emailaddress", "email"},  {"date", "time"},
	{"datetime", "time"},	      {"timestamp", "time"},	  {"eventtype", "type"},
	{"ipaddress", "ip"},	      {"referer", "referrer"},	  {"useragent", "agent"},
	{"campaignname", "campaign"}, {"mailingname", "mailing"}, {"listname", "list"},
	{"formname", "form"},	      {"eventid", "id"},	  {"pageurl", "url"},
};

static void simplify(const char *column, char *to, size_t size)
{
	size_t used = 0;

	for (; *column && used < size - 1; column++)
		if (!strchr("-_ ", *column))
			to[used++] =
				*column >= 'A' && *column <= 'Z' ? (char)(*column | 0x20) : *column;
	to[used] = '\0';
}

static const char *field_of_column(const char *column)
{
	static const char *const headers[] = {"v", "id", "seq", "time", "type", "email"};
	char simple[COLUMN_BYTES];

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (strcasecmp(column, headers[i]) == 0)
			return headers[i];
	if (event_parse_field(column) || (strncmp(column, "props.", 6) == 0 && column[6]))
		return column;
	simplify(column, simple, sizeof(simple));
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcmp(simple, aliases[i].column) == 0)
			return aliases[i].field;
	if (event_parse_field(simple))
		return event_field_row(event_parse_field(simple))->json;
	return NULL;
}

static const char *what_is_known(void)
{
	return "time, type, id, email, url, campaign, mailing, props.NAME and the other keys that "
	       "'waymark events' prints";
}

static void parse_format(struct argp_state *state, struct import *import, const char *argument)
{
	import->is_dsn = strcmp(argument, "dsn") == 0;
	if (!import->is_dsn && strcmp(argument, "rows") != 0)
		argp_error(state, "--format: '%s' is neither rows nor dsn", argument);
}

static void check_files(struct argp_state *state, struct import *import)
{
	const struct import_options *given = &import->options;

	if (import->path_count == 0)
		argp_error(state, "the file is missing ('-' is standard input)");
	if (!import->is_dsn && import->path_count > 1)
		argp_error(state, "one file at a time");
	if (import->is_dsn && (given->map.count > 0 || given->rows.separator ||
			       given->rows.charset || import->keep_handles || import->drop_sealed))
		argp_error(state, "--format dsn goes with --source, --set and --strict alone");
	import->options.rows.path = import->paths[0];
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct import *import = state->input;

	switch (key) {
	case KEY_SOURCE:
		if (id_check_name(span_text(argument)) != 0)
			argp_error(state, "--source: '%s' is no name", argument);
		import->source = argument;
		return 0;
	case KEY_SET:
		if (import_map_add_value(&import->set, argument) != 0)
			argp_error(state,
				   "--set: '%s' is not \"field=value\" in UTF-8, or names a field "
				   "twice",
				   argument);
		return 0;
	case KEY_FORMAT:
		parse_format(state, import, argument);
		return 0;
	case ARGP_KEY_ARG:
		return ARGP_ERR_UNKNOWN; /* all of them at once */
	case ARGP_KEY_ARGS:
		import->paths = state->argv + state->next;
		import->path_count = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		return 0;
	case ARGP_KEY_END:
		check_files(state, import);
		return 0;
	case KEY_KEEP_HANDLES:
		import->keep_handles = true;
		return 0;
	case KEY_DROP_SEALED:
		import->drop_sealed = true;
		return 0;
	default:
		return import_options_parse(key, argument, state);
	}
}

static int refuse(struct import *import, size_t line, const char *sentence)
{
	if (import->stopped)
		return IMPORT_ROWS_E_FILE;
	import_report_bad(&import->report, line, sentence);
	import->stopped = import->options.strict;
	return import->stopped ? IMPORT_ROWS_E_FILE : 0;
}

static int refuse_unread(struct import *import, size_t line, const char *sentence)
{
	int code = import->options.strict ? import_batch_flush(&import->batch, &import->error) : 0;

	return code ? code : refuse(import, line, sentence);
}

static void count_left_out(struct import *import, const json_t *result)
{
	const char *type = json_string_value(json_object_get(result, "type"));
	json_t *entry = type ? json_object_get(import->left_out, type) : NULL;

	import->left++;
	if (entry)
		(void)json_object_set_new(
			entry, "count",
			json_integer(json_integer_value(json_object_get(entry, "count")) + 1));
	else if (type)
		(void)json_object_set_new(import->left_out, type,
					  json_pack("{s:i, s:O}", "count", 1, "reason",
						    json_object_get(result, "reason")));
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
	else if (status && strcmp(status, "left out") == 0)
		count_left_out(import, result);
	else
		import->known++;
}

static int take_row(void *context, size_t line, json_t *row, const char *trouble)
{
	struct import *import = context;
	uint64_t offset = import_rows_offset(import->rows);
	json_t *event;

	import_report_row(&import->report, offset, import_rows_total(import->rows));
	if (!row)
		return refuse_unread(import, line, trouble);
	event = events_shape(&import->set, row);
	json_decref(row);
	if (!event)
		return refuse_unread(import, line, "two of its keys are the same field");
	return import_batch_add(&import->batch, line, event, offset, &import->error);
}

static json_t *constants(const struct import *import)
{
	return json_pack("{s:s*, s:b, s:b}", "source", import->source, "keep_handles",
			 import->keep_handles, "drop_sealed", import->drop_sealed);
}

static int run(struct import *import)
{
	int code = session_open(import->options.config, &import->session, &import->error);

	if (!code)
		code = import_rows_open(&import->options.rows, &import->rows, &import->error);
	import->batch.session = import->session;
	import->batch.constants = constants(import);
	import->left_out = json_object();
	if (!code && (!import->batch.constants || !import->left_out))
		code = -ENOMEM;
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
	json_decref(import->batch.constants);
	json_decref(import->left_out);
	import_rows_close(import->rows);
	session_close(import->session);
	import_map_finish(&import->set);
	import_options_finish(&import->options);
}

static void print_summary(const struct import *import)
{
	const char *type;
	json_t *entry;

	json_object_foreach(import->left_out, type, entry)
		command_warn("%s: %lld events of type %s are left out: %s",
			     import->options.rows.path,
			     (long long)json_integer_value(json_object_get(entry, "count")), type,
			     json_string_value(json_object_get(entry, "reason")));
	printf("%zu added, %zu known, %zu left out, %zu refused\n", import->added, import->known,
	       import->left, import->report.bad);
}

static int import_bounces(const struct import *import)
{
	return events_bounces(&(struct events_bounces_options){
		.config = import->options.config,
		.source = import->source,
		.set = &import->set,
		.strict = import->options.strict,
		.paths = import->paths,
		.count = import->path_count,
	});
}

int command_events_import(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "FILE\n--format dsn FILE|FOLDER...",
		.doc = "Take events from FILE ('-' is standard input): one JSON object per line as "
		       "'waymark events' prints them, or CSV with a header row. Each needs a time, a "
		       "type and an id."
		       "\vWith --format dsn the files are mails: one, an mbox, a folder of them or a "
		       "maildir. What mail servers say in them of recipients who did not get a mail "
		       "(RFC 3464) becomes a bounce each; all other mails are left out.\n"
		       "An event whose source and id are in the log is not taken again, so an import "
		       "may be repeated. \"email\" names the person, who is added if need be. Exit "
		       "status: 0, or 2 when it is done but for bad rows, 1 when it failed."};
	cleanup(finish) struct import import = {0};
	int code;

	command_parse(&argp, argc, argv, &import);
	if (import.is_dsn)
		return import_bounces(&import);
	import_report_begin(&import.report, import.options.rows.path);
	import.options.map.field = field_of_column;
	import.options.map.what_is_known = what_is_known;
	import.batch = (struct import_batch){
		.path = "/api/v1/events/import",
		.key = "events",
		.strict = import.options.strict,
		.result = take_result,
		.context = &import,
	};
	code = run(&import);
	import_report_end(&import.report);
	print_summary(&import);
	return import_report_conclude(&import.report, import.stopped, code, &import.error);
}
