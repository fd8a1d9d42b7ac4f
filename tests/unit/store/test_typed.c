/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a browser has typed: known from when it is queued, durable with its event, gone when the
 * browser is forgotten or retention says so.
 */
#include "fixture.h"
#include "store/typed.h"
#include "store/typed_internal.h"

static struct visitor_id visitor_of(char name)
{
	struct visitor_id visitor;

	memset(&visitor, name, sizeof(visitor));
	return visitor;
}

/* Who they all are, with what @ticket needs so that people/ knows. */
static struct handle person_of(struct fixture *fixture, struct event_ticket *ticket)
{
	struct people_change *change;
	struct prospect_id id;
	struct handle handle;

	assert_int_equal(id_of_address(fixture->keyring, SPAN("p@example.com"), &id), 0);
	assert_int_equal(people_resolve_handle(fixture->store, &id, &handle, &change), 0);
	if (change && ticket)
		event_ticket_add_change(ticket, change);
	else
		people_change_free(change);
	return handle;
}

/* A ticket with one event, and what @name typed. */
static struct event_ticket *ticket_with(struct fixture *fixture, char name, const char *values,
					usec_t time)
{
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_CLICK, 1);
	struct visitor_id visitor = visitor_of(name);
	struct typed typed = {.time = time, .values = span_text(values)};

	typed.person = person_of(fixture, ticket);
	assert_int_equal(typed_add(fixture->store, ticket, &visitor, &typed, 1), 0);
	return ticket;
}

/* @values NULL: nothing is there. */
static void expect(struct fixture *fixture, char name, const char *values, uint64_t event)
{
	struct visitor_id visitor = visitor_of(name);
	struct handle person;
	struct typed typed;
	int r = typed_find(fixture->store, &visitor, &fixture->arena, &typed);

	assert_int_equal(r, values ? 0 : STORE_E_NOT_FOUND);
	if (!values)
		return;
	assert_true(span_equal(typed.values, span_text(values)));
	person = person_of(fixture, NULL);
	assert_memory_equal(&typed.person, &person, sizeof(person));
	assert_int_equal(typed.event, event);
}

static void test_it_is_known_at_once_and_durable_with_its_event(void **state)
{
	struct fixture *fixture = *state;
	struct event_ticket *ticket;
	uint64_t event;

	fixture_open(fixture);
	expect(fixture, 'a', NULL, 0);
	ticket = ticket_with(fixture, 'a', "{\"company\":\"A\"}", 7);
	expect(fixture, 'a', "{\"company\":\"A\"}", 0);
	expect(fixture, 'b', NULL, 0);
	event = store_now(fixture, ticket);
	expect(fixture, 'a', "{\"company\":\"A\"}", event);
	fixture_close(fixture);
	fixture_open(fixture);
	expect(fixture, 'a', "{\"company\":\"A\"}", event);
}

static void test_what_was_never_queued_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	event_ticket_free(ticket_with(fixture, 'a', "{}", 7));
	expect(fixture, 'a', NULL, 0);
}

static void test_the_newest_holds_and_a_forgotten_browser_has_none(void **state)
{
	struct fixture *fixture = *state;
	struct event_ticket *first, *second;
	struct visitor_id visitor = visitor_of('a');
	uint64_t event;

	fixture_open(fixture);
	first = ticket_with(fixture, 'a', "{\"a\":\"1\"}", 7);
	second = ticket_with(fixture, 'a', "{\"a\":\"2\"}", 8);
	expect(fixture, 'a', "{\"a\":\"2\"}", 0);
	(void)store_now(fixture, first);
	event = store_now(fixture, second);
	expect(fixture, 'a', "{\"a\":\"2\"}", event);
	first = click_ticket(EVENT_CLASS_CLICK, 1);
	assert_int_equal(typed_add_forget(fixture->store, first, &visitor), 0);
	expect(fixture, 'a', NULL, 0);
	(void)store_now(fixture, first);
	expect(fixture, 'a', NULL, 0);
	fixture_close(fixture);
	fixture_open(fixture);
	expect(fixture, 'a', NULL, 0);
}

static void test_more_than_may_be_typed_is_refused(void **state)
{
	static char values[TYPED_VALUES_MAX_BYTES + 1];
	struct fixture *fixture = *state;
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_CLICK, 1);
	struct visitor_id visitor = visitor_of('a');
	struct typed typed = {.values = span_of(values, sizeof(values))};

	fixture_open(fixture);
	assert_int_equal(typed_add(fixture->store, ticket, &visitor, &typed, 1), -EMSGSIZE);
	event_ticket_free(ticket);
}

/* The writer of a store without retention keeps off the rows, and its settings are its own. */
static void test_retention_takes_what_is_older(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	(void)store_now(fixture, ticket_with(fixture, 'a', "{}", 9 * USEC_PER_DAY));
	(void)store_now(fixture, ticket_with(fixture, 'b', "{}", 11 * USEC_PER_DAY));
	assert_int_equal(typed_expire_before(fixture->store, 10 * USEC_PER_DAY), 0);
	expect(fixture, 'a', NULL, 0);
	expect(fixture, 'b', "{}", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
		TEST(test_it_is_known_at_once_and_durable_with_its_event),
		TEST(test_what_was_never_queued_leaves_nothing),
		TEST(test_the_newest_holds_and_a_forgotten_browser_has_none),
		TEST(test_more_than_may_be_typed_is_refused),
		TEST(test_retention_takes_what_is_older),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
