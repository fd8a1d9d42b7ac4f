/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of the log from anywhere. What decodes has the sizes that its fields promise, inside of
 * the record; and if its type may have these fields, it encodes to a record that says the same,
 * byte for byte when the record held nothing unknown: an event has one form on disk.
 */
#include "base/cleanup.h"
#include "store/event.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t check_fields(struct span record, const struct event *event)
{
	uint64_t has = 0;

	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		struct span value = event->fields[field];

		if (!value.data)
			continue;
		has |= UINT64_C(1) << field;
		assert(event_field_row(field));
		assert(value.size <= event_field_row(field)->max_bytes);
		assert(value.data >= record.data + EVENT_HEADER_BYTES);
		assert(value.data + value.size <= record.data + record.size);
	}
	return has;
}

/* A record of the version with shared texts is encoded as one without; unknown fields are left out.
 */
static bool is_written_otherwise(struct span record)
{
	size_t at = EVENT_HEADER_BYTES;
	struct span value;
	uint8_t field;

	if (record.data[0] != RECORD_VERSION)
		return true;
	while (record_next(record, &at, &field, &value) == 0)
		if (!event_field_row(field))
			return true;
	return false;
}

static void check_again(struct span record, const struct event *event)
{
	cleanup_buffer struct buffer again = BUFFER_INIT;
	struct event back;

	event_encode(event, &again);
	assert(again.error == 0);
	assert(event_decode(buffer_span(&again), &back) == 0);
	assert(back.type == event->type && back.time == event->time);
	assert(back.incarnation == event->incarnation);
	for (unsigned field = 0; field < EVENT_FIELD_COUNT; field++)
		assert(span_equal(back.fields[field], event->fields[field]));
	assert(is_written_otherwise(record) || span_equal(record, buffer_span(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span record = span_of(data, size);
	const struct event_type_row *row;
	struct event event;
	uint64_t has;

	if (event_decode(record, &event))
		return 0;
	row = event_type_row(event.type);
	assert(row);
	has = check_fields(record, &event);
	if ((has & ~(row->required | row->optional)) == 0 && (row->required & ~has) == 0)
		check_again(record, &event);
	return 0;
}
