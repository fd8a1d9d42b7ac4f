/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records: what is encoded comes back, for each type with each of its fields at the largest size;
 * and whatever a disk does to a record, decoding answers without reading outside of it (the
 * sanitizer builds hold that) and what it accepts has the sizes that it promises.
 */
#include "base/encode.h"
#include "store/event.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t seed = 0x9E3779B97F4A7C15;

static uint32_t random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static size_t usual_size(const struct event_field_row *row)
{
	switch (row->kind) {
	case EVENT_KIND_TEXT:
	case EVENT_KIND_LIST:
	case EVENT_KIND_JSON:
		return row->max_bytes < 200 ? row->max_bytes : 200;
	case EVENT_KIND_SEALED:
		return 50;
	default:
		return row->max_bytes;
	}
}

/* Every field that @type may have, filled with bytes that depend on the field. */
static void fill(struct event *event, enum event_type type, uint8_t *bytes)
{
	const struct event_type_row *row = event_type_row(type);

	event_init(event, type, 1795262400123456);
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		const struct event_field_row *of = event_field_row(field);

		if (!of || !((row->required | row->optional) >> field & 1))
			continue;
		memset(bytes, (int)(field + 64), usual_size(of));
		event_set(event, (enum event_field)field, span_of(bytes, usual_size(of)));
		bytes += usual_size(of);
	}
}

static uint8_t room[EVENT_RECORD_MAX_BYTES];

static void test_every_type_comes_back_with_every_field(void **state)
{
	(void)state;
	for (unsigned type = 1; type < EVENT_TYPE_COUNT; type++) {
		struct event event, back;
		cleanup_buffer struct buffer record = BUFFER_INIT;

		assert_non_null(event_type_row(type));
		fill(&event, (enum event_type)type, room);
		event.incarnation = 7;
		event_encode(&event, &record);
		assert_int_equal(record.error, 0);
		assert_int_equal(event_decode(buffer_span(&record), &back), 0);
		assert_int_equal(back.type, type);
		assert_int_equal(back.incarnation, 7);
		assert_true(back.time == event.time);
		for (unsigned field = 0; field < EVENT_FIELD_COUNT; field++) {
			assert_int_equal(!back.fields[field].data, !event.fields[field].data);
			assert_true(span_equal(back.fields[field], event.fields[field]));
		}
	}
}

static void test_the_bytes_are_those_of_the_schema(void **state)
{
	static const uint8_t expected[] = {
		1,  1,	 0,   3,   0,	6,   0x60, 0xD5, 0xA1, 0x36, 0x40, 0x40, /* header */
		1,  5,	 'h', '.', 'c', 'o', 'm',				 /* tracker */
		11, 200, 1,							 /* referrer */
	};
	uint8_t referrer[200];
	struct event event;
	cleanup_buffer struct buffer record = BUFFER_INIT;

	(void)state;
	memset(referrer, 'r', sizeof(referrer));
	event_init(&event, EVENT_click, 0x000660D5A1364040);
	event.incarnation = 3;
	event_set(&event, EVENT_FIELD_tracker, SPAN("h.com"));
	event_set(&event, EVENT_FIELD_referrer, span_of(referrer, sizeof(referrer)));
	event_set_choice(&event, EVENT_FIELD_method, 1);
	event_encode(&event, &record);
	assert_int_equal(record.size, sizeof(expected) + 200 + 3);
	assert_memory_equal(record.data, expected, sizeof(expected));
	assert_memory_equal(record.data + sizeof(expected) + 200, "\x11\x01\x01", 3);
}

static void test_values_of_the_setters(void **state)
{
	struct event event, back;
	cleanup_buffer struct buffer record = BUFFER_INIT;

	(void)state;
	event_init(&event, EVENT_account, 1);
	for (unsigned field = EVENT_FIELD_received; field <= EVENT_FIELD_missing; field++)
		event_set_number(&event, (enum event_field)field, UINT64_MAX - field);
	event_set_choice(&event, EVENT_FIELD_period, 2);
	event_encode(&event, &record);
	assert_int_equal(event_decode(buffer_span(&record), &back), 0);
	assert_true(event_number(&back, EVENT_FIELD_lost) == UINT64_MAX - EVENT_FIELD_lost);
	assert_int_equal(event_choice(&back, EVENT_FIELD_period), 2);
	assert_true(event_number(&back, EVENT_FIELD_stored) == 0);
	assert_int_equal(event_choice(&back, EVENT_FIELD_verdict), 0);
}

static void test_text_from_outside_is_made_valid_and_bounded(void **state)
{
	static uint8_t latin[20000];
	struct event event, back;
	cleanup_buffer struct buffer texts = BUFFER_INIT, record = BUFFER_INIT;

	(void)state;
	memset(latin, 0xE9, sizeof(latin));
	event_init(&event, EVENT_click, 1);
	/* Each call makes the shared buffer grow and move; what was set before must follow it. */
	event_set_text(&event, EVENT_FIELD_tracker, SPAN("go.example.com"), &texts);
	event_set_text(&event, EVENT_FIELD_agent, span_of(latin, sizeof(latin)), &texts);
	event_set_text(&event, EVENT_FIELD_language, SPAN(""), &texts);
	event_set_text(&event, EVENT_FIELD_referrer, span_of(NULL, 0), &texts);
	event_set_text(&event, EVENT_FIELD_url, span_of(latin, sizeof(latin)), &texts);
	event_encode(&event, &record);
	assert_int_equal(record.error, 0);
	assert_int_equal(event_decode(buffer_span(&record), &back), 0);
	assert_true(span_equal(back.fields[EVENT_FIELD_tracker], SPAN("go.example.com")));
	assert_int_equal(back.fields[EVENT_FIELD_agent].size, 510);
	assert_true(utf8_valid(back.fields[EVENT_FIELD_agent]));
	assert_int_equal(back.fields[EVENT_FIELD_url].size, 8190);
	assert_true(utf8_valid(back.fields[EVENT_FIELD_url]));
	assert_non_null(back.fields[EVENT_FIELD_language].data);
	assert_int_equal(back.fields[EVENT_FIELD_language].size, 0);
	assert_null(back.fields[EVENT_FIELD_referrer].data);
}

static void test_a_value_over_its_length_is_an_error_of_the_buffer(void **state)
{
	static const struct {
		enum event_field field;
		size_t size;
	} bad[] = {
		{EVENT_FIELD_tracker, 256}, {EVENT_FIELD_visitor, 15},	{EVENT_FIELD_visitor, 17},
		{EVENT_FIELD_ip, 5},	    {EVENT_FIELD_mailing, 4},	{EVENT_FIELD_method, 2},
		{EVENT_FIELD_url, 8193},    {EVENT_FIELD_signals, 0},	{EVENT_FIELD_ip_sealed, 39},
		{EVENT_FIELD_stored, 4},    {EVENT_FIELD_props, 16385},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct event event;
		cleanup_buffer struct buffer record = BUFFER_INIT;

		event_init(&event, EVENT_click, 1);
		event_set(&event, EVENT_FIELD_tracker, SPAN("go.example.com"));
		event_set(&event, bad[i].field, span_of(room, bad[i].size));
		event_encode(&event, &record);
		assert_int_equal(record.error, -EMSGSIZE);
	}
}

/* Decode from memory of exactly that size, so that a byte read beyond it is caught. */
static int decode_copy(struct span record)
{
	uint8_t *copy = malloc(record.size ? record.size : 1);
	struct event event;
	int r;

	assert_non_null(copy);
	memcpy(copy, record.data, record.size);
	r = event_decode(span_of(copy, record.size), &event);
	if (r == 0)
		for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
			const struct event_field_row *row = event_field_row(field);
			struct span value = event.fields[field];

			if (!value.data)
				continue;
			assert_true(value.data >= copy);
			assert_true(value.data + value.size <= copy + record.size);
			assert_true(value.size <= row->max_bytes);
		}
	free(copy);
	return r;
}

static void test_every_truncation_is_safe(void **state)
{
	(void)state;
	for (unsigned type = 1; type < EVENT_TYPE_COUNT; type++) {
		struct event event;
		cleanup_buffer struct buffer record = BUFFER_INIT;

		fill(&event, (enum event_type)type, room);
		event_encode(&event, &record);
		for (size_t size = 0; size < record.size; size++) {
			int r = decode_copy(span_of(record.data, size));

			/* A record cut between two fields is a record of fewer fields. */
			assert_true(r == EVENT_E_FORM || (r == 0 && size >= EVENT_HEADER_BYTES));
		}
	}
}

static void test_every_changed_byte_is_safe(void **state)
{
	(void)state;
	for (unsigned type = 1; type < EVENT_TYPE_COUNT; type++) {
		struct event event;
		cleanup_buffer struct buffer record = BUFFER_INIT;

		fill(&event, (enum event_type)type, room);
		event_encode(&event, &record);
		for (unsigned round = 0; round < 4000; round++) {
			size_t at = random_next() % record.size;
			uint8_t before = record.data[at];

			record.data[at] = (uint8_t)random_next();
			(void)decode_copy(buffer_span(&record));
			record.data[at] = before;
		}
	}
}

static void test_noise_behind_a_header_is_safe(void **state)
{
	uint8_t record[EVENT_HEADER_BYTES + 64] = {RECORD_VERSION, EVENT_click};
	unsigned accepted = 0;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		size_t size = EVENT_HEADER_BYTES + random_next() % 65;

		for (size_t i = EVENT_HEADER_BYTES; i < size; i++)
			record[i] = (uint8_t)(random_next() % (round % 2 ? 256 : 24));
		accepted += decode_copy(span_of(record, size)) == 0;
	}
	assert_true(accepted > 0);
}

static int decode_tail(const char *tail, size_t size)
{
	uint8_t record[64] = {RECORD_VERSION, EVENT_click};

	memcpy(record + EVENT_HEADER_BYTES, tail, size);
	return decode_copy(span_of(record, EVENT_HEADER_BYTES + size));
}

static void test_forms_that_are_refused(void **state)
{
	uint8_t header[EVENT_HEADER_BYTES] = {RECORD_VERSION, EVENT_click};

	(void)state;
	assert_int_equal(decode_tail("\x01\x01h", 3), 0);
	assert_int_equal(decode_tail("\x0B\x01r\x01\x01h", 6), EVENT_E_FORM);	 /* descending */
	assert_int_equal(decode_tail("\x01\x01h\x01\x01h", 6), EVENT_E_FORM);	 /* twice */
	assert_int_equal(decode_tail("\x00\x01h", 3), EVENT_E_FORM);		 /* id 0 */
	assert_int_equal(decode_tail("\x01\x81\x00h", 4), EVENT_E_FORM);	 /* long length */
	assert_int_equal(decode_tail("\x01\x81\x80\x80\x00h", 6), EVENT_E_FORM); /* longer */
	assert_int_equal(decode_tail("\x01\x7Fh", 3), EVENT_E_FORM); /* beyond the end */
	assert_int_equal(decode_tail("\x01", 1), EVENT_E_FORM);	     /* no length */
	assert_int_equal(decode_tail("\xF0\x02xy", 4), 0);	     /* unknown: skipped */
	header[0] = RECORD_VERSION_SHARED + 1;
	assert_int_equal(decode_copy(span_of(header, sizeof(header))), EVENT_E_VERSION);
	header[0] = 0;
	assert_int_equal(decode_copy(span_of(header, sizeof(header))), EVENT_E_FORM);
	header[0] = RECORD_VERSION;
	header[1] = EVENT_TYPE_COUNT;
	assert_int_equal(decode_copy(span_of(header, sizeof(header))), EVENT_E_VERSION);
	header[1] = 0;
	assert_int_equal(decode_copy(span_of(header, sizeof(header))), EVENT_E_FORM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_comes_back_with_every_field),
		cmocka_unit_test(test_the_bytes_are_those_of_the_schema),
		cmocka_unit_test(test_values_of_the_setters),
		cmocka_unit_test(test_text_from_outside_is_made_valid_and_bounded),
		cmocka_unit_test(test_a_value_over_its_length_is_an_error_of_the_buffer),
		cmocka_unit_test(test_every_truncation_is_safe),
		cmocka_unit_test(test_every_changed_byte_is_safe),
		cmocka_unit_test(test_noise_behind_a_header_is_safe),
		cmocka_unit_test(test_forms_that_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
