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
#include "app/store_health.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "commands/command.h"
#include "commands/serve_mail.h"
#include "config/config.h"
#include "public/public.h"
#include "ship/mail_domains.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_LOCK_WAIT = 'w', LOCK_WAIT_S = 30, LOCK_WAIT_MAX_S = 3600 };

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"lock-wait", KEY_LOCK_WAIT, "SECONDS", 0, "How long to wait for a server or a command that has the data (default: 30)", 0},
	{0},
};
/* clang-format on */

struct arguments {
	const char *config;
	unsigned lock_wait_s;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	unsigned long seconds;
	char *end;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case KEY_LOCK_WAIT:
		seconds = strtoul(value, &end, 10);
		if (*value < '0' || *value > '9' || *end || seconds > LOCK_WAIT_MAX_S)
			argp_error(state,
				   "--lock-wait is a whole number of seconds up to %d, "
				   "not '%s'",
				   LOCK_WAIT_MAX_S, value);
		arguments->lock_wait_s = (unsigned)seconds;
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
	static struct app_routes routes;

	routes = (struct app_routes){
		.public_rows = public_routes,
		.public_count = public_route_count,
		.public_otherwise = &public_otherwise,
		.admin_rows = admin_routes,
		.admin_count = admin_route_count,
		.control_rows = control_routes,
		.control_count = control_route_count,
		.gate = public_gate,
		.admin_gate = admin_gate,
	};

	return app_listen(app, &routes, error);
}

static int print_ready(const struct app *app, struct error *error)
{
	cleanup_buffer struct buffer line = BUFFER_INIT;

	buffer_append_text(&line, "waymark is ready: ");
	listener_describe(app->public, &line);
	buffer_append_text(&line, " (public), ");
	listener_describe(app->admin, &line);
	buffer_printf(&line, " (admin), tracker %s", app->trackers->primary->origin);
	if (line.error)
		return error_set(error, APP_E_FAILED, "out of memory");
	puts(buffer_text(&line));
	(void)fflush(stdout);
	return 0;
}

static void warn_of_no_effect(const struct config *config)
{
	const char *why;
	size_t at = 0;

	for (const char *key; (key = config_next_without_effect(config, &at, &why)) != NULL;)
		log_warning("configuration", "key", key, "reason", "has no effect", "why", why);
}

/* The server that was to be replaced is still there, or we were told to stop while waiting. */
static int end_of_wait(int code)
{
	if (code != APP_E_LOCKED || !app_is_told_to_stop())
		return code;
	log_info("stopping", "result", "not started");
	return 0;
}

static void cleanup_domains(struct mail_domains **domains)
{
	mail_domains_free(*domains);
}

/* Who finds out for handlers whether domains take mail. */
static int ask_resolver(struct app *app, struct mail_domains **ret_domains, struct error *error)
{
	int code;

	if (!app->config->resolver[0])
		return 0;
	code = mail_domains_new(app->config->resolver, ret_domains, error);
	if (code == DNS_E_RESOLVER)
		error_prefix(error, "forms.resolver: ");
	if (code < 0)
		return error_set(error, APP_E_FAILED, "forms.resolver: %s", strerror(-code));
	if (code)
		return APP_E_FAILED;
	app->mail_domains = *ret_domains;
	app->answers_fd = mail_domains_fd(*ret_domains);
	return 0;
}

static int serve(const struct arguments *arguments, struct error *error)
{
	cleanup(cleanup_domains) struct mail_domains *domains = NULL;
	cleanup(cleanup_app) struct app *app = NULL;
	int code = app_open_server(arguments->config, arguments->lock_wait_s * 1000, &app, error);
	bool cut = false;

	if (code)
		return end_of_wait(code);
	code = app_open_outbox(app, &serve_mail_sender, error);
	if (!code)
		code = ask_resolver(app, &domains, error);
	if (!code)
		code = listen_everywhere(app, error);
	if (code)
		return code;
	log_info("started", "version", WAYMARK_VERSION, "node", app->config->node);
	warn_of_no_effect(app->config);
	store_health_watch(app);
	code = print_ready(app, error);
	if (code)
		return code;
	service_notify(&app->service, "READY=1\nSTATUS=Answering.");
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
		       "SIGHUP takes a changed configuration and changed keys into use. "
		       "SIGTERM finishes what is open and stops; a second one stops at once.",
	};
	struct arguments arguments = {.lock_wait_s = LOCK_WAIT_S};
	struct error error = {0};

	command_parse(&argp, argc, argv, &arguments);
	loop_block_signals();
	return serve(&arguments, &error) ? command_fail(&error) : COMMAND_OK;
}
