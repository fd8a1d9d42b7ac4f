/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_IMPORT_MAP_H
#define WAYMARK_COMMANDS_IMPORT_MAP_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * Which column of a file is which field: what --map says, else what the kind of file knows by
 * itself.
 */
enum { IMPORT_MAP_MAX = 200 };

struct import_map {
	/* The field that a column is without --map; NULL when it is none. @column is not empty. */
	const char *(*field)(const char *column);
	const char *(*what_is_known)(void); /* for the message about a column that is none */
	const char *optional; /* a column that is a field of its own name, if there is one */
	struct {
		char *column, *field; /* an empty field: the column is ignored */
		bool used;
	} rows[IMPORT_MAP_MAX];
	size_t count;
};

/* Take one "column=field"; the last '=' divides. Return: 0; IMPORT_MAP_E_FORM; -ENOMEM. */
enum { IMPORT_MAP_E_FORM = 1 };
int import_map_add(struct import_map *map, const char *text);
/* The same from "field=value", for --set: the first '=' divides. */
int import_map_add_value(struct import_map *map, const char *text);
void import_map_finish(struct import_map *map);

/* The field of @column; "" when it is ignored; NULL when it is none. */
const char *import_map_field(struct import_map *map, const char *column);
/* A column of --map that no import_map_field() has asked for; NULL: none is left. */
const char *import_map_unused(const struct import_map *map);

#endif
