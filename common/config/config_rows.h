/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CONFIG_CONFIG_ROWS_H
#define WAYMARK_CONFIG_CONFIG_ROWS_H

#include "config/config.h"

/* config_table.h as data: what parses, prints and frees a configuration walks these rows. */
enum config_kind {
	CONFIG_TEXT_KIND,
	CONFIG_NUMBER_KIND,
	CONFIG_BOOL_KIND,
	CONFIG_CHOICE_KIND,
	CONFIG_TEXTS_KIND
};

struct config_row {
	const char *key; /* "consent.gpc"; NULL ends the rows */
	enum config_kind kind;
	size_t offset;		   /* in struct config or struct config_tracker */
	uint32_t minimum, maximum; /* numbers */
	uint32_t number;	   /* default of numbers and booleans */
	const char *text;	   /* default of the others, lists as JSON; NULL: required */
	const char *detail;	   /* unit of a number, "a|b|c" of a choice */
	const char *sentence;
};

extern const struct config_row config_rows[];  /* members of struct config */
extern const struct config_row tracker_rows[]; /* members of struct config_tracker */

enum {
	CONFIG_ROWS_MAX = 64,	      /* of one table: a set of rows is a bit mask */
	CONFIG_TEXT_MAX_BYTES = 4096, /* of any text */
	CONFIG_LIST_MAX_ITEMS = 1000, /* of any list */
	CONFIG_TRACKERS_MAX = 100     /* each costs 1,248 bytes of locked memory a key */
};

static inline void *config_member(const struct config_row *row, void *base)
{
	return (char *)base + row->offset;
}

/* The bytes before the dot of "consent.gpc", the empty span for a key of the top level. */
struct span config_row_group(const struct config_row *row);

/* The choice at @index of "a|b|c"; the absent span past the last. */
struct span config_choice(const char *choices, size_t index);

/* Does a running server keep its value of this row of config_rows until it is started again? */
bool config_row_is_fixed(const struct config_row *row);

/* Free what the rows of @base own. */
void config_rows_finish(const struct config_row *rows, void *base);

#endif
