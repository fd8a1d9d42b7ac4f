/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark token new`: a token for a program that reports to the admin API.
 *
 * The secret is made here and never leaves this process but for standard output: whoever owns the
 * store is told its hash. That also lets the call be sent again when its answer was lost, since the
 * same hash under the same name is the same token.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPTION_SCOPE = 's', OPTION_SOURCE = 'S', OPTION_DAYS = 'd', DAYS_MAX = 36500 };

struct arguments {
	const char *config, *name, *source;
	unsigned scopes;
	unsigned long days; /* 0: for ever */
};

/* clang-format off */
static const struct argp_option options_table[] = {
	COMMAND_OPTION_CONFIG,
	{"scope", OPTION_SCOPE, "SCOPE", 0, "What it may do; may be repeated. One of those below", 0},
	{"source", OPTION_SOURCE, "NAME", 0, "The source under which events that it reports are known, and kept once by their key (default: its name). Give a token that takes another's place the same one", 0},
	{"days", OPTION_DAYS, "NUMBER", 0, "How long it is valid (default: until it is revoked)", 0},
	{0},
};
/* clang-format on */

static void refuse_scope(struct argp_state *state, const char *given)
{
	const char *name, *sentence;
	char names[256] = "";

	for (unsigned i = 0; (name = bearer_scope_name(i, &sentence)); i++)
		(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			       i > 0 ? ", " : "", name);
	if (given)
		argp_error(state, "there is no scope '%s'; there are %s", given, names);
	argp_error(state, "--scope is missing: what the token may do, of %s", names);
}

static void take_scope(struct arguments *arguments, struct argp_state *state, const char *value)
{
	enum bearer_scope scope = bearer_scope_find(span_text(value));

	if (!scope)
		refuse_scope(state, value);
	arguments->scopes |= scope;
}

static const char *parse_name(struct argp_state *state, const char *what, const char *value)
{
	if (!bearer_name_is_valid(span_text(value)))
		argp_error(state, "a %s is 1 to 64 of a-z 0-9 . _ -, not '%s'", what, value);
	return value;
}

static unsigned long parse_days(struct argp_state *state, const char *value)
{
	char *end;
	unsigned long days = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end || days < 1 || days > DAYS_MAX)
		argp_error(state, "--days is a whole number from 1 to %d, not '%s'", DAYS_MAX,
			   value);
	return days;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case OPTION_SCOPE:
		take_scope(arguments, state, value);
		return 0;
	case OPTION_SOURCE:
		arguments->source = parse_name(state, "source", value);
		return 0;
	case OPTION_DAYS:
		arguments->days = parse_days(state, value);
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->name)
			argp_error(state, "'%s' is one argument too many", value);
		arguments->name = parse_name(state, "token's name", value);
		return 0;
	case ARGP_KEY_END:
		if (!arguments->name)
			argp_error(state, "the name of the token is missing");
		if (!arguments->scopes)
			refuse_scope(state, NULL);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static json_t *scopes_of(const struct arguments *arguments)
{
	json_t *list = json_array();
	const char *name, *sentence;

	for (unsigned i = 0; (name = bearer_scope_name(i, &sentence)); i++)
		if (arguments->scopes & bearer_scope_find(span_text(name)))
			(void)json_array_append_new(list, json_string(name));
	return list;
}

static json_t *body_of(const struct arguments *arguments, const uint8_t hash[BEARER_HASH_BYTES])
{
	char text[2 * BEARER_HASH_BYTES + 1], expires[CLOCK_TEXT_BYTES];

	hex_format(hash, BEARER_HASH_BYTES, text);
	clock_format(clock_wall() + arguments->days * USEC_PER_DAY, expires);
	return json_pack("{s:s, s:o, s:s, s:s*, s:s*}", "name", arguments->name, "scopes",
			 scopes_of(arguments), "hash", text, "source", arguments->source, "expires",
			 arguments->days ? expires : NULL);
}

static int register_token(const struct arguments *arguments, const uint8_t hash[BEARER_HASH_BYTES],
			  struct error *error)
{
	cleanup(cleanup_session) struct session *session = NULL;
	json_t *body = body_of(arguments, hash), *reply = NULL;
	int code = body ? session_open(arguments->config, &session, error) : -ENOMEM;

	if (!code)
		code = session_call(session, "/api/v1/tokens", body, &reply, error);
	json_decref(reply);
	json_decref(body);
	return code;
}

/* argp prints what stands behind the vertical tab after the options. */
static char *help_filter(int key, const char *text, void *input)
{
	cleanup_buffer struct buffer help = BUFFER_INIT;
	const char *name, *sentence;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	buffer_append_text(&help, "Scopes:\n");
	for (unsigned i = 0; (name = bearer_scope_name(i, &sentence)); i++)
		buffer_printf(&help, "  %-16s %s\n", name, sentence);
	return span_dup(buffer_span(&help));
}

int command_token_new(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options_table,
		.parser = parse_option,
		.args_doc = "NAME",
		.doc = "Make a token and print its secret, once: only a hash is kept. A program "
		       "shows it as 'Authorization: Bearer SECRET' to the admin listener; put TLS "
		       "in front where that is not the same machine. The log says under NAME who "
		       "reported something.\v",
		.help_filter = help_filter,
	};
	struct arguments arguments = {.config = NULL};
	char secret[BEARER_SECRET_CHARS + 1];
	uint8_t hash[BEARER_HASH_BYTES];
	struct error error = {""};
	int status;

	command_parse(&argp, argc, argv, &arguments);
	if (crypto_init() < 0)
		return command_fail(&error);
	bearer_mint(secret, hash);
	if (register_token(&arguments, hash, &error))
		return command_fail(&error);
	puts(secret);
	status = command_finish();
	sodium_memzero(secret, sizeof(secret));
	if (status == COMMAND_OK)
		command_warn("this secret is shown once; keep it like a password");
	return status;
}
