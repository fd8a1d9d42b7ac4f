/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark key rotate` and `waymark key retire`: beside a running server through its control
 * socket, so that the server swaps its keyring in the same breath; without one under data/lock.
 * Either way it is the same operation (app/operation_keys.c), which alone knows what a keyring
 * allows.
 *
 * Retiring asks for no confirmation: it names one key by its id, and the signing key is refused.
 */
#include "commands/command.h"
#include "commands/session.h"

#include <stdio.h>
#include <stdlib.h>

struct arguments {
	const char *config;
	bool takes_id;
	unsigned id; /* 0: none yet */
};

/* clang-format off */
static const struct argp_option options_table[] = {
	COMMAND_OPTION_CONFIG,
	{0},
};
/* clang-format on */

static unsigned parse_id(struct argp_state *state, const char *text)
{
	char *end;
	unsigned long id = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || id < 1 || id > 255)
		argp_error(state, "a key's id is a whole number from 1 to 255, not '%s'", text);
	return (unsigned)id;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case ARGP_KEY_ARG:
		if (!arguments->takes_id || arguments->id)
			argp_error(state, "'%s' is one argument too many", value);
		arguments->id = parse_id(state, value);
		return 0;
	case ARGP_KEY_END:
		if (arguments->takes_id && !arguments->id)
			argp_error(state,
				   "the id of the key is missing; 'waymark key list' shows it");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Carry out the operation at @path. Return: 0, or the exit status. */
static int call(const char *config, const char *path, json_t *body, json_t **ret_reply)
{
	struct session *session;
	struct error error = {""};
	int code;

	if (!body || session_open(config, &session, &error)) {
		json_decref(body);
		return command_fail(&error);
	}
	code = session_call(session, path, body, ret_reply, &error);
	session_close(session);
	json_decref(body);
	return code ? command_fail(&error) : 0;
}

int command_key_rotate(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options_table,
		.parser = parse_option,
		.doc = "Make a new signing key. Links, cookies and proofs signed so far stay "
		       "valid. Mailers and logins that hold an export go on; give them a new one "
		       "before the old key is retired.",
	};
	struct arguments arguments = {.config = NULL};
	json_t *reply;
	int status;

	command_parse(&argp, argc, argv, &arguments);
	status = call(arguments.config, "/api/v1/keys/rotate", json_object(), &reply);
	if (status)
		return status;
	printf("Key %d signs from now on; the keys before it go on verifying.\n",
	       (int)json_integer_value(json_object_get(reply, "id")));
	json_decref(reply);
	return command_finish();
}

int command_key_retire(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options_table,
		.parser = parse_option,
		.args_doc = "ID",
		.doc = "Destroy a key that does not sign any more. Every link, cookie and proof "
		       "that it signed stops verifying at once, in mails already sent too, and "
		       "nothing brings them back.",
	};
	struct arguments arguments = {.takes_id = true};
	json_t *reply;
	int status;

	command_parse(&argp, argc, argv, &arguments);
	status = call(arguments.config, "/api/v1/keys/retire",
		      json_pack("{s:i}", "id", (int)arguments.id), &reply);
	if (status)
		return status;
	printf("Key %u is retired: nothing that it signed verifies any more.\n", arguments.id);
	json_decref(reply);
	return command_finish();
}
