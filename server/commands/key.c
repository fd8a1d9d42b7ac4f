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

static int run_list(int argc, char **argv)
{
	static const struct argp argp = {
		.options = command_line_options,
		.parser = command_line_parse,
		.doc = "List the keys: id, state, and when they were made. The signing key signs "
		       "what is minted from now on; what verifying keys signed stays valid; what "
		       "a retired key signed does not.",
	};
	struct command_line line = {0};
	struct error error = {""};
	struct app *app;

	command_parse(&argp, argc, argv, &line);
	if (app_open(line.config, APP_OFFLINE, &app, &error))
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
