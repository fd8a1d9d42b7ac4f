/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of schema.h against the rules that they state themselves: ids once and in order, names
 * and JSON paths once, sizes that fit their kind, types that only name fields that exist, choices
 * for exactly the CHOICE fields.
 */
#include "crypto/id.h"
#include "store/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void test_fields_are_numbered_upwards_without_repeats(void **state)
{
	static const int ids[] = {
#define FIELD(id, ...) id,
		EVENT_FIELDS(FIELD)
#undef FIELD
	};

	(void)state;
	for (size_t i = 1; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_true(ids[i] > ids[i - 1]);
	assert_int_equal(ids[sizeof(ids) / sizeof(ids[0]) - 1] + 1, EVENT_FIELD_COUNT);
}

static void test_field_names_and_paths_are_unique(void **state)
{
	(void)state;
	for (unsigned a = 1; a < EVENT_FIELD_COUNT; a++)
		for (unsigned b = a + 1; b < EVENT_FIELD_COUNT; b++) {
			const struct event_field_row *one = event_field_row(a);
			const struct event_field_row *other = event_field_row(b);

			if (!one || !other)
				continue;
			assert_string_not_equal(one->name, other->name);
			assert_string_not_equal(one->json, other->json);
		}
}

static void test_sizes_fit_their_kind(void **state)
{
	(void)state;
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		const struct event_field_row *row = event_field_row(field);

		if (!row)
			continue;
		assert_true(row->max_bytes > 0 && row->max_bytes < EVENT_RECORD_MAX_BYTES);
		assert_true(strlen(row->sentence) > 0);
		if (row->kind == EVENT_KIND_CHOICE || row->kind == EVENT_KIND_FLAGS)
			assert_int_equal(row->max_bytes, 1);
		if (row->kind == EVENT_KIND_NUMBER)
			assert_int_equal(row->max_bytes, 8);
		if (row->kind == EVENT_KIND_ADDRESS)
			assert_int_equal(row->max_bytes, 16);
		assert_int_equal(row->kind == EVENT_KIND_CHOICE, row->choices != NULL);
	}
}

static void test_types_name_fields_that_exist(void **state)
{
	uint64_t known = 0;

	(void)state;
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++)
		if (event_field_row(field))
			known |= UINT64_C(1) << field;
	for (unsigned type = 1; type < EVENT_TYPE_COUNT; type++) {
		const struct event_type_row *row = event_type_row(type);

		assert_non_null(row);
		assert_true((row->required & ~known) == 0);
		assert_true((row->optional & ~known) == 0);
		assert_true(strlen(row->sentence) > 0);
		assert_int_equal(event_type_find(span_text(row->name)), type);
	}
	assert_int_equal(event_type_find(SPAN("clic")), 0);
	assert_int_equal(event_type_find(SPAN("")), 0);
	assert_null(event_type_row(0));
	assert_null(event_type_row(EVENT_TYPE_COUNT));
	assert_null(event_field_row(0));
	assert_null(event_field_row(EVENT_FIELD_COUNT));
}

static void test_every_field_is_used_by_a_type(void **state)
{
	(void)state;
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		bool used = false;

		for (unsigned type = 1; type < EVENT_TYPE_COUNT; type++)
			used |= (event_type_row(type)->required | event_type_row(type)->optional) >>
					field &
				1;
		if (!used && event_field_row(field))
			fail_msg("field %s belongs to no type", event_field_row(field)->name);
	}
}

static void test_choices_that_code_counts_on(void **state)
{
	(void)state;
	assert_string_equal(event_field_row(EVENT_FIELD_method)->choices[1], "GET");
	assert_string_equal(event_field_row(EVENT_FIELD_consent)->choices[3], "identify");
	assert_string_equal(event_field_row(EVENT_FIELD_kind)->choices[NAME_MAILING], "mailing");
	assert_string_equal(event_field_row(EVENT_FIELD_period)->choices[1], "shutdown");
	assert_null(event_field_row(EVENT_FIELD_period)->choices[3]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_are_numbered_upwards_without_repeats),
		cmocka_unit_test(test_field_names_and_paths_are_unique),
		cmocka_unit_test(test_sizes_fit_their_kind),
		cmocka_unit_test(test_types_name_fields_that_exist),
		cmocka_unit_test(test_every_field_is_used_by_a_type),
		cmocka_unit_test(test_choices_that_code_counts_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
