/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark key export`: what a mailer or a site's login needs to mint links of its own
 * (deploy/examples), and nothing more. The text holds secrets, so it is written without a copy in
 * the buffers of standard output, and wiped.
 */
#include "app/app.h"
#include "commands/command.h"
#include "commands/tracker_option.h"

#include <stdio.h>
#include <string.h>

enum { KEY_FOR = 0x100, KEY_TRACKER };

enum holder { HOLDER_NONE, HOLDER_MAILER, HOLDER_LOGIN };

struct arguments {
	const char *config, *tracker;
	enum holder holder;
};

/* clang-format off */
static const struct argp_option options_table[] = {
	COMMAND_OPTION_CONFIG,
	{"for", KEY_FOR, "HOLDER", 0, "mailer: links, opens, subscriptions; login: proofs of a login", 0},
	{"tracker", KEY_TRACKER, "URL", 0, "The tracker that a login proves to (needed when there are several)", 0},
	{0},
};
/* clang-format on */

static enum holder parse_holder(struct argp_state *state, const char *text)
{
	if (strcmp(text, "mailer") == 0)
		return HOLDER_MAILER;
	if (strcmp(text, "login") != 0)
		argp_error(state, "--for must be mailer or login, not '%s'", text);
	return HOLDER_LOGIN;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case KEY_FOR:
		arguments->holder = parse_holder(state, value);
		return 0;
	case KEY_TRACKER:
		arguments->tracker = value;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "there is nothing to name: '%s'", value);
		return 0;
	case ARGP_KEY_END:
		if (arguments->holder == HOLDER_NONE)
			argp_error(state, "--for mailer or --for login is missing");
		if (arguments->holder == HOLDER_MAILER && arguments->tracker)
			argp_error(state, "a mailer's keys are the same for all trackers: "
					  "--tracker goes with --for login");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int find_tracker(const struct app *app, const char *url, unsigned *ret_tracker,
			struct error *error)
{
	const struct tracker *tracker;
	int code;

	if (!url && app->trackers->count > 1)
		return error_set(error, APP_E_FAILED,
				 "%s has %zu trackers: name one with --tracker URL",
				 app->config->path, app->trackers->count);
	code = tracker_option_find(app, url, &tracker, error);
	if (code == 0)
		*ret_tracker = tracker->index;
	return code;
}

static int export(const struct app *app, const struct arguments *arguments, struct buffer *text,
		  struct error *error)
{
	unsigned tracker = 0;
	int code;

	if (arguments->holder == HOLDER_MAILER) {
		code = keyring_export_mailer(app->keyring, text);
	} else {
		code = find_tracker(app, arguments->tracker, &tracker, error);
		if (!code)
			code = keyring_export_login(app->keyring, tracker, text);
	}
	return code < 0 ? error_set(error, code, "%s", strerror(-code)) : code;
}

int command_key_export(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options_table,
		.parser = parse_option,
		.doc = "Print the keys with which a mailer or a site's login mints tokens of its "
		       "own, as JSON. Keep them like a password: who holds a mailer's keys mints "
		       "links to anywhere. They work until the key that signs now is retired.",
	};
	struct arguments arguments = {.config = NULL};
	struct buffer text = BUFFER_INIT;
	struct error error = {""};
	struct app *app;
	int code;

	command_parse(&argp, argc, argv, &arguments);
	if (app_open(arguments.config, APP_OFFLINE, &app, &error))
		return command_fail(&error);
	code = export(app, &arguments, &text, &error);
	if (!code) {
		(void)setvbuf(stdout, NULL, _IONBF, 0);
		(void)fwrite(text.data, 1, text.size, stdout);
	}
	if (text.data)
		sodium_memzero(text.data, text.capacity);
	buffer_finish(&text);
	app_close(app);
	return code ? command_fail(&error) : command_finish();
}
