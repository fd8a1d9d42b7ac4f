/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark config`: what may be in the configuration, and whether the one that is there would do.
 *
 * Reference and example are printed from the table that the parser reads by, so they need no
 * configuration and cannot lag behind it.
 */
#include "config/config.h"
#include "commands/command.h"

#include <stdio.h>
#include <string.h>

static error_t parse_nothing(int key, char *value, struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	argp_error(state, "there is nothing to name: '%s'", value);
	return 0;
}

static int print(void (*fill)(struct buffer *to))
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct error error = {""};

	fill(&text);
	if (text.error) {
		(void)error_set(&error, text.error, "%s", strerror(-text.error));
		return command_fail(&error);
	}
	(void)fwrite(text.data, 1, text.size, stdout);
	return command_finish();
}

static int run_example(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_nothing,
		.doc = "Print a complete configuration: every key with its default.",
	};

	command_parse(&argp, argc, argv, NULL);
	return print(config_print_example);
}

static int run_reference(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_nothing,
		.doc = "Print every key with its type, bounds, default and meaning.",
	};

	command_parse(&argp, argc, argv, NULL);
	return print(config_print_reference);
}

int command_config(int argc, char **argv)
{
	static const struct command rows[] = {
		{"check", command_config_check, "would serve start with this configuration?"},
		{"example", run_example, "a complete configuration"},
		{"reference", run_reference, "every key, its bounds, default and meaning"},
		{"snippet", command_config_snippet, "the lines to put into the pages of the sites"},
		{0},
	};

	return command_dispatch(rows,
				"Check the configuration, or print what it may hold or asks for.",
				argc, argv);
}
