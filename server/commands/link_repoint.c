/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark link repoint` leads a link elsewhere without another token: the mails that have it were
 * sent. `waymark link history` says who did so, when, and where it led before; that is kept as long
 * as the link, beyond what retention leaves of the log.
 */
#include "store/link_repoint.h"
#include "app/app.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/link.h"
#include "commands/session.h"

#include <errno.h>
#include <stdio.h>

enum { KEY_REASON = 256, KEY_FROM };

struct arguments {
	const char *config, *link, *url, *reason, *from;
};

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"reason", KEY_REASON, "TEXT", 0, "Why, for the link's history", 0},
	{"from", KEY_FROM, "URL", 0, "Only if the link leads there now", 0},
	{0},
};
/* clang-format on */

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = argument;
		return 0;
	case KEY_REASON:
		arguments->reason = argument;
		return 0;
	case KEY_FROM:
		arguments->from = argument;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "'%s' is one argument too many", argument);
		*(state->arg_num == 0 ? &arguments->link : &arguments->url) = argument;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->url)
			argp_error(state, "say which link, by its id or its slug, and where it is "
					  "to lead");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int print_change(const json_t *reply, struct error *error)
{
	const char *from = json_string_value(json_object_get(reply, "from"));
	const char *to = json_string_value(json_object_get(reply, "destination"));
	const char *id = json_string_value(json_object_get(reply, "id"));

	if (!from || !to || !id)
		return error_set(error, COMMAND_FAILED, "the server's answer names no link");
	if (json_is_true(json_object_get(reply, "changed")))
		printf("%s leads to %s, and no more to %s\n", id, to, from);
	else
		printf("%s leads to %s already\n", id, to);
	return 0;
}

static int repoint(const struct arguments *arguments, struct error *error)
{
	cleanup(cleanup_session) struct session *session = NULL;
	cleanup_buffer struct buffer location = BUFFER_INIT;
	json_t *body, *reply = NULL;
	int code = link_find_location(arguments->url, &location, error);

	if (!code)
		code = session_open(arguments->config, &session, error);
	if (code)
		return code;
	body = json_pack("{s:s, s:s, s:s*, s:s*}", "link", arguments->link, "destination",
			 buffer_text(&location), "reason", arguments->reason, "from",
			 arguments->from);
	code = body ? session_call(session, "/api/v1/links/repoint", body, &reply, error)
		    : error_set(error, COMMAND_FAILED, "an argument is not valid UTF-8");
	json_decref(body);
	if (!code)
		code = print_change(reply, error);
	json_decref(reply);
	return code;
}

int command_link_repoint(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "ID|SLUG URL",
		.doc = "Lead a link to URL from the next click on, in all that was sent and printed "
		       "with it. Where it led before is kept: see `waymark link history`."};
	struct arguments arguments = {0};
	struct error error = {0};

	command_parse(&argp, argc, argv, &arguments);
	return repoint(&arguments, &error) ? command_fail(&error) : command_finish();
}

static int print_line(void *context, const struct link_repoint *change)
{
	cleanup_buffer struct buffer line = BUFFER_INIT;
	char time[CLOCK_TEXT_BYTES];

	(void)context;
	clock_format(change->time, time);
	buffer_printf(&line, "%s\t", time);
	buffer_append_span(&line, change->actor);
	buffer_append_byte(&line, '\t');
	buffer_append_span(&line, change->from);
	buffer_append_byte(&line, '\t');
	buffer_append_span(&line, change->to);
	buffer_append_byte(&line, '\t');
	buffer_append_span(&line, change->reason);
	buffer_append_byte(&line, '\n');
	if (line.error)
		return line.error;
	return fwrite(line.data, 1, line.size, stdout) == line.size ? 0 : -EIO;
}

int command_link_history(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.args_doc = "ID|SLUG",
		.doc = "Say when a link was repointed, oldest first: time, who, from, to and why, "
		       "separated by tabs."};
	cleanup(cleanup_app) struct app *app = NULL;
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct command_line line = {.missing = "the id or the slug of a link is missing"};
	struct error error = {0};
	struct link link;
	int code;

	command_parse(&argp, argc, argv, &line);
	if (app_open(line.config, APP_READER, &app, &error) != 0)
		return command_fail(&error);
	code = link_find_named(app, line.argument, &arena, &link, &error);
	if (code)
		return command_fail(&error);
	code = link_repoint_each(app->store, &link.id, print_line, NULL);
	if (code) {
		(void)error_set(&error, 0, "%s: the link's history cannot be read: %s",
				app->config->data_dir, strerror(-code));
		return command_fail(&error);
	}
	return command_finish();
}
