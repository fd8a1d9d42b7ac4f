/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as fields, and as the records of schema.h.
 *
 * The tables of schema.h become rows here, and the rows decide everything else: what a field may
 * hold, which fields a type has. Encoding checks our own side by assertion (a field that its type
 * does not have is a bug); decoding checks everything, since a record may come from a damaged disk
 * or from a later version. A decoded event points into the record, so that reading a log costs no
 * allocation.
 *
 * Invariant: a field of a decoded event has a size that its kind allows, so that event_number(),
 * event_choice() and whoever copies an id out of a field need not check again.
 */
#include "store/event.h"
#include "base/encode.h"
#include "crypto/seal.h"

#include <assert.h>
#include <errno.h>

#define CHOICES(name, ...) static const char *const choices_##name[] = {__VA_ARGS__, NULL};
EVENT_CHOICES(CHOICES)
#undef CHOICES

/* clang-format off */
static const struct event_field_row field_rows[EVENT_FIELD_COUNT] = {
#define FIELD(id, field, kind_name, max, path, text)                                               \
	[id].name = #field, [id].json = (path), [id].sentence = (text),                            \
	[id].kind = EVENT_KIND_##kind_name, [id].max_bytes = (max),
	EVENT_FIELDS(FIELD)
#undef FIELD
#define CHOICES(field, ...) [EVENT_FIELD_##field].choices = choices_##field,
	EVENT_CHOICES(CHOICES)
#undef CHOICES
};

static const struct event_type_row type_rows[EVENT_TYPE_COUNT] = {
#define TYPE(number, type, needs, may, text)                                                       \
	[number] = {                                                                               \
		.name = #type, .sentence = (text), .required = (needs),                            \
		.optional = (may) | EVENT_HAS_IMPORT,                                              \
	},
	EVENT_TYPES(TYPE)
#undef TYPE
};
/* clang-format on */

_Static_assert(EVENT_FIELD_COUNT <= 64, "EVENT_HAS() is one of 64 bits");

const struct event_field_row *event_field_row(unsigned field)
{
	return field < EVENT_FIELD_COUNT && field_rows[field].name ? &field_rows[field] : NULL;
}

const struct event_type_row *event_type_row(unsigned type)
{
	return type < EVENT_TYPE_COUNT && type_rows[type].name ? &type_rows[type] : NULL;
}

enum event_type event_type_find(struct span name)
{
	for (unsigned type = 1; type < EVENT_TYPE_COUNT; type++)
		if (type_rows[type].name && span_equal(name, span_text(type_rows[type].name)))
			return (enum event_type)type;
	return (enum event_type)0;
}

void event_init(struct event *event, enum event_type type, usec_t time)
{
	event->type = type;
	event->time = time;
	event->sequence = 0;
	event->incarnation = 0;
	memset(event->fields, 0, sizeof(event->fields));
	event->shared = span_of(NULL, 0);
}

void event_set(struct event *event, enum event_field field, struct span value)
{
	assert(event_field_row(field));
	event->fields[field] = value;
}

/* The buffer may move when it grows: fields that were set from it before move with it. */
static void rebase_fields(struct event *event, uintptr_t from, size_t size, const uint8_t *to)
{
	for (unsigned i = 0; i < EVENT_FIELD_COUNT; i++) {
		struct span *field = &event->fields[i];
		uintptr_t data = (uintptr_t)field->data;

		if (data && data >= from && data - from + field->size <= size)
			field->data = to + (data - from);
	}
}

void event_set_text(struct event *event, enum event_field field, struct span text,
		    struct buffer *to)
{
	uintptr_t before = (uintptr_t)to->data;
	size_t start = to->size;

	assert(event_field_row(field));
	if (!text.data) {
		event->fields[field] = text;
		return;
	}
	/* In one step, so that the old address of the buffer is the only one that fields can have.
	 */
	if (!buffer_reserve(to, field_rows[field].max_bytes)) {
		event->fields[field] = SPAN("");
		return;
	}
	if (before && (uintptr_t)to->data != before)
		rebase_fields(event, before, start, to->data);
	utf8_append_clean(to, text, field_rows[field].max_bytes);
	event->fields[field] = span_slice(buffer_span(to), start, SIZE_MAX);
}

void event_set_number(struct event *event, enum event_field field, uint64_t value)
{
	assert(event_field_row(field) && field_rows[field].kind == EVENT_KIND_NUMBER);
	put_u64(event->scratch[field], value);
	event->fields[field] = span_of(event->scratch[field], 8);
}

void event_set_choice(struct event *event, enum event_field field, uint8_t value)
{
	assert(event_field_row(field) && field_rows[field].max_bytes == 1);
	event->scratch[field][0] = value;
	event->fields[field] = span_of(event->scratch[field], 1);
}

uint64_t event_number(const struct event *event, enum event_field field)
{
	struct span value = event->fields[field];

	return value.size == 8 ? get_u64(value.data) : 0;
}

uint8_t event_choice(const struct event *event, enum event_field field)
{
	struct span value = event->fields[field];

	return value.size == 1 ? value.data[0] : 0;
}

static bool other_size_fits(unsigned field, size_t size)
{
	const struct event_field_row *row = &field_rows[field];

	switch (row->kind) {
	case EVENT_KIND_HEX:
		/* The id of a name is as long as its kind makes it; all others are fixed. */
		return size == row->max_bytes || (field == EVENT_FIELD_name_id && size == 4);
	case EVENT_KIND_NAME:
	case EVENT_KIND_CHOICE:
	case EVENT_KIND_FLAGS:
	case EVENT_KIND_NUMBER:
		return size == row->max_bytes;
	case EVENT_KIND_ADDRESS:
		return size == 4 || size == 16;
	case EVENT_KIND_SEALED:
		return size >= SEAL_OVERHEAD_BYTES && size <= row->max_bytes;
	case EVENT_KIND_TEXT:
	case EVENT_KIND_LIST:
	case EVENT_KIND_JSON:
		return size <= row->max_bytes;
	}
	return false;
}

static inline bool size_fits(unsigned field, size_t size)
{
	const struct event_field_row *row = &field_rows[field];

	if (size == row->max_bytes || (row->kind == EVENT_KIND_TEXT && size < row->max_bytes))
		return true;
	return other_size_fits(field, size);
}

void event_encode(const struct event *event, struct buffer *to)
{
	const struct event_type_row *row = event_type_row(event->type);
	uint8_t header[EVENT_HEADER_BYTES] = {RECORD_VERSION, (uint8_t)event->type};
	size_t start = to->size;
	uint64_t has = 0;

	assert(row);
	put_u16(header + 2, event->incarnation);
	put_u64(header + 4, event->time);
	buffer_append(to, header, sizeof(header));
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		if (!event->fields[field].data)
			continue;
		has |= UINT64_C(1) << field;
		if (!size_fits(field, event->fields[field].size) && !to->error)
			to->error = -EMSGSIZE;
		record_append(to, (uint8_t)field, event->fields[field]);
	}
	assert((has & ~(row->required | row->optional)) == 0);
	assert((row->required & ~has) == 0);
	if (to->size - start > EVENT_RECORD_MAX_BYTES && !to->error)
		to->error = -EMSGSIZE;
}

static int decode_fields(struct span record, struct event *event)
{
	size_t at = EVENT_HEADER_BYTES;
	struct span value;
	uint8_t field, last = 0;
	int r;

	while (!(r = record_next(record, &at, &field, &value))) {
		if (field <= last)
			return EVENT_E_FORM;
		last = field;
		if (field == EVENT_FIELD_SHARED && record.data[0] == RECORD_VERSION_SHARED)
			event->shared = value;
		if (field >= EVENT_FIELD_COUNT || !field_rows[field].name)
			continue;
		if (!size_fits(field, value.size))
			return EVENT_E_FORM;
		event->fields[field] = value;
	}
	return r == RECORD_END ? 0 : r;
}

int event_decode(struct span record, struct event *ret_event)
{
	if (record.size < EVENT_HEADER_BYTES || record.size > EVENT_RECORD_MAX_BYTES)
		return EVENT_E_FORM;
	if (record.data[0] != RECORD_VERSION && record.data[0] != RECORD_VERSION_SHARED)
		return record.data[0] > RECORD_VERSION ? EVENT_E_VERSION : EVENT_E_FORM;
	if (!event_type_row(record.data[1]))
		return record.data[1] >= EVENT_TYPE_COUNT ? EVENT_E_VERSION : EVENT_E_FORM;
	event_init(ret_event, (enum event_type)record.data[1], get_u64(record.data + 4));
	ret_event->incarnation = get_u16(record.data + 2);
	return decode_fields(record, ret_event);
}
