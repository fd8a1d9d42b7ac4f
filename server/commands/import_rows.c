/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows out of lines. The file is read line by line, so that a row can be named by the line it
 * begins on even where a quoted CSV value holds line breaks; libcsv keeps its own state between
 * lines. A row ends with a line at the latest, since every line's end is one for libcsv, too.
 *
 * A bad row is reported and skipped, since a list of ten thousand people is rarely clean. After one
 * that ran over several lines (a quote opened by mistake) reading goes on with its second line, or
 * the rows behind that quote would be lost with it. What is read twice in this way is counted, and
 * once it is as much as the file, a bad row takes its lines with it: time stays linear.
 */
#include "commands/import_rows.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/import_header.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>

struct import_rows {
	struct import_rows_options options;
	struct import_lines lines;
	struct csv_parser parser;
	bool has_parser, told, is_json;
	uint64_t again_bytes; /* read twice */

	/* of one pass */
	import_row_fn each;
	void *context;
	struct error *error;
	struct import_header header;

	/* of the CSV row that is being read */
	size_t first_line;	/* 0: between rows */
	uint64_t second_offset; /* where its second line begins */
	size_t row_bytes, cells;
	json_t *row;
	char trouble[256]; /* empty: none */
	int code;
};

static int fail(struct import_rows *rows, const char *what)
{
	return error_set(rows->error, IMPORT_ROWS_E_FILE, "%s:%zu: %s", rows->options.path,
			 rows->lines.line, what);
}

static const char *cell_trouble(struct span cell)
{
	if (!utf8_valid(cell))
		return "is not UTF-8; --charset says what it is";
	if (span_find(cell, 0, 0) < cell.size)
		return "holds a NUL byte; if the file is UTF-16, save it as UTF-8";
	return NULL;
}

static void take_header_cell(struct import_rows *rows, struct span cell)
{
	const char *trouble = cell_trouble(cell);

	if (trouble)
		(void)snprintf(rows->trouble, sizeof(rows->trouble), "the header %s", trouble);
	else
		rows->code = import_header_append(&rows->header, cell);
}

static void take_cell(void *bytes, size_t size, void *context)
{
	struct import_rows *rows = context;
	struct span cell = span_of(bytes, size);
	size_t index = rows->cells++;
	const char *trouble;

	if (rows->code || rows->trouble[0])
		return;
	if (!rows->header.known) {
		take_header_cell(rows, cell);
		return;
	}
	if (index >= rows->header.count) {
		(void)snprintf(rows->trouble, sizeof(rows->trouble),
			       "has more values than there are columns");
		return;
	}
	if (size == 0 || !*rows->header.fields[index])
		return;
	trouble = cell_trouble(cell);
	if (trouble)
		(void)snprintf(rows->trouble, sizeof(rows->trouble), "column %zu %s", index + 1,
			       trouble);
	else if (!rows->row && !(rows->row = json_object()))
		rows->code = -ENOMEM;
	else if (json_object_set_new_nocheck(rows->row, rows->header.fields[index],
					     json_stringn_nocheck(bytes, size)))
		rows->code = -ENOMEM;
}

/* Ready for the next row. */
static void forget_row(struct import_rows *rows)
{
	json_decref(rows->row);
	rows->row = NULL;
	rows->first_line = 0;
	rows->row_bytes = rows->cells = 0;
	rows->trouble[0] = '\0';
}

static int finish_header(struct import_rows *rows)
{
	struct error error;

	if (rows->code == -EMSGSIZE)
		return fail(rows, "there are more than 1000 columns");
	if (rows->code)
		return rows->code;
	if (rows->trouble[0])
		return fail(rows, rows->trouble);
	if (import_header_judge(&rows->header, &rows->options, &error) != 0)
		return fail(rows, error.text);
	return 0;
}

/* libcsv: a row is complete. */
static void take_row(int terminator, void *context)
{
	struct import_rows *rows = context;

	(void)terminator;
	if (!rows->header.known)
		rows->code = finish_header(rows);
	else if (rows->code)
		;
	else if (rows->trouble[0])
		rows->code = rows->each(rows->context, rows->first_line, NULL, rows->trouble);
	else if (!rows->row && !(rows->row = json_object()))
		rows->code = -ENOMEM;
	else
		rows->code = rows->each(rows->context, rows->first_line, take_ptr(rows->row), NULL);
	forget_row(rows);
}

static int reset_parser(struct import_rows *rows)
{
	if (rows->has_parser)
		csv_free(&rows->parser);
	rows->has_parser = csv_init(&rows->parser, CSV_STRICT | CSV_STRICT_FINI) == 0;
	if (!rows->has_parser)
		return -ENOMEM;
	csv_set_delim(&rows->parser, (unsigned char)rows->options.separator);
	return 0;
}

/* Report the row that cannot be ended, and go on behind its first line, or behind all of it. */
static int give_up_row(struct import_rows *rows, const char *what)
{
	size_t first_line = rows->first_line ? rows->first_line : rows->lines.line;
	uint64_t second = rows->second_offset, again = rows->lines.offset - second;
	bool goes_back = rows->first_line && rows->first_line < rows->lines.line &&
			 rows->again_bytes + again <= rows->lines.total_bytes;
	char trouble[256];
	int code;

	if (!rows->header.known)
		return fail(rows, what);
	if (rows->lines.line > first_line && !goes_back)
		(void)snprintf(trouble, sizeof(trouble), "%s (left out up to line %zu)", what,
			       rows->lines.line);
	else
		(void)snprintf(trouble, sizeof(trouble), "%s", what);
	forget_row(rows);
	code = rows->each(rows->context, first_line, NULL, trouble);
	if (!code && goes_back) {
		rows->again_bytes += again;
		import_lines_seek(&rows->lines, second, first_line);
	}
	return code ? code : reset_parser(rows);
}

static int feed_csv(struct import_rows *rows, struct span line)
{
	size_t taken;

	if (!rows->first_line && span_trim(line).size == 0)
		return 0;
	if (!rows->first_line) {
		rows->first_line = rows->lines.line;
		rows->second_offset = rows->lines.offset;
	}
	rows->row_bytes += line.size;
	if (rows->row_bytes > IMPORT_ROW_MAX_BYTES)
		return give_up_row(rows, "the row is longer than 65536 bytes; is a quote missing?");
	taken = csv_parse(&rows->parser, line.data, line.size, take_cell, take_row, rows);
	if (rows->code)
		return rows->code;
	if (taken != line.size)
		return give_up_row(rows, "a quote stands where none may; inside of a quoted value "
					 "it is written twice");
	return 0;
}

/* The object with its keys renamed as the map says; NULL with what is wrong. */
static json_t *rename_keys(struct import_rows *rows, json_t *object, const char **ret_trouble)
{
	json_t *row = json_object(), *value;
	const char *name;

	*ret_trouble = "out of memory";
	json_object_foreach(object, name, value)
	{
		const char *field = import_map_field(rows->options.map, name);

		if (field && !*field)
			continue;
		/* A key that is none is for whoever judges the row: it names it. */
		if (json_object_get(row, field ? field : name)) {
			*ret_trouble = "two of its keys are the same field";
			json_decref(row);
			return NULL;
		}
		if (json_object_set(row, field ? field : name, value) != 0) {
			json_decref(row);
			return NULL;
		}
	}
	return row;
}

/*
 * Brackets inside of brackets, whatever else the line holds. A row travels inside of a body, where
 * the parser allows it less than it has here, and would refuse a thousand rows for one.
 */
static bool is_deep(struct span line)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < line.size; i++) {
		uint8_t c = line.data[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > IMPORT_DEPTH_MAX)
			return true;
	}
	return false;
}

static int feed_json(struct import_rows *rows, struct span line)
{
	const char *trouble = "is not a JSON object";
	json_t *object, *row = NULL;
	json_error_t at;

	if (span_trim(line).size == 0)
		return 0;
	if (is_deep(line))
		return rows->each(rows->context, rows->lines.line, NULL,
				  "nests more than 100 levels deep");
	object = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, &at);
	if (json_is_object(object))
		row = rename_keys(rows, object, &trouble);
	else if (!object && !utf8_valid(line))
		trouble = "is not UTF-8; --charset says what it is";
	else if (!object)
		trouble = at.text;
	json_decref(object);
	return rows->each(rows->context, rows->lines.line, row, row ? NULL : trouble);
}

/* A line that the reader could not give. */
static int pass_over(struct import_rows *rows, int code)
{
	const char *what = code == IMPORT_LINES_E_LONG ? "the line is longer than 65536 bytes"
						       : "cannot be converted from that charset";

	if (!rows->told)
		return fail(rows, what);
	if (rows->is_json)
		return rows->each(rows->context, rows->lines.line, NULL, what);
	return give_up_row(rows, what);
}

/* The first line of one; a header of CSV may begin with '[', too. */
static bool is_json_array(struct span line)
{
	return span_equal(line, SPAN("[")) ||
	       (span_starts(line, SPAN("[")) &&
		span_starts(span_trim(span_slice(line, 1, line.size)), SPAN("{")));
}

/* What kind of file this is, by its first line that is not blank. */
static int tell(struct import_rows *rows, struct span line)
{
	if (span_starts(line, SPAN("\xFF\xFE")) || span_starts(line, SPAN("\xFE\xFF")))
		return fail(rows, "this is UTF-16; save it as UTF-8");
	if (is_json_array(span_trim(line)))
		return fail(rows, "this is a JSON array; write one object a line (jq -c '.[]')");
	rows->told = true;
	rows->is_json = span_trim(line).data[0] == '{';
	if (rows->is_json)
		return 0;
	if (!rows->options.separator)
		rows->options.separator = import_header_separator(line);
	return reset_parser(rows);
}

static int feed(struct import_rows *rows, struct span line)
{
	int code = 0;

	if (!rows->told) {
		if (span_trim(line).size == 0)
			return 0;
		code = tell(rows, line);
	}
	if (code)
		return code;
	return rows->is_json ? feed_json(rows, line) : feed_csv(rows, line);
}

/* The end of the file; *ret_again: rows behind an open quote are to be read again. */
static int finish_pass(struct import_rows *rows, bool *ret_again)
{
	*ret_again = false;
	if (!rows->told)
		return fail(rows, "there is nothing in this file");
	if (rows->is_json)
		return 0;
	if (csv_fini(&rows->parser, take_cell, take_row, rows) != 0) {
		int code = give_up_row(rows, "the file ends inside of a quoted value");

		*ret_again = !code && rows->lines.offset < rows->lines.total_bytes;
		return code;
	}
	if (!rows->code && !rows->header.known)
		return fail(rows, "there is nothing in this file");
	return rows->code;
}

static int read_all(struct import_rows *rows)
{
	bool again = true;
	int code = 0;

	while (!code && again) {
		struct span line;

		code = import_lines_next(&rows->lines, &line);
		if (code == 0)
			code = feed(rows, line);
		else if (code == IMPORT_LINES_E_END)
			code = finish_pass(rows, &again);
		else if (code > 0)
			code = pass_over(rows, code);
		else
			code = fail(rows, strerror(-code));
	}
	return code;
}

int import_rows_each(struct import_rows *rows, import_row_fn each, void *context,
		     struct error *error)
{
	rows->each = each;
	rows->context = context;
	rows->error = error;
	rows->code = 0;
	rows->told = rows->is_json = false;
	rows->again_bytes = 0;
	import_header_finish(&rows->header);
	forget_row(rows);
	import_lines_seek(&rows->lines, 0, 0);
	return read_all(rows);
}

static int stop_at_row(void *context, size_t line, json_t *row, const char *trouble)
{
	(void)context;
	(void)line;
	(void)trouble;
	json_decref(row);
	return -ECANCELED;
}

int import_rows_columns(struct import_rows *rows, const char *const **ret_columns,
			const char *const **ret_fields, size_t *ret_count, struct error *error)
{
	int code = import_rows_each(rows, stop_at_row, NULL, error);

	if (code != 0 && code != -ECANCELED)
		return code;
	*ret_columns = (const char *const *)rows->header.columns;
	*ret_fields = rows->header.fields;
	*ret_count = rows->header.count;
	return 0;
}

int import_rows_open(const struct import_rows_options *options, struct import_rows **ret_rows,
		     struct error *error)
{
	struct import_rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	rows->options = *options;
	rows->lines.fd = -1;
	if (import_lines_open(&rows->lines, options->path, options->charset, error) != 0) {
		import_rows_close(rows);
		return IMPORT_ROWS_E_FILE;
	}
	*ret_rows = rows;
	return 0;
}

void import_rows_close(struct import_rows *rows)
{
	if (!rows)
		return;
	forget_row(rows);
	if (rows->has_parser)
		csv_free(&rows->parser);
	import_header_finish(&rows->header);
	import_lines_close(&rows->lines);
	free(rows);
}

void cleanup_import_rows(struct import_rows **rows)
{
	import_rows_close(*rows);
}

uint64_t import_rows_offset(const struct import_rows *rows)
{
	return rows->lines.offset;
}

uint64_t import_rows_total(const struct import_rows *rows)
{
	return rows->lines.total_bytes;
}
