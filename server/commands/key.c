/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark key`: the keys that sign links, cookies and proofs.
 *
 * Reading (list, export) needs the keyring file alone. Changing it goes through the operation of
 * whoever owns the store, so that a running server verifies by the new keyring at once.
 */
#include "app/app.h"
#include "commands/command.h"

#include <stdio.h>

/* clang-format off */
static const struct argp_option options_table[] = {
	COMMAND_OPTION_CONFIG,
	{0},
};
/* clang-format on */

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	const char **config = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		*config = value;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "there is nothing to name: '%s'", value);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int run_list(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options_table,
		.parser = parse_option,
		.doc = "List the keys: id, state, and when they were made. The signing key signs "
		       "what is minted from now on; what verifying keys signed stays valid; what "
		       "a retired key signed does not.",
	};
	const char *config = NULL;
	struct error error = {""};
	struct app *app;

	command_parse(&argp, argc, argv, &config);
	if (app_open(config, APP_OFFLINE, &app, &error))
		return command_fail(&error);
	for (size_t i = 0; i < keyring_count(app->keyring); i++) {
		struct key_info key = keyring_get(app->keyring, i);
		char created[CLOCK_TEXT_BYTES];

		clock_format(key.created, created);
		printf("%3u  %-9s  %s\n", key.id, key_state_text(key.state), created);
	}
	app_close(app);
	return command_finish();
}

int command_key(int argc, char **argv)
{
	static const struct command rows[] = {
		{"export", command_key_export, "the keys with which a mailer or a login mints"},
		{"list", run_list, "ids, states, ages"},
		{"retire", command_key_retire, "destroy a key: what it signed stops verifying"},
		{"rotate", command_key_rotate, "a new signing key; old links stay alive"},
		{0},
	};

	return command_dispatch(rows, "The keys that sign links, cookies and proofs.", argc, argv);
}
