/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which mail server a list is sent by: what the command line says, and where it says nothing the
 * configuration's smtp.*. The configured login and certificates are for the configured server, and
 * are never shown to another one that the command line names.
 */
#include "commands/mail_relay.h"

#include "app/mail_login.h"
#include "base/cleanup.h"
#include "commands/command.h"

enum { TIMEOUT_MS = 300000 };

static int choose_tls(const struct mail_options *options, const struct config *config)
{
	if (!options->tls)
		return *options->server ? SMTP_STARTTLS : (int)config->smtp_tls;
	return strcmp(options->tls, "none") == 0  ? SMTP_PLAIN
	       : strcmp(options->tls, "tls") == 0 ? SMTP_TLS
						  : SMTP_STARTTLS;
}

/* The configuration as it would be for the server of the options: its login goes to no other. */
static int merge(const struct mail_options *options, struct config *config, struct error *error)
{
	bool other = *options->server && strcmp(options->server, config->smtp_server) != 0;

	if (!*options->server && !*config->smtp_server)
		return error_set(error, COMMAND_FAILED,
				 "--smtp: which mail server? The configuration has no smtp.server");
	config->smtp_tls = choose_tls(options, config);
	if (other) {
		config->smtp_server = (char *)(uintptr_t)options->server;
		config->smtp_auth_file = (char *)(uintptr_t) "";
		config->smtp_ca_file = (char *)(uintptr_t) "";
	}
	if (options->auth_file)
		config->smtp_auth_file = (char *)(uintptr_t)options->auth_file;
	if (options->ca_file)
		config->smtp_ca_file = (char *)(uintptr_t)options->ca_file;
	if (options->from)
		config->smtp_from = (char *)(uintptr_t)options->from;
	if (!*config->smtp_from)
		return error_set(error, COMMAND_FAILED,
				 "--smtp needs --mail-from, the address that bounces go to");
	return 0;
}

static int connect(struct mail_relay *relay, const struct mail_options *options,
		   const struct app *app, const char *hello, struct error *error)
{
	struct config config = *app->config;
	struct mail_login *login = NULL;
	struct smtp_options how;
	int code = merge(options, &config, error);

	if (!code)
		code = mail_login_load(&config, &login, error);
	if (code)
		return COMMAND_FAILED;
	how = (struct smtp_options){
		.server = config.smtp_server,
		.hello = hello,
		.tls = (enum smtp_tls)config.smtp_tls,
		.user = login ? login->user : NULL,
		.password = login ? login->password : NULL,
		.ca_file = *config.smtp_ca_file ? config.smtp_ca_file : NULL,
		.timeout_ms = TIMEOUT_MS,
	};
	relay->smtp = smtp_new(&how);
	relay->server = strdup(config.smtp_server);
	relay->from = strdup(config.smtp_from);
	mail_login_free(login);
	if (relay->smtp && relay->server && relay->from)
		return 0;
	mail_relay_close(relay);
	return error_set(error, COMMAND_FAILED, "out of memory");
}

int mail_relay_open(struct mail_relay *relay, const struct mail_options *options,
		    const char *config, const char *hello, struct error *error)
{
	struct app *app = NULL;
	int code = app_open(config, APP_OFFLINE, &app, error);

	if (!code)
		code = connect(relay, options, app, hello, error);
	app_close(app);
	return code ? COMMAND_FAILED : 0;
}

void mail_relay_close(struct mail_relay *relay)
{
	smtp_free(relay->smtp);
	free(relay->server);
	free(relay->from);
	*relay = (struct mail_relay){0};
}
