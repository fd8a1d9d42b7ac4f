/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that somebody types who need not be the person.
 *
 * Typing an address is not owning it: what is there stays there, and the new value is noted beside
 * it for an operator to see. Anybody can do that any number of times, so it is bounded: a few
 * values of each field, each once, the newest; and what strangers fill in where nothing was never
 * takes the room that operators need.
 */
#include "base/cleanup.h"
#include "track/person_internal.h"

#include <errno.h>

static json_t *proposed_list(const struct person_record *record, struct span name)
{
	return json_object_getn(person_part(record, "proposed"), (const char *)name.data,
				name.size);
}

static bool entry_says(const json_t *entry, struct span value)
{
	struct person_value said;

	person_entry_read(entry, &said);
	return span_equal(said.value, value);
}

static void remove_value(json_t *list, struct span value)
{
	for (size_t i = json_array_size(list); i > 0; i--)
		if (entry_says(json_array_get(list, i - 1), value))
			(void)json_array_remove(list, i - 1);
}

int person_propose(struct person_record *record, const struct person_value *value)
{
	json_t *proposed = person_part_made(record, "proposed"), *list;
	cleanup_free char *name = span_dup(value->name);

	if (!proposed || !name)
		return -ENOMEM;
	list = json_object_get(proposed, name);
	if (!list && json_object_set_new(proposed, name, json_array()) != 0)
		return -ENOMEM;
	list = json_object_get(proposed, name);
	remove_value(list, value->value);
	while (json_array_size(list) >= PERSON_PROPOSED_MAX)
		(void)json_array_remove(list, 0);
	return json_array_append_new(list, person_entry(value)) == 0 ? 0 : -ENOMEM;
}

void person_unpropose(struct person_record *record, struct span name, struct span value)
{
	json_t *list = proposed_list(record, name);
	cleanup_free char *key = list ? span_dup(name) : NULL;

	if (!key)
		return;
	if (value.data)
		remove_value(list, value);
	if (!value.data || json_array_size(list) == 0)
		(void)json_object_del(person_part(record, "proposed"), key);
}

size_t person_offered_bytes(const struct person_record *record)
{
	struct person_value value;
	const char *name;
	json_t *entry;
	size_t bytes = 0;

	json_object_foreach(person_part(record, "values"), name, entry)
	{
		person_entry_read(entry, &value);
		if (value.evidence < PERSON_EVIDENCE_OPERATOR)
			bytes += strlen(name) + value.value.size;
	}
	return bytes;
}

static int put(struct person_record *record, const struct person_value *value)
{
	json_t *values = person_part_made(record, "values");
	cleanup_free char *name = span_dup(value->name);

	if (!values || !name || json_object_set_new(values, name, person_entry(value)) != 0)
		return -ENOMEM;
	person_unpropose(record, value->name, value->value);
	return 0;
}

static bool has_room(const struct person_record *record, const struct person_value *value,
		     const struct person_value *old)
{
	size_t count = json_object_size(person_part(record, "values"));
	size_t bytes = person_offered_bytes(record) + value->name.size + value->value.size;

	if (old && old->evidence < PERSON_EVIDENCE_OPERATOR)
		bytes -= old->name.size + old->value.size;
	return (old || count < PERSON_VALUES_MAX) && bytes <= PERSON_OFFERED_MAX_BYTES;
}

static enum person_outcome judge(const struct person_record *record,
				 const struct person_value *value, const struct person_offer *offer,
				 const struct person_value *old)
{
	if (value->value.size == 0)
		return PERSON_UNCHANGED;
	if (!old)
		return has_room(record, value, NULL) ? PERSON_FILLED : PERSON_NO_ROOM;
	if (span_equal(old->value, value->value) || offer->keep_first)
		return PERSON_UNCHANGED;
	if (!offer->confirmed && !offer->overwrite)
		return PERSON_PROPOSED;
	return has_room(record, value, old) ? PERSON_REPLACED : PERSON_NO_ROOM;
}

int person_record_offer(struct person_record *record, const struct person_value *value,
			const struct person_offer *offer, enum person_outcome *ret_outcome)
{
	struct person_value old;
	bool known = person_record_find(record, value->name, &old);
	enum person_outcome outcome = judge(record, value, offer, known ? &old : NULL);
	int r = 0;

	if (outcome == PERSON_PROPOSED)
		r = person_propose(record, value);
	else if (outcome == PERSON_FILLED || outcome == PERSON_REPLACED)
		r = put(record, value);
	else if (outcome == PERSON_UNCHANGED && known && span_equal(old.value, value->value) &&
		 value->evidence > old.evidence)
		r = put(record, value);
	if (!r)
		*ret_outcome = outcome;
	return r;
}
