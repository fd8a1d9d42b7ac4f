/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --map, as pairs in the order in which they were given; a file has few columns, so they are looked
 * through. A pair that no column answers to is a misspelling, and is found as such: importing a
 * million rows without the column that was meant helps nobody.
 */
#include "commands/import_map.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <errno.h>

static int add(struct import_map *map, const char *text, const char *cut)
{
	if (!cut || cut == text || map->count == IMPORT_MAP_MAX || !utf8_valid(span_text(text)))
		return IMPORT_MAP_E_FORM;
	for (size_t i = 0; i < map->count; i++)
		if (span_equal(span_text(map->rows[i].column), span_of(text, (size_t)(cut - text))))
			return IMPORT_MAP_E_FORM;
	map->rows[map->count].column = span_dup(span_of(text, (size_t)(cut - text)));
	map->rows[map->count].field = span_dup(span_text(cut + 1));
	map->rows[map->count].used = false;
	if (!map->rows[map->count].column || !map->rows[map->count].field) {
		free(map->rows[map->count].column);
		free(map->rows[map->count].field);
		return -ENOMEM;
	}
	map->count++;
	return 0;
}

int import_map_add(struct import_map *map, const char *text)
{
	return add(map, text, strrchr(text, '='));
}

int import_map_add_value(struct import_map *map, const char *text)
{
	return add(map, text, strchr(text, '='));
}

void import_map_finish(struct import_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		free(map->rows[i].column);
		free(map->rows[i].field);
	}
	map->count = 0;
}

const char *import_map_field(struct import_map *map, const char *column)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->rows[i].column, column) == 0) {
			map->rows[i].used = true;
			return map->rows[i].field;
		}
	if (map->optional && strcmp(map->optional, column) == 0)
		return map->optional;
	return *column ? map->field(column) : "";
}

const char *import_map_unused(const struct import_map *map)
{
	for (size_t i = 0; i < map->count; i++)
		if (!map->rows[i].used)
			return map->rows[i].column;
	return NULL;
}
