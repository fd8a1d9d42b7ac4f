/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person's record: reading and writing its text, and values as operators set them. What a form
 * offers is judged in person_offer.c, what is no value is in person_marks.c, and person_merge.c
 * makes one record of two.
 *
 * The record is kept as the JSON tree of its text. The shape is checked once, when it is read, so
 * that everything behind may rely on it: each part is an object of entries, each entry an object,
 * and that of a value holds a text. Since keys are sorted, the same record is the same text, and
 * people/ can tell that nothing has changed.
 */
#include "track/person_record.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/url.h"
#include "track/person_internal.h"

#include <errno.h>

enum { RECORD_VERSION = 2 };

static const char *const evidence_names[] = {"none", "claim", "declaration", "proof", "operator"};

json_t *person_part(const struct person_record *record, const char *part)
{
	return json_object_get(record->root, part);
}

json_t *person_part_made(struct person_record *record, const char *part)
{
	json_t *object = person_part(record, part);

	if (object)
		return object;
	return json_object_set_new(record->root, part, json_object()) == 0
		       ? person_part(record, part)
		       : NULL;
}

static json_t *text_or_null(struct span text)
{
	return text.size > 0 ? json_stringn((const char *)text.data, text.size) : NULL;
}

json_t *person_entry(const struct person_value *value)
{
	char from[2 * sizeof(value->from) + 1];
	const bool merged = !id_is_zero(&value->from, sizeof(value->from));
	const char *evidence = evidence_names[value->evidence];
	json_t *entry = json_object();
	int r = entry ? 0 : -1;

	hex_format(&value->from, sizeof(value->from), from);
	if (!r && value->value.data)
		r = json_object_set_new(entry, "value",
					json_stringn((const char *)value->value.data,
						     value->value.size));
	if (!r && value->source.size > 0)
		r = json_object_set_new(entry, "source", text_or_null(value->source));
	if (!r && value->evidence != PERSON_EVIDENCE_NONE)
		r = json_object_set_new(entry, "evidence", json_string(evidence));
	if (!r && value->time)
		r = json_object_set_new(entry, "time", json_integer((json_int_t)value->time));
	if (!r && merged)
		r = json_object_set_new(entry, "from", json_string(from));
	if (!r)
		return entry;
	json_decref(entry);
	return NULL;
}

static struct span text_of(const json_t *object, const char *key)
{
	const json_t *text = json_object_get(object, key);

	return span_of(json_string_value(text), json_string_length(text));
}

static enum person_evidence evidence_of(struct span name)
{
	for (size_t i = 0; i < sizeof(evidence_names) / sizeof(evidence_names[0]); i++)
		if (span_equal(name, span_text(evidence_names[i])))
			return (enum person_evidence)i;
	return PERSON_EVIDENCE_NONE;
}

void person_entry_read(const json_t *entry, struct person_value *ret_value)
{
	struct span from = text_of(entry, "from");

	ret_value->value = text_of(entry, "value");
	ret_value->source = text_of(entry, "source");
	ret_value->evidence = evidence_of(text_of(entry, "evidence"));
	ret_value->time = (usec_t)json_integer_value(json_object_get(entry, "time"));
	if (hex_parse(from, &ret_value->from, sizeof(ret_value->from)) != 0)
		ret_value->from = (struct handle){{0}};
}

bool person_entry_is_from(const json_t *entry, const struct handle *from)
{
	char text[2 * sizeof(*from) + 1];
	struct span mark = text_of(entry, "from");

	if (!from)
		return mark.data != NULL;
	hex_format(from, sizeof(*from), text);
	return span_equal(mark, span_text(text));
}

/* Is each item of @part an object, with a value if it must have one? */
static bool fits(json_t *part, bool valued)
{
	const char *key;
	json_t *entry;

	if (!part)
		return true;
	if (!json_is_object(part))
		return false;
	json_object_foreach(part, key,
			    entry) if (!json_is_object(entry) ||
				       (valued &&
					!json_is_string(
						json_object_get(entry, "value")))) return false;
	return true;
}

static bool proposed_fits(json_t *part)
{
	const char *key;
	json_t *list, *entry;
	size_t i;

	if (!part)
		return true;
	if (!json_is_object(part))
		return false;
	json_object_foreach(part, key, list)
	{
		if (!json_is_array(list))
			return false;
		json_array_foreach(list, i, entry) if (!json_is_string(json_object_get(
							       entry, "value"))) return false;
	}
	return true;
}

static bool record_fits(json_t *root)
{
	const json_t *opens = json_object_get(root, "opens");
	const json_t *registered = json_object_get(root, "registered");

	return json_integer_value(json_object_get(root, "v")) == RECORD_VERSION &&
	       fits(json_object_get(root, "values"), true) &&
	       proposed_fits(json_object_get(root, "proposed")) &&
	       fits(json_object_get(root, "ids"), true) &&
	       fits(json_object_get(root, "suppressed"), false) &&
	       fits(json_object_get(root, "opens_merged"), true) &&
	       (!opens || json_is_string(json_object_get(opens, "value"))) &&
	       (!registered || json_is_object(registered));
}

/* {"company": "…"}: each becomes an entry. NULL: a value is no text, or memory is out. */
static json_t *entries_of_before(json_t *plain, usec_t changed)
{
	json_t *values = json_object(), *text;
	const char *name;

	json_object_foreach(plain, name, text)
	{
		const struct person_value value = {
			.value = span_of(json_string_value(text), json_string_length(text)),
			.source = SPAN("import"),
			.evidence = PERSON_EVIDENCE_OPERATOR,
			.time = changed,
		};

		if (!json_is_string(text) ||
		    json_object_set_new(values, name, person_entry(&value)) != 0) {
			json_decref(values);
			return NULL;
		}
	}
	return values;
}

static json_t *root_of(struct span text, usec_t changed)
{
	json_t *read, *root = NULL;

	if (text.size == 0)
		return json_pack("{s:i}", "v", RECORD_VERSION);
	read = json_loadb((const char *)text.data, text.size, 0, NULL);
	if (!json_is_object(read)) {
		json_decref(read);
		return NULL;
	}
	if (json_is_integer(json_object_get(read, "v")))
		return read;
	root = json_pack("{s:i, s:o}", "v", RECORD_VERSION, "values",
			 entries_of_before(read, changed));
	json_decref(read);
	return root;
}

int person_record_parse(struct span text, usec_t changed, struct person_record **ret_record)
{
	struct person_record *record = calloc(1, sizeof(*record));

	if (!record)
		return -ENOMEM;
	record->root = root_of(text, changed);
	if (!record->root || !record_fits(record->root)) {
		person_record_free(record);
		return text.size > 0 ? PERSON_RECORD_E_DAMAGED : -ENOMEM;
	}
	*ret_record = record;
	return 0;
}

void person_record_free(struct person_record *record)
{
	if (!record)
		return;
	json_decref(record->root);
	free(record);
}

/* What goes first: what a merge brought, since it is elsewhere, too; and the older. */
struct shed {
	const char *name; /* NULL: nothing is proposed */
	size_t index;
	bool merged;
	json_int_t time;
};

static void consider(const char *name, size_t index, const json_t *entry, struct shed *best)
{
	struct shed one = {.name = name,
			   .index = index,
			   .merged = person_entry_is_from(entry, NULL),
			   .time = json_integer_value(json_object_get(entry, "time"))};

	if (!best->name || (one.merged && !best->merged) ||
	    (one.merged == best->merged && one.time < best->time))
		*best = one;
}

static bool shed_proposed(struct person_record *record)
{
	json_t *proposed = person_part(record, "proposed"), *list;
	struct shed shed = {.name = NULL};
	const json_t *entry;
	const char *name;
	size_t i;

	json_object_foreach(proposed, name, list) json_array_foreach(list, i, entry)
		consider(name, i, entry, &shed);
	if (!shed.name)
		return false;
	list = json_object_get(proposed, shed.name);
	if (json_array_size(list) > 1)
		return json_array_remove(list, shed.index) == 0;
	return json_object_del(proposed, shed.name) == 0;
}

/* Parts and lists that hold nothing are not written, so that what came and went leaves no trace. */
static void drop_empty(struct person_record *record)
{
	json_t *object, *list;
	const char *name;
	void *next;

	json_object_foreach_safe(person_part(record, "proposed"), next, name, list)
	{
		if (json_array_size(list) == 0)
			(void)json_object_del(person_part(record, "proposed"), name);
	}
	json_object_foreach_safe(record->root, next, name, object)
	{
		if (json_is_object(object) && json_object_size(object) == 0 &&
		    strcmp(name, "registered") != 0)
			(void)json_object_del(record->root, name);
	}
}

int person_record_format(struct person_record *record, struct buffer *text)
{
	cleanup_free char *dumped = NULL;

	drop_empty(record);
	dumped = json_dumps(record->root, JSON_COMPACT | JSON_SORT_KEYS);
	while (dumped && strlen(dumped) > PERSON_RECORD_MAX_BYTES) {
		if (!shed_proposed(record))
			return PERSON_RECORD_E_LONG;
		drop_empty(record);
		free(dumped);
		dumped = json_dumps(record->root, JSON_COMPACT | JSON_SORT_KEYS);
	}
	if (!dumped)
		return -ENOMEM;
	buffer_append_text(text, dumped);
	return text->error;
}

/* Times as text, in all that is below. */
static int write_times(json_t *value)
{
	json_t *time = json_object_get(value, "time"), *item;
	char text[CLOCK_TEXT_BYTES];
	const char *key;
	size_t i;
	int r = 0;

	json_array_foreach(value, i, item) r |= write_times(item);
	if (!json_is_object(value))
		return r;
	json_object_foreach(value, key, item) r |= write_times(item);
	if (json_is_integer(time)) {
		clock_format((usec_t)json_integer_value(time), text);
		r |= json_object_set_new(value, "time", json_string(text));
	}
	return r;
}

json_t *person_record_json(const struct person_record *record)
{
	json_t *copy = json_deep_copy(record->root);

	if (!copy)
		return NULL;
	(void)json_object_del(copy, "v");
	if (write_times(copy) == 0)
		return copy;
	json_decref(copy);
	return NULL;
}

const char *person_name_refusal(struct span name)
{
	if (name.size < 1 || name.size > PERSON_NAME_MAX_BYTES || id_check_name(name) != 0)
		return "a field's name must be 1 to 64 bytes of text without controls";
	if (url_holds_address(name))
		return "a field's name holds an e-mail address, which must not enter the log";
	return NULL;
}

const char *person_value_refusal(struct span value)
{
	if (value.size > PERSON_VALUE_MAX_BYTES)
		return "a field's value is longer than 4096 bytes";
	if (!utf8_valid(value) || span_find(value, '\0', 0) < value.size)
		return "a field's value is not UTF-8 text";
	return NULL;
}

bool person_record_find(const struct person_record *record, struct span name,
			struct person_value *ret_value)
{
	const json_t *entry =
		json_object_getn(person_part(record, "values"), (const char *)name.data, name.size);

	if (!entry)
		return false;
	person_entry_read(entry, ret_value);
	ret_value->name = name;
	return true;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of @object in order, for the caller to free; NULL: there are none. */
static const char **sorted_names(json_t *object, size_t *ret_count)
{
	const char **names = calloc(json_object_size(object) + 1, sizeof(*names));
	const char *name;
	json_t *value;
	size_t count = 0;

	if (names)
		json_object_foreach(object, name, value) names[count++] = name;
	if (count > 0)
		qsort(names, count, sizeof(*names), compare_names);
	*ret_count = count;
	return names;
}

int person_record_each(const struct person_record *record, person_value_fn each, void *context)
{
	json_t *values = person_part(record, "values");
	struct person_value value;
	size_t count;
	cleanup_free const char **names = sorted_names(values, &count);
	int r = names ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !r; i++) {
		person_entry_read(json_object_get(values, names[i]), &value);
		value.name = span_text(names[i]);
		r = each(context, &value);
	}
	return r;
}

int person_record_each_proposed(const struct person_record *record, person_value_fn each,
				void *context)
{
	json_t *proposed = person_part(record, "proposed");
	struct person_value value;
	const json_t *entry;
	size_t count, at;
	cleanup_free const char **names = sorted_names(proposed, &count);
	int r = names ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !r; i++)
		json_array_foreach(json_object_get(proposed, names[i]), at, entry)
		{
			person_entry_read(entry, &value);
			value.name = span_text(names[i]);
			r = r ? r : each(context, &value);
		}
	return r;
}

static bool is_said(const struct person_value *old, const struct person_value *new)
{
	return span_equal(old->value, new->value) && old->evidence >= new->evidence &&
	       (id_is_zero(&old->from, sizeof(old->from)) ||
		!id_is_zero(&new->from, sizeof(new->from)));
}

int person_record_set(struct person_record *record, const struct person_value *value,
		      bool *ret_changed)
{
	json_t *values = person_part_made(record, "values");
	struct person_value old;
	const bool known = values && person_record_find(record, value->name, &old);
	cleanup_free char *name = span_dup(value->name);

	if (!values || !name)
		return -ENOMEM;
	if (value->value.size == 0 && !known) {
		person_unpropose(record, value->name, (struct span){0});
		*ret_changed = false;
		return 0;
	}
	if (!known && json_object_size(values) >= PERSON_VALUES_MAX)
		return PERSON_RECORD_E_FULL;
	*ret_changed = !known || !is_said(&old, value);
	if (*ret_changed &&
	    (value->value.size > 0 ? json_object_set_new(values, name, person_entry(value))
				   : json_object_del(values, name)) != 0)
		return -ENOMEM;
	person_unpropose(record, value->name, (struct span){0});
	return 0;
}
