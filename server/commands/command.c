/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all commands share: finding the row, the name in front of every message, and the exit
 * status. The name lives in a static buffer because argp keeps a pointer to argv[0] for as long as
 * it may want to print a message.
 *
 * A table without a matching row is answered by hand, not by argp: argp would list options, and
 * what somebody who mistypes a command wants to see is the list of commands.
 */
#include "commands/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char command_name[128] = "waymark";

static void print_rows(FILE *to, const struct command *commands)
{
	for (; commands->name; commands++)
		fprintf(to, "  %-10s %s\n", commands->name, commands->summary);
}

static int print_help(const struct command *commands, const char *doc)
{
	printf("Usage: %s COMMAND [OPTION...]\n%s\n\n", command_name, doc);
	print_rows(stdout, commands);
	printf("\n'%s COMMAND --help' says more about one of them.\n", command_name);
	return command_finish();
}

static int refuse(const struct command *commands, const char *given)
{
	if (given)
		fprintf(stderr, "%s: there is no command '%s'; there are:\n", command_name, given);
	else
		fprintf(stderr, "%s: a command is missing; there are:\n", command_name);
	print_rows(stderr, commands);
	return COMMAND_USAGE;
}

static bool is_one_of(const char *text, const char *a, const char *b)
{
	return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

int command_dispatch(const struct command *commands, const char *doc, int argc, char **argv)
{
	size_t length = strlen(command_name);

	if (argc < 2)
		return refuse(commands, NULL);
	if (is_one_of(argv[1], "--help", "-?"))
		return print_help(commands, doc);
	if (is_one_of(argv[1], "--version", "-V")) {
		puts("waymark " WAYMARK_VERSION);
		return command_finish();
	}
	for (const struct command *row = commands; row->name; row++) {
		if (strcmp(argv[1], row->name) != 0)
			continue;
		(void)snprintf(command_name + length, sizeof(command_name) - length, " %s",
			       row->name);
		argv[1] = command_name;
		return row->run(argc - 1, argv + 1);
	}
	return refuse(commands, argv[1]);
}

const struct argp_option command_line_options[] = {COMMAND_OPTION_CONFIG, {0}};

error_t command_line_parse(int key, char *value, struct argp_state *state)
{
	struct command_line *line = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		line->config = value;
		return 0;
	case ARGP_KEY_ARG:
		if (!line->missing || line->argument)
			argp_error(state, "'%s' is one argument too many", value);
		line->argument = value;
		return 0;
	case ARGP_KEY_END:
		if (line->missing && !line->argument)
			argp_error(state, "%s", line->missing);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void command_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	error_t error;

	argp_err_exit_status = COMMAND_USAGE;
	argp_program_version = "waymark " WAYMARK_VERSION;
	error = argp_parse(argp, argc, argv, 0, NULL, input);
	if (error) {
		fprintf(stderr, "%s: the command line cannot be read: %s\n", command_name,
			strerror(error));
		exit(COMMAND_USAGE);
	}
}

int command_fail(const struct error *error)
{
	fprintf(stderr, "%s: %s\n", command_name,
		error->text[0] ? error->text : "failed without a reason that can be named");
	return COMMAND_FAILED;
}

void command_warn(const char *format, ...)
{
	struct error sentence;
	char text[sizeof(sentence.text)];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	(void)error_set(&sentence, 0, "%s", text);
	fprintf(stderr, "%s: %s\n", command_name, sentence.text);
}

int command_finish(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return COMMAND_OK;
	fprintf(stderr, "%s: standard output cannot be written: %s\n", command_name,
		strerror(errno));
	return COMMAND_FAILED;
}
