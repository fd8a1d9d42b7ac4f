/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark prospect import`: people from CSV or NDJSON, added or changed, in batches that the
 * event writer can take beside a server's clicks. A bad row is named by its line and skipped; the
 * good ones stay, and the exit status says that there were bad ones.
 */
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/prospect_rows.h"
#include "commands/session.h"

#include <errno.h>
#include <stdio.h>

enum { BATCH_ROWS = 200 };

struct import {
	struct session *session;
	struct error *error;
	const char *path;
	json_t *batch;
	size_t lines[BATCH_ROWS]; /* of the rows in the batch */
	size_t added, changed, same, refused;
};

struct arguments {
	const char *config, *path;
};

static const struct argp_option options[] = {COMMAND_OPTION_CONFIG, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = argument;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->path)
			argp_error(state, "one file at a time");
		arguments->path = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "the file is missing ('-' is standard input)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void refuse(struct import *import, size_t line, const char *what)
{
	command_warn("%s:%zu: %s", import->path, line, what);
	import->refused++;
}

static void count_results(struct import *import, const json_t *results)
{
	const json_t *result;
	size_t index;

	json_array_foreach(results, index, result)
	{
		const char *refusal = json_string_value(json_object_get(result, "error"));
		const char *status = json_string_value(json_object_get(result, "status"));

		if (refusal && index < BATCH_ROWS)
			refuse(import, import->lines[index], refusal);
		else if (status && strcmp(status, "added") == 0)
			import->added++;
		else if (status && strcmp(status, "changed") == 0)
			import->changed++;
		else
			import->same++;
	}
}

static int send_batch(struct import *import)
{
	json_t *body, *reply = NULL;
	int code;

	if (json_array_size(import->batch) == 0)
		return 0;
	body = json_pack("{s:O}", "prospects", import->batch);
	code = body ? session_call(import->session, "/api/v1/prospects", body, &reply,
				   import->error)
		    : -ENOMEM;
	json_decref(body);
	if (!code)
		count_results(import, json_object_get(reply, "results"));
	json_decref(reply);
	(void)json_array_clear(import->batch);
	return code;
}

static int take_row(void *context, size_t line, json_t *row, const char *trouble)
{
	struct import *import = context;
	size_t index = json_array_size(import->batch);

	if (!row) {
		refuse(import, line, trouble);
		return 0;
	}
	import->lines[index] = line;
	if (json_array_append_new(import->batch, row) != 0)
		return -ENOMEM;
	return index + 1 == BATCH_ROWS ? send_batch(import) : 0;
}

static int read_file(struct import *import)
{
	struct prospect_rows rows = {.row = take_row, .context = import, .path = import->path};
	bool is_standard = strcmp(import->path, "-") == 0;
	FILE *file = is_standard ? stdin : fopen(import->path, "re");
	int code;

	if (!file)
		return error_set(import->error, PROSPECT_ROWS_E_FILE, "%s: %s", import->path,
				 strerror(errno));
	code = prospect_rows_read(&rows, file, import->error);
	if (!is_standard)
		(void)fclose(file);
	return code ? code : send_batch(import);
}

int command_prospect_import(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "FILE",
		.doc = "Add or change people from FILE: CSV with a header row and a column \"email\", "
		       "or one JSON object per line."};
	cleanup(cleanup_session) struct session *session = NULL;
	struct arguments arguments = {0};
	struct error error = {0};
	struct import import = {.error = &error};
	int code;

	command_parse(&argp, argc, argv, &arguments);
	if (session_open(arguments.config, &session, &error) != 0)
		return command_fail(&error);
	import.session = session;
	import.path = arguments.path;
	import.batch = json_array();
	code = read_file(&import);
	json_decref(import.batch);
	printf("%zu added, %zu changed, %zu the same, %zu refused\n", import.added, import.changed,
	       import.same, import.refused);
	if (code < 0 && !error.text[0])
		(void)error_set(&error, 0, "%s", strerror(-code));
	if (code)
		return command_fail(&error);
	code = command_finish();
	return import.refused > 0 ? COMMAND_FAILED : code;
}
