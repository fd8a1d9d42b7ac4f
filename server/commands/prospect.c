/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark prospect`: its subcommands, and the small ones. Only the owner of
 * data/lock opens people/, so both ask whoever that is; seeing more than the handle is recorded as
 * an access.
 */
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/session.h"

#include <stdio.h>

/* clang-format off */
static const struct command subcommands[] = {
	{"anew",   command_prospect_anew,   "take an erased address as a new person"},
	{"duplicates", command_prospect_duplicates, "print who may be one person"},
	{"erase",  command_prospect_erase,  "erase people: nothing ties anything to them afterwards"},
	{"export", command_prospect_export, "print everything that is held of one person (recorded)"},
	{"find",   command_prospect_find,   "print the handle of an address"},
	{"import", command_prospect_import, "add or change people from CSV or NDJSON"},
	{"merge",  command_prospect_merge,  "say that two people are one"},
	{"show",   command_prospect_show,   "print what is kept of one person (recorded)"},
	{"tokens", command_prospect_tokens, "print each address's part of links with a merge field"},
	{"unmerge", command_prospect_unmerge, "undo a merge"},
	{0},
};
/* clang-format on */

int command_prospect(int argc, char **argv)
{
	return command_dispatch(subcommands, "People behind the links.", argc, argv);
}

static int find(const struct command_line *line, bool with_fields, json_t **ret_reply,
		struct error *error)
{
	cleanup(cleanup_session) struct session *session = NULL;
	json_t *body;
	int code = session_open(line->config, &session, error);

	if (code)
		return code;
	body = json_pack("{s:s, s:b}", strchr(line->argument, '@') ? "email" : "prospect",
			 line->argument, "fields", with_fields);
	if (!body)
		return error_set(error, COMMAND_FAILED, "the address is not valid UTF-8");
	code = session_call(session, "/api/v1/prospects/find", body, ret_reply, error);
	json_decref(body);
	return code;
}

int command_prospect_find(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.args_doc = "EMAIL|HANDLE",
		.doc = "Print the handle that stands for a person in the log."};
	struct command_line line = {.missing = "the person is missing: an address or a handle"};
	struct error error = {0};
	json_t *reply = NULL;

	command_parse(&argp, argc, argv, &line);
	if (find(&line, false, &reply, &error) != 0)
		return command_fail(&error);
	puts(json_string_value(json_object_get(reply, "prospect")));
	json_decref(reply);
	return command_finish();
}

int command_prospect_anew(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.args_doc = "EMAIL",
		.doc = "Take somebody who was erased, and wants to be known again, as a new person with "
		       "a new handle, and print that; without this an erased address is refused."};
	struct command_line line = {.missing = "the address is missing"};
	cleanup(cleanup_session) struct session *session = NULL;
	struct error error = {0};
	json_t *body, *reply = NULL;
	int code;

	command_parse(&argp, argc, argv, &line);
	code = session_open(line.config, &session, &error);
	if (code)
		return command_fail(&error);
	body = json_pack("{s:s}", "email", line.argument);
	code = body ? session_call(session, "/api/v1/prospects/anew", body, &reply, &error)
		    : error_set(&error, COMMAND_FAILED, "the address is not valid UTF-8");
	json_decref(body);
	if (code)
		return command_fail(&error);
	puts(json_string_value(json_object_get(reply, "prospect")));
	json_decref(reply);
	return command_finish();
}

int command_prospect_show(int argc, char **argv)
{
	static const struct argp argp = {.options = command_line_options,
					 .parser = command_line_parse,
					 .args_doc = "EMAIL|HANDLE",
					 .doc = "Print what is kept of one person as JSON; the log "
						"records that somebody looked."};
	struct command_line line = {.missing = "the person is missing: an address or a handle"};
	struct error error = {0};
	json_t *reply = NULL;

	command_parse(&argp, argc, argv, &line);
	if (find(&line, true, &reply, &error) != 0)
		return command_fail(&error);
	(void)json_dumpf(reply, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(reply);
	return command_finish();
}
