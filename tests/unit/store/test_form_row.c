/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms as a fold: the newest definition speaks, the time of the first stays, all are walked in
 * order, and the count of writes tells that one has changed.
 */
#include "fixture.h"

#include "store/form_row.h"

static void set_form(struct fixture *fixture, uint8_t number, const char *definition, usec_t time)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	struct form_id id = {{0, number}};
	struct event event;

	event_init(&event, EVENT_form, time);
	event_set(&event, EVENT_FIELD_form, span_of(id.bytes, sizeof(id.bytes)));
	event_set(&event, EVENT_FIELD_props, span_text(definition));
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	(void)store_now(fixture, ticket);
}

static void test_the_newest_definition_speaks(void **state)
{
	struct fixture *fixture = *state;
	struct form_id one = {{0, 1}}, other = {{0, 2}};
	struct form_row row;
	uint64_t writes, event;

	fixture_open(fixture);
	set_form(fixture, 1, "{\"a\":1}", 1000);
	writes = store_state_writes(fixture->store);
	assert_int_equal(form_row_find(fixture->store, &one, &fixture->arena, &row), 0);
	assert_true(span_equal(row.definition, SPAN("{\"a\":1}")));
	assert_true(row.created == 1000 && row.changed == 1000 && row.event > 0);
	event = row.event;
	assert_true(store_state_writes(fixture->store) == writes);
	set_form(fixture, 1, "{\"a\":2}", 3000);
	assert_true(store_state_writes(fixture->store) != writes);
	assert_int_equal(form_row_find(fixture->store, &one, &fixture->arena, &row), 0);
	assert_true(span_equal(row.definition, SPAN("{\"a\":2}")));
	assert_true(row.created == 1000 && row.changed == 3000 && row.event > event);
	assert_memory_equal(row.id.bytes, one.bytes, sizeof(one.bytes));
	assert_int_equal(form_row_find(fixture->store, &other, &fixture->arena, &row),
			 STORE_E_NOT_FOUND);
}

struct seen {
	unsigned count, stop_at;
	uint8_t last;
};

static int see(void *context, const struct form_row *row)
{
	struct seen *seen = context;

	assert_true(row->id.bytes[1] > seen->last && row->definition.size > 0);
	seen->last = row->id.bytes[1];
	seen->count++;
	return seen->stop_at && seen->count == seen->stop_at ? 77 : 0;
}

static void test_all_are_walked_in_order(void **state)
{
	static const unsigned counts[] = {1, 16, 17, 40};
	struct fixture *fixture = *state;
	unsigned set = 0;

	fixture_open(fixture);
	assert_int_equal(form_row_each(fixture->store, see, &(struct seen){0}), 0);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct seen all = {0};

		for (; set < counts[i]; set++)
			set_form(fixture, (uint8_t)(200 - set), "{}", 1);
		assert_int_equal(form_row_each(fixture->store, see, &all), 0);
		assert_int_equal(all.count, counts[i]);
	}
	assert_int_equal(form_row_each(fixture->store, see, &(struct seen){.stop_at = 20}), 77);
}

static void test_it_outlives_a_start(void **state)
{
	struct fixture *fixture = *state;
	struct form_id one = {{0, 1}};
	struct form_row row;

	fixture_open(fixture);
	set_form(fixture, 1, "{\"a\":1}", 1000);
	fixture_close(fixture);
	fixture_open(fixture);
	assert_int_equal(form_row_find(fixture->store, &one, &fixture->arena, &row), 0);
	assert_true(row.created == 1000);
}

#define ON_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STORE(test_the_newest_definition_speaks),
		ON_STORE(test_all_are_walked_in_order),
		ON_STORE(test_it_outlives_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
