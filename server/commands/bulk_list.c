/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From rows to recipients. import_rows.h reads the file; here a row gets its address and its
 * person, and waits in the batch for the others.
 *
 * Of several rows of one person the first counts: it is sent before the second is read. What was
 * seen stays from one reading to the next, and a row is no double of itself, so that reading twice
 * finds the same.
 */
#include "commands/bulk_list.h"

#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/prospect_shape.h"
#include "text/email_address.h"

#include <errno.h>
#include <stdio.h>

enum { BATCH_BYTES = 2 << 20 };

static const char address_field[] = "email";

static const char *field_of_column(const char *column)
{
	return prospect_shape_is_address(column) ? address_field : column;
}

static const char *what_is_known(void)
{
	return "email, and any other";
}

/* The names of the file's columns, and then those of the fields that they are. */
static int keep_columns(struct bulk_list *list, const char *const *columns,
			const char *const *fields, size_t count)
{
	list->names = calloc(2 * count, sizeof(*list->names));
	list->columns.used = calloc(2 * count, sizeof(*list->columns.used));
	list->values = calloc(2 * count, sizeof(*list->values));
	if (!list->names || !list->columns.used || !list->values)
		return -ENOMEM;
	list->columns.names = (const char *const *)list->names;
	list->columns.count = 2 * count;
	for (size_t i = 0; i < count; i++) {
		list->names[i] = strdup(columns[i]);
		list->names[count + i] = strdup(fields[i]);
		if (!list->names[i] || !list->names[count + i])
			return -ENOMEM;
	}
	return 0;
}

int bulk_list_open(struct bulk_list *list, struct bulk *bulk, const struct keyring *keyring,
		   struct error *error)
{
	const struct import_rows_options options = {
		.path = bulk->path,
		.charset = bulk->list_charset,
		.separator = bulk->separator,
		.required = address_field,
		.map = &bulk->map,
	};
	const char *const *columns, *const *fields;
	size_t count;
	int code;

	bulk->map.field = field_of_column;
	bulk->map.what_is_known = what_is_known;
	list->path = bulk->path;
	list->keyring = keyring;
	import_report_begin(&list->report, list->path);
	code = import_rows_open(&options, &list->rows, error);
	if (code == 0)
		code = import_rows_columns(list->rows, &columns, &fields, &count, error);
	if (code != 0)
		return code < 0 ? code : COMMAND_FAILED;
	if (count == 0)
		return error_set(error, COMMAND_FAILED,
				 "%s: a list is CSV, with a first row that names the columns",
				 list->path);
	list->seen = import_seen_new(error);
	return list->seen ? keep_columns(list, columns, fields, count) : COMMAND_FAILED;
}

static void forget_batch(struct bulk_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		json_decref(list->values_of[i]);
		free(list->addresses[i]);
	}
	list->count = list->bytes = 0;
}

void bulk_list_close(struct bulk_list *list)
{
	forget_batch(list);
	import_rows_close(list->rows);
	import_seen_free(list->seen);
	for (size_t i = 0; list->names && i < list->columns.count; i++)
		free(list->names[i]);
	free(list->names);
	free(list->columns.used);
	free(list->values);
}

void bulk_list_tell(struct bulk_list *list, size_t line, const char *sentence)
{
	import_report_notice(&list->report, line, sentence);
}

void bulk_list_refuse(struct bulk_list *list, size_t line, const char *sentence)
{
	list->bad++;
	import_report_bad(&list->report, line, sentence);
}

void bulk_list_end(struct bulk_list *list)
{
	import_report_end(&list->report);
}

static int flush(struct bulk_list *list)
{
	int code = list->serve(list->context);

	forget_batch(list);
	return code;
}

/* Has this person a row before this one? Else this one is theirs. */
static int check_double(struct bulk_list *list, size_t line, const struct prospect_id *id,
			bool *ret_double)
{
	size_t first = import_seen_find(list->seen, id);
	char sentence[80];
	int code;

	*ret_double = first != 0 && first != line;
	if (*ret_double) {
		list->doubled++;
		(void)snprintf(sentence, sizeof(sentence),
			       "the same address as in line %zu, which gets the message", first);
		bulk_list_tell(list, line, sentence);
		return 0;
	}
	code = import_seen_put(list->seen, id, line);
	if (code != 0)
		return error_set(list->error, COMMAND_FAILED,
				 "the temporary table of addresses cannot grow (TMPDIR): %s",
				 strerror(-code));
	return 0;
}

/* Takes @row. */
static int add(struct bulk_list *list, size_t line, json_t *row, struct span address,
	       const struct prospect_id *id)
{
	char *copy = span_dup(address);

	if (!copy) {
		json_decref(row);
		return -ENOMEM;
	}
	list->addresses[list->count] = copy;
	list->values_of[list->count] = row;
	list->recipients[list->count++] = (struct bulk_recipient){
		.line = line,
		.address = copy,
		.prospect = *id,
		.fate = BULK_SEND,
	};
	return 0;
}

static size_t row_bytes(json_t *row)
{
	size_t bytes = 0;
	const char *name;
	json_t *value;

	json_object_foreach(row, name, value) bytes += json_string_length(value);
	return bytes;
}

static int take_row(void *context, size_t line, json_t *row, const char *trouble)
{
	struct bulk_list *list = context;
	const json_t *email = json_object_get(row, address_field);
	struct span address =
		span_trim(span_of(json_string_value(email), json_string_length(email)));
	struct prospect_id id;
	bool doubled = false;
	int code;

	import_report_row(&list->report, import_rows_offset(list->rows),
			  import_rows_total(list->rows));
	if (row &&
	    (!email_address_is_valid(address) || id_of_address(list->keyring, address, &id) != 0))
		trouble = email ? "its address is none that mail can be sent to"
				: "it has no address";
	if (trouble) {
		bulk_list_refuse(list, line, trouble);
		json_decref(row);
		return 0;
	}
	code = check_double(list, line, &id, &doubled);
	if (code != 0 || doubled) {
		json_decref(row);
		return code;
	}
	list->bytes += row_bytes(row);
	code = add(list, line, row, address, &id);
	if (code == 0 && (list->count == BULK_BATCH_MAX || list->bytes > BATCH_BYTES))
		code = flush(list);
	return code;
}

int bulk_list_read(struct bulk_list *list, int (*serve)(void *context), void *context,
		   struct error *error)
{
	int code;

	import_report_end(&list->report);
	import_report_begin(&list->report, list->path);
	list->bad = list->doubled = 0;
	list->serve = serve;
	list->context = context;
	list->error = error;
	code = import_rows_each(list->rows, take_row, list, error);
	if (code == 0)
		code = flush(list);
	forget_batch(list);
	return code;
}

const struct span *bulk_list_values(struct bulk_list *list, size_t index)
{
	size_t count = list->columns.count / 2;

	for (size_t i = 0; i < list->columns.count; i++) {
		const json_t *value;

		if (!list->columns.used[i])
			continue;
		value = json_object_get(list->values_of[index], list->names[count + i % count]);
		list->values[i] =
			value ? span_of(json_string_value(value), json_string_length(value))
			      : (struct span){.data = NULL};
	}
	return list->values;
}
