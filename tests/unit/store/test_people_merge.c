/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging rows of people/ and undoing it: at once for whoever asks, durable with the ticket, and in
 * whatever order tickets are committed.
 */
#include "fixture.h"
#include "store/people_merge.h"

static struct prospect_id id_of(struct fixture *fixture, const char *address)
{
	struct prospect_id id;

	assert_int_equal(id_of_address(fixture->keyring, span_text(address), &id), 0);
	return id;
}

static struct person find(struct fixture *fixture, const char *address)
{
	struct prospect_id id = id_of(fixture, address);
	struct person person;

	assert_int_equal(people_find(fixture->store, &id, &fixture->arena, &person), 0);
	return person;
}

static struct people_change *prepare(struct fixture *fixture, const char *address,
				     const char *fields)
{
	struct prospect_id id = id_of(fixture, address);
	struct people_change *change;
	struct handle handle;
	bool same;

	assert_int_equal(people_prepare(fixture->store, &id, span_text(address), span_text(fields),
					&handle, &change, &same),
			 0);
	return change;
}

static void store(struct fixture *fixture, struct people_change *const *changes, size_t count)
{
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_BULK, 1);

	for (size_t i = 0; i < count; i++)
		if (changes[i])
			event_ticket_add_change(ticket, changes[i]);
	(void)store_now(fixture, ticket);
}

static struct handle add(struct fixture *fixture, const char *address, const char *fields)
{
	struct people_change *change = prepare(fixture, address, fields);
	struct handle handle = change->person.handle;

	store(fixture, &change, 1);
	return handle;
}

static void expect(struct fixture *fixture, const char *address, const struct handle *handle,
		   const char *fields)
{
	struct person person = find(fixture, address);

	assert_memory_equal(&person.handle, handle, sizeof(*handle));
	assert_true(span_equal(person.fields, span_text(fields)));
}

static void merge(struct fixture *fixture, const struct handle *into, const char *fields,
		  const struct handle *other, struct people_change *changes[PEOPLE_MERGE_CHANGES])
{
	assert_int_equal(people_merge(fixture->store, into, span_text(fields), other, changes), 0);
}

static void merge_now(struct fixture *fixture, const struct handle *into, const char *fields,
		      const struct handle *other)
{
	struct people_change *changes[PEOPLE_MERGE_CHANGES];

	merge(fixture, into, fields, other, changes);
	store(fixture, changes, PEOPLE_MERGE_CHANGES);
}

static void unmerge_now(struct fixture *fixture, const struct handle *other, const char *fields)
{
	struct people_change *changes[PEOPLE_MERGE_CHANGES];

	assert_int_equal(people_unmerge(fixture->store, other, span_text(fields), changes), 0);
	store(fixture, changes, PEOPLE_MERGE_CHANGES);
}

static void reopen(struct fixture *fixture)
{
	fixture_close(fixture);
	fixture_open(fixture);
}

static void both_addresses_lead_to_one_row_and_apart_again(void **state)
{
	struct fixture *fixture = *state;
	struct handle a, b;
	struct person before, other;

	fixture_open(fixture);
	a = add(fixture, "a@example.com", "{\"n\":\"a\"}");
	b = add(fixture, "b@example.com", "{\"n\":\"b\"}");
	before = find(fixture, "b@example.com");
	merge_now(fixture, &a, "{\"n\":\"both\"}", &b);
	for (int round = 0; round < 2; round++) {
		expect(fixture, "a@example.com", &a, "{\"n\":\"both\"}");
		expect(fixture, "b@example.com", &a, "{\"n\":\"both\"}");
		/* The other's row stays, with the key that opens what was sealed for it. */
		assert_int_equal(people_find_handle(fixture->store, &b, &fixture->arena, &other),
				 0);
		assert_memory_equal(&other.key, &before.key, sizeof(before.key));
		assert_memory_equal(&other.merged, &a, sizeof(a));
		assert_true(span_equal(other.fields, SPAN("{\"n\":\"b\"}")));
		assert_int_equal(people_find_now(fixture->store, &b, &fixture->arena, &other), 0);
		assert_memory_equal(&other.handle, &a, sizeof(a));
		assert_true(span_equal(other.includes, span_of(&b, sizeof(b))));
		reopen(fixture);
	}
	unmerge_now(fixture, &b, "{\"n\":\"a\"}");
	for (int round = 0; round < 2; round++) {
		expect(fixture, "a@example.com", &a, "{\"n\":\"a\"}");
		expect(fixture, "b@example.com", &b, "{\"n\":\"b\"}");
		assert_int_equal(find(fixture, "a@example.com").includes.size, 0);
		reopen(fixture);
	}
}

static void it_holds_before_it_is_durable(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *changes[PEOPLE_MERGE_CHANGES], *later;
	struct handle a, b, handle;
	struct prospect_id id;

	fixture_open(fixture);
	a = add(fixture, "a@example.com", "{}");
	b = add(fixture, "b@example.com", "{}");
	merge(fixture, &a, "{\"n\":\"both\"}", &b, changes);
	expect(fixture, "b@example.com", &a, "{\"n\":\"both\"}");
	id = id_of(fixture, "b@example.com");
	assert_int_equal(people_resolve_handle(fixture->store, &id, &handle, &later), 0);
	assert_memory_equal(&handle, &a, sizeof(a));
	people_change_free(later);
	store(fixture, changes, PEOPLE_MERGE_CHANGES);
	assert_int_equal(people_resolve_handle(fixture->store, &id, &handle, &later), 0);
	assert_memory_equal(&handle, &a, sizeof(a));
	assert_null(later);
}

static void what_was_never_queued_leaves_them_apart(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *changes[PEOPLE_MERGE_CHANGES];
	struct handle a, b;

	fixture_open(fixture);
	a = add(fixture, "a@example.com", "{}");
	b = add(fixture, "b@example.com", "{}");
	merge(fixture, &a, "{\"n\":\"both\"}", &b, changes);
	for (int i = 0; i < PEOPLE_MERGE_CHANGES; i++)
		people_change_free(changes[i]);
	expect(fixture, "a@example.com", &a, "{}");
	expect(fixture, "b@example.com", &b, "{}");
}

static void changes_by_either_address_are_of_one_row(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *early, *merged[PEOPLE_MERGE_CHANGES], *late;
	struct handle a, b;

	fixture_open(fixture);
	a = add(fixture, "a@example.com", "{}");
	b = add(fixture, "b@example.com", "{}");
	early = prepare(fixture, "a@example.com", "{\"n\":\"early\"}");
	merge(fixture, &a, "{\"n\":\"both\"}", &b, merged);
	late = prepare(fixture, "b@example.com", "{\"n\":\"late\"}");
	expect(fixture, "a@example.com", &a, "{\"n\":\"late\"}");
	/* The newest first: what was made earlier is not written over it. */
	store(fixture, &late, 1);
	store(fixture, merged, PEOPLE_MERGE_CHANGES);
	store(fixture, &early, 1);
	reopen(fixture);
	expect(fixture, "a@example.com", &a, "{\"n\":\"late\"}");
	expect(fixture, "b@example.com", &a, "{\"n\":\"late\"}");
	/* The address is the one that the person had. */
	assert_true(span_equal(find(fixture, "b@example.com").address, SPAN("a@example.com")));
}

static void the_same_again_is_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *changes[PEOPLE_MERGE_CHANGES];
	struct handle a, b, c;

	fixture_open(fixture);
	a = add(fixture, "a@example.com", "{}");
	b = add(fixture, "b@example.com", "{}");
	c = add(fixture, "c@example.com", "{}");
	merge_now(fixture, &a, "{}", &b);
	merge(fixture, &a, "{}", &b, changes);
	assert_null(changes[0]);
	assert_null(changes[1]);
	assert_int_equal(people_merge(fixture->store, &c, SPAN("{}"), &b, changes),
			 PEOPLE_MERGE_E_MERGED);
	assert_int_equal(people_merge(fixture->store, &b, SPAN("{}"), &c, changes),
			 PEOPLE_MERGE_E_MERGED);
	assert_int_equal(people_unmerge(fixture->store, &c, SPAN("{}"), changes),
			 PEOPLE_MERGE_E_APART);
	memset(&c, 0xEE, sizeof(c));
	assert_int_equal(people_merge(fixture->store, &a, SPAN("{}"), &c, changes),
			 PEOPLE_MERGE_E_NOT_FOUND);
}

static void a_chain_is_undone_from_its_end(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *changes[PEOPLE_MERGE_CHANGES];
	struct handle a, b, c;

	fixture_open(fixture);
	a = add(fixture, "a@example.com", "{}");
	b = add(fixture, "b@example.com", "{}");
	c = add(fixture, "c@example.com", "{}");
	merge_now(fixture, &b, "{}", &c);
	merge_now(fixture, &a, "{}", &b);
	expect(fixture, "c@example.com", &a, "{}");
	assert_int_equal(people_unmerge(fixture->store, &c, SPAN("{}"), changes),
			 PEOPLE_MERGE_E_MERGED);
	unmerge_now(fixture, &b, "{}");
	expect(fixture, "c@example.com", &b, "{}");
	unmerge_now(fixture, &c, "{}");
	expect(fixture, "c@example.com", &c, "{}");
	expect(fixture, "b@example.com", &b, "{}");
}

static void a_person_has_at_most_so_many_addresses(void **state)
{
	struct fixture *fixture = *state;
	struct people_change *changes[PEOPLE_MERGE_CHANGES];
	struct handle a, other;
	char address[32];
	int count = 0, r;

	fixture_open(fixture);
	a = add(fixture, "a@example.com", "{}");
	do {
		(void)snprintf(address, sizeof(address), "a%d@example.com", count);
		other = add(fixture, address, "{}");
		r = people_merge(fixture->store, &a, SPAN("{}"), &other, changes);
		if (!r)
			store(fixture, changes, PEOPLE_MERGE_CHANGES);
	} while (!r && ++count < 100);
	assert_int_equal(r, PEOPLE_MERGE_E_FULL);
	assert_int_equal(count, 63);
	expect(fixture, "a62@example.com", &a, "{}");
	expect(fixture, "a63@example.com", &other, "{}");
}

#define ON_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STORE(both_addresses_lead_to_one_row_and_apart_again),
		ON_STORE(it_holds_before_it_is_durable),
		ON_STORE(what_was_never_queued_leaves_them_apart),
		ON_STORE(changes_by_either_address_are_of_one_row),
		ON_STORE(the_same_again_is_nothing),
		ON_STORE(a_chain_is_undone_from_its_end),
		ON_STORE(a_person_has_at_most_so_many_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
