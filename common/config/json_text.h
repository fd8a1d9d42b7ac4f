/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CONFIG_JSON_TEXT_H
#define WAYMARK_CONFIG_JSON_TEXT_H

#include "base/bytes.h"

#include <jansson.h>

/*
 * Places in a JSON text that a parser has already found valid: a walk over the members of an object
 * or the items of a list, in the order of the text, doubled members included. The parser's tree
 * knows no positions and drops doubles; this knows nothing else.
 */
struct json_walk {
	struct span text;
	size_t at; /* of the next item, or of the closing bracket */
	bool object;
};

enum { JSON_NAME_BYTES = 128 };

struct json_item {
	char name[JSON_NAME_BYTES]; /* decoded, cut when longer; empty in a list */
	size_t name_at;		    /* offset of the member's name, with its quote; lists: value */
	size_t at, end;		    /* the value */
};

/* Start at the container whose bracket is at @at; false when the value there is not one. */
bool json_walk_init(struct json_walk *walk, struct span text, size_t at);
bool json_walk_next(struct json_walk *walk, struct json_item *ret_item);

/* Offset of the first value at or after @at, past white space. */
size_t json_text_start(struct span text, size_t at);

/*
 * Offset of the value at a path such as "trackers[0].sites[1]"; of the nearest enclosing value when
 * there is none.
 */
size_t json_text_find(struct span text, const char *path);

/* Line and column, from 1, of a byte. */
void json_text_place(struct span text, size_t at, unsigned *ret_line, unsigned *ret_column);

/* Offset of the token that @error of json_loadb() is about. */
size_t json_text_error(struct span text, const json_error_t *error);

#endif
