/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration that is to replace another one in a running server. What the server has built on
 * (its sockets, its queues, its data directory) stays as it is until it is started again, so the
 * new configuration takes those values over from the old one: whoever reads it later reads what is
 * true, and a key is never half in force.
 */
#include "config/config_rows.h"

#include <errno.h>
#include <stdlib.h>

static bool texts_equal(const struct config_texts *one, const struct config_texts *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (strcmp(one->items[i], other->items[i]) != 0)
			return false;
	return true;
}

static bool is_equal(const struct config_row *row, const void *one, const void *other)
{
	switch (row->kind) {
	case CONFIG_TEXT_KIND:
		return strcmp(*(char *const *)one, *(char *const *)other) == 0;
	case CONFIG_NUMBER_KIND:
		return *(const uint32_t *)one == *(const uint32_t *)other;
	case CONFIG_BOOL_KIND:
		return *(const bool *)one == *(const bool *)other;
	case CONFIG_CHOICE_KIND:
		return *(const int *)one == *(const int *)other;
	case CONFIG_TEXTS_KIND:
		return texts_equal(one, other);
	}
	return true;
}

static int copy_text(char **to, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

static int copy_texts(struct config_texts *to, const struct config_texts *from)
{
	for (size_t i = 0; i < to->count; i++)
		free(to->items[i]);
	free(to->items);
	*to = (struct config_texts){.items = calloc(from->count + 1, sizeof(*to->items))};
	if (!to->items)
		return -ENOMEM;
	for (; to->count < from->count; to->count++) {
		to->items[to->count] = strdup(from->items[to->count]);
		if (!to->items[to->count])
			return -ENOMEM;
	}
	return 0;
}

static int copy(const struct config_row *row, void *to, const void *from)
{
	switch (row->kind) {
	case CONFIG_TEXT_KIND:
		return copy_text(to, *(char *const *)from);
	case CONFIG_NUMBER_KIND:
		*(uint32_t *)to = *(const uint32_t *)from;
		return 0;
	case CONFIG_BOOL_KIND:
		*(bool *)to = *(const bool *)from;
		return 0;
	case CONFIG_CHOICE_KIND:
		*(int *)to = *(const int *)from;
		return 0;
	case CONFIG_TEXTS_KIND:
		return copy_texts(to, from);
	}
	return 0;
}

int config_keep_fixed(struct config *config, const struct config *running,
		      struct buffer *ret_changed)
{
	for (const struct config_row *row = config_rows; row->key; row++) {
		void *ours = config_member(row, config);
		const void *theirs = (const char *)running + row->offset;
		int code;

		if (!config_row_is_fixed(row) || is_equal(row, ours, theirs))
			continue;
		buffer_printf(ret_changed, "%s%s", ret_changed->size > 0 ? ", " : "", row->key);
		code = copy(row, ours, theirs);
		if (code)
			return code;
	}
	return ret_changed->error;
}
