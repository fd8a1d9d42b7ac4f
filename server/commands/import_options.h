/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_IMPORT_OPTIONS_H
#define WAYMARK_COMMANDS_IMPORT_OPTIONS_H

#include "commands/command.h"
#include "commands/import_rows.h"

/*
 * The options that imports share: which file, and how it is to be read.
 */
struct import_options {
	const char *config;
	struct import_rows_options rows; /* rows.map is set to @map by import_options_parse() */
	struct import_map map;
	bool strict;
};

enum { IMPORT_KEY_MAP = 512, IMPORT_KEY_SEPARATOR, IMPORT_KEY_CHARSET, IMPORT_KEY_STRICT };

/* clang-format off */
#define IMPORT_OPTIONS_ROWS                                                                        \
	{"map", IMPORT_KEY_MAP, "COLUMN=FIELD", 0, "The column is this field; nothing behind '=': it is left out. May be repeated", 0}, \
	{"separator", IMPORT_KEY_SEPARATOR, "CHAR", 0, "What separates the values of CSV: ',' ';' or 'tab' (default: as the header has it)", 0}, \
	{"charset", IMPORT_KEY_CHARSET, "NAME", 0, "The file's charset (default: UTF-8)", 0},       \
	{"strict", IMPORT_KEY_STRICT, NULL, 0, "Stop at the first bad row", 0}
/* clang-format on */

/* A parser for argp; state->input begins with a struct import_options. */
error_t import_options_parse(int key, char *argument, struct argp_state *state);
void import_options_finish(struct import_options *options);

#endif
