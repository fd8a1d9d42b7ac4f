/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record of two, and two again.
 *
 * What comes over bears the handle that it came from, and goes again by that mark: nothing of the
 * surviving person is overwritten, so there is nothing to restore. What was set since then is the
 * survivor's own and stays. The record of the other is not touched at all; it waits in its row.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "track/person_internal.h"

#include <errno.h>

struct merge {
	struct person_record *record;
	const struct handle *from;
};

/* Behind what is proposed already, which stays: the same value is not said twice, and of more than
 * may be there the other's are left where they are. */
static int propose(const struct merge *merge, const struct person_value *value)
{
	json_t *list = json_object_getn(person_part(merge->record, "proposed"),
					(const char *)value->name.data, value->name.size);
	struct person_value said;
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		person_entry_read(entry, &said);
		if (span_equal(said.value, value->value))
			return 0;
	}
	return json_array_size(list) < PERSON_PROPOSED_MAX ? person_propose(merge->record, value)
							   : 0;
}

static int take_value(void *context, const struct person_value *value)
{
	const struct merge *merge = context;
	struct person_value mine, copy = *value;
	json_t *values = person_part_made(merge->record, "values");
	cleanup_free char *name = span_dup(value->name);

	copy.from = *merge->from;
	if (!values || !name)
		return -ENOMEM;
	if (person_record_find(merge->record, value->name, &mine))
		return span_equal(mine.value, value->value) ? 0 : propose(merge, &copy);
	/* More than a person may have stays where it is. */
	if (json_object_size(values) >= PERSON_VALUES_MAX)
		return 0;
	return json_object_set_new(values, name, person_entry(&copy)) == 0 ? 0 : -ENOMEM;
}

static int take_proposed(void *context, const struct person_value *value)
{
	const struct merge *merge = context;
	struct person_value mine, copy = *value;

	copy.from = *merge->from;
	if (person_record_find(merge->record, value->name, &mine) &&
	    span_equal(mine.value, value->value))
		return 0;
	return propose(merge, &copy);
}

/* An entry of another record under @key, if there is none. */
static int take_entry(const struct merge *merge, json_t *object, const char *key,
		      const json_t *entry)
{
	struct person_value copy = {0};

	if (json_object_get(object, key))
		return 0;
	person_entry_read(entry, &copy);
	copy.from = *merge->from;
	return json_object_set_new(object, key, person_entry(&copy)) == 0 ? 0 : -ENOMEM;
}

static int take_part(const struct merge *merge, const struct person_record *other, const char *part)
{
	json_t *object = person_part_made(merge->record, part), *entry;
	const char *key;
	int r = object ? 0 : -ENOMEM;

	json_object_foreach(person_part(other, part), key, entry) r =
		r ? r : take_entry(merge, object, key, entry);
	return r;
}

static int take_opens(const struct merge *merge, const struct person_record *other)
{
	const struct person_value value = {.value = person_record_opens(other),
					   .from = *merge->from};
	char key[2 * sizeof(*merge->from) + 1];
	json_t *object;

	if (!value.value.data)
		return 0;
	object = person_part_made(merge->record, "opens_merged");
	hex_format(merge->from, sizeof(*merge->from), key);
	return object && json_object_set_new(object, key, person_entry(&value)) == 0 ? 0 : -ENOMEM;
}

int person_record_merge(struct person_record *record, const struct person_record *other,
			const struct handle *from)
{
	struct merge merge = {record, from};
	const json_t *registered = person_part(other, "registered");
	int r = person_record_each(other, take_value, &merge);

	if (!r)
		r = person_record_each_proposed(other, take_proposed, &merge);
	if (!r)
		r = take_part(&merge, other, "ids");
	if (!r)
		r = take_part(&merge, other, "suppressed");
	if (!r)
		r = take_opens(&merge, other);
	if (!r && registered)
		r = take_entry(&merge, record->root, "registered", registered);
	return r;
}

static void drop_from(json_t *object, const struct handle *from)
{
	const char *key;
	json_t *entry;
	void *next;

	json_object_foreach_safe(object, next, key, entry) if (json_is_object(entry) &&
							       person_entry_is_from(entry, from))(
		void) json_object_del(object, key);
}

static void drop_proposed(json_t *proposed, const struct handle *from)
{
	const char *name;
	json_t *list;
	void *next;

	json_object_foreach_safe(proposed, next, name, list)
	{
		for (size_t i = json_array_size(list); i > 0; i--)
			if (person_entry_is_from(json_array_get(list, i - 1), from))
				(void)json_array_remove(list, i - 1);
		if (json_array_size(list) == 0)
			(void)json_object_del(proposed, name);
	}
}

int person_record_unmerge(struct person_record *record, const struct handle *from)
{
	static const char *const parts[] = {"values", "ids", "suppressed", "opens_merged"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		drop_from(person_part(record, parts[i]), from);
	drop_proposed(person_part(record, "proposed"), from);
	drop_from(record->root, from);
	return 0;
}
