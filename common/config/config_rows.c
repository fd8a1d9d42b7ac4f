/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of config_table.h as two arrays. The macros below are the only place that knows how a
 * row of the table becomes a struct; a new key needs nothing but its row there.
 */
#include "config/config_rows.h"

#include <stdlib.h>

#define ROW(struct_name, member_name, key_text, row_kind, ...) \
	{.key = (key_text),                                    \
	 .kind = (row_kind),                                   \
	 .offset = offsetof(struct struct_name, member_name),  \
	 __VA_ARGS__},

/* clang-format off */
const struct config_row config_rows[] = {
#define CONFIG_TEXT(member, key, standard, words) \
	ROW(config, member, key, CONFIG_TEXT_KIND, .text = (standard), .sentence = (words))
#define CONFIG_NUMBER(member, key, low, high, standard, unit, words) \
	ROW(config, member, key, CONFIG_NUMBER_KIND, .minimum = (low), .maximum = (high), \
	    .number = (standard), .detail = (unit), .sentence = (words))
#define CONFIG_BOOL(member, key, standard, words) \
	ROW(config, member, key, CONFIG_BOOL_KIND, .number = (standard), .sentence = (words))
#define CONFIG_CHOICE(member, key, choices, standard, words) \
	ROW(config, member, key, CONFIG_CHOICE_KIND, .text = (standard), .detail = (choices), \
	    .sentence = (words))
#define CONFIG_TEXTS(member, key, standard, words) \
	ROW(config, member, key, CONFIG_TEXTS_KIND, .text = (standard), .sentence = (words))
#include "config/config_table.h"
	{.key = NULL},
};

const struct config_row tracker_rows[] = {
#define TRACKER_TEXT(member, key, standard, words) \
	ROW(config_tracker, member, key, CONFIG_TEXT_KIND, .text = (standard), .sentence = (words))
#define TRACKER_TEXTS(member, key, standard, words) \
	ROW(config_tracker, member, key, CONFIG_TEXTS_KIND, .text = (standard), .sentence = (words))
#define TRACKER_BOOL(member, key, standard, words) \
	ROW(config_tracker, member, key, CONFIG_BOOL_KIND, .number = (standard), .sentence = (words))
#include "config/config_table.h"
	{.key = NULL},
};
/* clang-format on */

_Static_assert(sizeof(config_rows) / sizeof(*config_rows) <= CONFIG_ROWS_MAX, "a set of rows");

bool config_row_is_fixed(const struct config_row *row)
{
	static const size_t fixed[] = {
#define CONFIG_FIXED(member) offsetof(struct config, member),
#include "config/config_table.h"
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (fixed[i] == row->offset)
			return true;
	return false;
}

struct span config_row_group(const struct config_row *row)
{
	struct span key = span_text(row->key);
	size_t dot = span_find(key, '.', 0);

	return dot < key.size ? span_slice(key, 0, dot) : SPAN("");
}

struct span config_choice(const char *choices, size_t index)
{
	struct span rest = span_text(choices);

	for (;; index--) {
		size_t bar = span_find(rest, '|', 0);

		if (index == 0)
			return span_slice(rest, 0, bar);
		if (bar == rest.size)
			return span_of(NULL, 0);
		rest = span_slice(rest, bar + 1, rest.size);
	}
}

void config_rows_finish(const struct config_row *rows, void *base)
{
	for (const struct config_row *row = rows; row->key; row++) {
		void *member = config_member(row, base);

		if (row->kind == CONFIG_TEXT_KIND) {
			free(*(char **)member);
		} else if (row->kind == CONFIG_TEXTS_KIND) {
			struct config_texts *texts = member;

			for (size_t i = 0; i < texts->count; i++)
				free(texts->items[i]);
			free(texts->items);
		}
	}
}
