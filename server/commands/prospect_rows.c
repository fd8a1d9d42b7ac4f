/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading rows. The file is read line by line, so that a row can be named by the line it begins on
 * even where a quoted CSV value holds line breaks; libcsv keeps its own state between lines.
 *
 * A bad row is reported and skipped, since a list of ten thousand people is rarely clean. Only what
 * makes every row bad ends the reading: no header, or no address column.
 */
#include "commands/prospect_rows.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <csv.h>
#include <errno.h>

struct reading {
	const struct prospect_rows *rows;
	struct error *error;
	size_t line;	   /* of the piece that is being fed */
	size_t first_line; /* where the current CSV row began; 0: between rows */
	json_t *header;	   /* names of the columns; NULL until the header row */
	json_t *cells;	   /* of the current row; NULL: a value of it is not UTF-8 */
	bool bad_cell;
	size_t row_bytes;
	int code;
};

static int fail(struct reading *reading, const char *what)
{
	return error_set(reading->error, PROSPECT_ROWS_E_FILE, "%s:%zu: %s", reading->rows->path,
			 reading->line, what);
}

static void take_cell(void *bytes, size_t size, void *context)
{
	struct reading *reading = context;
	struct span text = span_of(bytes, size);

	if (reading->first_line == 0)
		reading->first_line = reading->line;
	if (!utf8_valid(text)) {
		reading->bad_cell = true;
		text = SPAN("");
	}
	if (json_array_append_new(reading->cells, json_stringn((const char *)text.data, text.size)))
		reading->code = -ENOMEM;
}

static int take_header(struct reading *reading)
{
	const json_t *name;
	size_t index;

	if (reading->bad_cell)
		return fail(reading, "the header is not UTF-8");
	json_array_foreach(reading->cells, index,
			   name) if (strcasecmp(json_string_value(name), "email") == 0)
	{
		reading->header = json_copy(reading->cells);
		return reading->header ? 0 : -ENOMEM;
	}
	return fail(reading, "the first row must name the columns, and one of them \"email\"");
}

/* {"email": …, "fields": {…}} of a CSV row, or NULL when memory is out. */
static json_t *row_of_cells(const struct reading *reading)
{
	json_t *row = json_pack("{s:{}}", "fields"), *cell;
	size_t index;

	json_array_foreach(reading->cells, index, cell)
	{
		const char *name = json_string_value(json_array_get(reading->header, index));
		bool is_address = strcasecmp(name, "email") == 0;

		if (!is_address && (json_string_length(cell) == 0 || !*name))
			continue;
		if (json_object_set(is_address ? row : json_object_get(row, "fields"),
				    is_address ? "email" : name, cell) != 0) {
			json_decref(row);
			return NULL;
		}
	}
	return row;
}

static int give_row(struct reading *reading)
{
	const struct prospect_rows *rows = reading->rows;
	json_t *row;

	if (reading->bad_cell)
		return rows->row(rows->context, reading->first_line, NULL, "is not UTF-8");
	if (json_array_size(reading->cells) > json_array_size(reading->header))
		return rows->row(rows->context, reading->first_line, NULL,
				 "has more values than there are columns");
	row = row_of_cells(reading);
	return row ? rows->row(rows->context, reading->first_line, row, NULL) : -ENOMEM;
}

static void take_row(int terminator, void *context)
{
	struct reading *reading = context;

	(void)terminator;
	if (!reading->code && json_array_size(reading->cells) > 0)
		reading->code = reading->header ? give_row(reading) : take_header(reading);
	(void)json_array_clear(reading->cells);
	reading->bad_cell = false;
	reading->first_line = 0;
	reading->row_bytes = 0;
}

static int feed_csv(struct reading *reading, struct csv_parser *parser, const char *text,
		    size_t size)
{
	reading->row_bytes += size;
	if (reading->row_bytes > PROSPECT_ROW_MAX_BYTES)
		return fail(reading, "the row is longer than 65536 bytes; is a quote missing?");
	if (csv_parse(parser, text, size, take_cell, take_row, reading) != size)
		return fail(reading, csv_strerror(csv_error(parser)));
	return reading->code;
}

/* Fields that stand beside "email" move into "fields"; anything else is refused later. */
static json_t *normalise_object(json_t *object)
{
	json_t *row = json_pack("{s:O*, s:o}", "email", json_object_get(object, "email"), "fields",
				json_object());
	json_t *fields = json_object_get(row, "fields"), *value;
	const char *name;
	int code = 0;

	json_object_foreach(object, name, value)
	{
		if (strcmp(name, "email") == 0)
			continue;
		if (strcmp(name, "fields") == 0 && json_is_object(value))
			code |= json_object_update(fields, value);
		else
			code |= json_object_set(fields, name, value);
	}
	if (code || !row) {
		json_decref(row);
		return NULL;
	}
	return row;
}

static int feed_json(struct reading *reading, const char *text, size_t size)
{
	const struct prospect_rows *rows = reading->rows;
	json_t *object, *row;
	json_error_t trouble;

	if (span_trim(span_of(text, size)).size == 0)
		return 0;
	object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &trouble);
	if (!object || !json_is_object(object)) {
		json_decref(object);
		return rows->row(rows->context, reading->line, NULL, "is not a JSON object");
	}
	row = normalise_object(object);
	json_decref(object);
	return row ? rows->row(rows->context, reading->line, row, NULL) : -ENOMEM;
}

/* One line with its end; 0 at the end of the file, negative when it is too long or unreadable. */
static ssize_t read_line(struct reading *reading, FILE *file, char **text, size_t *capacity)
{
	ssize_t size = getline(text, capacity, file);

	reading->line++;
	if (size > PROSPECT_ROW_MAX_BYTES)
		return -fail(reading, "the line is longer than 65536 bytes");
	if (size < 0 && ferror(file))
		return -fail(reading, strerror(errno));
	return size < 0 ? 0 : size;
}

static int read_all(struct reading *reading, struct csv_parser *parser, FILE *file)
{
	cleanup_free char *text = NULL;
	bool told = false, is_json = false;
	size_t capacity = 0;
	ssize_t size;

	while ((size = read_line(reading, file, &text, &capacity)) > 0) {
		struct span piece = span_of(text, (size_t)size);
		int code;

		if (reading->line == 1 && span_starts(piece, SPAN("\xEF\xBB\xBF")))
			piece = span_slice(piece, 3, piece.size);
		if (!told && span_trim(piece).size > 0) {
			told = true;
			is_json = span_trim(piece).data[0] == '{';
		}
		code = is_json ? feed_json(reading, (const char *)piece.data, piece.size)
			       : feed_csv(reading, parser, (const char *)piece.data, piece.size);
		if (code)
			return code;
	}
	if (size < 0)
		return PROSPECT_ROWS_E_FILE;
	if (!is_json && csv_fini(parser, take_cell, take_row, reading) != 0)
		return fail(reading, csv_strerror(csv_error(parser)));
	if (!is_json && !reading->header && !reading->code)
		return fail(reading, "there is nothing in this file");
	return reading->code;
}

int prospect_rows_read(const struct prospect_rows *rows, FILE *file, struct error *error)
{
	struct reading reading = {.rows = rows, .error = error, .cells = json_array()};
	struct csv_parser parser;
	int code = -ENOMEM;

	if (reading.cells && csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) == 0) {
		code = read_all(&reading, &parser, file);
		csv_free(&parser);
	}
	json_decref(reading.header);
	json_decref(reading.cells);
	return code;
}
