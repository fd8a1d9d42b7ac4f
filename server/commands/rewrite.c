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
#include "commands/command.h"
#include "commands/rewrite_report.h"
#include "commands/session.h"
#include "commands/tracker_option.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>

enum {
	MESSAGE_MAX_BYTES = 64 << 20,
	READ_BYTES = 64 << 10,
	BATCH_LINKS = 500,
	BATCH_BYTES = 512 << 10, /* of destinations: an operation is bounded in bytes, too */
	HEADER_MAX_BYTES = 64 << 10
};

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
	KEY_REPORT
};

/* clang-format off */
static const struct argp_option options_table[] = {
	COMMAND_OPTION_CONFIG,
	{"to", KEY_TO, "EMAIL", 0, "Track for this person", 0},
	{"field", KEY_FIELD, "TEXT", 0, "Track for whomever a mailer's merge field names, as in *|WAYMARK|*", 0},
	{"campaign", KEY_CAMPAIGN, "NAME", 0, "The campaign (default: the tracker's)", 0},
	{"mailing", KEY_MAILING, "NAME", 0, "The mailing that the message is sent with", 0},
	{"as", KEY_AS, "FORM", 0, "html or text (default: told by the message)", 0},
	{"charset", KEY_CHARSET, "LABEL", 0, "The message's charset (default: told by the message)", 0},
	{"self-contained", KEY_SELF_CONTAINED, NULL, 0, "Put the destination into every link (/u/): works without the store", 0},
	{"tracker", KEY_TRACKER, "URL", 0, "The tracker whose address the links get (default: the primary)", 0},
	{"strip", KEY_STRIP, NULL, 0, "Take tracking out: our links become their destinations", 0},
	{"report", KEY_REPORT, "FORM", OPTION_ARG_OPTIONAL, "Every link on standard error, as table (default) or json", 0},
	{0},
};
/* clang-format on */

struct arguments {
	const char *config, *to, *field, *campaign, *mailing, *charset, *tracker;
	enum rewrite_form form;
	bool self_contained, strip;
	enum rewrite_report report;
};

static error_t parse_as(struct arguments *arguments, const char *text, struct argp_state *state)
{
	if (strcmp(text, "html") == 0)
		arguments->form = REWRITE_HTML;
	else if (strcmp(text, "text") == 0)
		arguments->form = REWRITE_TEXT;
	else if (strcmp(text, "mime") == 0)
		argp_failure(
			state, COMMAND_USAGE, 0,
			"this version does not take whole MIME messages; rewrite the HTML and the "
			"text part each by itself");
	else
		argp_error(state, "--as takes html or text, not '%s'", text);
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

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
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
	default:
		return ARGP_ERR_UNKNOWN;
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

/*
 * A whole mail begins with a header block; its addresses and List-Unsubscribe are not links to be
 * tracked, and its parts may be encoded.
 */
static bool is_mime(struct span message)
{
	struct span head = span_slice(message, 0, HEADER_MAX_BYTES);
	size_t at = 0;

	while (at < head.size) {
		size_t end = span_find(head, '\n', at);
		struct span line = span_slice(head, at, end - at);
		size_t name = 0;

		while (name < line.size && line.data[name] > ' ' && line.data[name] < 0x7F &&
		       line.data[name] != ':')
			name++;
		if (span_starts_nocase(line, SPAN("mime-version:")) ||
		    span_starts_nocase(line, SPAN("content-type:")))
			return true;
		if (line.size == 0 || (at == 0 && (line.data[0] == ' ' || line.data[0] == '\t')) ||
		    (line.data[0] != ' ' && line.data[0] != '\t' &&
		     (name == 0 || name >= line.size || line.data[name] != ':')))
			return false;
		at = end + 1;
	}
	return false;
}

static int fill_options(const struct arguments *arguments, const struct app *app,
			struct rewrite_options *ret_options, struct error *error)
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
	};

	if (arguments->to) {
		options.has_prospect = true;
		if (id_of_address(app->keyring, span_text(arguments->to), &options.prospect) != 0)
			return error_set(error, COMMAND_FAILED,
					 "--to: '%s' is not an e-mail address", arguments->to);
	}
	*ret_options = options;
	return tracker_option_find(app, arguments->tracker, &ret_options->tracker, error);
}

static json_t *text_json(struct span text)
{
	return json_stringn((const char *)text.data, text.size);
}

/* What is to be registered: the next call's links, and what was seen before. */
struct registering {
	struct session *session;
	struct span mailing;
	char *campaign; /* a copy: a call may open the session's app again, with its trackers */
	json_t *batch, *seen, *names;
	size_t batch_bytes;
};

/* What /api/v1/links takes for one link; NULL when out of memory. */
static json_t *link_json(const struct rewrite_link *link, const struct registering *registering)
{
	json_t *item = json_object();
	int r = 0;

	if (!item)
		return NULL;
	r |= json_object_set_new(item, "destination", text_json(link->destination));
	r |= json_object_set_new(item, "campaign", json_string(registering->campaign));
	if (registering->mailing.size)
		r |= json_object_set_new(item, "mailing", text_json(registering->mailing));
	if (link->label.size)
		r |= json_object_set_new(item, "label", text_json(link->label));
	if (r == 0)
		return item;
	json_decref(item);
	return NULL;
}

static int send_batch(struct registering *registering, struct error *error)
{
	json_t *body, *reply = NULL;
	int r;

	if (json_array_size(registering->batch) + json_array_size(registering->names) == 0)
		return 0;
	body = json_pack("{s:O, s:O}", "links", registering->batch, "names", registering->names);
	if (!body)
		return error_set(error, COMMAND_FAILED, "out of memory");
	r = session_call(registering->session, "/api/v1/links", body, &reply, error);
	json_decref(body);
	json_decref(reply);
	if (r < 0)
		return error_set(error, COMMAND_FAILED, "the links cannot be registered: %s",
				 strerror(-r));
	if (r > 0)
		error_prefix(error, "the links cannot be registered: ");
	registering->batch_bytes = 0;
	(void)json_array_clear(registering->names);
	return json_array_clear(registering->batch) == 0 ? r : COMMAND_FAILED;
}

static int add_link(struct registering *registering, const struct rewrite_link *link,
		    struct error *error)
{
	char id[2 * sizeof(link->id) + 1];

	hex_format(&link->id, sizeof(link->id), id);
	if (json_object_get(registering->seen, id))
		return 0;
	if (json_object_set_new(registering->seen, id, json_true()) != 0 ||
	    json_array_append_new(registering->batch, link_json(link, registering)) != 0)
		return error_set(error, COMMAND_FAILED, "out of memory");
	registering->batch_bytes += link->destination.size;
	if (json_array_size(registering->batch) < BATCH_LINKS &&
	    registering->batch_bytes < BATCH_BYTES)
		return 0;
	return send_batch(registering, error);
}

/* A self-contained link stays out of the store, but the name of its campaign is recorded. */
static int add_campaign(struct registering *registering, struct error *error)
{
	json_t *name;

	if (json_object_get(registering->seen, "campaign"))
		return 0;
	name = json_pack("{s:s, s:s}", "kind", "campaign", "name", registering->campaign);
	if (json_object_set_new(registering->seen, "campaign", json_true()) != 0 ||
	    json_array_append_new(registering->names, name) != 0)
		return error_set(error, COMMAND_FAILED, "out of memory");
	return 0;
}

/* Each distinct link once, in batches that an operation takes. */
static int register_links(struct session *session, const struct rewrite_result *result,
			  const struct rewrite_options *options, struct error *error)
{
	cleanup_free char *campaign =
		options->campaign.size
			? strndup((const char *)options->campaign.data, options->campaign.size)
			: strdup(options->tracker->campaign);
	struct registering registering = {
		.session = session,
		.mailing = options->mailing,
		.campaign = campaign,
		.batch = json_array(),
		.seen = json_object(),
		.names = json_array(),
	};
	size_t count = 0;
	const struct rewrite_link *links = rewrite_links(result, &count);
	int r = 0;

	if (!campaign || !registering.batch || !registering.seen || !registering.names)
		r = error_set(error, COMMAND_FAILED, "out of memory");
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (links[i].outcome == REWRITE_TRACKED)
			r = add_link(&registering, &links[i], error);
		else if (links[i].outcome == REWRITE_TRACKED_SELF_CONTAINED)
			r = add_campaign(&registering, error);
	}
	if (r == 0)
		r = send_batch(&registering, error);
	json_decref(registering.batch);
	json_decref(registering.seen);
	json_decref(registering.names);
	return r;
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
	struct session *session;
	int r = session_open(arguments->config, &session, error);

	if (r != 0)
		return fail(r, error);
	r = fill_options(arguments, session_app(session), &options, error);
	if (r == 0)
		r = rewrite_message(message, &options, &result, error);
	if (r == 0)
		r = register_links(session, result, &options, error);
	session_close(session);
	r = r == 0 ? write_result(arguments, result) : fail(r, error);
	rewrite_result_free(result);
	return r;
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
	struct app *app;
	int r = app_open(arguments->config, APP_READER, &app, error);

	if (r == APP_E_ABSENT)
		r = app_open(arguments->config, APP_OFFLINE, &app, error);
	if (r != 0)
		return fail(r, error);
	r = fill_options(arguments, app, &options, error);
	if (r == 0)
		r = rewrite_strip(message, &options, find_destination, app->store, &result, error);
	r = r == 0 ? write_result(arguments, result) : fail(r, error);
	rewrite_result_free(result);
	app_close(app);
	return r;
}

int command_rewrite(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options_table,
		.parser = parse_option,
		.doc = "Track the links of a message: read it from standard input, register its "
		       "links, write it to standard output. Only the bytes of link values change."
		       "\vExit status: 0, or 1 with a sentence on standard error and nothing written. "
		       "Links marked data-notrack, or inside such an element, are left alone.",
	};
	cleanup_buffer struct buffer message = BUFFER_INIT;
	struct arguments arguments = {.form = REWRITE_AUTO};
	struct error error = {""};

	command_parse(&argp, argc, argv, &arguments);
	if (read_message(&message, &error) != 0)
		return command_fail(&error);
	if (arguments.form == REWRITE_AUTO && is_mime(buffer_span(&message))) {
		(void)error_set(
			&error, 0,
			"this is a whole MIME message, which this version does not take; "
			"rewrite its HTML and its text part each by itself (or say --as html or "
			"--as text)");
		return command_fail(&error);
	}
	if (arguments.strip)
		return strip(&arguments, buffer_span(&message), &error);
	return track(&arguments, buffer_span(&message), &error);
}
