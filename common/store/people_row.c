/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of people/, to bytes and back. Lists of ids and handles are runs of twelve bytes each, so
 * that nothing has to be counted. A row of before does not say by which id it was made; then it is
 * the one by which it was found.
 *
 * A row holds a key: whoever has made one, or a copy of it, wipes it.
 */
#include "store/people_row.h"

#include "base/encode.h"
#include "store/people_internal.h"

#include <errno.h>

enum { ROW_HEADER_BYTES = 1 };

const uint32_t person_field_max_bytes[PERSON_FIELD_COUNT] = {
#define PERSON(id, name, max, ...) [id] = (max),
	PERSON_FIELDS(PERSON)
#undef PERSON
};

static void append_number(struct buffer *row, enum person_field field, uint64_t number)
{
	uint8_t bytes[8];

	put_u64(bytes, number);
	record_append(row, field, span_of(bytes, sizeof(bytes)));
}

static void append_span(struct buffer *row, enum person_field field, struct span value)
{
	if (value.data)
		record_append(row, field, value);
}

void person_encode(const struct person *person, struct buffer *row)
{
	buffer_append_byte(row, RECORD_VERSION);
	record_append(row, PERSON_key, span_of(person->key.bytes, sizeof(person->key.bytes)));
	append_number(row, PERSON_created, person->created);
	append_number(row, PERSON_changed, person->changed);
	append_span(row, PERSON_address, person->address);
	append_span(row, PERSON_fields, person->fields);
	if (person->event)
		append_number(row, PERSON_event, person->event);
	if (person->ids.data)
		record_append(row, PERSON_ids, person->ids);
	else if (!id_is_zero(&person->own, sizeof(person->own)))
		record_append(row, PERSON_ids,
			      span_of(person->own.bytes, sizeof(person->own.bytes)));
	if (!id_is_zero(&person->merged, sizeof(person->merged)))
		record_append(row, PERSON_merged,
			      span_of(person->merged.bytes, sizeof(person->merged.bytes)));
	append_span(row, PERSON_includes, person->includes);
}

/* The fields that are lists of ids or handles, or one of them. */
static int decode_ids(const struct span fields[PERSON_FIELD_COUNT], struct person *person)
{
	const size_t size = sizeof(person->own.bytes);

	if (fields[PERSON_ids].size % size != 0 || fields[PERSON_includes].size % size != 0)
		return -EBADMSG;
	person->ids = fields[PERSON_ids];
	person->includes = fields[PERSON_includes];
	memset(&person->own, 0, sizeof(person->own));
	if (person->ids.size > 0)
		memcpy(person->own.bytes, person->ids.data, size);
	memset(&person->merged, 0, sizeof(person->merged));
	if (fields[PERSON_merged].size == sizeof(person->merged.bytes))
		memcpy(person->merged.bytes, fields[PERSON_merged].data,
		       sizeof(person->merged.bytes));
	return 0;
}

int person_decode(struct span row, struct person *person)
{
	struct span fields[PERSON_FIELD_COUNT] = {0}, value;
	size_t at = ROW_HEADER_BYTES;
	uint8_t field;
	int r;

	if (row.size < ROW_HEADER_BYTES || row.data[0] != RECORD_VERSION)
		return -EBADMSG;
	while (!(r = record_next(row, &at, &field, &value))) {
		if (field >= PERSON_FIELD_COUNT)
			continue;
		if (value.size > person_field_max_bytes[field])
			return -EBADMSG;
		fields[field] = value;
	}
	if (r != RECORD_END || fields[PERSON_key].size != sizeof(person->key.bytes) ||
	    fields[PERSON_created].size != 8 || fields[PERSON_changed].size != 8)
		return -EBADMSG;
	memcpy(person->key.bytes, fields[PERSON_key].data, sizeof(person->key.bytes));
	person->created = get_u64(fields[PERSON_created].data);
	person->changed = get_u64(fields[PERSON_changed].data);
	person->event = fields[PERSON_event].size == 8 ? get_u64(fields[PERSON_event].data) : 0;
	person->address = fields[PERSON_address];
	person->fields = fields[PERSON_fields];
	return decode_ids(fields, person);
}

struct span people_row_address(struct span row)
{
	struct person person = {.address = {0}};

	if (person_decode(row, &person) != 0)
		return span_of(NULL, 0);
	explicit_bzero(&person.key, sizeof(person.key));
	return person.address;
}

/* False: out of memory. */
static bool copy(struct arena *arena, struct span *span)
{
	struct span copied = arena ? arena_copy(arena, *span) : span_of(NULL, 0);
	bool lost = arena && span->data && !copied.data;

	*span = copied;
	return !lost;
}

int person_copy_spans(struct arena *arena, struct person *person)
{
	bool whole = copy(arena, &person->address);

	whole &= copy(arena, &person->fields);
	whole &= copy(arena, &person->ids);
	whole &= copy(arena, &person->includes);
	return whole ? 0 : -ENOMEM;
}
