/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns with a meaning, in rows of people. A file has all in one row of texts; the operation has
 * an object for each kind, so that no field of an owner's can be taken for an id or a consent.
 *
 * What such a column must hold is judged there; here only what is written in words for a person,
 * such as "yes", or a list of names in one cell.
 */
#include "commands/prospect_shape.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "track/person_marks.h"

#include <stdio.h>

struct shape {
	json_t *row, *fields, *ids, *suppressed, *lists;
	char *room;
	const char *refusal;
	int failed;
};

const char *prospect_shape_column(const char *column)
{
	static const struct {
		const char *column, *name;
	} rows[] = {
		{"HasOptedOutOfEmail", "opted_out"},
		{"IsEmailBounced", "bounced"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_equal_nocase(span_text(column), span_text(rows[i].column)))
			return rows[i].name;
	return column;
}

static void refuse(struct shape *shape, const char *name, const char *sentence)
{
	(void)snprintf(shape->room, PROSPECT_SHAPE_ROOM, "%s: %s", name, sentence);
	shape->refusal = shape->room;
}

static void put(struct shape *shape, json_t *object, const char *name, json_t *value)
{
	shape->failed |= json_object_set_new_nocheck(object, name, value);
}

static struct span text_of(const json_t *text)
{
	return span_of(json_string_value(text), json_string_length(text));
}

static void take_flag(struct shape *shape, const char *name, json_t *value)
{
	static const char *const words[] = {"false", "true", "no", "yes", "0", "1"};
	struct span text = span_trim(text_of(value));

	if (json_is_boolean(value)) {
		put(shape, shape->suppressed, name, json_incref(value));
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text.data && span_equal_nocase(text, span_text(words[i]))) {
			put(shape, shape->suppressed, name, json_boolean(i % 2));
			return;
		}
	refuse(shape, name, "must be true or false, yes or no, 1 or 0");
}

static void take_lists(struct shape *shape, const char *name, const json_t *value, bool left)
{
	struct span text = text_of(value);
	size_t at = 0;

	if (!text.data)
		refuse(shape, name, "must be names of lists, with ';' between them");
	while (text.data && at < text.size) {
		size_t end = span_find(text, ';', at);
		struct span item = span_trim(span_slice(text, at, end - at));
		cleanup_free char *list = span_dup(item);

		if (!list)
			shape->failed = 1;
		else if (item.size > 0)
			put(shape, shape->lists, list, json_boolean(left));
		at = end + 1;
	}
}

/* What kind of record it is, the first three characters say. */
static void take_salesforce_id(struct shape *shape, json_t *value)
{
	struct span text = text_of(value);

	put(shape, shape->fields, "salesforce_id", json_incref(value));
	if (span_starts(text, SPAN("003")))
		put(shape, shape->ids, "salesforce_contact", json_incref(value));
	else if (span_starts_nocase(text, SPAN("00Q")))
		put(shape, shape->ids, "salesforce_lead", json_incref(value));
}

static bool take_object(struct shape *shape, const char *name, json_t *value)
{
	if (!json_is_object(value))
		return false;
	if (strcmp(name, "fields") == 0)
		shape->failed |= json_object_update(shape->fields, value);
	else if (strcmp(name, "ids") == 0)
		shape->failed |= json_object_update(shape->ids, value);
	else if (strcmp(name, "suppressed") == 0)
		shape->failed |= json_object_update(shape->suppressed, value);
	else
		return false;
	return true;
}

static void take(struct shape *shape, const char *name, json_t *value)
{
	if (take_object(shape, name, value))
		return;
	if (strcmp(name, "email") == 0 || strcmp(name, "opens") == 0)
		put(shape, shape->row, name, json_incref(value));
	else if (person_external_of_text(span_text(name)) != PERSON_EXTERNAL_COUNT)
		put(shape, shape->ids, name, json_incref(value));
	else if (strcmp(name, "salesforce_id") == 0)
		take_salesforce_id(shape, value);
	else if (strcmp(name, "opted_out") == 0 || strcmp(name, "bounced") == 0)
		take_flag(shape, name, value);
	else if (strcmp(name, "unsubscribed") == 0)
		take_lists(shape, name, value, true);
	else if (strcmp(name, "subscribed") == 0)
		take_lists(shape, name, value, false);
	else
		put(shape, shape->fields, name, json_incref(value));
}

json_t *prospect_shape(json_t *row, char room[PROSPECT_SHAPE_ROOM], const char **ret_refusal)
{
	struct shape shape = {
		.row = json_object(),
		.fields = json_object(),
		.ids = json_object(),
		.suppressed = json_object(),
		.lists = json_object(),
		.room = room,
	};
	const char *name;
	json_t *value;

	json_object_foreach(row, name, value) if (!shape.refusal) take(&shape, name, value);
	if (json_object_size(shape.lists) > 0)
		put(&shape, shape.suppressed, "lists", json_incref(shape.lists));
	put(&shape, shape.row, "fields", shape.fields);
	if (json_object_size(shape.ids) > 0)
		put(&shape, shape.row, "ids", json_incref(shape.ids));
	if (json_object_size(shape.suppressed) > 0)
		put(&shape, shape.row, "suppressed", json_incref(shape.suppressed));
	json_decref(shape.ids);
	json_decref(shape.lists);
	json_decref(shape.suppressed);
	*ret_refusal = shape.refusal;
	if (!shape.refusal && !shape.failed)
		return shape.row;
	json_decref(shape.row);
	return NULL;
}

bool prospect_shape_is_address(const char *column)
{
	char text[16];
	size_t size = 0;

	for (; *column; column++) {
		char c = *column;

		if (c == '-' || c == '_' || c == ' ')
			continue;
		if (size == sizeof(text) - 1)
			return false;
		text[size++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	text[size] = '\0';
	return strcmp(text, "email") == 0 || strcmp(text, "emailaddress") == 0;
}
