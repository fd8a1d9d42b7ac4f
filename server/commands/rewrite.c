/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark rewrite`: a message on standard input, the tracked message on standard output.
 *
 * The links are registered before the first byte is written: a message that is out must not hold a
 * link that leads nowhere. If anything fails, nothing is written at all, so that a pipe into a
 * mailer sends either the whole tracked message or none.
 *
 * Stripping only reads: it opens the store beside whoever owns it.
 */
#include "track/rewrite.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/bulk_options.h"
#include "commands/command.h"
#include "commands/mail_options.h"
#include "commands/rewrite_check.h"
#include "commands/rewrite_register.h"
#include "commands/rewrite_report.h"
#include "commands/rewrite_utm.h"
#include "commands/session.h"
#include "commands/tracker_option.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>

enum { MESSAGE_MAX_BYTES = 64 << 20, READ_BYTES = 64 << 10 };

enum {
	KEY_TO = 't',
	KEY_FIELD = 'f',
	KEY_CAMPAIGN = 0x100,
	KEY_MAILING,
	KEY_AS,
	KEY_CHARSET,
	KEY_TRACKER,
	KEY_SELF_CONTAINED,
	KEY_STRIP,
	KEY_REPORT,
	KEY_UTM,
	KEY_OPEN_PIXEL,
	KEY_TRAP,
	KEY_UNSUBSCRIBE,
	KEY_CHECK,
	KEY_JSON
};

/* clang-format off */
static const struct argp_option options_table[] = {
	COMMAND_OPTION_CONFIG,
	{"to", KEY_TO, "EMAIL", 0, "Track for this person", 0},
	{"field", KEY_FIELD, "TEXT", 0, "Track for whomever a mailer's merge field names, as in *|WAYMARK|*", 0},
	{"campaign", KEY_CAMPAIGN, "NAME", 0, "The campaign (default: the tracker's)", 0},
	{"mailing", KEY_MAILING, "NAME", 0, "The mailing that the message is sent with", 0},
	{"as", KEY_AS, "FORM", 0, "html, text or mime, a whole mail (default: told by the message)", 0},
	{"charset", KEY_CHARSET, "LABEL", 0, "The message's charset (default: told by the message); of a mail, of parts that name none", 0},
	{"self-contained", KEY_SELF_CONTAINED, NULL, 0, "Put the destination into every link (/u/): works without the store", 0},
	{"tracker", KEY_TRACKER, "URL", 0, "The tracker whose address the links get (default: the primary)", 0},
	{"utm", KEY_UTM, "QUERY", OPTION_ARG_OPTIONAL, "Add to destinations on the sites (default: utm_source of the mailing, utm_medium=email, utm_campaign)", 0},
	{"open-pixel", KEY_OPEN_PIXEL, NULL, 0, "Add the open pixel where the body of HTML begins", 0},
	{"trap", KEY_TRAP, NULL, 0, "Add a link there that no person sees, which tells machines", 0},
	{"unsubscribe", KEY_UNSUBSCRIBE, "LIST", OPTION_ARG_OPTIONAL, "Add List-Unsubscribe to a mail, and put the page for {{unsubscribe}}", 0},
	{"strip", KEY_STRIP, NULL, 0, "Take tracking out: our links become their destinations", 0},
	{"check", KEY_CHECK, "LEVEL", OPTION_ARG_OPTIONAL, "Write no message, but what every link becomes and what to mend; the exit status is 2 where there are errors, with =warnings also where there are warnings", 0},
	{"json", KEY_JSON, NULL, 0, "With --check: one JSON object", 0},
	{"report", KEY_REPORT, "FORM", OPTION_ARG_OPTIONAL, "Every link on standard error, as table (default) or json", 0},
	{0},
};
/* clang-format on */

struct arguments {
	const char *config, *to, *field, *campaign, *mailing, *charset, *tracker;
	const char *utm, *list;
	enum rewrite_form form;
	bool self_contained, strip, with_utm, open_pixel, trap, unsubscribe;
	bool check, check_warnings, as_json;
	enum rewrite_report report;
	struct bulk bulk;
	struct mail_options mail;
};

static void finish_arguments(struct arguments *arguments)
{
	bulk_finish(&arguments->bulk);
	mail_options_finish(&arguments->mail);
}

static error_t parse_as(struct arguments *arguments, const char *text, struct argp_state *state)
{
	if (strcmp(text, "html") == 0)
		arguments->form = REWRITE_HTML;
	else if (strcmp(text, "text") == 0)
		arguments->form = REWRITE_TEXT;
	else if (strcmp(text, "mime") == 0)
		arguments->form = REWRITE_MIME;
	else
		argp_error(state, "--as takes html, text or mime, not '%s'", text);
	return 0;
}

static error_t parse_report(struct arguments *arguments, const char *text, struct argp_state *state)
{
	if (!text || strcmp(text, "table") == 0)
		arguments->report = REWRITE_REPORT_TABLE;
	else if (strcmp(text, "json") == 0)
		arguments->report = REWRITE_REPORT_JSON;
	else
		argp_error(state, "--report takes table or json, not '%s'", text);
	return 0;
}

static error_t parse_check(struct arguments *arguments, const char *text, struct argp_state *state)
{
	if (text && strcmp(text, "errors") != 0 && strcmp(text, "warnings") != 0)
		argp_error(state, "--check takes errors or warnings, not '%s'", text);
	arguments->check = true;
	arguments->check_warnings = text && strcmp(text, "warnings") == 0;
	return 0;
}

/* What is to be added to the message. */
static error_t parse_addition(int key, char *value, struct arguments *arguments)
{
	switch (key) {
	case KEY_UTM:
		arguments->utm = value;
		arguments->with_utm = true;
		return 0;
	case KEY_OPEN_PIXEL:
		arguments->open_pixel = true;
		return 0;
	case KEY_TRAP:
		arguments->trap = true;
		return 0;
	case KEY_UNSUBSCRIBE:
		arguments->list = value;
		arguments->unsubscribe = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->bulk;
		state->child_inputs[1] = &arguments->mail;
		return 0;
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case KEY_TO:
		arguments->to = value;
		return 0;
	case KEY_FIELD:
		arguments->field = value;
		return 0;
	case KEY_CAMPAIGN:
		arguments->campaign = value;
		return 0;
	case KEY_MAILING:
		arguments->mailing = value;
		return 0;
	case KEY_CHARSET:
		arguments->charset = value;
		return 0;
	case KEY_TRACKER:
		arguments->tracker = value;
		return 0;
	case KEY_SELF_CONTAINED:
		arguments->self_contained = true;
		return 0;
	case KEY_STRIP:
		arguments->strip = true;
		return 0;
	case KEY_AS:
		return parse_as(arguments, value, state);
	case KEY_REPORT:
		return parse_report(arguments, value, state);
	case KEY_CHECK:
		return parse_check(arguments, value, state);
	case KEY_JSON:
		arguments->as_json = true;
		return 0;
	case ARGP_KEY_END:
		if (arguments->as_json && !arguments->check)
			argp_error(state, "--json goes with --check");
		if (arguments->check && arguments->strip)
			argp_error(state, "--check and --strip exclude each other");
		if (arguments->mail.first && !arguments->bulk.path)
			argp_error(state, "--%s needs --recipients", arguments->mail.first);
		return 0;
	default:
		return parse_addition(key, value, arguments);
	}
}

static int read_message(struct buffer *message, struct error *error)
{
	message->limit = MESSAGE_MAX_BYTES;
	for (;;) {
		uint8_t *room = buffer_reserve(message, READ_BYTES);
		ssize_t size = room ? read(STDIN_FILENO, room, READ_BYTES) : -1;

		if (!room && message->error == -EMSGSIZE)
			return error_set(
				error, COMMAND_FAILED,
				"the message is longer than %d MiB, the most that is taken",
				MESSAGE_MAX_BYTES >> 20);
		if (!room)
			return error_set(error, COMMAND_FAILED, "out of memory");
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return error_set(error, COMMAND_FAILED, "standard input cannot be read: %s",
					 strerror(errno));
		if (size == 0)
			return 0;
		message->size += (size_t)size;
	}
}

/* What --utm says, or else what analytics programs want to know of a mail. */
static int fill_utm(const struct arguments *arguments, struct rewrite_options *options,
		    struct buffer *utm)
{
	if (!arguments->with_utm)
		return 0;
	if (arguments->utm)
		buffer_append_text(utm, arguments->utm);
	else
		rewrite_utm_standard(options, utm);
	options->utm = buffer_span(utm);
	return utm->error;
}

static int fill_options(const struct arguments *arguments, const struct app *app,
			struct rewrite_options *ret_options, struct buffer *utm,
			struct error *error)
{
	struct rewrite_options options = {
		.trackers = app->trackers,
		.keyring = app->keyring,
		.form = arguments->form,
		.charset = span_text(arguments->charset),
		.campaign = span_text(arguments->campaign),
		.mailing = span_text(arguments->mailing),
		.field = span_text(arguments->field),
		.self_contained = arguments->self_contained,
		.open_pixel = arguments->open_pixel,
		.trap = arguments->trap,
		.unsubscribe = arguments->unsubscribe,
		.list = span_text(arguments->list),
	};
	int r;

	if (arguments->bulk.path && (arguments->to || arguments->field))
		return error_set(error, COMMAND_FAILED,
				 "--recipients says for whom the links are; leave --to and --field "
				 "out");
	if (arguments->bulk.path)
		options.has_prospect = options.addressed = true;
	if (arguments->to) {
		options.has_prospect = true;
		if (id_of_address(app->keyring, span_text(arguments->to), &options.prospect) != 0)
			return error_set(error, COMMAND_FAILED,
					 "--to: '%s' is not an e-mail address", arguments->to);
	}
	*ret_options = options;
	r = tracker_option_find(app, arguments->tracker, &ret_options->tracker, error);
	return r == 0 ? fill_utm(arguments, ret_options, utm) : r;
}

static int write_result(const struct arguments *arguments, const struct rewrite_result *result)
{
	struct span output = rewrite_output(result);

	rewrite_report_print(result, arguments->report);
	(void)fwrite(output.data, 1, output.size, stdout);
	return command_finish();
}

/* A negative errno of the library has no sentence yet. */
static int fail(int code, struct error *error)
{
	if (code < 0)
		(void)error_set(error, code, "%s", strerror(-code));
	return command_fail(error);
}

static int track(const struct arguments *arguments, struct span message, struct error *error)
{
	struct rewrite_result *result = NULL;
	struct rewrite_options options = {.form = REWRITE_AUTO};
	cleanup_buffer struct buffer utm = BUFFER_INIT;
	struct session *session;
	int r = session_open(arguments->config, &session, error);

	if (r != 0)
		return fail(r, error);
	r = fill_options(arguments, session_app(session), &options, &utm, error);
	if (r == 0)
		r = rewrite_message(message, &options, &result, error);
	if (r == 0) {
		size_t count;
		const struct rewrite_link *links = rewrite_links(result, &count);

		r = rewrite_register(session, links, count, &options, error);
	}
	session_close(session);
	r = r == 0 ? write_result(arguments, result) : fail(r, error);
	rewrite_result_free(result);
	return r;
}

/* For each recipient of a list. */
static int track_list(struct arguments *arguments, struct span message, struct error *error)
{
	struct rewrite_options options = {.form = REWRITE_AUTO};
	cleanup_buffer struct buffer utm = BUFFER_INIT;
	cleanup(cleanup_app) struct app *app = NULL;
	int r = app_open(arguments->config, APP_OFFLINE, &app, error);

	if (r == 0)
		r = fill_options(arguments, app, &options, &utm, error);
	if (r != 0)
		return fail(r, error);
	arguments->bulk.config = arguments->config;
	arguments->bulk.report = arguments->report;
	if (mail_options_apply(&arguments->mail, &arguments->bulk, error) != 0)
		return command_fail(error);
	return bulk_serve(&arguments->bulk, app, message, &options);
}

static int find_destination(void *context, const struct link_id *id, struct buffer *to)
{
	struct arena arena = ARENA_INIT(0);
	struct store *store = context;
	struct link link;
	int r = store ? link_find(store, id, &arena, &link) : STORE_E_NOT_FOUND;

	if (r == 0)
		buffer_append_span(to, link.destination);
	arena_finish(&arena);
	return r;
}

static int strip(const struct arguments *arguments, struct span message, struct error *error)
{
	struct rewrite_result *result = NULL;
	struct rewrite_options options = {.form = REWRITE_AUTO};
	cleanup_buffer struct buffer utm = BUFFER_INIT;
	struct app *app;
	int r = app_open(arguments->config, APP_READER, &app, error);

	if (r == APP_E_ABSENT)
		r = app_open(arguments->config, APP_OFFLINE, &app, error);
	if (r != 0)
		return fail(r, error);
	r = fill_options(arguments, app, &options, &utm, error);
	if (r == 0)
		r = rewrite_strip(message, &options, find_destination, app->store, &result, error);
	r = r == 0 ? write_result(arguments, result) : fail(r, error);
	rewrite_result_free(result);
	app_close(app);
	return r;
}

static int check(struct arguments *arguments, struct span message, struct error *error)
{
	struct rewrite_check check = {
		.as_json = arguments->as_json,
		.strict = arguments->check_warnings,
	};
	cleanup_buffer struct buffer utm = BUFFER_INIT;
	cleanup(cleanup_app) struct app *app = NULL;
	int r = app_open(arguments->config, APP_READER, &app, error);

	if (r == APP_E_ABSENT)
		r = app_open(arguments->config, APP_OFFLINE, &app, error);
	if (r == 0)
		r = fill_options(arguments, app, &check.options.rewrite, &utm, error);
	if (r != 0)
		return fail(r, error);
	if (app->store) {
		check.options.find = find_destination;
		check.options.context = app->store;
	}
	if (arguments->bulk.path)
		return rewrite_check_list(&check, &arguments->bulk, app->keyring, message);
	return rewrite_check(&check, message);
}

int command_rewrite(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&bulk_options_argp, 0, "For everybody on a list:", 1},
		{&mail_options_argp, 0, "Sending to the list:", 2},
		{0},
	};
	static const struct argp argp = {
		.options = options_table,
		.parser = parse_option,
		.children = children,
		.doc = "Track the links of a message: read it from standard input, register its "
		       "links, write it to standard output. Only the bytes of link values change."
		       "\vExit status: 0, or 1 with a sentence on standard error and nothing written, or "
		       "2 of --check where something is to be mended, and of --recipients where rows were "
		       "bad or messages refused. "
		       "Links marked data-notrack, or inside such an element, are left alone.",
	};
	cleanup_buffer struct buffer message = BUFFER_INIT;
	cleanup(finish_arguments) struct arguments arguments = {.form = REWRITE_AUTO};
	struct error error = {""};

	command_parse(&argp, argc, argv, &arguments);
	if (read_message(&message, &error) != 0)
		return command_fail(&error);
	if (arguments.check)
		return check(&arguments, buffer_span(&message), &error);
	if (arguments.strip)
		return strip(&arguments, buffer_span(&message), &error);
	if (arguments.bulk.path)
		return track_list(&arguments, buffer_span(&message), &error);
	return track(&arguments, buffer_span(&message), &error);
}
