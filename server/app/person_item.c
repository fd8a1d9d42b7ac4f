/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of people/ for an operator to read. The key never leaves.
 *
 * "fields" is for whoever wants to know what is known, "record" for whoever asks why. Somebody who
 * was merged into another is shown as they were, and says whom they are now.
 */
#include "app/person_item.h"

#include "app/person_named.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "track/person_record.h"

#include <errno.h>

static json_t *time_value(usec_t time)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format(time, text);
	return time ? json_string(text) : json_null();
}

static json_t *handle_value(const struct handle *handle)
{
	char text[2 * sizeof(*handle) + 1];

	hex_format(handle, sizeof(*handle), text);
	return json_string(text);
}

static json_t *email_value(const struct person *person)
{
	return person->address.data
		       ? json_stringn((const char *)person->address.data, person->address.size)
		       : json_null();
}

static int add_value(void *context, const struct person_value *value)
{
	cleanup_free char *name = span_dup(value->name);

	return name && json_object_set_new(context, name,
					   json_stringn((const char *)value->value.data,
							value->value.size)) == 0
		       ? 0
		       : -ENOMEM;
}

static int add_record(json_t *item, const struct person *person, struct error *error)
{
	struct person_record *record = NULL;
	json_t *fields = json_object();
	int r = person_record_parse(person->fields, person->changed, &record);

	if (r > 0)
		r = error_set(error, OPERATION_E_FAILED, "the person's record is damaged");
	if (!r)
		r = person_record_each(record, add_value, fields);
	if (!r && (json_object_set(item, "fields", fields) != 0 ||
		   json_object_set_new(item, "record", person_record_json(record)) != 0))
		r = -ENOMEM;
	json_decref(fields);
	person_record_free(record);
	return r;
}

/* Those whose rows are gone are passed over. */
static int add_merged(struct store *store, json_t *item, const struct person *person)
{
	const size_t size = sizeof(struct handle);
	json_t *merged = json_array();
	int r = merged ? 0 : -ENOMEM;

	for (size_t at = 0; at + size <= person->includes.size && !r; at += size) {
		struct arena arena = ARENA_INIT(PERSON_ARENA_BYTES);
		struct person other = {0};
		struct handle handle;

		memcpy(&handle, person->includes.data + at, size);
		r = people_find_handle(store, &handle, &arena, &other);
		if (!r)
			r = json_array_append_new(merged, json_pack("{s:o, s:o}", "prospect",
								    handle_value(&handle), "email",
								    email_value(&other)))
				    ? -ENOMEM
				    : 0;
		else if (r > 0)
			r = 0;
		sodium_memzero(&other.key, sizeof(other.key));
		arena_finish(&arena);
	}
	if (!r && json_array_size(merged) > 0 && json_object_set(item, "merged", merged) != 0)
		r = -ENOMEM;
	json_decref(merged);
	return r;
}

int person_item(struct store *store, const struct person *person, json_t **ret_item,
		struct error *error)
{
	json_t *item =
		json_pack("{s:o, s:o, s:o, s:o}", "prospect", handle_value(&person->handle),
			  "email", email_value(person), "created", time_value(person->created),
			  "changed", time_value(person->changed));
	int r = item ? add_record(item, person, error) : -ENOMEM;

	if (!r && !id_is_zero(&person->merged, sizeof(person->merged)))
		r = json_object_set_new(item, "merged_into", handle_value(&person->merged))
			    ? -ENOMEM
			    : 0;
	if (!r)
		r = add_merged(store, item, person);
	if (!r)
		*ret_item = item;
	else
		json_decref(item);
	return r;
}
