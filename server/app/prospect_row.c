/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of an import, judged as a whole and then put into a person's record.
 *
 * Fields, ids, marks and lists are apart in it, so that no field of an owner's can be taken for a
 * consent. What is told of a change is names alone: they go into the log, which holds no values.
 */
#include "app/prospect_row.h"

#include "app/record_name.h"
#include "text/url.h"

#include <errno.h>
#include <stdio.h>

static struct span text_of(const json_t *text)
{
	return span_of(json_string_value(text), json_string_length(text));
}

static const char *says(char *room, const char *name, const char *sentence)
{
	(void)snprintf(room, PROSPECT_ROW_ROOM, "%s: %s", name, sentence);
	return room;
}

/* Does @value fit the type of the field? */
static const char *type_refusal(const struct config *config, const char *name, struct span value,
				char *room)
{
	cleanup_buffer struct buffer kept = BUFFER_INIT;
	enum person_type type = person_type_of(config, span_text(name));

	if (person_type_read(type, value, &kept) == 0)
		return NULL;
	(void)snprintf(room, PROSPECT_ROW_ROOM, "%s: the value is no %s (people.fields)", name,
		       person_type_text(type));
	return room;
}

static const char *fields_refusal(const struct config *config, const json_t *fields, char *room)
{
	const char *name, *refusal;
	json_t *value;

	if (fields && !json_is_object(fields))
		return "fields must be an object";
	if (json_object_size(fields) > PERSON_VALUES_MAX)
		return "there are more than 100 fields";
	json_object_foreach((json_t *)(uintptr_t)fields, name, value)
	{
		refusal = person_name_refusal(span_text(name));
		if (refusal)
			return refusal;
		if (!json_is_string(value))
			return says(room, name, "a field's value must be a text");
		refusal = person_value_refusal(text_of(value));
		if (refusal)
			return says(room, name, refusal);
		refusal = type_refusal(config, name, text_of(value), room);
		if (refusal)
			return refusal;
	}
	return NULL;
}

static bool is_external(struct span id)
{
	for (size_t i = 0; i < id.size; i++) {
		uint8_t c = id.data[i], letter = c | 0x20;

		if (!(c >= '0' && c <= '9') && !(letter >= 'a' && letter <= 'z') && c != '-' &&
		    c != '_')
			return false;
	}
	return id.size <= PERSON_EXTERNAL_MAX_BYTES;
}

static const char *ids_refusal(const json_t *ids, char *room)
{
	const char *name;
	json_t *value;

	if (ids && !json_is_object(ids))
		return "ids must be an object";
	json_object_foreach((json_t *)(uintptr_t)ids, name, value)
	{
		if (person_external_of_text(span_text(name)) == PERSON_EXTERNAL_COUNT)
			return "ids holds salesforce_lead, salesforce_contact and "
			       "salesforce_account, nothing else";
		if (!json_is_string(value) || !is_external(text_of(value)))
			return says(room, name, "an id is at most 64 letters, digits, '-' and '_'");
	}
	return NULL;
}

static const char *lists_refusal(const json_t *lists, char *room)
{
	const char *name;
	json_t *value;

	if (lists && !json_is_object(lists))
		return "suppressed.lists must be an object";
	if (json_object_size(lists) > PERSON_LISTS_MAX)
		return "there are more than 100 lists";
	json_object_foreach((json_t *)(uintptr_t)lists, name, value)
	{
		if (id_check_name(span_text(name)) != 0 || url_holds_address(span_text(name)))
			return "a list's name must be 1 to 255 bytes of text without controls or "
			       "e-mail addresses";
		if (!json_is_boolean(value))
			return says(room, name, "must be true or false");
	}
	return NULL;
}

static const char *suppressed_refusal(const json_t *suppressed, char *room)
{
	static const char *const keys[] = {"opted_out", "bounced", "lists", NULL};
	const json_t *value;

	if (!suppressed)
		return NULL;
	if (operation_check_keys(suppressed, "", keys, NULL) != 0)
		return "suppressed holds opted_out, bounced and lists, nothing else";
	for (int i = 0; i < 2; i++) {
		value = json_object_get(suppressed, keys[i]);
		if (value && !json_is_boolean(value))
			return says(room, keys[i], "must be true or false");
	}
	return lists_refusal(json_object_get(suppressed, "lists"), room);
}

static const char *opens_refusal(const json_t *opens)
{
	static const char *const choices[] = {"", "denied", "measure", "identify"};

	if (!opens)
		return NULL;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (json_is_string(opens) && strcmp(json_string_value(opens), choices[i]) == 0)
			return NULL;
	return "opens must be denied, measure or identify, or empty";
}

const char *prospect_row_refusal(const struct config *config, const json_t *row,
				 char room[PROSPECT_ROW_ROOM])
{
	static const char *const keys[] = {"email", "fields", "ids", "suppressed", "opens", NULL};
	const char *refusal;

	if (operation_check_keys(row, "", keys, NULL) != 0)
		return "a row holds email, fields, ids, suppressed and opens, nothing else";
	if (!json_is_string(json_object_get(row, "email")))
		return "there is no e-mail address";
	refusal = fields_refusal(config, json_object_get(row, "fields"), room);
	if (!refusal)
		refusal = ids_refusal(json_object_get(row, "ids"), room);
	if (!refusal)
		refusal = suppressed_refusal(json_object_get(row, "suppressed"), room);
	return refusal ? refusal : opens_refusal(json_object_get(row, "opens"));
}

struct target {
	struct person_record *record;
	const struct prospect_row_source *source;
	json_t *changed;
};

/* @r of what was done, and whether that made @name different. */
static int note(const struct target *target, const char *name, bool changed, int r)
{
	if (r || !changed)
		return r;
	return json_array_append_new(target->changed, json_string(name)) == 0 ? 0 : -ENOMEM;
}

static int apply_field(const struct target *target, const char *name, struct span text)
{
	cleanup_buffer struct buffer kept = BUFFER_INIT;
	struct person_value value = {
		.name = span_text(name),
		.source = target->source->name,
		.evidence = PERSON_EVIDENCE_OPERATOR,
		.time = target->source->time,
	};
	bool changed = false;
	int r = person_type_read(person_type_of(target->source->config, value.name), text, &kept);

	if (r)
		return r < 0 ? r : -EINVAL;
	value.value = buffer_span(&kept);
	r = person_record_set(target->record, &value, &changed);
	return note(target, name, changed, r);
}

static int apply_fields(const struct target *target, json_t *fields)
{
	const char *name;
	json_t *text;
	int r = 0;

	json_object_foreach(fields, name, text) r =
		r ? r : apply_field(target, name, text_of(text));
	return r;
}

static int apply_ids(const struct target *target, json_t *ids)
{
	const char *name;
	json_t *text;
	int r = 0;

	json_object_foreach(ids, name, text)
	{
		bool changed = false;

		if (!r)
			r = person_record_set_external(target->record,
						       person_external_of_text(span_text(name)),
						       text_of(text), target->source->name,
						       target->source->time, &changed);
		r = note(target, name, changed, r);
	}
	return r;
}

static int set_mailing(const struct target *target, enum person_mailing what,
		       const struct list_id *list, const json_t *is_so, bool *ret_changed)
{
	return person_record_set_mailing(target->record, what, list, json_is_true(is_so),
					 target->source->name, target->source->time, ret_changed);
}

static int apply_suppressed(const struct target *target, const json_t *suppressed)
{
	const json_t *opted_out = json_object_get(suppressed, "opted_out");
	const json_t *bounced = json_object_get(suppressed, "bounced");
	struct list_id list;
	const char *name;
	json_t *left;
	bool changed = false;
	int r = 0;

	if (opted_out)
		r = set_mailing(target, PERSON_OPTED_OUT, NULL, opted_out, &changed);
	r = note(target, "opted_out", changed, r);
	changed = false;
	if (bounced && !r)
		r = set_mailing(target, PERSON_BOUNCED, NULL, bounced, &changed);
	r = note(target, "bounced", changed, r);
	json_object_foreach(json_object_get(suppressed, "lists"), name, left)
	{
		changed = false;
		id_of_name(NAME_LIST, span_text(name), &list);
		if (!r)
			r = set_mailing(target, PERSON_UNSUBSCRIBED, &list, left, &changed);
		r = note(target, "unsubscribed", changed, r);
	}
	return r;
}

int prospect_row_apply(struct person_record *record, const json_t *row,
		       const struct prospect_row_source *source, json_t *changed)
{
	const struct target target = {record, source, changed};
	const json_t *opens = json_object_get(row, "opens");
	bool differs = false;
	int r = apply_fields(&target, json_object_get(row, "fields"));

	if (!r)
		r = apply_ids(&target, json_object_get(row, "ids"));
	if (!r)
		r = apply_suppressed(&target, json_object_get(row, "suppressed"));
	if (!r && opens)
		r = person_record_set_opens(record, text_of(opens), source->name, source->time,
					    &differs);
	return note(&target, "opens", differs, r);
}

int prospect_row_record_lists(struct operation_call *call, json_t *met, const json_t *row,
			      struct error *error)
{
	json_t *suppressed = json_object_get(row, "suppressed"), *left;
	const char *name;
	int code = 0;

	json_object_foreach(json_object_get(suppressed, "lists"), name, left) code =
		code ? code : record_name(call, met, NAME_LIST, span_text(name), error);
	return code;
}
