/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TESTS_TEXT_CORPORA_H
#define WAYMARK_TESTS_TEXT_CORPORA_H

/*
 * Reading tests/README's corpora: a JSON array, or one JSON object per line, as one array. Without
 * the corpora a test is skipped and says so; WAYMARK_CORPORA_REQUIRED makes that a failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static inline json_t *corpora_parse(FILE *file, bool lines)
{
	char *line = NULL;
	size_t capacity = 0;
	json_t *rows;

	if (!lines)
		return json_loadf(file, JSON_ALLOW_NUL, NULL);
	rows = json_array();
	while (getline(&line, &capacity, file) > 0)
		if (json_array_append_new(rows, json_loads(line, JSON_ALLOW_NUL, NULL)))
			fail_msg("a row is not JSON: %s", line);
	free(line);
	return rows;
}

/* The rows of @name, to be released by the caller. */
static inline json_t *corpora_rows(const char *name)
{
	const char *folder = getenv("WAYMARK_CORPORA"), *source = getenv("WAYMARK_SOURCE");
	char path[4096];
	json_t *rows;
	FILE *file;

	if (folder)
		(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	else
		(void)snprintf(path, sizeof(path), "%s/../shared/corpora/%s", source ? source : ".",
			       name);
	file = fopen(path, "re");
	if (!file && getenv("WAYMARK_CORPORA_REQUIRED"))
		fail_msg("%s is required and is not there", path);
	if (!file) {
		print_message("left out: %s is not there\n", path);
		skip();
	}
	rows = corpora_parse(file, strstr(name, ".jsonl") != NULL);
	(void)fclose(file);
	if (!json_is_array(rows))
		fail_msg("%s does not hold rows", path);
	return rows;
}

static inline struct span corpora_text(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	return span_of(json_string_value(value), json_string_length(value));
}

#endif
