/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark token`: the tokens with which other programs use the admin API.
 *
 * Listing reads the file alone, like `waymark key list`. Changing it goes through the operation of
 * whoever owns the store, so that a running server heeds it at once.
 */
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/session.h"

#include <stdio.h>

static const char *state_of(const struct bearer *bearer, usec_t now)
{
	if (bearer->revoked)
		return "revoked";
	return bearer->expires && now >= bearer->expires ? "expired" : "valid";
}

static void print_scopes(unsigned scopes)
{
	const char *name, *sentence, *before = "";

	for (unsigned i = 0; (name = bearer_scope_name(i, &sentence)); i++) {
		if (!(scopes & bearer_scope_find(span_text(name))))
			continue;
		printf("%s%s", before, name);
		before = ",";
	}
}

static void print_row(const struct bearer *bearer, usec_t now)
{
	const usec_t end = bearer->revoked ? bearer->revoked : bearer->expires;
	char created[CLOCK_TEXT_BYTES], ended[CLOCK_TEXT_BYTES] = "-";

	clock_format(bearer->created, created);
	if (end)
		clock_format(end, ended);
	printf("%-16s  %-7s  %s  %-27s  %s  ", bearer->name, state_of(bearer, now), created, ended,
	       bearer->source);
	print_scopes(bearer->scopes);
	putchar('\n');
}

static int run_list(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.doc = "List the tokens: name, state (valid, expired or revoked), when they were "
		       "made and when they end or ended, the source under which the log names "
		       "what they report, and what they may do. Secrets are not kept.",
	};
	struct command_line line = {0};
	struct error error = {""};
	struct app *app;

	command_parse(&argp, argc, argv, &line);
	if (app_open(line.config, APP_OFFLINE, &app, &error))
		return command_fail(&error);
	for (size_t i = 0; i < app->settings->bearers->count; i++)
		print_row(&app->settings->bearers->rows[i], clock_wall());
	app_close(app);
	return command_finish();
}

static int send_revocation(const char *config, json_t *body, struct error *error)
{
	cleanup(cleanup_session) struct session *session = NULL;
	json_t *reply = NULL;
	int code = body ? session_open(config, &session, error) : -1;

	if (!code)
		code = session_call(session, "/api/v1/tokens/revoke", body, &reply, error);
	json_decref(reply);
	json_decref(body);
	return code;
}

static int run_revoke(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.args_doc = "NAME",
		.doc = "End a token at once: whoever shows it is refused from then on. Its name "
		       "stays taken, since the log says under it what was reported.",
	};
	struct command_line line = {
		.missing = "the name of the token is missing; 'waymark token list' shows it"};
	struct error error = {""};

	command_parse(&argp, argc, argv, &line);
	if (send_revocation(line.config, json_pack("{s:s}", "name", line.argument), &error))
		return command_fail(&error);
	printf("Token %s is revoked.\n", line.argument);
	return command_finish();
}

int command_token(int argc, char **argv)
{
	static const struct command rows[] = {
		{"list", run_list, "names, states, scopes"},
		{"new", command_token_new, "make one; its secret is shown once"},
		{"revoke", run_revoke, "end one at once"},
		{0},
	};

	return command_dispatch(rows, "The tokens with which other programs use the admin API.",
				argc, argv);
}
