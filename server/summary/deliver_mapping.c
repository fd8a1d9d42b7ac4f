/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mapping: the table's columns with what a file changes of them. A column that a file names
 * keeps the place that the table gives it; new ones follow in the order of the file.
 *
 * Names of columns go into a header row and into file names of metadata, so they are letters,
 * digits and what Salesforce writes between them, and nothing else.
 */
#include "summary/deliver_mapping.h"

#include "base/cleanup.h"
#include "config/json_document.h"

#include <errno.h>

enum { COLUMN_NAME_MAX_BYTES = 80, STATUS_MAX_BYTES = 40 };

static const struct {
	const char *name;
	unsigned files;
} objects[] = {
	[DELIVER_LEAD] = {"Lead", DELIVER_RECORD},
	[DELIVER_CONTACT] = {"Contact", DELIVER_RECORD | DELIVER_ONLY_CONTACT},
	[DELIVER_INTERACTIONS] = {"Web_Interaction_Summary__c", DELIVER_SUMMARY},
	[DELIVER_CAMPAIGN_MEMBER] = {"CampaignMember", DELIVER_MEMBER},
	[DELIVER_TASK_OBJECT] = {"Task", DELIVER_TASK},
};

/* What the CRM has by itself: it knows of no click. */
static const char *const default_statuses[] = {"Sent", "Sent", "Sent", "Responded"};

const char *deliver_object_name(enum deliver_object object)
{
	return objects[object].name;
}

unsigned deliver_object_files(enum deliver_object object)
{
	return objects[object].files;
}

static void finish_column(struct deliver_column *column)
{
	free(column->name);
	free(column->field);
	free(column->text);
}

void deliver_mapping_free(struct deliver_mapping *mapping)
{
	if (!mapping)
		return;
	for (int object = 0; object < DELIVER_OBJECT_COUNT; object++) {
		struct deliver_columns *columns = &mapping->columns[object];

		for (size_t i = 0; i < columns->count; i++)
			finish_column(&columns->items[i]);
		free(columns->items);
	}
	for (int stage = 0; stage < DELIVER_STAGE_COUNT; stage++)
		free(mapping->statuses[stage]);
	free(mapping->crm_id_field);
	free(mapping);
}

static int replace(char **text, struct span by)
{
	char *copy = span_dup(by);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static int set_defaults(struct deliver_mapping *mapping)
{
	int code = 0;

	mapping->guard = true;
	for (int object = 0; object < DELIVER_OBJECT_COUNT; object++) {
		struct deliver_columns *columns = &mapping->columns[object];

		columns->items = calloc(DELIVER_COLUMNS_MAX, sizeof(*columns->items));
		if (!columns->items)
			return -ENOMEM;
		for (size_t i = 0; !code && i < deliver_value_count; i++) {
			const struct deliver_value *value = &deliver_values[i];

			if (!value->column || !(value->files & objects[object].files))
				continue;
			columns->items[columns->count].value = value;
			code = replace(&columns->items[columns->count++].name,
				       span_text(value->column));
		}
	}
	for (int stage = 0; !code && stage < DELIVER_STAGE_COUNT; stage++)
		code = replace(&mapping->statuses[stage], span_text(default_statuses[stage]));
	return code ? code : replace(&mapping->crm_id_field, SPAN("salesforce_id"));
}

static struct deliver_column *find_column(struct deliver_columns *columns, const char *name)
{
	for (size_t i = 0; i < columns->count; i++)
		if (strcmp(columns->items[i].name, name) == 0)
			return &columns->items[i];
	return NULL;
}

static void remove_column(struct deliver_columns *columns, struct deliver_column *column)
{
	finish_column(column);
	columns->count--;
	memmove(column, column + 1,
		(size_t)(&columns->items[columns->count] - column) * sizeof(*column));
	columns->items[columns->count] = (struct deliver_column){0};
}

static bool is_column_name(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size <= COLUMN_NAME_MAX_BYTES &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:") ==
		       size;
}

static int read_value(const struct json_document *document, const char *where, const json_t *value,
		      unsigned files, struct deliver_column *column)
{
	struct span name = span_of(json_string_value(value), json_string_length(value));

	column->value = deliver_value_find(name);
	if (!column->value)
		return json_document_refuse(document, where, "there is no value \"%s\"",
					    json_string_value(value));
	if (!(column->value->files & files))
		return json_document_refuse(document, where, "\"%s\" is no value of this object",
					    json_string_value(value));
	return 0;
}

/* {"field": "last_name", "else": "…"} or {"text": "…"}. */
static int read_source(const struct json_document *document, const char *where, const json_t *value,
		       struct deliver_column *column)
{
	static const char *const keys[] = {"else", "field", "text", NULL};
	struct span field = {0}, text = {0}, otherwise = {0};
	int code = json_document_keys(document, value, where, keys);

	if (!code)
		code = json_document_text(document, value, where, "field", &field);
	if (!code)
		code = json_document_text(document, value, where, "text", &text);
	if (!code)
		code = json_document_text(document, value, where, "else", &otherwise);
	if (code)
		return code;
	if (!field.data == !text.data || (text.data && otherwise.data))
		return json_document_refuse(document, where,
					    "must have a \"field\" (with an \"else\" or not), or a "
					    "\"text\"");
	if (field.data)
		code = replace(&column->field, field);
	if (!code && (text.data || otherwise.data))
		code = replace(&column->text, text.data ? text : otherwise);
	return code;
}

static int read_column(const struct json_document *document, const char *where, const char *name,
		       const json_t *value, enum deliver_object object,
		       struct deliver_mapping *mapping)
{
	struct deliver_columns *columns = &mapping->columns[object];
	struct deliver_column *column = find_column(columns, name);

	if (!is_column_name(name))
		return json_document_refuse(document, where, "is not the name of a field");
	if (json_is_null(value)) {
		if (!column)
			return json_document_refuse(document, where,
						    "there is no such column to leave out");
		remove_column(columns, column);
		return 0;
	}
	if (!column) {
		if (columns->count == DELIVER_COLUMNS_MAX)
			return json_document_refuse(document, where, "there are too many columns");
		column = &columns->items[columns->count++];
		if (replace(&column->name, span_text(name)) != 0)
			return -ENOMEM;
	}
	column->value = NULL;
	if (json_is_string(value))
		return read_value(document, where, value, objects[object].files, column);
	return read_source(document, where, value, column);
}

static int read_object(const struct json_document *document, enum deliver_object object,
		       struct deliver_mapping *mapping)
{
	const char *where = objects[object].name, *name;
	json_t *columns = json_object_get(document->root, where), *value;
	char place[JSON_DOCUMENT_WHERE_BYTES];

	if (!columns)
		return 0;
	if (!json_is_object(columns))
		return json_document_refuse(document, where, "must be an object");
	json_object_foreach(columns, name, value)
	{
		int code;

		json_document_join(where, name, place);
		code = read_column(document, place, name, value, object, mapping);
		if (code)
			return code;
	}
	return 0;
}

static int read_statuses(const struct json_document *document, struct deliver_mapping *mapping)
{
	static const char *const keys[] = {"clicked", "responded", "sent", NULL};
	const json_t *object = json_object_get(document->root, "status");
	int code = object ? json_document_keys(document, object, "status", keys) : 0;

	for (int stage = DELIVER_STAGE_SENT; !code && object && stage < DELIVER_STAGE_COUNT;
	     stage++) {
		struct span text = {0};

		code = json_document_text(document, object, "status",
					  deliver_stage_text((enum deliver_stage)stage), &text);
		if (!code && text.size > STATUS_MAX_BYTES)
			code = json_document_refuse(document, "status",
						    "a status has at most %d bytes",
						    STATUS_MAX_BYTES);
		if (!code && text.data)
			code = replace(&mapping->statuses[stage], text);
	}
	return code;
}

static int read_options(const struct json_document *document, struct deliver_mapping *mapping)
{
	struct span object = SPAN("Lead"), crm_id = {0};
	const json_t *root = document->root;
	int code = json_document_text(document, root, "", "default_object", &object);

	mapping->contacts = span_equal(object, SPAN("Contact"));
	if (!code && !mapping->contacts && !span_equal(object, SPAN("Lead")))
		code = json_document_refuse(document, "default_object", "must be Lead or Contact");
	if (!code)
		code = json_document_text(document, root, "", "crm_id_field", &crm_id);
	if (!code && crm_id.data)
		code = replace(&mapping->crm_id_field, crm_id);
	return code ? code
		    : json_document_bool(document, root, "", "guard_formulas", &mapping->guard);
}

static int read_mapping(const struct json_document *document, struct deliver_mapping *mapping)
{
	static const char *const keys[] = {"CampaignMember",
					   "Contact",
					   "Lead",
					   "Task",
					   "Web_Interaction_Summary__c",
					   "crm_id_field",
					   "default_object",
					   "guard_formulas",
					   "status",
					   NULL};
	int code = json_document_keys(document, document->root, "", keys);

	for (int object = 0; !code && object < DELIVER_OBJECT_COUNT; object++)
		code = read_object(document, (enum deliver_object)object, mapping);
	if (!code)
		code = read_statuses(document, mapping);
	return code ? code : read_options(document, mapping);
}

static int make(const struct json_document *document, struct deliver_mapping **ret_mapping)
{
	struct deliver_mapping *mapping = calloc(1, sizeof(*mapping));
	int code = mapping ? set_defaults(mapping) : -ENOMEM;

	if (!code && document)
		code = read_mapping(document, mapping);
	if (code) {
		deliver_mapping_free(mapping);
		return code;
	}
	*ret_mapping = mapping;
	return 0;
}

int deliver_mapping_parse(const char *path, struct span text, struct deliver_mapping **ret_mapping,
			  struct error *error)
{
	struct json_document document;
	int code = json_document_parse(&document, path, text, error);

	if (!code)
		code = make(&document, ret_mapping);
	json_document_finish(&document);
	return code;
}

int deliver_mapping_load(const char *path, struct deliver_mapping **ret_mapping,
			 struct error *error)
{
	struct json_document document;
	int code;

	if (!path)
		return make(NULL, ret_mapping);
	code = json_document_load(&document, path, error);
	if (!code)
		code = make(&document, ret_mapping);
	json_document_finish(&document);
	return code;
}

bool deliver_mapping_known(const struct deliver_mapping *mapping,
			   const struct deliver_identity *identity, enum deliver_object *ret_object)
{
	const json_t *value = json_object_get(identity->fields, mapping->crm_id_field);
	struct span id = span_of(json_string_value(value), json_string_length(value));
	bool contact = identity->contact.size > 0, lead = identity->lead.size > 0;

	if (!contact && !lead) {
		contact = span_starts(id, SPAN("003"));
		lead = span_starts(id, SPAN("00Q"));
	}
	/* A lead that was converted has both. */
	*ret_object = contact ? DELIVER_CONTACT : DELIVER_LEAD;
	return contact || lead;
}

enum deliver_object deliver_mapping_object(const struct deliver_mapping *mapping,
					   const struct deliver_item *item)
{
	enum deliver_object object;

	if (deliver_mapping_known(mapping, item->identity, &object))
		return object;
	return item->account.size > 0 || mapping->contacts ? DELIVER_CONTACT : DELIVER_LEAD;
}

void deliver_columns_header(const struct deliver_columns *columns, struct csv_row *row)
{
	for (size_t i = 0; i < columns->count; i++)
		csv_row_plain(row, span_text(columns->items[i].name));
}

/* What the CRM has is left alone where we say nothing. */
static bool is_kept(const struct deliver_value *value)
{
	static const char *const names[] = {"account", "email", "email_opt_out"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value->name, names[i]) == 0)
			return true;
	return false;
}

static void write_value(const struct deliver_value *value, const struct deliver_item *item,
			bool updates, struct csv_row *row)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	bool is_text = value->type == DELIVER_TYPE_TEXT || value->type == DELIVER_TYPE_LONG;

	deliver_value_write(value, item, &text);
	if (text.error)
		row->to->error = text.error;
	/* An address is somebody's key: it is never emptied, and never guarded. */
	if (text.size == 0)
		csv_row_plain(row, updates && !is_kept(value) ? SPAN("#N/A") : SPAN(""));
	else if (is_text)
		csv_row_text(row, buffer_span(&text), value->length,
			     item->guard && strcmp(value->name, "email") != 0);
	else
		csv_row_plain(row, buffer_span(&text));
}

static void write_source(const struct deliver_column *column, const struct deliver_item *item,
			 struct csv_row *row)
{
	struct span text = {0};

	if (column->field)
		text = deliver_field((void *)(uintptr_t)item, column->field);
	if (text.size == 0)
		text = span_text(column->text);
	if (text.size == 0)
		csv_row_plain(row, SPAN(""));
	else
		csv_row_text(row, text, 0, item->guard);
}

void deliver_columns_write(const struct deliver_columns *columns, const struct deliver_item *item,
			   bool updates, struct csv_row *row)
{
	for (size_t i = 0; i < columns->count; i++) {
		const struct deliver_column *column = &columns->items[i];

		if (column->value)
			write_value(column->value, item, updates, row);
		else
			write_source(column, item, row);
	}
}
