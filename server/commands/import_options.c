/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of imports. A --map that cannot be read is a wrong command line; whether the file has
 * such a column is known only when it is read.
 */
#include "commands/import_options.h"

#include "base/cleanup.h"

#include <string.h>

static char separator_of(struct argp_state *state, const char *text)
{
	if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
		return '\t';
	if (strlen(text) != 1 || !strchr(",;\t", *text))
		argp_error(state, "--separator: '%s' is none of ',' ';' tab", text);
	return *text;
}

static void add_map(struct argp_state *state, struct import_map *map, const char *text)
{
	if (import_map_add(map, text) != 0)
		argp_error(state,
			   "--map: '%s' is not \"column=field\" in UTF-8, names a column twice, or "
			   "is one of more than %d",
			   text, IMPORT_MAP_MAX);
}

error_t import_options_parse(int key, char *argument, struct argp_state *state)
{
	struct import_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->rows.map = &options->map;
		return 0;
	case COMMAND_KEY_CONFIG:
		options->config = argument;
		return 0;
	case IMPORT_KEY_MAP:
		add_map(state, &options->map, argument);
		return 0;
	case IMPORT_KEY_SEPARATOR:
		options->rows.separator = separator_of(state, argument);
		return 0;
	case IMPORT_KEY_CHARSET:
		options->rows.charset = argument;
		return 0;
	case IMPORT_KEY_STRICT:
		options->strict = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->rows.path)
			argp_error(state, "one file at a time");
		options->rows.path = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "the file is missing ('-' is standard input)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void import_options_finish(struct import_options *options)
{
	import_map_finish(&options->map);
}
