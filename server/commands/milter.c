/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark milter`: a filter of the mail server (Postfix) that tracks what any program sends
 * through it. It is a process of its own beside `serve`, with no part in the stores: links are
 * registered through data/waymark.sock, as a command does it.
 *
 * Core dumps would hold keys and mails, and a mail server waits for nobody who is swapped out:
 * both are for the unit (deploy/waymark-milter.service) to see to.
 */
#include "app/service.h"
#include "base/log.h"
#include "commands/command.h"
#include "commands/milter_filter.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEY_SOCKET = 's' };

/* clang-format off */
static const struct argp_option options_table[] = {
	COMMAND_OPTION_CONFIG,
	{"socket", KEY_SOCKET, "ADDRESS", 0, "Where to wait for the mail server: unix:/path, or host:port of this machine (default: milter.socket of the configuration)", 0},
	{0},
};
/* clang-format on */

struct arguments {
	const char *config, *socket;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case KEY_SOCKET:
		arguments->socket = value;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "takes no arguments");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int filter(const struct arguments *arguments, struct error *error)
{
	struct milter_tracking *tracking;
	struct service service;
	const char *socket;
	int r = service_init(&service, error);

	if (r == 0)
		r = milter_tracking_new(arguments->config, &tracking, error);
	if (r != 0)
		return r;
	socket = arguments->socket ? arguments->socket : milter_tracking_socket(tracking);
	r = milter_filter_listen(tracking, socket, error);
	if (r != 0)
		return r;
	log_info("started", "version", WAYMARK_VERSION);
	printf("waymark milter is ready: %s\n", socket);
	(void)fflush(stdout);
	service_notify(&service, "READY=1\nSTATUS=Answering.");
	r = milter_filter_run(error);
	log_info("stopping", "result", r ? error->text : "done");
	return r;
}

int command_milter(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options_table,
		.parser = parse,
		.doc = "Track the mails that other programs send through Postfix: a filter that "
		       "rewrites those with X-Waymark-Campaign, or from senders of "
		       "milter.senders, to one recipient. All others pass as they are, and so does "
		       "every mail when something fails. Changed configuration and keys are taken "
		       "into use by themselves."
		       "\vIt has to come before the filter that signs:\n"
		       "  smtpd_milters = unix:/waymark/milter.sock, unix:/opendkim/opendkim.sock\n"
		       "  milter_default_action = accept",
	};
	struct arguments arguments = {.config = NULL};
	struct error error = {""};
	int r;

	command_parse(&argp, argc, argv, &arguments);
	r = filter(&arguments, &error);
	if (r < 0)
		(void)error_set(&error, r, "%s", strerror(-r));
	/* Threads of libmilter may still be at work: nothing that they use is torn down. */
	_exit(r == 0 ? COMMAND_OK : command_fail(&error));
}
