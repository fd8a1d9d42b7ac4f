/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options about a list and where its messages go. What makes no sense without a list is a wrong
 * command line, as are two places to send to.
 *
 * Making a sink does nothing yet, so that the parser may do it.
 */
#include "commands/bulk_options.h"

#include <string.h>

enum {
	KEY_RECIPIENTS = 0x200,
	KEY_MERGE,
	KEY_MAP,
	KEY_SEPARATOR,
	KEY_LIST_CHARSET,
	KEY_STRICT,
	KEY_TEST,
	KEY_MBOX,
	KEY_NDJSON,
	KEY_FOLDER,
	KEY_COMMAND
};

/* clang-format off */
static const struct argp_option options_table[] = {
	{"recipients", KEY_RECIPIENTS, "FILE", 0, "Write the message for everybody on this list: CSV with a header row and a column \"email\"", 0},
	{"merge", KEY_MERGE, NULL, 0, "Fill {{column}} with what the recipient's row says", 0},
	{"map", KEY_MAP, "COLUMN=FIELD", 0, "The list's column is this field; nothing behind '=': it is left out. May be repeated", 0},
	{"separator", KEY_SEPARATOR, "CHAR", 0, "What separates the list's values: ',' ';' or 'tab' (default: as the header has it)", 0},
	{"list-charset", KEY_LIST_CHARSET, "NAME", 0, "The list's charset (default: UTF-8)", 0},
	{"strict", KEY_STRICT, NULL, 0, "Send nothing when a row is bad", 0},
	{"test", KEY_TEST, "EMAIL", 0, "Send the first row's message to this address, and no other", 0},
	{"mbox", KEY_MBOX, "FILE", 0, "Write the messages into one file (default: to standard output, '-')", 0},
	{"ndjson", KEY_NDJSON, "FILE", 0, "Write them as a JSON object a line ('-': standard output)", 0},
	{"folder", KEY_FOLDER, "DIR", 0, "Write each into a file of its own", 0},
	{"command", KEY_COMMAND, "COMMAND", 0, "Give each to a shell command on standard input, its recipient in $WAYMARK_RECIPIENT", 0},
	{0},
};
/* clang-format on */

static char separator_of(struct argp_state *state, const char *text)
{
	if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
		return '\t';
	if (strlen(text) != 1 || !strchr(",;\t", *text))
		argp_error(state, "--separator: '%s' is none of ',' ';' tab", text);
	return *text;
}

static error_t take_sink(struct argp_state *state, struct mail_sink *sink)
{
	struct bulk *bulk = state->input;

	if (!sink)
		argp_failure(state, 1, 0, "out of memory");
	if (bulk->sink)
		argp_error(state, "the messages can go to one place only: --mbox, --ndjson, "
				  "--folder or --command");
	bulk->sink = sink;
	return 0;
}

static error_t parse_sink(int key, const char *value, struct argp_state *state)
{
	switch (key) {
	case KEY_MBOX:
		return take_sink(state, mail_sink_mbox(value));
	case KEY_NDJSON:
		return take_sink(state, mail_sink_ndjson(value));
	case KEY_FOLDER:
		return take_sink(state, mail_sink_folder(value));
	case KEY_COMMAND:
		return take_sink(state, mail_sink_command(value));
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void check(const struct bulk *bulk, struct argp_state *state)
{
	if (bulk->path && strcmp(bulk->path, "-") == 0)
		argp_error(state, "--recipients: the message comes from standard input; name a "
				  "file for the list");
	if (!bulk->path && (bulk->merge || bulk->test || bulk->sink || bulk->strict ||
			    bulk->map.count > 0 || bulk->separator || bulk->list_charset))
		argp_error(state, "--merge, --test and where messages go are about a list: "
				  "--recipients FILE");
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct bulk *bulk = state->input;

	switch (key) {
	case KEY_RECIPIENTS:
		bulk->path = value;
		return 0;
	case KEY_MERGE:
		bulk->merge = true;
		return 0;
	case KEY_MAP:
		if (import_map_add(&bulk->map, value) != 0)
			argp_error(state,
				   "--map: '%s' is not \"column=field\" in UTF-8, or names "
				   "a column twice",
				   value);
		return 0;
	case KEY_SEPARATOR:
		bulk->separator = separator_of(state, value);
		return 0;
	case KEY_LIST_CHARSET:
		bulk->list_charset = value;
		return 0;
	case KEY_STRICT:
		bulk->strict = true;
		return 0;
	case KEY_TEST:
		bulk->test = value;
		return 0;
	case ARGP_KEY_END:
		check(bulk, state);
		return 0;
	default:
		return parse_sink(key, value, state);
	}
}

const struct argp bulk_options_argp = {.options = options_table, .parser = parse_option};
