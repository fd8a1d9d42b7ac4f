/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration by its table. jansson judges the whole text first; then the text is walked in
 * its own order, each member looked up in the rows and its value decoded by jansson again, so that
 * every complaint can name the line and column of the very bytes it is about. A tree would not do:
 * it has no places, and of two members of one name it keeps one.
 *
 * The first thing wrong in the order of the text is what is reported; what is missing comes last,
 * at the object that misses it. A row that is not there gets its default by the same functions that
 * read a value.
 */
#include "config/config_parse.h"

#include "config/config_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct span whole_text(const struct config *config)
{
	return span_text(config->text);
}

static json_t *decode(const struct config_value *judged)
{
	return json_loadb(judged->config->text + judged->at, judged->end - judged->at,
			  JSON_DECODE_ANY, NULL);
}

static int read_value(struct config_value *judged, const struct config_row *row, void *base)
{
	json_t *value = decode(judged);
	int code;

	if (!value)
		return -ENOMEM;
	code = config_value_take(judged, row, value, base);
	json_decref(value);
	return code;
}

static int set_default(const struct config *config, const struct config_row *row, void *base)
{
	struct config_value judged = {.config = config, .at = SIZE_MAX};
	json_t *value;
	int code;

	if (row->kind == CONFIG_NUMBER_KIND)
		value = json_integer(row->number);
	else if (row->kind == CONFIG_BOOL_KIND)
		value = json_boolean(row->number != 0);
	else if (row->kind == CONFIG_TEXTS_KIND)
		value = json_loads(row->text, 0, NULL);
	else
		value = json_string(row->text);
	if (!value)
		return -ENOMEM;
	code = config_value_take(&judged, row, value, base);
	json_decref(value);
	return code;
}

/* An object whose members are rows: the top level, one of its groups, or a tracker. */
struct level {
	const struct config_row *rows;
	void *base;
	uint64_t *seen;	   /* rows that have had a value */
	struct span group; /* "consent" within that object, else empty */
	const char *where; /* what stands before a member's name in messages: "trackers[0]." */
	bool top;
};

static const struct config_row *find_row(const struct level *level, const char *name)
{
	size_t skip = level->group.size + (level->group.size > 0);

	for (const struct config_row *row = level->rows; row->key; row++)
		if (span_equal(config_row_group(row), level->group) &&
		    strcmp(row->key + skip, name) == 0)
			return row;
	return NULL;
}

/* The first row of the group of that name, which stands for all of it. */
static const struct config_row *find_group(const struct level *level, const char *name)
{
	for (const struct config_row *row = level->rows; level->top && row->key; row++)
		if (config_row_group(row).size > 0 &&
		    span_equal(config_row_group(row), span_text(name)))
			return row;
	return NULL;
}

static int read_members(struct config_value *object, const struct level *level);

static int read_group(struct config_value *judged, const struct level *level,
		      const struct config_row *first)
{
	char where[JSON_NAME_BYTES + 2];
	struct level inner = *level;

	inner.group = config_row_group(first);
	inner.where = where;
	inner.top = false;
	(void)snprintf(where, sizeof(where), "%.120s.", judged->key);
	return read_members(judged, &inner);
}

static int read_trackers(struct config_value *judged, struct config *config);

/* Marks of what has been seen besides rows: groups share the mask with their first row's bit. */
struct seen_names {
	uint64_t rows, groups;
	bool trackers;
};

static bool mark(uint64_t *mask, const struct config_row *rows, const struct config_row *row)
{
	uint64_t bit = UINT64_C(1) << (row - rows);
	bool before = (*mask & bit) != 0;

	*mask |= bit;
	return before;
}

static int read_member(struct config_value *judged, const struct level *level, const char *name,
		       size_t name_at, struct seen_names *seen)
{
	const struct config_row *row = find_row(level, name), *group = find_group(level, name);
	bool trackers = level->top && strcmp(name, "trackers") == 0, twice;
	struct config_value named = *judged;

	named.at = name_at;
	if (row) {
		twice = mark(level->seen, level->rows, row);
	} else if (group) {
		twice = mark(&seen->groups, level->rows, group);
	} else if (trackers) {
		twice = seen->trackers;
		seen->trackers = true;
	} else {
		return config_value_refuse(
			&named, "unknown key; `waymark config reference` lists them all");
	}
	if (twice)
		return config_value_refuse(&named, "is there twice");
	if (row)
		return read_value(judged, row, level->base);
	return group ? read_group(judged, level, group) : read_trackers(judged, level->base);
}

static int read_members(struct config_value *object, const struct level *level)
{
	struct seen_names seen = {0};
	struct json_walk walk;
	struct json_item item;

	if (!json_walk_init(&walk, whole_text(object->config), object->at) || !walk.object)
		return config_value_refuse(object, "must be an object");
	while (json_walk_next(&walk, &item)) {
		struct config_value member = *object;
		int code;

		member.at = item.at;
		member.end = item.end;
		(void)snprintf(member.key, sizeof(member.key), "%s%s", level->where, item.name);
		code = read_member(&member, level, item.name, item.name_at, &seen);
		if (code)
			return code;
	}
	return 0;
}

/* Give every row that was not there its default; complain of the one that has none. */
static int complete(const struct config_value *object, const struct level *level)
{
	for (const struct config_row *row = level->rows; row->key; row++) {
		bool needs_text = row->kind != CONFIG_NUMBER_KIND && row->kind != CONFIG_BOOL_KIND;
		struct config_value missing = *object;
		int code;

		if (mark(level->seen, level->rows, row))
			continue;
		(void)snprintf(missing.key, sizeof(missing.key), "%s%s", level->where, row->key);
		if (needs_text && !row->text)
			return config_value_refuse(&missing, "is missing and has no default");
		code = set_default(object->config, row, level->base);
		if (code)
			return code;
	}
	return 0;
}

static int read_tracker(struct config_value *judged, struct config_tracker *tracker)
{
	char where[JSON_NAME_BYTES];
	uint64_t seen = 0;
	struct level level = {
		.rows = tracker_rows,
		.base = tracker,
		.seen = &seen,
		.group = SPAN(""),
		.where = where,
	};
	int code;

	(void)snprintf(where, sizeof(where), "%.64s.", judged->key);
	code = read_members(judged, &level);
	return code ? code : complete(judged, &level);
}

static int read_trackers(struct config_value *judged, struct config *config)
{
	struct span text = whole_text(config);
	struct json_walk walk;
	struct json_item item;
	size_t count = 0;

	if (!json_walk_init(&walk, text, judged->at) || walk.object)
		return config_value_refuse(judged, "must be a list of objects");
	while (json_walk_next(&walk, &item))
		count++;
	if (count == 0)
		return config_value_refuse(judged, "must not be empty");
	if (count > CONFIG_TRACKERS_MAX)
		return config_value_refuse(judged, "must be a list of at most %d, not %zu",
					   CONFIG_TRACKERS_MAX, count);
	config->trackers = calloc(count, sizeof(*config->trackers));
	if (!config->trackers)
		return -ENOMEM;
	(void)json_walk_init(&walk, text, judged->at);
	while (json_walk_next(&walk, &item)) {
		struct config_value tracker = *judged;
		int code;

		tracker.at = item.at;
		tracker.end = item.end;
		(void)snprintf(tracker.key, sizeof(tracker.key), "trackers[%zu]",
			       config->tracker_count);
		code = read_tracker(&tracker, &config->trackers[config->tracker_count++]);
		if (code)
			return code;
	}
	return 0;
}

/* Is the text JSON at all? The tree is not kept: it has no places. */
static int check_syntax(const struct config *config, struct error *error)
{
	struct span text = whole_text(config);
	json_error_t syntax;
	json_t *root = json_loadb(config->text, text.size, 0, &syntax);
	unsigned line, column;

	if (root) {
		json_decref(root);
		return 0;
	}
	if (json_error_code(&syntax) == json_error_out_of_memory)
		return -ENOMEM;
	json_text_place(text, json_text_error(text, &syntax), &line, &column);
	return error_set(error, CONFIG_E_INVALID, "%s:%u:%u: not valid JSON: %s", config->path,
			 line, column, syntax.text);
}

int config_parse_text(struct config *config, struct error *error)
{
	struct config_value root = {.config = config, .error = error};
	uint64_t seen = 0;
	struct level level = {
		.rows = config_rows,
		.base = config,
		.seen = &seen,
		.group = SPAN(""),
		.where = "",
		.top = true,
	};
	int code;

	code = check_syntax(config, error);
	if (code)
		return code;
	root.at = json_text_start(whole_text(config), 0);
	(void)snprintf(root.key, sizeof(root.key), "the configuration");
	code = read_members(&root, &level);
	if (code)
		return code;
	if (config->tracker_count == 0) {
		(void)snprintf(root.key, sizeof(root.key), "trackers");
		return config_value_refuse(&root, "is missing and has no default");
	}
	return complete(&root, &level);
}
