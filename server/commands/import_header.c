/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the first row of a CSV file must be: names of columns, each of them a field at most once.
 * Everything here ends the import, since a wrong header makes every row wrong.
 *
 * Invariant: once a header is known, each column has a field, which lives as long as the header.
 */
#include "commands/import_header.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <errno.h>

int import_header_append(struct import_header *header, struct span cell)
{
	char **columns;

	if (header->count == IMPORT_COLUMNS_MAX)
		return -EMSGSIZE;
	columns = realloc(header->columns, (header->count + 1) * sizeof(*columns));
	if (!columns)
		return -ENOMEM;
	header->columns = columns;
	columns[header->count] = span_dup(cell);
	if (!columns[header->count])
		return -ENOMEM;
	header->count++;
	return 0;
}

static int judge_column(struct import_header *header, size_t index,
			const struct import_rows_options *options, struct error *error)
{
	const char *column = header->columns[index];
	const char *field = import_map_field(options->map, column);

	if (!field)
		return error_set(error, IMPORT_ROWS_E_FILE,
				 "the column \"%s\" is none that is known (%s); say what it is "
				 "with --map \"%s=field\", or leave it out with --map \"%s=\"",
				 column, options->map->what_is_known(), column, column);
	for (size_t i = 0; *field && i < index; i++)
		if (strcmp(header->fields[i], field) == 0)
			return error_set(error, IMPORT_ROWS_E_FILE,
					 "the columns %zu (\"%s\") and %zu (\"%s\") are both "
					 "\"%s\"; leave one out with --map \"column=\", or rename "
					 "it in the file",
					 i + 1, header->columns[i], index + 1, column, field);
	header->fields[index] = field;
	return 0;
}

static bool has_field(const struct import_header *header, const char *field)
{
	for (size_t i = 0; i < header->count; i++)
		if (strcmp(header->fields[i], field) == 0)
			return true;
	return false;
}

int import_header_judge(struct import_header *header, const struct import_rows_options *options,
			struct error *error)
{
	const char *unused;
	int code = 0;

	header->fields = calloc(header->count, sizeof(*header->fields));
	if (!header->fields)
		return error_set(error, IMPORT_ROWS_E_FILE, "out of memory");
	for (size_t i = 0; !code && i < header->count; i++)
		code = judge_column(header, i, options, error);
	if (code)
		return code;
	unused = import_map_unused(options->map);
	if (unused)
		return error_set(error, IMPORT_ROWS_E_FILE,
				 "there is no column \"%s\", which --map names", unused);
	if (options->required && !has_field(header, options->required))
		return error_set(error, IMPORT_ROWS_E_FILE,
				 "the first row must name the columns, and one of them \"%s\" (or "
				 "say which with --map \"column=%s\")",
				 options->required, options->required);
	header->known = true;
	return 0;
}

void import_header_finish(struct import_header *header)
{
	for (size_t i = 0; i < header->count; i++)
		free(header->columns[i]);
	free(header->columns);
	free(header->fields);
	*header = (struct import_header){0};
}

char import_header_separator(struct span line)
{
	static const char separators[] = {',', ';', '\t'};
	size_t counts[sizeof(separators)] = {0}, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < line.size; i++) {
		quoted ^= line.data[i] == '"';
		for (size_t k = 0; !quoted && k < sizeof(separators); k++)
			counts[k] += line.data[i] == (uint8_t)separators[k];
	}
	for (size_t k = 1; k < sizeof(separators); k++)
		if (counts[k] > counts[best])
			best = k;
	return separators[best];
}
