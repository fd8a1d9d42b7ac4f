/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How options of sending are read. What they mean is in send_run.h and mail_sink_smtp.h.
 *
 * A number that makes no sense ends the command line; options that do not go together are found
 * when all of it is known, since a sink may be named behind them. What is said of --smtp without
 * --smtp is refused: somebody meant to send, and would get an mbox on their terminal.
 */
#include "commands/mail_options.h"

#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/mail_sink_smtp.h"
#include "commands/send_run.h"
#include "text/email_address.h"

#include <errno.h>

enum {
	KEY_SMTP = 800,
	KEY_TLS,
	KEY_AUTH,
	KEY_CA,
	KEY_FROM,
	KEY_RATE,
	KEY_JOURNAL,
	KEY_IN_DOUBT,
	KEY_TRANSACTIONAL,
	KEY_PATIENCE,
	KEY_REFUSALS,
	PATIENCE_MAX_S = 7 * 86400,
	REFUSALS_MAX = 1000000,
	RATE_MAX = 1000000
};

/* clang-format off */
static const struct argp_option table[] = {
	{"smtp", KEY_SMTP, "HOST[:PORT]", 0, "Send by this mail server; \"configured\" is smtp.server of the configuration", 0},
	{"smtp-tls", KEY_TLS, "HOW", 0, "starttls (default), tls, or none; for the configured server as smtp.tls says", 0},
	{"smtp-auth", KEY_AUTH, "FILE", 0, "Log in there: a file of mode 0600, user and password on a line each", 0},
	{"smtp-ca", KEY_CA, "FILE", 0, "Certificate authorities (PEM) instead of the system's", 0},
	{"mail-from", KEY_FROM, "ADDRESS", 0, "The address that bounces go to (default: smtp.from)", 0},
	{"rate", KEY_RATE, "NUMBER[/s|/m|/h]", 0, "At most so many mails a second, minute or hour", 0},
	{"journal", KEY_JOURNAL, "FILE", 0, "Where it stands who got it, so that a run that was ended goes on there (with --smtp by default the list's name and .journal)", 0},
	{"in-doubt", KEY_IN_DOUBT, NULL, 0, "Send again to those of whom nobody knows whether they got it", 0},
	{"transactional", KEY_TRANSACTIONAL, NULL, 0, "Also to those who get no mail; the log says so", 0},
	{"patience", KEY_PATIENCE, "SECONDS", 0, "Try again for so long what the server puts off (default: 900)", 0},
	{"refusals", KEY_REFUSALS, "NUMBER", 0, "Stop after so many refusals in a row, as something else must be wrong (default: 50; 0: never)", 0},
	{0},
};
/* clang-format on */

static bool read_number(const char *text, unsigned long max, unsigned *ret_number, char **ret_end)
{
	unsigned long number;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoul(text, ret_end, 10);
	*ret_number = (unsigned)number;
	return errno == 0 && number <= max;
}

static void read_whole(const char *name, const char *text, unsigned max, unsigned *ret_number,
		       struct argp_state *state)
{
	char *end;

	if (!read_number(text, max, ret_number, &end) || *end)
		argp_error(state, "--%s takes a number from 0 to %u, not '%s'", name, max, text);
}

static usec_t read_rate(const char *text, struct argp_state *state)
{
	static const struct {
		const char *unit;
		usec_t seconds;
	} units[] = {{"", 1}, {"/s", 1}, {"/m", 60}, {"/h", 3600}};
	unsigned number;
	char *end;

	if (read_number(text, RATE_MAX, &number, &end) && number > 0)
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strcmp(end, units[i].unit) == 0)
				return units[i].seconds * USEC_PER_SEC / number;
	argp_error(state,
		   "--rate takes a number from 1 to %d, with /s, /m or /h behind it, not '%s'",
		   (int)RATE_MAX, text);
	return 0;
}

static void read_tls(struct mail_options *options, const char *text, struct argp_state *state)
{
	if (strcmp(text, "starttls") != 0 && strcmp(text, "tls") != 0 && strcmp(text, "none") != 0)
		argp_error(state, "--smtp-tls takes starttls, tls or none, not '%s'", text);
	options->tls = text;
}

/* What is kept as it stands. */
static bool take_text(struct mail_options *options, int key, const char *value)
{
	switch (key) {
	case KEY_SMTP:
		options->server = strcmp(value, "configured") == 0 ? "" : value;
		return true;
	case KEY_AUTH:
		options->auth_file = value;
		return true;
	case KEY_CA:
		options->ca_file = value;
		return true;
	case KEY_FROM:
		options->from = value;
		return true;
	case KEY_JOURNAL:
		options->journal = value;
		return true;
	default:
		return false;
	}
}

static const char *name_of(int key)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].key == key && table[i].name)
			return table[i].name;
	return NULL;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct mail_options *options = state->input;

	if (!options->first && key >= KEY_SMTP && key <= KEY_REFUSALS)
		options->first = name_of(key);
	switch (key) {
	case KEY_TLS:
		read_tls(options, value, state);
		return 0;
	case KEY_RATE:
		options->interval = read_rate(value, state);
		return 0;
	case KEY_IN_DOUBT:
		options->in_doubt = true;
		return 0;
	case KEY_TRANSACTIONAL:
		options->transactional = true;
		return 0;
	case KEY_PATIENCE:
		read_whole("patience", value, PATIENCE_MAX_S, &options->patience_s, state);
		options->has_patience = true;
		return 0;
	case KEY_REFUSALS:
		read_whole("refusals", value, REFUSALS_MAX, &options->refusals, state);
		options->has_refusals = true;
		return 0;
	default:
		return take_text(options, key, value) ? 0 : ARGP_ERR_UNKNOWN;
	}
}

const struct argp mail_options_argp = {.options = table, .parser = parse};

/* The first of what means nothing without --smtp; NULL: there is none. */
static const char *find_of_server(const struct mail_options *options)
{
	const struct {
		bool given;
		int key;
	} all[] = {
		{options->tls, KEY_TLS},
		{options->auth_file, KEY_AUTH},
		{options->ca_file, KEY_CA},
		{options->from, KEY_FROM},
		{options->interval > 0, KEY_RATE},
		{options->has_patience, KEY_PATIENCE},
		{options->has_refusals, KEY_REFUSALS},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].given)
			return name_of(all[i].key);
	return NULL;
}

static int check(const struct mail_options *options, const struct bulk *bulk, struct error *error)
{
	bool to_command = bulk->sink && strcmp(bulk->sink->type->name, "command") == 0;
	const char *of_server = find_of_server(options);

	if (options->server && bulk->sink)
		return error_set(error, COMMAND_FAILED,
				 "--smtp and a file, folder or command do not go together");
	if (!options->server && of_server)
		return error_set(error, COMMAND_FAILED, "--%s needs --smtp", of_server);
	if (options->from && !email_address_is_valid(span_text(options->from)))
		return error_set(error, COMMAND_FAILED,
				 "--mail-from takes an e-mail address and nothing around it");
	if (!options->server && !to_command && (options->journal || options->in_doubt))
		return error_set(error, COMMAND_FAILED, "--%s needs --smtp or --command",
				 options->journal ? "journal" : "in-doubt");
	return 0;
}

int mail_options_apply(struct mail_options *options, struct bulk *bulk, struct error *error)
{
	int code = check(options, bulk, error);

	if (code)
		return code;
	options->run = send_run_new(options, bulk);
	if (!options->run)
		return error_set(error, COMMAND_FAILED, "out of memory");
	bulk->watch = send_run_watch(options->run);
	if (!options->server)
		return 0;
	bulk->sink = mail_sink_smtp(options, bulk, options->run);
	return bulk->sink ? 0 : error_set(error, COMMAND_FAILED, "out of memory");
}

void mail_options_finish(struct mail_options *options)
{
	send_run_free(options->run);
	options->run = NULL;
}
