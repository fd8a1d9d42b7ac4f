/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a file to be imported, CSV or NDJSON: each row is an object of clean text or a
 * sentence, with the line that it begins on; a second pass gives the same rows; there are never
 * more of them than twice the lines, however often reading goes back.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/import_rows.h"

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t rows, bad, lines; /* lines: of the file, at most */
	uint64_t sum;		 /* of the lines that rows begin on */
};

static const char *field_of_column(const char *column)
{
	return strcmp(column, "none") == 0 ? NULL : column;
}

static const char *what_is_known(void)
{
	return "all but none";
}

static int take_row(void *context, size_t line, json_t *row, const char *trouble)
{
	struct seen *seen = context;
	const char *name;
	json_t *value;

	assert(!row != !trouble);
	assert(line >= 1 && line <= seen->lines);
	seen->rows++;
	seen->bad += !row;
	seen->sum += line;
	json_object_foreach(row, name, value)
	{
		assert(utf8_valid(span_text(name)));
		assert(!json_is_string(value) ||
		       strlen(json_string_value(value)) == json_string_length(value));
	}
	json_decref(row);
	return 0;
}

static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("rows", MFD_CLOEXEC);

	assert(fd >= 0);
	assert(size == 0 || write(fd, data, size) == (ssize_t)size);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_map map = {.field = field_of_column, .what_is_known = what_is_known};
	cleanup_close int fd = file_of(data, size);
	cleanup(cleanup_import_rows) struct import_rows *rows = NULL;
	struct import_rows_options options = {.map = &map};
	struct seen first = {.lines = size + 1}, second = first;
	struct error error = {0};
	char path[64];
	int code;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	options.path = path;
	if (import_rows_open(&options, &rows, &error) != 0)
		return 0;
	assert(import_rows_total(rows) == size);
	code = import_rows_each(rows, take_row, &first, &error);
	assert(code >= 0 && !code == !error.text[0]);
	assert(import_rows_each(rows, take_row, &second, &error) == code);
	assert(first.rows == second.rows && first.bad == second.bad && first.sum == second.sum);
	assert(first.rows <= 2 * (size + 1));
	return 0;
}
