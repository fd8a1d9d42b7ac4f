/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A form's schema out of JSON: its fields.
 *
 * A name is whatever the form of the page posts, which may be written in any script; the key, under
 * which the value is kept with the person, is plainer, and where the name cannot be one the form
 * says which it is. What the types do not have in common is refused rather than passed over, so
 * that nobody believes in a bound that does nothing.
 */
#include "config/json_document.h"
#include "text/url.h"
#include "track/form_internal.h"
#include "track/person_record.h"

#include <errno.h>

enum {
	FIELD_NAME_MAX_BYTES = 128,
	CHOICE_MAX_BYTES = 255,
	SHORT_MAX_CHARACTERS = 64, /* of numbers and phone numbers */
	AUTOCOMPLETE_MAX_BYTES = 64
};

/* Autofill of browsers (HTML Standard 4.10.18.7) by the names that people's fields usually have. */
static const struct autocomplete {
	const char *key, *token;
} autocompletes[] = {
	{"first_name", "given-name"},
	{"given_name", "given-name"},
	{"last_name", "family-name"},
	{"family_name", "family-name"},
	{"name", "name"},
	{"full_name", "name"},
	{"company", "organization"},
	{"organization", "organization"},
	{"job_title", "organization-title"},
	{"title", "organization-title"},
	{"country", "country-name"},
	{"postal_code", "postal-code"},
	{"zip", "postal-code"},
	{"city", "address-level2"},
	{"state", "address-level1"},
	{"prefecture", "address-level1"},
	{"address", "street-address"},
	{"website", "url"},
};

static const char *autocomplete_of(const struct form_field *field)
{
	if (field->type == FORM_TYPE_EMAIL || field->type == FORM_TYPE_BUSINESS_EMAIL)
		return "email";
	if (field->type == FORM_TYPE_TEL)
		return "tel";
	for (size_t i = 0; i < sizeof(autocompletes) / sizeof(autocompletes[0]); i++)
		if (span_equal_nocase(span_text(field->key), span_text(autocompletes[i].key)))
			return autocompletes[i].token;
	return "";
}

static bool is_email(const struct form_field *field)
{
	return field->type == FORM_TYPE_EMAIL || field->type == FORM_TYPE_BUSINESS_EMAIL;
}

static int refuse(const struct form_reading *reading, const char *where, const char *key,
		  const char *sentence)
{
	char place[JSON_DOCUMENT_WHERE_BYTES];

	json_document_join(where, key, place);
	return json_document_refuse(reading->document, place, "%s", sentence);
}

static int read_name(struct form_reading *reading, const json_t *object, const char *where,
		     struct form_field *field)
{
	struct form *form = reading->form;
	struct span name;
	int code = form_read_text(reading, object, where, "name", FIELD_NAME_MAX_BYTES, "",
				  &field->name);

	if (code)
		return code;
	name = span_text(field->name);
	if (name.size == 0 || !span_equal(span_trim(name), name))
		return refuse(reading, where, "name",
			      "is needed: the name under which the field is posted, without space "
			      "around it");
	if (form_name_is_taken(name))
		return refuse(reading, where, "name",
			      "must not be \"_charset_\" or begin with \"waymark-\", which is "
			      "ours");
	if (url_holds_address(name))
		return refuse(reading, where, "name",
			      "holds an e-mail address, which must not enter the log");
	if (form_field_find(form, name))
		return refuse(reading, where, "name", "is there already");
	return 0;
}

static int read_key(struct form_reading *reading, const json_t *object, const char *where,
		    struct form_field *field)
{
	const struct form *form = reading->form;
	const char *refusal;
	int code = form_read_text(reading, object, where, "field", PERSON_NAME_MAX_BYTES,
				  field->name, &field->key);

	if (code)
		return code;
	refusal = person_name_refusal(span_text(field->key));
	if (refusal && json_object_get(object, "field"))
		return refuse(reading, where, "field", refusal);
	if (refusal)
		return refuse(reading, where, "name",
			      "cannot be the name of a person's field; say in \"field\" which one "
			      "it fills");
	for (size_t i = 0; i < form->field_count; i++)
		if (strcmp(form->fields[i].key, field->key) == 0)
			return refuse(reading, where, "field",
				      "is filled by a field before this one");
	return 0;
}

static int read_choice(struct form_reading *reading, const json_t *list, const char *where,
		       size_t index, struct form_choice *choice)
{
	static const char *const keys[] = {"label", "value", NULL};
	const json_t *item = json_array_get(list, index);
	char place[JSON_DOCUMENT_WHERE_BYTES];
	struct span text;
	int code;

	json_document_item(where, "choices", index, place);
	if (json_is_object(item)) {
		code = json_document_keys(reading->document, item, place, keys);
		if (!code)
			code = form_read_text(reading, item, place, "value", CHOICE_MAX_BYTES, "",
					      &choice->value);
		if (!code)
			code = form_read_label(reading, item, place, "label", choice->value,
					       &choice->label);
		return code;
	}
	json_document_join(where, "choices", place);
	code = json_document_item_text(reading->document, list, place, index, &text);
	if (code)
		return code;
	choice->value = form_keep(reading, text);
	choice->label = (struct form_text){{choice->value, choice->value}};
	return 0;
}

static int judge_choice(const struct form_reading *reading, const char *where,
			const struct form_field *field, size_t index)
{
	struct span value = span_text(field->choices[index].value);
	char place[JSON_DOCUMENT_WHERE_BYTES];

	json_document_item(where, "choices", index, place);
	if (value.size == 0 || value.size > CHOICE_MAX_BYTES ||
	    !span_equal(span_trim(value), value))
		return json_document_refuse(reading->document, place,
					    "needs a value of 1 to %d bytes, without space around "
					    "it",
					    CHOICE_MAX_BYTES);
	if (field->multiple && span_find(value, ';', 0) < value.size)
		return json_document_refuse(reading->document, place,
					    "must not hold ';', which separates the values of "
					    "several choices");
	for (size_t i = 0; i < index; i++)
		if (span_equal(span_text(field->choices[i].value), value))
			return json_document_refuse(reading->document, place, "is there already");
	return 0;
}

static int read_choices(struct form_reading *reading, const json_t *object, const char *where,
			struct form_field *field)
{
	struct form_choice *choices;
	json_t *list;
	size_t count;
	int code = json_document_list(reading->document, object, where, "choices", FORM_CHOICES_MAX,
				      &list);

	if (code || !list)
		return code;
	count = json_array_size(list);
	if (field->type != FORM_TYPE_TEXT)
		return refuse(reading, where, "choices", "are for type text only");
	if (count == 0)
		return refuse(reading, where, "choices", "are needed, at least one");
	choices = arena_alloc(&reading->form->arena, count * sizeof(*choices));
	if (!choices)
		return -ENOMEM;
	field->choices = choices;
	for (size_t i = 0; !code && i < count; i++) {
		code = read_choice(reading, list, where, i, &choices[i]);
		if (!code)
			code = judge_choice(reading, where, field, i);
	}
	field->choice_count = code ? 0 : count;
	return code;
}

static int read_number(const struct form_reading *reading, const json_t *object, const char *where,
		       const char *key, bool *ret_has, int32_t *ret_number)
{
	*ret_has = json_object_get(object, key) != NULL;
	return json_document_number(reading->document, object, where, key, INT32_MIN, INT32_MAX,
				    ret_number);
}

static int read_bounds(struct form_reading *reading, const json_t *object, const char *where,
		       struct form_field *field)
{
	int32_t most = field->multiline ? FORM_LONG_TEXT_MAX_CHARACTERS : FORM_TEXT_MAX_CHARACTERS;
	int code = read_number(reading, object, where, "minimum", &field->has_minimum,
			       &field->minimum);

	if (!code)
		code = read_number(reading, object, where, "maximum", &field->has_maximum,
				   &field->maximum);
	if (!code && (field->has_minimum || field->has_maximum) && field->type != FORM_TYPE_NUMBER)
		code = refuse(reading, where, field->has_minimum ? "minimum" : "maximum",
			      "is for type number only; for the length of a text there is "
			      "max_length");
	if (!code && field->has_minimum && field->has_maximum && field->minimum > field->maximum)
		code = refuse(reading, where, "maximum", "is less than the minimum");
	if (!code && json_object_get(object, "max_length") &&
	    (field->type != FORM_TYPE_TEXT || field->choice_count > 0))
		code = refuse(reading, where, "max_length",
			      "is for type text without choices only");
	if (is_email(field))
		most = ID_ADDRESS_MAX_BYTES;
	else if (field->type != FORM_TYPE_TEXT)
		most = SHORT_MAX_CHARACTERS;
	if (!code)
		code = json_document_number(reading->document, object, where, "max_length", 1,
					    FORM_LONG_TEXT_MAX_CHARACTERS, &most);
	field->max_characters = (uint32_t)most;
	return code;
}

static int read_level(struct form_reading *reading, const json_t *object, const char *where,
		      struct form_field *field)
{
	const char *levels[FORM_LEVEL_COUNT];
	int level = FORM_LEVEL_OWN, code;

	for (int i = 0; i < FORM_LEVEL_COUNT; i++)
		levels[i] = form_level_text((enum form_level)i);
	code = form_read_choice(reading, object, where, "prefill", levels, FORM_LEVEL_COUNT,
				&level);
	field->prefill = (enum form_level)level;
	if (code || level != FORM_LEVEL_CLICK || field->choice_count > 0 ||
	    field->type == FORM_TYPE_NUMBER)
		return code;
	return refuse(reading, where, "prefill",
		      "must not be \"click\" for an address, a phone number or free text: who "
		      "follows a forwarded link would read it; that level is for numbers and "
		      "for text with choices");
}

static int read_switches(struct form_reading *reading, const json_t *object, const char *where,
			 struct form_field *field)
{
	const struct {
		const char *key;
		bool *value;
	} switches[] = {
		{"hidden", &field->hidden},
		{"keep_first", &field->keep_first},
		{"multiline", &field->multiline},
		{"multiple", &field->multiple},
		{"mx", &field->mx},
		{"required", &field->required},
	};
	int code = 0;

	for (size_t i = 0; !code && i < sizeof(switches) / sizeof(switches[0]); i++)
		code = json_document_bool(reading->document, object, where, switches[i].key,
					  switches[i].value);
	if (!code && field->multiline &&
	    (field->type != FORM_TYPE_TEXT || json_object_get(object, "choices")))
		code = refuse(reading, where, "multiline", "is for type text without choices only");
	if (!code && field->multiple && !json_object_get(object, "choices"))
		code = refuse(reading, where, "multiple", "is for fields with choices only");
	if (!code && field->mx && !is_email(field))
		code = refuse(reading, where, "mx", "is for types email and business_email only");
	return code;
}

static int read_type(struct form_reading *reading, const json_t *object, const char *where,
		     struct form_field *field)
{
	const char *types[FORM_TYPE_COUNT];
	int type = FORM_TYPE_TEXT, code;

	for (int i = 0; i < FORM_TYPE_COUNT; i++)
		types[i] = form_type_text((enum form_type)i);
	code = form_read_choice(reading, object, where, "type", types, FORM_TYPE_COUNT, &type);
	field->type = (enum form_type)type;
	return code;
}

static int read_words(struct form_reading *reading, const json_t *object, const char *where,
		      struct form_field *field)
{
	int code = form_read_label(reading, object, where, "label", field->name, &field->label);

	if (!code)
		code = form_read_label(reading, object, where, "hint", "", &field->hint);
	if (!code)
		code = form_read_text(reading, object, where, "autocomplete",
				      AUTOCOMPLETE_MAX_BYTES, autocomplete_of(field),
				      &field->autocomplete);
	return code;
}

static int read_field(struct form_reading *reading, const json_t *object, const char *where,
		      struct form_field *field)
{
	static const char *const keys[] = {"autocomplete", "choices",	 "field",     "hidden",
					   "hint",	   "keep_first", "label",     "max_length",
					   "maximum",	   "minimum",	 "multiline", "multiple",
					   "mx",	   "name",	 "prefill",   "required",
					   "type",	   NULL};
	/* In this order: a later one rests on what the ones before have read. */
	static int (*const steps[])(struct form_reading * reading, const json_t *object,
				    const char *where, struct form_field *field) = {
		read_name,    read_key,	   read_type,  read_switches,
		read_choices, read_bounds, read_level, read_words,
	};
	int code = json_document_keys(reading->document, object, where, keys);

	for (size_t i = 0; !code && i < sizeof(steps) / sizeof(steps[0]); i++)
		code = steps[i](reading, object, where, field);
	return code;
}

int form_read_fields(struct form_reading *reading)
{
	const struct json_document *document = reading->document;
	char where[JSON_DOCUMENT_WHERE_BYTES];
	struct form *form = reading->form;
	struct form_field *fields;
	json_t *list;
	int code =
		json_document_list(document, document->root, "", "fields", FORM_FIELDS_MAX, &list);

	if (!code && json_array_size(list) == 0)
		code = json_document_refuse(document, "fields", "are needed, at least one");
	if (code)
		return code;
	fields = arena_alloc(&form->arena, json_array_size(list) * sizeof(*fields));
	if (!fields)
		return -ENOMEM;
	form->fields = fields;
	form->email = -1;
	for (size_t i = 0; !code && i < json_array_size(list); i++) {
		fields[i] = (struct form_field){.name = ""};
		json_document_item("", "fields", i, where);
		code = read_field(reading, json_array_get(list, i), where, &fields[i]);
		form->field_count = i + 1;
		if (form->email < 0 && is_email(&fields[i]))
			form->email = (int)i;
	}
	return code;
}
