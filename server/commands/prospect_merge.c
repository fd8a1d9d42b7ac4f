/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark prospect merge` and `unmerge`: two people who are one, and two again. Who is who is an
 * operator's to say: two known people are never merged by what a browser does.
 *
 * Only handles are printed, also of whom an address was given: both may stand in a terminal's
 * history, or in a script's log.
 */
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/session.h"

#include <errno.h>
#include <stdio.h>

enum { KEY_REASON = 256, PERSONS_MAX = 2 };

struct arguments {
	const char *config, *reason;
	const char *persons[PERSONS_MAX];
	unsigned count, wanted;
};

static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"reason", KEY_REASON, "TEXT", 0, "Why, in a few words, for the log (default: operator)",
	 0},
	{0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case KEY_REASON:
		arguments->reason = value;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->count == arguments->wanted)
			argp_error(state, "too many people: '%s'", value);
		arguments->persons[arguments->count++] = value;
		return 0;
	case ARGP_KEY_END:
		if (arguments->count < arguments->wanted)
			argp_error(state, arguments->wanted == 1
						  ? "who? An address or a handle is needed"
						  : "who? Two people are needed, each by address "
						    "or handle; the first one stays");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *key_of(const char *person)
{
	return strchr(person, '@') ? "email" : "prospect";
}

static int call(const struct arguments *arguments, const char *path, json_t *body,
		json_t **ret_reply, struct error *error)
{
	cleanup(cleanup_session) struct session *session = NULL;
	int code = body ? session_open(arguments->config, &session, error)
			: error_set(error, COMMAND_FAILED, "an argument is not valid UTF-8");

	if (!code)
		code = session_call(session, path, body, ret_reply, error);
	json_decref(body);
	return code;
}

static const char *text_of(const json_t *reply, const char *key)
{
	return json_string_value(json_object_get(reply, key));
}

int command_prospect_merge(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "KEEP OTHER",
		.doc = "Say that OTHER is the same person as KEEP, each by address or handle. From "
		       "then on all addresses lead to KEEP, who gets what is known of OTHER and not "
		       "of KEEP; other values are proposed. 'unmerge' undoes it."};
	struct arguments arguments = {.wanted = 2};
	struct error error = {0};
	json_t *reply = NULL, *body;

	command_parse(&argp, argc, argv, &arguments);
	body = json_pack("{s:{s:s}, s:{s:s}, s:s*}", "keep", key_of(arguments.persons[0]),
			 arguments.persons[0], "other", key_of(arguments.persons[1]),
			 arguments.persons[1], "reason", arguments.reason);
	if (call(&arguments, "/api/v1/prospects/merge", body, &reply, &error) != 0)
		return command_fail(&error);
	if (json_is_true(json_object_get(reply, "known")))
		printf("They are one person already: %s.\n", text_of(reply, "prospect"));
	else
		printf("%s is %s now.\n", text_of(reply, "other"), text_of(reply, "prospect"));
	json_decref(reply);
	return command_finish();
}

int command_prospect_unmerge(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "EMAIL|HANDLE",
		.doc = "Undo a merge: the person who was merged into another, by address or "
		       "handle, is a person again, with the browsers and values of before. What "
		       "came since stays with the other."};
	struct arguments arguments = {.wanted = 1};
	struct error error = {0};
	json_t *reply = NULL, *body;

	command_parse(&argp, argc, argv, &arguments);
	body = json_pack("{s:s, s:s*}", key_of(arguments.persons[0]), arguments.persons[0],
			 "reason", arguments.reason);
	if (call(&arguments, "/api/v1/prospects/unmerge", body, &reply, &error) != 0)
		return command_fail(&error);
	printf("%s is a person again, beside %s.\n", text_of(reply, "other"),
	       text_of(reply, "prospect"));
	json_decref(reply);
	return command_finish();
}
