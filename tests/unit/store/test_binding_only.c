/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only browser of a person: whatever else turns up as that person ends it for good, from the
 * moment that it is queued, and as well when it is folded.
 */
#include "fixture.h"

#include "store/binding.h"
#include "store/store_internal.h"

static const struct handle alice = {"alice-handle"}, bob = {"bob---handle"};
static const struct link_id link_one = {"linkid01"}, link_two = {"linkid02"};

static struct visitor_id visitor(unsigned number)
{
	struct visitor_id id = {"visitor--------"};

	id.bytes[0] = (uint8_t)number;
	return id;
}

static struct binding_evidence says(unsigned number, const struct handle *person,
				    enum evidence evidence, const struct link_id *link)
{
	return (struct binding_evidence){
		.visitor = visitor(number),
		.person = *person,
		.evidence = evidence,
		.time = 1700000000000000 + number,
		.tracker = SPAN("go.example.com"),
		.link = *link,
	};
}

static bool is_only(struct fixture *fixture, const struct handle *person, unsigned number)
{
	struct visitor_id id = visitor(number);
	bool only;

	assert_int_equal(binding_is_only(fixture->store, person, &id, &only), 0);
	return only;
}

static void fold_all(struct fixture *fixture)
{
	(void)store_now(fixture, link_ticket("linkid01", "https://www.example.com/", ""));
}

/* Add @evidence as a bind or a conflict: queued, stored, folded; @number is then the only one. */
static void expect(struct fixture *fixture, const struct binding_evidence *evidence, bool conflict,
		   unsigned number, bool only)
{
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_CLICK, 1);

	assert_int_equal(conflict ? binding_add_conflict(fixture->store, ticket, evidence, &bob)
				  : binding_add_bind(fixture->store, ticket, evidence),
			 0);
	assert_int_equal(is_only(fixture, &alice, number), only);
	(void)store_now(fixture, ticket);
	assert_int_equal(is_only(fixture, &alice, number), only);
	fold_all(fixture);
	assert_int_equal(is_only(fixture, &alice, number), only);
}

static void begin(struct fixture *fixture)
{
	struct binding_evidence first = says(1, &alice, EVIDENCE_CLAIM, &link_one);

	fixture_open(fixture);
	assert_true(is_only(fixture, &alice, 1));
	expect(fixture, &first, false, 1, true);
}

static void test_what_the_browser_itself_says_changes_nothing(void **state)
{
	struct binding_evidence again = says(1, &alice, EVIDENCE_CLAIM, &link_two);
	struct binding_evidence declared = says(1, &alice, EVIDENCE_DECLARATION, &link_one);
	struct binding_evidence other = says(2, &bob, EVIDENCE_CLAIM, &link_one);
	struct fixture *fixture = *state;

	begin(fixture);
	expect(fixture, &again, true, 1, true);
	expect(fixture, &declared, false, 1, true);
	expect(fixture, &other, false, 1, true);
	assert_true(is_only(fixture, &bob, 2));
	assert_false(is_only(fixture, &bob, 1));
}

static void test_another_browser_by_the_same_link(void **state)
{
	struct binding_evidence second = says(2, &alice, EVIDENCE_CLAIM, &link_one);
	struct fixture *fixture = *state;

	begin(fixture);
	expect(fixture, &second, false, 1, false);
	assert_false(is_only(fixture, &alice, 2));
}

static void test_another_browser_by_another_link(void **state)
{
	struct binding_evidence second = says(2, &alice, EVIDENCE_CLAIM, &link_two);
	struct fixture *fixture = *state;

	begin(fixture);
	expect(fixture, &second, false, 1, false);
}

static void test_another_browser_that_is_somebody_elses(void **state)
{
	struct binding_evidence second = says(2, &alice, EVIDENCE_CLAIM, &link_two);
	struct fixture *fixture = *state;

	begin(fixture);
	expect(fixture, &second, true, 1, false);
}

static void test_another_browser_by_what_was_typed(void **state)
{
	struct binding_evidence second = says(2, &alice, EVIDENCE_DECLARATION, &link_two);
	struct fixture *fixture = *state;

	begin(fixture);
	expect(fixture, &second, false, 1, false);
}

static void test_an_end_takes_nothing_back(void **state)
{
	struct binding_evidence second = says(2, &alice, EVIDENCE_CLAIM, &link_one);
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_CLICK, 1);
	struct visitor_id id = visitor(2);
	struct fixture *fixture = *state;

	begin(fixture);
	expect(fixture, &second, false, 1, false);
	assert_int_equal(binding_add_forget(fixture->store, ticket, &id, SPAN("go.example.com"),
					    "forget", 1),
			 0);
	(void)store_now(fixture, ticket);
	fold_all(fixture);
	assert_false(is_only(fixture, &alice, 1));
}

static void test_a_link_that_leaked(void **state)
{
	struct binding_evidence first = says(1, &alice, EVIDENCE_CLAIM, &link_one);
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_CLICK, 1);
	struct binding_claims claims;
	struct fixture *fixture = *state;

	begin(fixture);
	assert_int_equal(binding_find_claims(fixture->store, &first, &claims), 0);
	assert_int_equal(binding_add_leak(fixture->store, ticket, &first, &claims), 0);
	assert_false(is_only(fixture, &alice, 1));
	(void)store_now(fixture, ticket);
	fold_all(fixture);
	assert_false(is_only(fixture, &alice, 1));
}

static void test_it_outlives_a_start(void **state)
{
	struct binding_evidence second = says(2, &alice, EVIDENCE_CLAIM, &link_two);
	struct fixture *fixture = *state;

	begin(fixture);
	fixture_close(fixture);
	fixture_open(fixture);
	assert_true(is_only(fixture, &alice, 1));
	expect(fixture, &second, false, 1, false);
	fixture_close(fixture);
	fixture_open(fixture);
	assert_false(is_only(fixture, &alice, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
		TEST(test_what_the_browser_itself_says_changes_nothing),
		TEST(test_another_browser_by_the_same_link),
		TEST(test_another_browser_by_another_link),
		TEST(test_another_browser_that_is_somebody_elses),
		TEST(test_another_browser_by_what_was_typed),
		TEST(test_an_end_takes_nothing_back),
		TEST(test_a_link_that_leaked),
		TEST(test_it_outlives_a_start),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
