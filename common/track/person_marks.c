/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person's record holds beside values. A mark says who set it and when; setting it again
 * changes nothing, so that the first time stays and an import can be repeated. One that came with a
 * merge is set anew, since it would go with the merge.
 */
#include "track/person_marks.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "track/person_internal.h"

#include <errno.h>

static const char *const external_names[PERSON_EXTERNAL_COUNT] = {
#define EXTERNAL(name, column) [PERSON_EXTERNAL_##name] = (column),
	PERSON_EXTERNALS(EXTERNAL)
#undef EXTERNAL
};

enum { LIST_KEY_BYTES = sizeof("list:") + 2 * sizeof(struct list_id) };

const char *person_external_text(enum person_external external)
{
	return external_names[external];
}

enum person_external person_external_of_text(struct span name)
{
	unsigned i = 0;

	while (i < PERSON_EXTERNAL_COUNT && !span_equal(name, span_text(external_names[i])))
		i++;
	return (enum person_external)i;
}

/* Set or (without a value) take away the entry @key of @part. */
static int change(struct person_record *record, const char *part, const char *key,
		  const struct person_value *value, bool *ret_changed)
{
	json_t *object = person_part_made(record, part), *entry;
	struct person_value old;

	if (!object)
		return -ENOMEM;
	entry = json_object_get(object, key);
	if (!value) {
		*ret_changed = entry != NULL;
		return entry && json_object_del(object, key) != 0 ? -ENOMEM : 0;
	}
	if (entry) {
		person_entry_read(entry, &old);
		*ret_changed =
			!span_equal(old.value, value->value) || person_entry_is_from(entry, NULL);
		if (!*ret_changed)
			return 0;
	}
	*ret_changed = true;
	return json_object_set_new(object, key, person_entry(value)) == 0 ? 0 : -ENOMEM;
}

struct span person_record_external(const struct person_record *record,
				   enum person_external external)
{
	const json_t *entry = json_object_get(person_part(record, "ids"), external_names[external]);
	struct person_value value = {0};

	if (entry)
		person_entry_read(entry, &value);
	return value.value;
}

int person_record_set_external(struct person_record *record, enum person_external external,
			       struct span value, struct span source, usec_t time,
			       bool *ret_changed)
{
	const struct person_value entry = {.value = value, .source = source, .time = time};

	return change(record, "ids", external_names[external], value.size > 0 ? &entry : NULL,
		      ret_changed);
}

static void format_list(const struct list_id *list, char ret_key[LIST_KEY_BYTES])
{
	memcpy(ret_key, "list:", 5);
	hex_format(list, sizeof(*list), ret_key + 5);
}

static bool parse_list(const char *key, struct list_id *ret_list)
{
	struct span text = span_text(key);

	return span_starts(text, SPAN("list:")) &&
	       hex_parse(span_slice(text, 5, text.size), ret_list, sizeof(*ret_list)) == 0;
}

enum person_mailing person_record_mailing(const struct person_record *record,
					  const struct list_id *list)
{
	json_t *suppressed = person_part(record, "suppressed");
	char key[LIST_KEY_BYTES];

	if (json_object_get(suppressed, "opted_out"))
		return PERSON_OPTED_OUT;
	if (json_object_get(suppressed, "bounced"))
		return PERSON_BOUNCED;
	if (!list)
		return PERSON_MAY_BE_MAILED;
	format_list(list, key);
	return json_object_get(suppressed, key) ? PERSON_UNSUBSCRIBED : PERSON_MAY_BE_MAILED;
}

bool person_record_is(const struct person_record *record, enum person_mailing what)
{
	return json_object_get(person_part(record, "suppressed"),
			       what == PERSON_BOUNCED ? "bounced" : "opted_out") != NULL;
}

static void format_mailing(enum person_mailing what, const struct list_id *list,
			   char ret_key[LIST_KEY_BYTES])
{
	if (what == PERSON_UNSUBSCRIBED)
		format_list(list, ret_key);
	else if (what == PERSON_BOUNCED)
		memcpy(ret_key, "bounced", sizeof("bounced"));
	else
		memcpy(ret_key, "opted_out", sizeof("opted_out"));
}

bool person_record_noted(const struct person_record *record, enum person_mailing what,
			 const struct list_id *list, struct person_value *ret_value)
{
	char key[LIST_KEY_BYTES];
	const json_t *entry;

	format_mailing(what, list, key);
	entry = json_object_get(person_part(record, "suppressed"), key);
	if (entry)
		person_entry_read(entry, ret_value);
	return entry != NULL;
}

/* Without those of a list that is there already. */
static size_t lists_beside(const struct person_record *record, const char *beside)
{
	const char *key;
	json_t *entry;
	size_t count = 0;

	json_object_foreach(person_part(record, "suppressed"), key, entry) count +=
		span_starts(span_text(key), SPAN("list:")) && strcmp(key, beside) != 0;
	return count;
}

int person_record_set_mailing(struct person_record *record, enum person_mailing what,
			      const struct list_id *list, bool is_so, struct span source,
			      usec_t time, bool *ret_changed)
{
	const struct person_value entry = {.source = source, .time = time};
	char key[LIST_KEY_BYTES];

	format_mailing(what, list, key);
	if (is_so && what == PERSON_UNSUBSCRIBED && lists_beside(record, key) >= PERSON_LISTS_MAX)
		return PERSON_RECORD_E_FULL;
	return change(record, "suppressed", key, is_so ? &entry : NULL, ret_changed);
}

int person_record_each_list(const struct person_record *record, person_list_fn each, void *context)
{
	struct person_value value;
	struct list_id list;
	const char *key;
	json_t *entry;
	int r = 0;

	json_object_foreach(person_part(record, "suppressed"), key, entry)
	{
		if (r || !parse_list(key, &list))
			continue;
		person_entry_read(entry, &value);
		r = each(context, &list, value.time);
	}
	return r;
}

static bool is_in_crm(const struct person_record *record)
{
	return person_record_external(record, PERSON_EXTERNAL_salesforce_lead).size > 0 ||
	       person_record_external(record, PERSON_EXTERNAL_salesforce_contact).size > 0;
}

int person_record_register(struct person_record *record, struct span source, usec_t time,
			   bool *ret_changed)
{
	const struct person_value value = {.source = source, .time = time};

	*ret_changed = false;
	if (person_part(record, "registered") || is_in_crm(record))
		return 0;
	*ret_changed = true;
	return json_object_set_new(record->root, "registered", person_entry(&value)) == 0 ? 0
											  : -ENOMEM;
}

bool person_record_registered(const struct person_record *record, struct person_value *ret_value)
{
	const json_t *entry = person_part(record, "registered");

	if (!entry)
		return false;
	*ret_value = (struct person_value){0};
	person_entry_read(entry, ret_value);
	return true;
}

/* Denied before measured before identified: of two choices the narrower one holds. */
static struct span narrower(struct span a, struct span b)
{
	static const char *const order[] = {"denied", "measure", "identify"};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (span_equal(a, span_text(order[i])))
			return a;
		if (span_equal(b, span_text(order[i])))
			return b;
	}
	return a.data ? a : b;
}

struct span person_record_opens(const struct person_record *record)
{
	const json_t *own = person_part(record, "opens");
	struct person_value value = {0};
	struct span choice = {0};
	const char *key;
	json_t *entry;

	if (own) {
		person_entry_read(own, &value);
		choice = value.value;
	}
	json_object_foreach(person_part(record, "opens_merged"), key, entry)
	{
		person_entry_read(entry, &value);
		choice = choice.data ? narrower(choice, value.value) : value.value;
	}
	return choice;
}

int person_record_set_opens(struct person_record *record, struct span consent, struct span source,
			    usec_t time, bool *ret_changed)
{
	const struct person_value value = {.value = consent, .source = source, .time = time};
	const json_t *entry = person_part(record, "opens");
	struct person_value old = {0};

	if (entry)
		person_entry_read(entry, &old);
	*ret_changed = consent.size > 0 ? !entry || !span_equal(old.value, consent) : entry != NULL;
	if (!*ret_changed)
		return 0;
	if (consent.size == 0)
		return json_object_del(record->root, "opens") == 0 ? 0 : -ENOMEM;
	return json_object_set_new(record->root, "opens", person_entry(&value)) == 0 ? 0 : -ENOMEM;
}
