/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_COMMAND_H
#define WAYMARK_COMMANDS_COMMAND_H

#include "base/error.h"

#include <argp.h>

/*
 * A command of the program, or a subcommand of one ("link new"). Each has a file of its own, a
 * prototype below and a row in an alphabetical table: main.c for commands, the command's own file
 * for subcommands. It reads its arguments with argp, so that --help and --version work everywhere.
 *
 * argv[0] is the whole name ("waymark link new"), which argp and command_fail() put before what
 * they say. Answers go to standard output, sentences about trouble to standard error.
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* returns the exit status */
	const char *summary;		   /* one line, lower case, no full stop */
};

/* Exit statuses. Commands with others (as `rewrite --check`) document them in their help. */
enum { COMMAND_OK = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 64 };

/* The row of struct argp_option for --config; the parser handles COMMAND_KEY_CONFIG. */
#define COMMAND_KEY_CONFIG 'c'
/* clang-format off */
#define COMMAND_OPTION_CONFIG                                                                      \
	{"config", COMMAND_KEY_CONFIG, "FILE", 0, "The configuration (default: $WAYMARK_CONFIG, ./waymark.json, /etc/waymark/waymark.json)", -1}
/* clang-format on */

/*
 * The command line of a command with no options but --config, and one argument or none: its argp
 * has these options and this parser, and its input is a struct command_line.
 */
struct command_line {
	const char *config;   /* NULL: where config_find() looks */
	const char *argument; /* the one that is there */
	const char *missing;  /* the sentence for when it is not; NULL: there is none to give */
};
extern const struct argp_option command_line_options[];
error_t command_line_parse(int key, char *value, struct argp_state *state);

/*
 * Run the row of @commands (which end with a row without a name) that argv[1] names, with argv[0]
 * as its whole name and the rest as its arguments; --help lists the rows, anything else says what
 * there is (COMMAND_USAGE). @doc: one sentence for the help.
 */
int command_dispatch(const struct command *commands, const char *doc, int argc, char **argv);

/*
 * argp_parse() with exit status 64 for a wrong command line. A returning call means that all is
 * well; @input is what the parser gets as state->input.
 */
void command_parse(const struct argp *argp, int argc, char **argv, void *input);

/* "waymark CMD: sentence" on standard error. Return: COMMAND_FAILED. */
int command_fail(const struct error *error);
/* The same for a warning that does not end the command. */
void command_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Flush standard output; a full disk or closed pipe is a failure. Return: the exit status. */
int command_finish(void);

/* Alphabetical, as in main.c. */
int command_backup(int argc, char **argv);
int command_binding(int argc, char **argv);
int command_config(int argc, char **argv);
int command_config_check(int argc, char **argv);
int command_config_snippet(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_events(int argc, char **argv);
int command_events_import(int argc, char **argv);
int command_form(int argc, char **argv);
int command_form_list(int argc, char **argv);
int command_form_set(int argc, char **argv);
int command_form_show(int argc, char **argv);
int command_init(int argc, char **argv);
int command_key(int argc, char **argv);
int command_key_export(int argc, char **argv);
int command_key_retire(int argc, char **argv);
int command_key_rotate(int argc, char **argv);
int command_link(int argc, char **argv);
int command_link_check(int argc, char **argv);
int command_link_history(int argc, char **argv);
int command_link_import(int argc, char **argv);
int command_link_list(int argc, char **argv);
int command_link_new(int argc, char **argv);
int command_link_repoint(int argc, char **argv);
int command_link_show(int argc, char **argv);
int command_link_staff(int argc, char **argv);
int command_link_verify(int argc, char **argv);
int command_milter(int argc, char **argv);
int command_prospect(int argc, char **argv);
int command_prospect_anew(int argc, char **argv);
int command_prospect_duplicates(int argc, char **argv);
int command_prospect_erase(int argc, char **argv);
int command_prospect_export(int argc, char **argv);
int command_prospect_find(int argc, char **argv);
int command_prospect_import(int argc, char **argv);
int command_prospect_merge(int argc, char **argv);
int command_prospect_show(int argc, char **argv);
int command_prospect_tokens(int argc, char **argv);
int command_prospect_unmerge(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_rewrite(int argc, char **argv);
int command_rule(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_summarize(int argc, char **argv);
int command_summarize_report(int argc, char **argv);
int command_token(int argc, char **argv);
int command_token_new(int argc, char **argv);

#endif
