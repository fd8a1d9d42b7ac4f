/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Erasing people: nothing of them is left in people/ as bytes, nothing that is queued brings them
 * back, and an erasure that did not come to its end is known.
 */
#include "fixture.h"
#include "store/people_erase.h"
#include "store/people_merge.h"
#include "store/typed.h"

static const char secret[] = "{\"name\":\"a-secret-value\"}";

static struct prospect_id id_of(struct fixture *fixture, const char *address)
{
	struct prospect_id id;

	assert_int_equal(id_of_address(fixture->keyring, span_text(address), &id), 0);
	return id;
}

static struct people_change *prepare(struct fixture *fixture, const char *address,
				     struct handle *ret_handle)
{
	struct prospect_id id = id_of(fixture, address);
	struct people_change *change;
	bool same;

	assert_int_equal(people_prepare(fixture->store, &id, span_text(address), span_text(secret),
					ret_handle, &change, &same),
			 0);
	assert_non_null(change);
	return change;
}

static struct event_ticket *ticket_with(struct people_change *changes)
{
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_BULK, 1);

	ticket->changes = changes;
	return ticket;
}

static struct handle add(struct fixture *fixture, const char *address)
{
	struct handle handle;

	(void)store_now(fixture, ticket_with(prepare(fixture, address, &handle)));
	return handle;
}

/* A ticket that erases @people, with the event that says so of the first. */
static struct event_ticket *erasing_all(struct fixture *fixture, const struct handle *people,
					size_t count, size_t marks)
{
	cleanup_buffer struct buffer found = BUFFER_INIT;
	struct people_change *changes;
	struct event_ticket *ticket;
	struct event event;

	assert_int_equal(people_prepare_erase(fixture->store, people, count, &changes, &found), 0);
	assert_int_equal(found.size, marks * PEOPLE_MARK_BYTES);
	ticket = event_ticket_new(EVENT_CLASS_BULK);
	assert_non_null(ticket);
	event_init(&event, EVENT_erase, clock_wall());
	event_set(&event, EVENT_FIELD_prospect, span_of(people, sizeof(*people)));
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	ticket->changes = changes;
	return ticket;
}

static struct event_ticket *erasing(struct fixture *fixture, const struct handle *person,
				    size_t marks)
{
	return erasing_all(fixture, person, 1, marks);
}

/* For whoever looks the person up, be it while the erasure is on its way. */
static void expect_refused(struct fixture *fixture, const char *address)
{
	struct prospect_id id = id_of(fixture, address);
	struct people_change *change;
	struct person person;
	bool same;

	assert_int_equal(people_find(fixture->store, &id, &fixture->arena, &person),
			 PEOPLE_E_NOT_FOUND);
	assert_int_equal(people_resolve(fixture->store, &id, &person, &change), PEOPLE_E_ERASED);
	assert_int_equal(people_resolve_handle(fixture->store, &id, &person.handle, &change),
			 PEOPLE_E_ERASED);
	assert_int_equal(people_prepare(fixture->store, &id, span_text(address), span_text("{}"),
					&person.handle, &change, &same),
			 PEOPLE_E_ERASED);
}

static void expect_erased(struct fixture *fixture, const char *address, const struct handle *handle)
{
	struct prospect_id id = id_of(fixture, address);
	struct person person;
	bool erased = false;

	expect_refused(fixture, address);
	assert_int_equal(people_find_handle(fixture->store, handle, &fixture->arena, &person),
			 PEOPLE_E_NOT_FOUND);
	assert_int_equal(people_is_erased(fixture->store, &id, &erased), 0);
	assert_true(erased);
}

/* How often @bytes lie in people/'s data file. */
static size_t count_bytes(struct fixture *fixture, const void *bytes, size_t size)
{
	char path[128];
	cleanup_close int fd = -1;
	struct stat status;
	uint8_t *text, *at, *end;
	size_t count = 0;

	(void)snprintf(path, sizeof(path), "%s/people/data.mdb", fixture->data);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && fstat(fd, &status) == 0);
	text = malloc((size_t)status.st_size);
	assert_non_null(text);
	assert_int_equal(read(fd, text, (size_t)status.st_size), status.st_size);
	end = text + status.st_size;
	for (at = text; (at = memmem(at, (size_t)(end - at), bytes, size)); at++)
		count++;
	free(text);
	return count;
}

static void test_no_byte_of_an_erased_person_is_left(void **state)
{
	struct fixture *fixture = *state;
	struct person alice, bob;
	struct handle one, two;

	fixture_open(fixture);
	one = add(fixture, "alice@example.com");
	two = add(fixture, "bob@example.com");
	assert_int_equal(people_find_handle(fixture->store, &one, &fixture->arena, &alice), 0);
	assert_true(count_bytes(fixture, "alice@example.com", 17) > 0);
	assert_true(count_bytes(fixture, alice.key.bytes, sizeof(alice.key.bytes)) > 0);
	(void)store_now(fixture, erasing(fixture, &one, 1));
	expect_erased(fixture, "alice@example.com", &one);
	assert_int_equal(count_bytes(fixture, "alice", 5), 0);
	assert_int_equal(count_bytes(fixture, alice.key.bytes, sizeof(alice.key.bytes)), 0);
	assert_int_equal(count_bytes(fixture, &one, sizeof(one)), 0);
	assert_int_equal(count_bytes(fixture, "a-secret-value", 14), 1);
	assert_int_equal(people_find_handle(fixture->store, &two, &fixture->arena, &bob), 0);
	assert_true(span_equal(bob.fields, span_text(secret)));
	/* Also for the next process. */
	fixture_close(fixture);
	fixture_open(fixture);
	expect_erased(fixture, "alice@example.com", &one);
	(void)add(fixture, "carol@example.com");
}

static void test_what_is_queued_brings_nobody_back(void **state)
{
	struct fixture *fixture = *state;
	struct event_ticket *older, *ticket;
	struct people_change *change;
	struct handle handle, same;
	struct prospect_id id;
	bool known;

	fixture_open(fixture);
	handle = add(fixture, "alice@example.com");
	id = id_of(fixture, "alice@example.com");
	assert_int_equal(people_prepare(fixture->store, &id, span_text("alice@example.com"),
					span_text("{\"name\":\"newer\"}"), &same, &change, &known),
			 0);
	older = ticket_with(change);
	ticket = erasing(fixture, &handle, 1);
	expect_refused(fixture, "alice@example.com");
	(void)store_now(fixture, ticket);
	(void)store_now(fixture, older);
	expect_erased(fixture, "alice@example.com", &handle);
	assert_int_equal(count_bytes(fixture, "newer", 5), 0);
}

static struct event_ticket *typing(struct fixture *fixture, const struct visitor_id *visitor,
				   const struct handle *person)
{
	const struct typed typed = {.person = *person,
				    .time = 1,
				    .values = SPAN("{\"a\":\"mine\"}")};
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_BULK, 1);

	assert_int_equal(typed_add(fixture->store, ticket, visitor, &typed, 1), 0);
	return ticket;
}

static void test_what_their_browsers_typed_goes_too(void **state)
{
	static const struct visitor_id first = {{1}}, second = {{2}}, third = {{3}};
	struct fixture *fixture = *state;
	struct event_ticket *late;
	struct handle one, two;
	struct typed typed;

	fixture_open(fixture);
	one = add(fixture, "alice@example.com");
	two = add(fixture, "bob@example.com");
	(void)store_now(fixture, typing(fixture, &first, &one));
	(void)store_now(fixture, typing(fixture, &second, &two));
	late = typing(fixture, &third, &one);
	(void)store_now(fixture, erasing(fixture, &one, 1));
	(void)store_now(fixture, late);
	assert_int_equal(typed_find(fixture->store, &first, &fixture->arena, &typed),
			 STORE_E_NOT_FOUND);
	assert_int_equal(typed_find(fixture->store, &second, &fixture->arena, &typed), 0);
	assert_int_equal(typed_find(fixture->store, &third, &fixture->arena, &typed),
			 STORE_E_NOT_FOUND);
	assert_int_equal(count_bytes(fixture, "mine", 4), 1);
}

static void test_somebody_who_is_not_durable_yet_is_erased_too(void **state)
{
	struct fixture *fixture = *state;
	struct event_ticket *first, *second;
	struct handle handle;

	fixture_open(fixture);
	first = ticket_with(prepare(fixture, "alice@example.com", &handle));
	second = erasing(fixture, &handle, 1);
	assert_int_equal(event_writer_append(store_writer(fixture->store), first), 0);
	assert_int_equal(event_writer_append(store_writer(fixture->store), second), 0);
	event_writer_kick(store_writer(fixture->store));
	take(store_writer(fixture->store), 2, NULL);
	expect_erased(fixture, "alice@example.com", &handle);
	assert_int_equal(count_bytes(fixture, "alice", 5), 0);
}

static void test_an_erased_address_is_taken_anew_when_that_is_wanted(void **state)
{
	struct fixture *fixture = *state;
	struct prospect_id id;
	struct people_change *change, *click;
	struct handle before, now;
	struct person person;
	bool erased = true;

	fixture_open(fixture);
	id = id_of(fixture, "alice@example.com");
	before = add(fixture, "alice@example.com");
	(void)store_now(fixture, erasing(fixture, &before, 1));
	assert_int_equal(people_prepare_anew(fixture->store, &id, SPAN("alice@example.com"),
					     SPAN("{}"), &now, &change),
			 0);
	assert_memory_not_equal(&before, &now, sizeof(now));
	/* A click that is committed first is theirs, too, and they are not erased again for it. */
	assert_int_equal(people_resolve(fixture->store, &id, &person, &click), 0);
	assert_memory_equal(&person.handle, &now, sizeof(now));
	(void)store_now(fixture, ticket_with(click));
	(void)store_now(fixture, ticket_with(change));
	assert_int_equal(people_is_erased(fixture->store, &id, &erased), 0);
	assert_false(erased);
	fixture_close(fixture);
	fixture_open(fixture);
	assert_int_equal(people_find(fixture->store, &id, &fixture->arena, &person), 0);
	assert_memory_equal(&person.handle, &now, sizeof(now));
}

/* Where nothing can be written anew the ticket does not come back as stored. */
static void test_an_erasure_that_does_not_end_is_known_and_made_again(void **state)
{
	cleanup_buffer struct buffer pending = BUFFER_INIT;
	struct fixture *fixture = *state;
	struct event_ticket *ticket;
	struct handle handle;
	char path[128];
	int fd;

	fixture_open(fixture);
	handle = add(fixture, "alice@example.com");
	(void)snprintf(path, sizeof(path), "%s/people.compact", fixture->data);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	ticket = erasing(fixture, &handle, 1);
	assert_int_equal(event_writer_append_and_wait(store_writer(fixture->store), ticket), -EIO);
	event_ticket_free(ticket);
	check_account(store_writer(fixture->store));
	assert_int_equal(people_read_erasing(fixture->store, &pending), 0);
	assert_int_equal(pending.size, sizeof(handle));
	assert_memory_equal(pending.data, &handle, sizeof(handle));
	assert_int_equal(unlink(path), 0);
	(void)store_now(fixture, erasing(fixture, &handle, 0));
	buffer_clear(&pending);
	assert_int_equal(people_read_erasing(fixture->store, &pending), 0);
	assert_int_equal(pending.size, 0);
	expect_erased(fixture, "alice@example.com", &handle);
	assert_int_equal(count_bytes(fixture, "alice", 5), 0);
	assert_int_equal(count_bytes(fixture, &handle, sizeof(handle)), 0);
}

static void merge_now(struct fixture *fixture, const struct handle *into,
		      const struct handle *other)
{
	struct people_change *changes[PEOPLE_MERGE_CHANGES];
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_BULK, 1);

	assert_int_equal(people_merge(fixture->store, into, SPAN("{}"), other, changes), 0);
	for (int i = 0; i < PEOPLE_MERGE_CHANGES; i++)
		event_ticket_add_change(ticket, changes[i]);
	(void)store_now(fixture, ticket);
}

/* Writing people/ anew takes a while, and other operators go on meanwhile. */
static void test_whose_erasure_is_on_its_way_is_not_merged_nor_parted(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *changes[PEOPLE_MERGE_CHANGES];
	struct handle one, two, three, all[2];
	struct event_ticket *ticket;

	fixture_open(fixture);
	one = add(fixture, "alice@example.com");
	two = add(fixture, "bob@example.com");
	three = add(fixture, "carol@example.com");
	merge_now(fixture, &one, &three);
	all[0] = one;
	all[1] = three;
	ticket = erasing_all(fixture, all, 2, 2);
	assert_int_equal(people_merge(fixture->store, &two, SPAN("{}"), &one, changes),
			 PEOPLE_E_NOT_FOUND);
	assert_int_equal(people_merge(fixture->store, &one, SPAN("{}"), &two, changes),
			 PEOPLE_E_NOT_FOUND);
	assert_int_equal(people_unmerge(fixture->store, &three, SPAN("{}"), changes),
			 PEOPLE_E_NOT_FOUND);
	(void)store_now(fixture, ticket);
	expect_erased(fixture, "alice@example.com", &one);
	expect_erased(fixture, "carol@example.com", &three);
}

/* people/ still leads both addresses to the one who was kept. */
static void test_who_was_parted_a_moment_ago_is_not_erased_with_the_other(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *changes[PEOPLE_MERGE_CHANGES];
	struct event_ticket *parting, *ticket;
	struct handle one, two;
	struct prospect_id id;
	struct person person;

	fixture_open(fixture);
	one = add(fixture, "alice@example.com");
	two = add(fixture, "bob@example.com");
	merge_now(fixture, &one, &two);
	assert_int_equal(people_unmerge(fixture->store, &two, SPAN("{}"), changes), 0);
	parting = click_ticket(EVENT_CLASS_BULK, 1);
	for (int i = 0; i < PEOPLE_MERGE_CHANGES; i++)
		event_ticket_add_change(parting, changes[i]);
	ticket = erasing(fixture, &one, 1);
	(void)store_now(fixture, parting);
	(void)store_now(fixture, ticket);
	expect_erased(fixture, "alice@example.com", &one);
	id = id_of(fixture, "bob@example.com");
	assert_int_equal(people_find(fixture->store, &id, &fixture->arena, &person), 0);
	assert_memory_equal(&person.handle, &two, sizeof(two));
}

static bool has_mark(const struct fixture *fixture, const struct buffer *marks,
		     const struct handle *person, const char *address)
{
	struct prospect_id id;
	struct people_mark_of mark, found;

	assert_int_equal(id_of_address(fixture->keyring, span_text(address), &id), 0);
	mark.person = *person;
	id_of_erased(fixture->keyring, &id, mark.mark);
	for (size_t at = 0; at < marks->size; at += sizeof(found)) {
		memcpy(&found, marks->data + at, sizeof(found));
		if (memcmp(&found.person, person, sizeof(*person)) == 0 &&
		    memcmp(found.mark, mark.mark, sizeof(mark.mark)) == 0)
			return true;
	}
	return false;
}

static void test_the_marks_of_many_are_told_apart(void **state)
{
	cleanup_buffer struct buffer marks = BUFFER_INIT;
	struct fixture *fixture = *state;
	struct event_ticket *queued;
	struct handle all[2], third;

	fixture_open(fixture);
	all[0] = add(fixture, "alice@example.com");
	third = add(fixture, "carol@example.com");
	merge_now(fixture, &all[0], &third);
	(void)add(fixture, "dora@example.com");
	queued = ticket_with(prepare(fixture, "bob@example.com", &all[1]));
	assert_int_equal(people_read_marks_of(fixture->store, all, 2, &marks), 0);
	assert_int_equal(marks.size, 3 * sizeof(struct people_mark_of));
	assert_true(has_mark(fixture, &marks, &all[0], "alice@example.com"));
	assert_true(has_mark(fixture, &marks, &all[0], "carol@example.com"));
	assert_true(has_mark(fixture, &marks, &all[1], "bob@example.com"));
	(void)store_now(fixture, queued);
}

static void test_who_came_back_is_found_by_the_marks(void **state)
{
	cleanup_buffer struct buffer marks = BUFFER_INIT, handles = BUFFER_INIT;
	struct fixture *fixture = *state;
	struct people_change *change;
	struct prospect_id id;
	struct handle one;
	uint8_t mark[PEOPLE_MARK_BYTES];

	fixture_open(fixture);
	one = add(fixture, "alice@example.com");
	(void)add(fixture, "bob@example.com");
	id = id_of(fixture, "alice@example.com");
	id_of_erased(fixture->keyring, &id, mark);
	assert_int_equal(people_find_marked(fixture->store, span_of(mark, sizeof(mark)), &handles),
			 0);
	assert_int_equal(handles.size, sizeof(one));
	assert_memory_equal(handles.data, &one, sizeof(one));
	/* A mark of somebody who is not there is kept, and no more. */
	id = id_of(fixture, "carol@example.com");
	id_of_erased(fixture->keyring, &id, mark);
	assert_int_equal(people_prepare_marks(fixture->store, span_of(mark, sizeof(mark)), &change),
			 0);
	(void)store_now(fixture, ticket_with(change));
	assert_int_equal(people_read_marks(fixture->store, &marks), 0);
	assert_int_equal(marks.size, sizeof(mark));
	expect_erased(fixture, "carol@example.com", &(struct handle){{1}});
}

#define ON_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STORE(test_no_byte_of_an_erased_person_is_left),
		ON_STORE(test_what_is_queued_brings_nobody_back),
		ON_STORE(test_what_their_browsers_typed_goes_too),
		ON_STORE(test_somebody_who_is_not_durable_yet_is_erased_too),
		ON_STORE(test_an_erased_address_is_taken_anew_when_that_is_wanted),
		ON_STORE(test_an_erasure_that_does_not_end_is_known_and_made_again),
		ON_STORE(test_whose_erasure_is_on_its_way_is_not_merged_nor_parted),
		ON_STORE(test_who_was_parted_a_moment_ago_is_not_erased_with_the_other),
		ON_STORE(test_the_marks_of_many_are_told_apart),
		ON_STORE(test_who_came_back_is_found_by_the_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
