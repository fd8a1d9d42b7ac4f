/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row becomes an event in two steps: a column "props.client" is a member of an object, and what
 * --set gives fills what the row leaves open. What the row says itself always wins, so that one
 * --set serves a file of which only some rows are complete.
 */
#include "commands/events_shape.h"

#include <string.h>

/* "signals.method" of a row that has columns is {"signals": {"method": …}}. */
static int nest(json_t *event, const char *path, json_t *value)
{
	const char *dot = strchr(path, '.');
	json_t *inner;

	if (!dot)
		return json_object_set(event, path, value);
	inner = json_object_getn(event, path, (size_t)(dot - path));
	if (!inner || json_is_null(inner)) {
		if (json_object_setn_new(event, path, (size_t)(dot - path), json_object()) != 0)
			return -1;
		inner = json_object_getn(event, path, (size_t)(dot - path));
	}
	return json_is_object(inner) ? json_object_set(inner, dot + 1, value) : -1;
}

/* Does the event say something at this path? null, as our own export has it, says nothing. */
static bool has_value(const json_t *event, const char *path)
{
	const char *dot = strchr(path, '.');
	const json_t *value;

	if (!dot)
		value = json_object_get(event, path);
	else
		value = json_object_get(json_object_getn(event, path, (size_t)(dot - path)),
					dot + 1);
	return value && !json_is_null(value);
}

json_t *events_shape(const struct import_map *set, json_t *row)
{
	json_t *event = json_object(), *value;
	const char *path;
	int code = 0;

	json_object_foreach(row, path, value) code |= nest(event, path, value);
	for (size_t i = 0; i < set->count; i++) {
		const char *field = set->rows[i].column;
		json_t *given = json_string(set->rows[i].field);

		if (!has_value(event, field))
			code |= nest(event, field, given);
		json_decref(given);
	}
	if (!code)
		return event;
	json_decref(event);
	return NULL;
}
