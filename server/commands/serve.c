/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark serve`: opens the app, listens, prints one line when it is ready, turns until a signal
 * asks it to stop, and closes in reverse. This is the only place where the routes of public/ and
 * admin/ meet.
 *
 * The ready line goes to standard output after every listener accepts, so that whoever started the
 * server can wait for it; everything else is logfmt on standard error.
 */
#include "admin/admin.h"
#include "app/loop.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "commands/command.h"
#include "config/config.h"
#include "public/public.h"
#include "store/store.h"

#include <stdio.h>

static const struct argp_option options[] = {COMMAND_OPTION_CONFIG, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	const char **config = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		*config = argument;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "takes no arguments");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int listen_everywhere(struct app *app, struct error *error)
{
	const struct app_routes routes = {
		.public_rows = public_routes,
		.public_count = public_route_count,
		.admin_rows = admin_routes,
		.admin_count = admin_route_count,
		.control_rows = control_routes,
		.control_count = control_route_count,
		.gate = public_gate,
	};

	return app_listen(app, &routes, error);
}

static void print_ready(const struct app *app)
{
	cleanup_buffer struct buffer line = BUFFER_INIT;

	buffer_append_text(&line, "waymark is ready: ");
	app_format_address(app->public, app->config->listen, &line);
	buffer_append_text(&line, " (public), ");
	app_format_address(app->admin, app->config->admin_listen, &line);
	buffer_printf(&line, " (admin), tracker %s", app->trackers->primary->origin);
	if (!line.error)
		puts(buffer_text(&line));
	(void)fflush(stdout);
}

/* "says so": whoever starts it sees at once that clicks redirect but are not kept. */
static void warn_if_degraded(const struct app *app)
{
	struct store_status status;

	store_status(app->store, &status);
	if (status.events_failing || status.state_failing)
		log_warning("degraded", "data_dir", app->config->data_dir, "reason",
			    "the store cannot be written; is the disk full? links redirect, events "
			    "wait for room");
}

static void warn_of_no_effect(const struct config *config)
{
	cleanup_buffer struct buffer keys = BUFFER_INIT;
	size_t at = 0;

	for (const char *key; (key = config_next_without_effect(config, &at)) != NULL;)
		buffer_printf(&keys, "%s%s", keys.size > 0 ? " " : "", key);
	if (keys.size > 0 && !keys.error)
		log_warning("configuration", "keys", buffer_text(&keys), "reason",
			    "has no effect in this version");
}

static int serve(const char *option, struct error *error)
{
	cleanup(cleanup_app) struct app *app = NULL;
	int code = app_open(option, APP_SERVE, &app, error);
	bool cut = false;

	if (!code)
		code = listen_everywhere(app, error);
	if (code)
		return code;
	log_info("started", "version", WAYMARK_VERSION, "node", app->config->node);
	warn_of_no_effect(app->config);
	warn_if_degraded(app);
	print_ready(app);
	code = loop_run(app, &cut, error);
	log_info("stopping", "result", code ? error->text : cut ? "cut" : "drained");
	return code;
}

int command_serve(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Answer tracked links, record every click, and print one line when ready. "
		       "SIGTERM finishes what is open and stops.",
	};
	struct error error = {0};
	const char *config = NULL;

	command_parse(&argp, argc, argv, &config);
	loop_block_signals();
	return serve(config, &error) ? command_fail(&error) : COMMAND_OK;
}
