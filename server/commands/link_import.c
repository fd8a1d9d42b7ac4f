/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark link import`: the addresses of a former system of the tracker's host, so that what was
 * mailed and printed with them goes on leading somewhere. Each becomes a custom redirect without
 * any person: whom a link was for, the former system knew.
 *
 * A row is an old address and where it leads. Addresses are taken whole or as a path, since exports
 * have either; one of another host cannot be answered here. Importing a file again changes nothing,
 * and does not undo what was repointed since.
 */
#include "app/operation.h"
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/import_batch.h"
#include "commands/import_options.h"
#include "commands/import_report.h"
#include "text/url.h"
#include "track/link_path.h"
#include "track/tracker.h"

#include <errno.h>
#include <stdio.h>

struct import {
	struct import_options options; /* first: import_options_parse() takes it */
	const char *campaign, *mailing;

	struct session *session;
	struct import_rows *rows;
	struct import_batch batch;
	struct import_report report;
	struct error error;
	size_t added, known;
	bool stopped;
};

enum { KEY_CAMPAIGN = 300, KEY_MAILING, COLUMN_BYTES = 32 };

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	IMPORT_OPTIONS_ROWS,
	{"campaign", KEY_CAMPAIGN, "NAME", 0, "The campaign of rows that name none", 0},
	{"mailing", KEY_MAILING, "NAME", 0, "The mailing of rows that name none", 0},
	{0},
};

/* What columns of exports are called, in lower case and without '-', '_' and ' '. */
static const struct {
	const char *column, *field;
} columns[] = {
	{"path", "path"}, {"oldpath", "path"}, {"old", "path"}, {"oldurl", "path"},
	{"oldaddress", "path"}, {"trackedurl", "path"}, {"vanityurl", "path"},
	{"destination", "destination"}, {"destinationurl", "destination"}, {"target", "destination"},
	{"targeturl", "destination"}, {"new", "destination"}, {"newurl", "destination"},
	{"campaign", "campaign"}, {"campaignname", "campaign"}, {"mailing", "mailing"},
	{"label", "label"}, {"pass", "pass"},
};
/* clang-format on */

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct import *import = state->input;

	switch (key) {
	case KEY_CAMPAIGN:
		import->campaign = argument;
		return 0;
	case KEY_MAILING:
		import->mailing = argument;
		return 0;
	default:
		return import_options_parse(key, argument, state);
	}
}

static const char *field_of_column(const char *column)
{
	char simple[COLUMN_BYTES];
	size_t size = 0;

	for (; *column && size < sizeof(simple) - 1; column++)
		if (!strchr("-_ ", *column))
			simple[size++] =
				*column >= 'A' && *column <= 'Z' ? (char)(*column | 0x20) : *column;
	simple[size] = '\0';
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (strcmp(simple, columns[i].column) == 0)
			return columns[i].field;
	return NULL;
}

static const char *what_is_known(void)
{
	return "path, destination, campaign, mailing, label, pass";
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

/* What the operation calls a slug is a path in the file. */
static void take_refusal(struct import *import, size_t line, const char *refusal)
{
	char sentence[ERROR_TEXT_BYTES];
	bool slug = strncmp(refusal, "slug: ", 6) == 0;

	(void)snprintf(sentence, sizeof(sentence), "%s%s", slug ? "path: " : "",
		       refusal + (slug ? 6 : 0));
	(void)refuse(import, line, sentence);
}

static void take_result(void *context, size_t line, const json_t *result)
{
	const char *refusal = json_string_value(json_object_get(result, "error"));
	const char *status = json_string_value(json_object_get(result, "status"));
	const char *leads = json_string_value(json_object_get(result, "leads"));
	struct import *import = context;
	char sentence[ERROR_TEXT_BYTES];

	if (refusal) {
		take_refusal(import, line, refusal);
		return;
	}
	if (leads) {
		(void)snprintf(sentence, sizeof(sentence),
			       "was repointed since, and still leads to %s", leads);
		import_report_notice(&import->report, line, sentence);
	}
	if (status && strcmp(status, "added") == 0)
		import->added++;
	else
		import->known++;
}

/* The path of an old address; absent with *ret_trouble. */
static struct span path_of(const struct import *import, struct span address,
			   const char **ret_trouble)
{
	const struct tracker_set *trackers = session_app(import->session)->trackers;
	struct url url;

	address = span_trim(address);
	if (address.size > 0 && address.data[0] == '/')
		return address;
	*ret_trouble = "path: is neither a path that begins with / nor an address";
	if (url_parse(address, &url) != 0)
		return span_of(NULL, 0);
	*ret_trouble = "path: is an address of another host than the trackers'";
	for (size_t i = 0; i < trackers->count; i++)
		if (strcmp(trackers->trackers[i].host, url.host) == 0)
			return url.path.size > 0 ? url.path : SPAN("/");
	return span_of(NULL, 0);
}

/* "a b" and "a, b" as a list. */
static json_t *names_of(const char *text)
{
	json_t *list = json_array();

	while (*(text += strspn(text, " ,;"))) {
		size_t size = strcspn(text, " ,;");

		(void)json_array_append_new(list, json_stringn(text, size));
		text += size;
	}
	return list;
}

static int set_slug(const struct import *import, json_t *link, const json_t *row,
		    const char **ret_trouble)
{
	const json_t *path = json_object_get(row, "path");
	cleanup_buffer struct buffer slug = BUFFER_INIT;
	struct span old;

	*ret_trouble = "path: is missing";
	if (!json_is_string(path))
		return -EINVAL;
	old = path_of(import, span_of(json_string_value(path), json_string_length(path)),
		      ret_trouble);
	if (!old.data)
		return -EINVAL;
	(void)link_path_read(old, &slug);
	*ret_trouble = "path: is not UTF-8 without its percent-encoding";
	return json_object_set_new(link, "slug", json_stringn((const char *)slug.data, slug.size));
}

/* The link that a row describes; NULL with *ret_trouble. */
static json_t *shape(const struct import *import, const json_t *row, struct buffer *room,
		     const char **ret_trouble)
{
	static const char *const copied[] = {"campaign", "mailing", "label"};
	const char *destination = json_string_value(json_object_get(row, "destination"));
	const char *pass = json_string_value(json_object_get(row, "pass"));
	json_t *link =
		json_pack("{s:s*, s:s*}", "campaign", import->campaign, "mailing", import->mailing);
	enum url_refusal refusal;

	if (set_slug(import, link, row, ret_trouble) != 0) {
		json_decref(link);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (json_object_get(row, copied[i]))
			(void)json_object_set(link, copied[i], json_object_get(row, copied[i]));
	if (pass)
		(void)json_object_set_new(link, "pass", names_of(pass));
	/* As people write addresses; what cannot be one the operation refuses. */
	if (destination &&
	    url_classify(span_text(destination), true, room, &refusal) == URL_SERIALISED)
		destination = buffer_text(room);
	if (destination)
		(void)json_object_set_new(link, "destination", json_string(destination));
	return link;
}

static int take_row(void *context, size_t line, json_t *row, const char *trouble)
{
	struct import *import = context;
	cleanup_buffer struct buffer room = BUFFER_INIT;
	uint64_t offset = import_rows_offset(import->rows);
	json_t *link;

	import_report_row(&import->report, offset, import_rows_total(import->rows));
	if (!row)
		return refuse_unread(import, line, trouble);
	link = shape(import, row, &room, &trouble);
	json_decref(row);
	if (!link)
		return refuse_unread(import, line, trouble);
	return import_batch_add(&import->batch, line, link, offset, &import->error);
}

static int run(struct import *import)
{
	int code = session_open(import->options.config, &import->session, &import->error);

	if (!code)
		code = import_rows_open(&import->options.rows, &import->rows, &import->error);
	import->batch.session = import->session;
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
	import_rows_close(import->rows);
	session_close(import->session);
	import_options_finish(&import->options);
}

int command_link_import(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "FILE",
		.doc = "Take over the addresses of a former system of this host from FILE ('-' is "
		       "standard input): CSV with a header row and the columns \"path\" and "
		       "\"destination\", or one JSON object per line. \"campaign\", \"mailing\" and "
		       "\"label\" are kept with the link; \"pass\" lists query parameters that are "
		       "handed on."
		       "\vA path that ends with /* stands for what is below it, up to 4 parts: old "
		       "links that end with a number for each recipient need one row. Importing "
		       "again changes nothing. Exit status: 0, or 2 when it is done but for bad "
		       "rows, 1 when it failed."};
	cleanup(finish) struct import import = {0};
	int code;

	command_parse(&argp, argc, argv, &import);
	import_report_begin(&import.report, import.options.rows.path);
	import.options.rows.required = "path";
	import.options.map.field = field_of_column;
	import.options.map.what_is_known = what_is_known;
	import.batch = (struct import_batch){
		.path = "/api/v1/links/import",
		.key = "links",
		.strict = import.options.strict,
		.result = take_result,
		.context = &import,
	};
	code = run(&import);
	import_report_end(&import.report);
	printf("%zu added, %zu known, %zu refused\n", import.added, import.known,
	       import.report.bad);
	return import_report_conclude(&import.report, import.stopped, code, &import.error);
}
