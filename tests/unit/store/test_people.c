/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People: minted at once, durable before the events that use them, and never overwritten by a
 * change that was made earlier, in whatever order the tickets are committed.
 */
#include "fixture.h"
#include "store/people_copy.h"

static struct prospect_id id_of(struct fixture *fixture, const char *address)
{
	struct prospect_id id;

	assert_int_equal(id_of_address(fixture->keyring, span_text(address), &id), 0);
	return id;
}

static struct event_ticket *ticket_with(enum event_class class, struct people_change *change)
{
	struct event_ticket *ticket = click_ticket(class, 1);

	if (change)
		event_ticket_add_change(ticket, change);
	return ticket;
}

static struct people_change *prepare(struct fixture *fixture, const struct prospect_id *id,
				     const char *address, const char *fields)
{
	struct people_change *change;
	struct handle handle;
	bool same;

	assert_int_equal(people_prepare(fixture->store, id, span_text(address), span_text(fields),
					&handle, &change, &same),
			 0);
	assert_int_equal(same, change == NULL);
	return change;
}

static void expect(struct fixture *fixture, const struct prospect_id *id, const char *address,
		   const char *fields)
{
	struct person person;

	assert_int_equal(people_find(fixture->store, id, &fixture->arena, &person), 0);
	assert_true(span_equal(person.address, span_text(address)));
	assert_true(span_equal(person.fields, span_text(fields)));
	assert_int_equal(!person.address.data, !address);
	assert_int_equal(!person.fields.data, !fields);
}

static bool same_person(const struct person *a, const struct person *b)
{
	return memcmp(&a->handle, &b->handle, sizeof(a->handle)) == 0 &&
	       memcmp(&a->key, &b->key, sizeof(a->key)) == 0;
}

static void test_an_id_is_minted_once_and_kept(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *first, *second, *third;
	struct person a, b, c;
	struct prospect_id id;

	fixture_open(fixture);
	id = id_of(fixture, "a@example.com");
	assert_int_equal(people_find(fixture->store, &id, &fixture->arena, &a), PEOPLE_E_NOT_FOUND);
	assert_int_equal(people_resolve(fixture->store, &id, &a, &first), 0);
	assert_non_null(first);
	assert_true(first->is_new);
	/* Not durable yet: the next event carries it as well, for it may be committed before. */
	assert_int_equal(people_resolve(fixture->store, &id, &b, &second), 0);
	assert_non_null(second);
	assert_false(second->is_new);
	assert_true(same_person(&a, &b));
	assert_int_equal(people_find_handle(fixture->store, &a.handle, &fixture->arena, &c), 0);
	assert_true(same_person(&a, &c));
	(void)store_now(fixture, ticket_with(EVENT_CLASS_CLICK, second));
	(void)store_now(fixture, ticket_with(EVENT_CLASS_BULK, first));
	assert_int_equal(people_resolve(fixture->store, &id, &c, &third), 0);
	assert_null(third);
	assert_true(same_person(&a, &c));
	fixture_close(fixture);
	fixture_open(fixture);
	assert_int_equal(people_find_handle(fixture->store, &a.handle, &fixture->arena, &c), 0);
	assert_true(same_person(&a, &c));
	assert_true(a.created == c.created);
	assert_null(c.address.data);
}

static void test_what_was_never_queued_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *first, *second;
	struct person a, b;
	struct prospect_id id;

	fixture_open(fixture);
	id = id_of(fixture, "a@example.com");
	assert_int_equal(people_resolve(fixture->store, &id, &a, &first), 0);
	event_ticket_free(ticket_with(EVENT_CLASS_CLICK, first));
	assert_int_equal(people_find(fixture->store, &id, &fixture->arena, &b), PEOPLE_E_NOT_FOUND);
	assert_int_equal(people_resolve(fixture->store, &id, &b, &second), 0);
	assert_true(second->is_new);
	assert_false(same_person(&a, &b));
	people_change_free(second);
}

static void test_a_later_change_wins_in_either_order(void **state)
{
	struct fixture *fixture = *state;
	struct prospect_id id;

	fixture_open(fixture);
	id = id_of(fixture, "a@example.com");
	for (unsigned round = 0; round < 4; round++) {
		struct people_change *old =
			prepare(fixture, &id, "a@example.com", round % 2 ? "{\"a\":1}" : "{}");
		struct people_change *new = prepare(fixture, &id, NULL, "{\"b\":2}");
		struct event_ticket *first, *second;

		/* The click queue overtakes the bulk queue within one batch, too. */
		first = ticket_with(EVENT_CLASS_BULK, old);
		second = ticket_with(round < 2 ? EVENT_CLASS_CLICK : EVENT_CLASS_BULK, new);
		expect(fixture, &id, "a@example.com", "{\"b\":2}");
		assert_int_equal(event_writer_append(store_writer(fixture->store), first), 0);
		assert_int_equal(event_writer_append(store_writer(fixture->store), second), 0);
		event_writer_kick(store_writer(fixture->store));
		take(store_writer(fixture->store), 2, NULL);
		expect(fixture, &id, "a@example.com", "{\"b\":2}");
	}
}

static void test_an_older_change_committed_later_writes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *old, *new;
	struct prospect_id id;

	fixture_open(fixture);
	id = id_of(fixture, "a@example.com");
	old = prepare(fixture, &id, "a@example.com", "{\"a\":1}");
	new = prepare(fixture, &id, NULL, "{\"b\":2}");
	(void)store_now(fixture, ticket_with(EVENT_CLASS_CLICK, new));
	/* The old one is alive, but the newest that is known is in people/. */
	expect(fixture, &id, "a@example.com", "{\"b\":2}");
	(void)store_now(fixture, ticket_with(EVENT_CLASS_BULK, old));
	expect(fixture, &id, "a@example.com", "{\"b\":2}");
}

static void test_a_lost_change_is_not_taken_for_done(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *change;
	struct prospect_id id;

	fixture_open(fixture);
	id = id_of(fixture, "a@example.com");
	(void)store_now(fixture, ticket_with(EVENT_CLASS_BULK,
					     prepare(fixture, &id, "a@example.com", "{}")));
	assert_null(prepare(fixture, &id, "a@example.com", "{}"));
	assert_null(prepare(fixture, &id, NULL, NULL));
	change = prepare(fixture, &id, NULL, "{\"a\":1}");
	/* Queued but not durable: saying it again must write it again. */
	people_change_free(prepare(fixture, &id, NULL, "{\"a\":1}"));
	people_change_free(change);
	expect(fixture, &id, "a@example.com", "{}");
	change = prepare(fixture, &id, NULL, "{\"a\":1}");
	assert_non_null(change);
	(void)store_now(fixture, ticket_with(EVENT_CLASS_BULK, change));
	assert_null(prepare(fixture, &id, "a@example.com", "{\"a\":1}"));
}

static void test_many_people_at_once(void **state)
{
	enum { COUNT = 3000 };
	static struct person people[COUNT];
	struct fixture *fixture = *state;
	struct people_change *change;
	struct person person;

	fixture_open(fixture);
	for (unsigned i = 0; i < COUNT; i++) {
		struct prospect_id id;
		char address[32];

		(void)snprintf(address, sizeof(address), "p%u@example.com", i);
		id = id_of(fixture, address);
		assert_int_equal(people_resolve(fixture->store, &id, &people[i], &change), 0);
		assert_int_equal(event_writer_append(store_writer(fixture->store),
						     ticket_with(i % 2, change)),
				 0);
	}
	event_writer_kick(store_writer(fixture->store));
	take(store_writer(fixture->store), COUNT, NULL);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(people_find_handle(fixture->store, &people[i].handle,
						    &fixture->arena, &person),
				 0);
		assert_true(same_person(&people[i], &person));
	}
}

static void expect_handle(struct fixture *fixture, const struct prospect_id *id,
			  const struct handle *handle)
{
	struct people_change *change;
	struct handle found;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(people_resolve_handle(fixture->store, id, &found, &change), 0);
		assert_null(change);
		assert_memory_equal(&found, handle, sizeof(found));
	}
}

static void test_a_handle_alone_is_that_of_the_person(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *change;
	struct prospect_id id, other;
	struct handle handle, again;
	struct person person;

	fixture_open(fixture);
	id = id_of(fixture, "a@example.com");
	other = id_of(fixture, "b@example.com");
	assert_int_equal(people_resolve_handle(fixture->store, &id, &handle, &change), 0);
	assert_true(change->is_new);
	event_ticket_free(ticket_with(EVENT_CLASS_CLICK, change));
	/* Nobody has that handle: its change was never written. */
	assert_int_equal(people_resolve_handle(fixture->store, &id, &again, &change), 0);
	assert_true(change->is_new);
	assert_memory_not_equal(&again, &handle, sizeof(again));
	(void)store_now(fixture, ticket_with(EVENT_CLASS_CLICK, change));
	expect_handle(fixture, &id, &again);
	(void)store_now(fixture, ticket_with(EVENT_CLASS_BULK,
					     prepare(fixture, &other, "b@example.com", NULL)));
	expect_handle(fixture, &id, &again);
	assert_int_equal(people_find(fixture->store, &other, &fixture->arena, &person), 0);
	expect_handle(fixture, &other, &person.handle);
	fixture_close(fixture);
	fixture_open(fixture);
	expect_handle(fixture, &id, &again);
	expect_handle(fixture, &other, &person.handle);
}

/*
 * A lookup keeps its place among the readers, but no snapshot: a page that a later change frees is
 * used again, and the map grows from under the place that was kept.
 */
static void test_lookups_hold_no_snapshot(void **state)
{
	struct fixture *fixture = *state;
	struct store_status status, later;
	struct prospect_id id;
	char fields[64];

	fixture->options.initial_map_bytes = 1 << 20;
	fixture_open(fixture);
	id = id_of(fixture, "a@example.com");
	for (unsigned i = 0; i < 400; i++) {
		(void)snprintf(fields, sizeof(fields), "{\"n\":\"%u\"}", i);
		(void)store_now(fixture,
				ticket_with(EVENT_CLASS_BULK,
					    prepare(fixture, &id, "a@example.com", fields)));
		expect(fixture, &id, "a@example.com", fields);
		arena_reset(&fixture->arena);
		if (i == 50)
			store_status(fixture->store, &status);
	}
	store_status(fixture->store, &later);
	assert_true(later.people_bytes <= status.people_bytes + 8 * 4096);
	for (unsigned i = 0; i < 6000; i++) {
		struct people_change *change;
		char address[64];
		struct person person;

		(void)snprintf(address, sizeof(address), "person%u@example.com", i);
		id = id_of(fixture, address);
		assert_int_equal(people_resolve(fixture->store, &id, &person, &change), 0);
		assert_int_equal(event_writer_append(store_writer(fixture->store),
						     ticket_with(EVENT_CLASS_CLICK, change)),
				 0);
		if (i % 500 == 499) {
			event_writer_kick(store_writer(fixture->store));
			take(store_writer(fixture->store), 500, NULL);
		}
	}
	store_status(fixture->store, &later);
	assert_true(later.map_growths > status.map_growths);
	id = id_of(fixture, "a@example.com");
	expect(fixture, &id, "a@example.com", fields);
}

static void test_values_over_their_length_are_refused(void **state)
{
	static char fields[32770];
	struct fixture *fixture = *state;
	struct people_change *change;
	struct prospect_id id;
	struct handle handle;
	bool same;

	fixture_open(fixture);
	memset(fields, ' ', sizeof(fields) - 1);
	id = id_of(fixture, "a@example.com");
	assert_int_equal(people_prepare(fixture->store, &id, SPAN("a@example.com"),
					span_text(fields), &handle, &change, &same),
			 -EMSGSIZE);
}

/* A ticket as an import makes it: a click in front, then what tells of the change. */
static struct event_ticket *told_ticket(struct people_change *change)
{
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_BULK, 1);
	struct event event;

	event_init(&event, EVENT_prospect, clock_wall());
	event_set(&event, EVENT_FIELD_prospect,
		  span_of(&change->person.handle, sizeof(change->person.handle)));
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	change->told_by = ticket->count;
	event_ticket_add_change(ticket, change);
	return ticket;
}

static bool is_same(struct fixture *fixture, const struct prospect_id *id)
{
	struct people_change *change;
	struct handle handle;
	bool same;

	assert_int_equal(people_prepare(fixture->store, id, SPAN("a@example.com"), SPAN("{}"),
					&handle, &change, &same),
			 0);
	people_change_free(change);
	return same;
}

static void test_a_row_is_the_same_once_the_log_tells_of_it(void **state)
{
	struct fixture *fixture = *state;
	struct prospect_id id;

	fixture_open(fixture);
	id = id_of(fixture, "a@example.com");
	(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 7));
	(void)store_now(fixture, told_ticket(prepare(fixture, &id, "a@example.com", "{}")));
	assert_true(is_same(fixture, &id));
	fixture_close(fixture);
	fixture_open(fixture);
	assert_true(is_same(fixture, &id));
}

/* A crash between the commits of people/ and events/ leaves a row that names an event to come. */
static void test_a_row_whose_event_was_lost_is_written_again(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *change;
	struct prospect_id id;

	fixture_open(fixture);
	id = id_of(fixture, "a@example.com");
	change = prepare(fixture, &id, "a@example.com", "{}");
	change->told_by = 5;
	(void)store_now(fixture, ticket_with(EVENT_CLASS_BULK, change));
	for (unsigned i = 0; i < 8; i++) {
		assert_false(is_same(fixture, &id));
		(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, i));
	}
	(void)store_now(fixture, told_ticket(prepare(fixture, &id, "a@example.com", "{}")));
	assert_true(is_same(fixture, &id));
}

/* The click's row holds what the import says, and may be written first, with, or after it. */
static void test_a_click_that_overtakes_an_import_does_not_hide_its_event(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	for (unsigned round = 0; round < 3; round++) {
		struct event_writer *writer = store_writer(fixture->store);
		struct event_ticket *import, *click;
		struct people_change *change;
		struct person person;
		struct prospect_id id;
		char address[32];

		(void)snprintf(address, sizeof(address), "a%u@example.com", round);
		id = id_of(fixture, address);
		import = told_ticket(prepare(fixture, &id, "a@example.com", "{}"));
		assert_int_equal(people_resolve(fixture->store, &id, &person, &change), 0);
		click = ticket_with(EVENT_CLASS_CLICK, change);
		assert_int_equal(event_writer_append(writer, round == 1 ? import : click), 0);
		event_writer_kick(writer);
		if (round != 2)
			take(writer, 1, NULL);
		assert_int_equal(event_writer_append(writer, round == 1 ? click : import), 0);
		event_writer_kick(writer);
		take(writer, round == 2 ? 2 : 1, NULL);
		assert_true(is_same(fixture, &id));
	}
}

static void test_serial_tickets_are_counted_until_they_are_done(void **state)
{
	struct fixture *fixture = *state;
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_BULK, 1);
	struct event_writer *writer;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	ticket->serial = true;
	assert_int_equal(event_writer_serial(writer), 0);
	assert_int_equal(event_writer_append(writer, ticket), 0);
	assert_int_equal(event_writer_serial(writer), 1);
	event_writer_kick(writer);
	take(writer, 1, NULL);
	assert_int_equal(event_writer_serial(writer), 0);
}

static void test_a_copy_is_given_up_when_nobody_waits_for_it(void **state)
{
	struct fixture *fixture = *state;
	atomic_bool give_up = true;
	struct error error = {""};
	struct event_writer *writer;
	struct prospect_id id;
	uint64_t people = 0;
	char path[128];

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	id = id_of(fixture, "a@example.com");
	assert_int_equal(event_writer_append(writer, ticket_with(EVENT_CLASS_BULK,
								 prepare(fixture, &id,
									 "a@example.com", ""))),
			 0);
	event_writer_kick(writer);
	take(writer, 1, NULL);
	(void)snprintf(path, sizeof(path), "%s/people.copy", fixture->data);
	assert_int_equal(people_copy(fixture->store, path, &give_up, &error), -ECANCELED);
	assert_non_null(strstr(error.text, path));
	give_up = false;
	assert_int_equal(people_copy(fixture->store, path, &give_up, &error), 0);
	assert_int_equal(people_copy_check(path, &people, &error), 0);
	assert_int_equal(people, 1);
}

#define ON_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STORE(test_an_id_is_minted_once_and_kept),
		ON_STORE(test_what_was_never_queued_leaves_nothing),
		ON_STORE(test_a_later_change_wins_in_either_order),
		ON_STORE(test_an_older_change_committed_later_writes_nothing),
		ON_STORE(test_a_lost_change_is_not_taken_for_done),
		ON_STORE(test_many_people_at_once),
		ON_STORE(test_a_handle_alone_is_that_of_the_person),
		ON_STORE(test_lookups_hold_no_snapshot),
		ON_STORE(test_a_row_is_the_same_once_the_log_tells_of_it),
		ON_STORE(test_a_row_whose_event_was_lost_is_written_again),
		ON_STORE(test_a_click_that_overtakes_an_import_does_not_hide_its_event),
		ON_STORE(test_serial_tickets_are_counted_until_they_are_done),
		ON_STORE(test_a_copy_is_given_up_when_nobody_waits_for_it),
		ON_STORE(test_values_over_their_length_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
