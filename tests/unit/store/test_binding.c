/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bindings as a fold, and what is known of them before they are folded: at each step of a story the
 * queue and state/ say the same (long because there are many), and folding the whole log anew gives
 * what folding each event gave.
 */
#include "fixture.h"

#include "base/encode.h"
#include "store/binding.h"
#include "store/binding_browsers.h"
#include "store/store_internal.h"

static const struct handle alice = {"alice-handle"}, bob = {"bob---handle"};
static const struct link_id link_one = {"linkid01"}, link_two = {"linkid02"};
static const struct campaign_id autumn = {"autu"};

static struct visitor_id visitor(unsigned number)
{
	struct visitor_id id = {"visitor--------"};

	id.bytes[0] = (uint8_t)number;
	id.bytes[15] = (uint8_t)(number >> 8);
	return id;
}

static struct binding_evidence says(unsigned number, const struct handle *person,
				    enum evidence evidence)
{
	return (struct binding_evidence){
		.visitor = visitor(number),
		.person = *person,
		.evidence = evidence,
		.time = 1700000000000000 + number,
		.tracker = SPAN("go.example.com"),
		.link = link_one,
	};
}

/* A ticket with a click and then what @make adds. */
static struct event_ticket *begin(void)
{
	return click_ticket(EVENT_CLASS_CLICK, 1);
}

static void queue(struct fixture *fixture, struct event_ticket *ticket)
{
	assert_int_equal(event_writer_append(store_writer(fixture->store), ticket), 0);
	event_writer_kick(store_writer(fixture->store));
}

/* Bind, and wait until it is stored; it may not be folded yet. The sequence of the bind event. */
static uint64_t bind(struct fixture *fixture, const struct binding_evidence *evidence)
{
	struct event_ticket *ticket = begin();

	assert_int_equal(binding_add_bind(fixture->store, ticket, evidence), 0);
	return store_now(fixture, ticket) + 1;
}

static void expect_bound(struct store *store, unsigned number, const struct handle *person,
			 enum evidence evidence)
{
	struct visitor_id id = visitor(number);
	struct binding found;

	assert_int_equal(binding_find(store, &id, &found), 0);
	assert_memory_equal(&found.visitor, &id, sizeof(id));
	assert_memory_equal(&found.person, person, sizeof(*person));
	assert_int_equal(found.evidence, evidence);
	assert_false(found.undone);
}

static void expect_nobody(struct store *store, unsigned number)
{
	struct visitor_id id = visitor(number);
	struct binding found;

	assert_int_equal(binding_find(store, &id, &found), STORE_E_NOT_FOUND);
}

/* All that was queued is in state/ now. */
static void fold_all(struct fixture *fixture)
{
	(void)store_now(fixture, link_ticket("linkid01", "https://www.example.com/", ""));
}

struct list {
	unsigned count;
	struct binding rows[128];
};

static int list_one(void *context, const struct binding *binding)
{
	struct list *list = context;

	assert_true(list->count < sizeof(list->rows) / sizeof(list->rows[0]));
	list->rows[list->count++] = *binding;
	return 0;
}

static void read_list(struct store *store, struct list *list)
{
	memset(list, 0, sizeof(*list));
	assert_int_equal(binding_each(store, 0, list_one, list), 0);
}

static unsigned browsers_of(struct store *store, const struct handle *person)
{
	static struct list list;

	memset(&list, 0, sizeof(list));
	assert_int_equal(binding_each_of_person(store, person, list_one, &list), 0);
	return list.count;
}

/* state/ made anew from the log says the same. */
static void expect_same_after_refold(struct fixture *fixture)
{
	static struct list before, after;
	char state[128];

	fold_all(fixture);
	read_list(fixture->store, &before);
	fixture_close(fixture);
	(void)snprintf(state, sizeof(state), "%s/state", fixture->data);
	remove_tree(state);
	fixture_open(fixture);
	read_list(fixture->store, &after);
	assert_int_equal(before.count, after.count);
	assert_memory_equal(before.rows, after.rows, sizeof(before.rows));
}

static void test_a_binding_is_known_from_the_moment_it_is_made(void **state)
{
	struct binding_evidence evidence = says(1, &alice, EVIDENCE_CLAIM);
	struct fixture *fixture = *state;
	struct event_ticket *ticket = begin();
	struct list list;

	fixture_open(fixture);
	expect_nobody(fixture->store, 1);
	assert_int_equal(binding_add_bind(fixture->store, ticket, &evidence), 0);
	expect_bound(fixture->store, 1, &alice, EVIDENCE_CLAIM);
	queue(fixture, ticket);
	expect_bound(fixture->store, 1, &alice, EVIDENCE_CLAIM);
	take(store_writer(fixture->store), 1, NULL);
	expect_bound(fixture->store, 1, &alice, EVIDENCE_CLAIM);
	fold_all(fixture);
	expect_bound(fixture->store, 1, &alice, EVIDENCE_CLAIM);
	read_list(fixture->store, &list);
	assert_int_equal(list.count, 1);
	assert_true(list.rows[0].event == 2);
	assert_true(list.rows[0].time == 1700000000000001);
	assert_memory_equal(&list.rows[0].scope, &link_one, sizeof(link_one));
	assert_false(list.rows[0].undone);
}

static void test_what_is_not_stored_binds_nobody(void **state)
{
	struct binding_evidence evidence = says(1, &alice, EVIDENCE_CLAIM);
	struct fixture *fixture = *state;
	struct event_ticket *ticket = begin();

	fixture_open(fixture);
	assert_int_equal(binding_add_bind(fixture->store, ticket, &evidence), 0);
	event_ticket_free(ticket);
	expect_nobody(fixture->store, 1);
}

/* It is folded without anybody who waits for it, and a reader beside the owner sees it then. */
static void test_it_is_folded_by_itself(void **state)
{
	struct binding_evidence evidence = says(1, &alice, EVIDENCE_CLAIM);
	usec_t deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;
	struct fixture *fixture = *state;
	struct store_status status = {0};

	fixture_open(fixture);
	(void)bind(fixture, &evidence);
	while (status.state_position < 2) {
		assert_true(clock_monotonic() < deadline);
		store_status(fixture->store, &status);
	}
	assert_int_equal(browsers_of(fixture->store, &alice), 1);
}

static void test_stronger_evidence_wins(void **state)
{
	struct binding_evidence claim = says(1, &alice, EVIDENCE_CLAIM);
	struct binding_evidence declaration = says(1, &bob, EVIDENCE_DECLARATION);
	struct binding_evidence proof = says(1, &bob, EVIDENCE_PROOF);
	struct fixture *fixture = *state;
	struct list list;

	fixture_open(fixture);
	(void)bind(fixture, &claim);
	(void)bind(fixture, &declaration);
	expect_bound(fixture->store, 1, &bob, EVIDENCE_DECLARATION);
	(void)bind(fixture, &proof);
	fold_all(fixture);
	expect_bound(fixture->store, 1, &bob, EVIDENCE_PROOF);
	read_list(fixture->store, &list);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.rows[0].reason, "replaced");
	assert_true(list.rows[0].undone_by == list.rows[1].event);
	assert_string_equal(list.rows[1].reason, "strengthened");
	assert_false(list.rows[2].undone);
	assert_int_equal(browsers_of(fixture->store, &alice), 0);
	assert_int_equal(browsers_of(fixture->store, &bob), 1);
	expect_same_after_refold(fixture);
	expect_bound(fixture->store, 1, &bob, EVIDENCE_PROOF);
}

/* Two that were judged without knowing of one another: the log's order decides, by strength. */
static void test_a_weaker_binding_behind_a_stronger_one_changes_nothing(void **state)
{
	struct binding_evidence proof = says(1, &alice, EVIDENCE_PROOF);
	struct binding_evidence claim = says(1, &bob, EVIDENCE_CLAIM);
	struct fixture *fixture = *state;

	fixture_open(fixture);
	(void)bind(fixture, &proof);
	(void)bind(fixture, &claim);
	fold_all(fixture);
	expect_bound(fixture->store, 1, &alice, EVIDENCE_PROOF);
	assert_int_equal(browsers_of(fixture->store, &bob), 0);
}

static void test_undoing_leaves_the_browser_to_nobody(void **state)
{
	struct binding_evidence claim = says(1, &alice, EVIDENCE_CLAIM);
	struct binding_evidence other = says(1, &bob, EVIDENCE_CLAIM);
	struct fixture *fixture = *state;
	struct event_ticket *ticket = begin();
	struct binding binding;
	uint64_t sequence;
	struct list list;

	fixture_open(fixture);
	sequence = bind(fixture, &claim);
	fold_all(fixture);
	assert_int_equal(binding_find_event(fixture->store, sequence, &binding), 0);
	assert_int_equal(binding_find_event(fixture->store, sequence + 100, &binding),
			 STORE_E_NOT_FOUND);
	assert_int_equal(binding_add_undo(fixture->store, ticket, &binding, "operator", "owner", 1),
			 0);
	expect_nobody(fixture->store, 1);
	(void)store_now(fixture, ticket);
	fold_all(fixture);
	expect_nobody(fixture->store, 1);
	read_list(fixture->store, &list);
	assert_true(list.rows[0].undone);
	assert_string_equal(list.rows[0].reason, "operator");
	expect_same_after_refold(fixture);
	expect_nobody(fixture->store, 1);
	(void)bind(fixture, &other);
	expect_bound(fixture->store, 1, &bob, EVIDENCE_CLAIM);
}

/* Whoever has just read of it in the log may name it. */
static void test_a_binding_that_is_not_folded_yet_is_found_by_its_event(void **state)
{
	struct binding_evidence claim = says(1, &alice, EVIDENCE_CLAIM);
	struct binding_evidence proof = says(1, &bob, EVIDENCE_PROOF);
	struct fixture *fixture = *state;
	uint64_t first, second;
	struct binding found;

	fixture_open(fixture);
	first = bind(fixture, &claim);
	assert_int_equal(binding_find_event(fixture->store, first, &found), 0);
	assert_memory_equal(&found.person, &alice, sizeof(alice));
	assert_true(found.event == first);
	assert_false(found.undone);
	assert_int_equal(binding_find_event(fixture->store, first - 1, &found), STORE_E_NOT_FOUND);
	second = bind(fixture, &proof);
	assert_int_equal(binding_find_event(fixture->store, first, &found), 0);
	assert_true(found.undone);
	assert_int_equal(binding_find_event(fixture->store, second, &found), 0);
	assert_memory_equal(&found.person, &bob, sizeof(bob));
	assert_false(found.undone);
}

static void write_damage(struct txn *txn, void *context)
{
	uint8_t key[8];

	put_u64(key, *(const uint64_t *)context);
	txn_put(txn, STATE_BINDINGS, span_of(key, sizeof(key)), SPAN("\1\1\377"));
}

static void test_a_damaged_row_is_named_and_the_others_are_listed(void **state)
{
	struct fixture *fixture = *state;
	struct binding_evidence evidence;
	uint64_t damaged = 0;
	struct list list;

	fixture_open(fixture);
	for (unsigned i = 1; i <= 3; i++) {
		uint64_t event;

		evidence = says(i, &alice, EVIDENCE_CLAIM);
		event = bind(fixture, &evidence);
		damaged = i == 2 ? event : damaged;
	}
	fold_all(fixture);
	assert_int_equal(txn_write(&fixture->store->state, write_damage, &damaged), 0);
	read_list(fixture->store, &list);
	assert_int_equal(list.count, 3);
	assert_false(list.rows[0].damaged);
	assert_true(list.rows[1].damaged);
	assert_true(list.rows[1].event == damaged);
	assert_false(list.rows[2].damaged);
}

static void test_a_browser_that_forgets(void **state)
{
	struct binding_evidence proof = says(1, &alice, EVIDENCE_PROOF);
	struct fixture *fixture = *state;
	struct event_ticket *ticket = begin();
	struct visitor_id id = visitor(1), stranger = visitor(9);

	fixture_open(fixture);
	(void)bind(fixture, &proof);
	assert_int_equal(binding_add_forget(fixture->store, ticket, &id, SPAN("go.example.com"),
					    "forget", 1),
			 0);
	assert_int_equal(binding_add_forget(fixture->store, ticket, &stranger, SPAN(""), "forget",
					    1),
			 0);
	expect_nobody(fixture->store, 1);
	(void)store_now(fixture, ticket);
	fold_all(fixture);
	expect_nobody(fixture->store, 1);
	expect_same_after_refold(fixture);
}

static struct binding_evidence claim_from(unsigned number, const uint8_t network[4])
{
	struct binding_evidence evidence = says(number, &alice, EVIDENCE_CLAIM);

	evidence.network = span_of(network, 4);
	return evidence;
}

/* Half of the claims folded, half of them queued: both count, in their order. */
static void test_claims_of_one_link_are_counted(void **state)
{
	static const uint8_t networks[4][4] = {{192, 0, 2}, {198, 51, 100}, {203, 0, 113}, {10}};
	struct binding_evidence evidence;
	struct fixture *fixture = *state;
	struct binding_claims claims;

	fixture_open(fixture);
	for (unsigned i = 0; i < 6; i++) {
		evidence = claim_from(i, networks[i % 3]);
		(void)bind(fixture, &evidence);
		if (i == 2)
			fold_all(fixture);
	}
	evidence = claim_from(7, networks[3]);
	assert_int_equal(binding_find_claims(fixture->store, &evidence, &claims), 0);
	assert_int_equal(claims.browsers, 7);
	assert_int_equal(claims.networks, 4);
	assert_int_equal(claims.count, 6);
	assert_false(claims.quarantined);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(claims.claims[i].visitor.bytes[0], i);
	/* One of them again is no other browser; another link and another person have none. */
	evidence = claim_from(5, networks[3]);
	assert_int_equal(binding_find_claims(fixture->store, &evidence, &claims), 0);
	assert_int_equal(claims.browsers, 6);
	assert_int_equal(claims.networks, 3);
	evidence.link = link_two;
	assert_int_equal(binding_find_claims(fixture->store, &evidence, &claims), 0);
	assert_int_equal(claims.browsers, 1);
	evidence = claim_from(5, networks[3]);
	evidence.person = bob;
	assert_int_equal(binding_find_claims(fixture->store, &evidence, &claims), 0);
	assert_int_equal(claims.browsers, 1);
	/* No link, no campaign: nothing to count by. */
	memset(&evidence.link, 0, sizeof(evidence.link));
	assert_int_equal(binding_find_claims(fixture->store, &evidence, &claims), 0);
	assert_int_equal(claims.browsers, 0);
	evidence.campaign = autumn;
	assert_int_equal(binding_find_claims(fixture->store, &evidence, &claims), 0);
	assert_int_equal(claims.browsers, 1);
}

static void test_conflicts_count_as_browsers_once(void **state)
{
	struct binding_evidence known = says(1, &bob, EVIDENCE_PROOF);
	struct binding_evidence claim = says(1, &alice, EVIDENCE_CLAIM);
	struct fixture *fixture = *state;
	struct binding_claims claims;

	fixture_open(fixture);
	(void)bind(fixture, &known);
	for (unsigned i = 0; i < 3; i++) {
		struct event_ticket *ticket = begin();

		assert_int_equal(binding_add_conflict(fixture->store, ticket, &claim, &bob), 0);
		(void)store_now(fixture, ticket);
		if (i != 1)
			fold_all(fixture);
	}
	expect_bound(fixture->store, 1, &bob, EVIDENCE_PROOF);
	claim.visitor = visitor(2);
	assert_int_equal(binding_find_claims(fixture->store, &claim, &claims), 0);
	assert_int_equal(claims.count, 1);
	assert_true(claims.claims[0].conflict);
	assert_int_equal(claims.browsers, 2);
	assert_int_equal(browsers_of(fixture->store, &alice), 0);
}

static void expect_leaked(struct fixture *fixture, const struct binding_evidence *evidence)
{
	struct binding_claims claims;

	expect_bound(fixture->store, 0, &alice, EVIDENCE_CLAIM);
	expect_bound(fixture->store, 1, &alice, EVIDENCE_PROOF);
	for (unsigned i = 2; i < 6; i++)
		expect_nobody(fixture->store, i);
	expect_bound(fixture->store, 6, &bob, EVIDENCE_CLAIM);
	assert_int_equal(binding_find_claims(fixture->store, evidence, &claims), 0);
	assert_true(claims.quarantined);
}

static uint64_t merge(struct fixture *fixture, const struct handle *person,
		      const struct handle *other, uint64_t undoes)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	struct event event;
	char refers[32];

	event_init(&event, EVENT_merge, clock_wall());
	event_set(&event, EVENT_FIELD_prospect, span_of(person, sizeof(*person)));
	event_set(&event, EVENT_FIELD_other, span_of(other, sizeof(*other)));
	(void)snprintf(refers, sizeof(refers), "n1.1-%llu", (unsigned long long)undoes);
	if (undoes)
		event_set(&event, EVENT_FIELD_refers, span_text(refers));
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	return store_now(fixture, ticket);
}

static void erase(struct fixture *fixture, const struct handle *person)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	struct event event;

	event_init(&event, EVENT_erase, clock_wall());
	event_set(&event, EVENT_FIELD_prospect, span_of(person, sizeof(*person)));
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	(void)store_now(fixture, ticket);
}

static void expect_retired(struct store *store, unsigned number)
{
	struct visitor_id id = visitor(number);
	struct binding found;

	assert_int_equal(binding_find(store, &id, &found), BINDING_E_RETIRED);
}

static int count_handle(void *context, const struct handle *other)
{
	(void)other;
	++*(unsigned *)context;
	return 0;
}

static unsigned merged_into(struct store *store, const struct handle *person)
{
	unsigned count = 0;

	assert_int_equal(binding_each_merged(store, person, count_handle, &count), 0);
	return count;
}

static void expect_claims(struct fixture *fixture, const struct handle *person, unsigned count,
			  bool quarantined)
{
	struct binding_evidence evidence = says(99, person, EVIDENCE_CLAIM);
	struct binding_claims claims;

	assert_int_equal(binding_find_claims(fixture->store, &evidence, &claims), 0);
	assert_int_equal(claims.count, count);
	assert_int_equal(claims.quarantined, quarantined);
}

static void test_a_merge_gives_the_survivor_all_bindings(void **state)
{
	struct binding_evidence of_alice = says(1, &alice, EVIDENCE_CLAIM);
	struct binding_evidence of_bob = says(2, &bob, EVIDENCE_PROOF);
	struct binding_evidence late = says(3, &alice, EVIDENCE_CLAIM);
	struct fixture *fixture = *state;
	struct handle now;

	fixture_open(fixture);
	(void)bind(fixture, &of_alice);
	(void)bind(fixture, &of_bob);
	(void)merge(fixture, &bob, &alice, 0);
	for (unsigned round = 0; round < 2; round++) {
		expect_bound(fixture->store, 1, &bob, EVIDENCE_CLAIM);
		expect_bound(fixture->store, 2, &bob, EVIDENCE_PROOF);
		assert_int_equal(browsers_of(fixture->store, &bob), 2 + round);
		expect_claims(fixture, &bob, 1 + round, false);
		assert_int_equal(binding_find_person(fixture->store, &alice, &now), 0);
		assert_memory_equal(&now, &bob, sizeof(bob));
		assert_int_equal(merged_into(fixture->store, &bob), 1);
		if (round == 0) {
			/* Made before whoever makes them knew. */
			(void)bind(fixture, &late);
			fold_all(fixture);
			expect_bound(fixture->store, 3, &bob, EVIDENCE_CLAIM);
			expect_same_after_refold(fixture);
		}
	}
}

/* What each had is theirs again; what came while they were one stays with the survivor. */
static void test_a_merge_can_be_undone(void **state)
{
	struct binding_evidence of_alice = says(1, &alice, EVIDENCE_CLAIM);
	struct binding_evidence of_bob = says(2, &bob, EVIDENCE_CLAIM);
	struct binding_evidence since = says(3, &bob, EVIDENCE_CLAIM);
	struct fixture *fixture = *state;
	struct handle now;
	uint64_t merged;

	fixture_open(fixture);
	(void)bind(fixture, &of_alice);
	(void)bind(fixture, &of_bob);
	merged = merge(fixture, &bob, &alice, 0);
	(void)bind(fixture, &since);
	(void)merge(fixture, &bob, &alice, merged + 1); /* another event: nothing */
	expect_bound(fixture->store, 1, &bob, EVIDENCE_CLAIM);
	(void)merge(fixture, &bob, &alice, merged);
	expect_bound(fixture->store, 1, &alice, EVIDENCE_CLAIM);
	expect_bound(fixture->store, 2, &bob, EVIDENCE_CLAIM);
	expect_bound(fixture->store, 3, &bob, EVIDENCE_CLAIM);
	expect_claims(fixture, &alice, 1, false);
	expect_claims(fixture, &bob, 2, false);
	assert_int_equal(binding_find_person(fixture->store, &alice, &now), 0);
	assert_memory_equal(&now, &alice, sizeof(alice));
	expect_same_after_refold(fixture);
	expect_bound(fixture->store, 1, &alice, EVIDENCE_CLAIM);
	expect_claims(fixture, &bob, 2, false);
}

/* A chain of two; the second of them is undone, then the first. */
static void test_merges_of_merges(void **state)
{
	static const struct handle carol = {"carol-handle"};
	struct binding_evidence claim = says(1, &alice, EVIDENCE_CLAIM);
	struct fixture *fixture = *state;
	uint64_t first, second;

	fixture_open(fixture);
	(void)bind(fixture, &claim);
	first = merge(fixture, &bob, &alice, 0);
	second = merge(fixture, &carol, &bob, 0);
	(void)merge(fixture, &alice, &carol, 0); /* in a circle: nothing */
	expect_bound(fixture->store, 1, &carol, EVIDENCE_CLAIM);
	assert_int_equal(merged_into(fixture->store, &carol), 2);
	expect_claims(fixture, &carol, 1, false);
	(void)merge(fixture, &carol, &bob, second);
	expect_bound(fixture->store, 1, &bob, EVIDENCE_CLAIM);
	expect_claims(fixture, &carol, 0, false);
	expect_claims(fixture, &bob, 1, false);
	(void)merge(fixture, &bob, &alice, first);
	expect_bound(fixture->store, 1, &alice, EVIDENCE_CLAIM);
	expect_claims(fixture, &bob, 0, false);
	expect_same_after_refold(fixture);
	expect_bound(fixture->store, 1, &alice, EVIDENCE_CLAIM);
}

/* A link that leaked does not bind again because its owner has another handle now. */
static void test_a_leak_outlives_a_merge(void **state)
{
	struct binding_evidence evidence = says(1, &alice, EVIDENCE_CLAIM);
	struct fixture *fixture = *state;
	struct event_ticket *ticket = begin();
	struct binding_claims claims;
	uint64_t merged;

	fixture_open(fixture);
	(void)bind(fixture, &evidence);
	fold_all(fixture);
	assert_int_equal(binding_find_claims(fixture->store, &evidence, &claims), 0);
	assert_int_equal(binding_add_leak(fixture->store, ticket, &evidence, &claims), 0);
	(void)store_now(fixture, ticket);
	merged = merge(fixture, &bob, &alice, 0);
	expect_claims(fixture, &bob, 0, true);
	(void)merge(fixture, &bob, &alice, merged);
	expect_claims(fixture, &bob, 0, false);
	expect_claims(fixture, &alice, 0, true);
}

/* Totals that are made again have to know that one person did what these browsers did. */
static void expect_last_handles(struct fixture *fixture)
{
	static struct binding_browser browsers[BINDING_BROWSERS_MAX];
	const struct visitor_id from = {{0}};
	struct binding binding;
	struct handle last;
	uint64_t erased = 0;
	size_t count;

	assert_int_equal(binding_last_person(fixture->store, &bob, &last, &erased), 0);
	assert_memory_equal(&last, &bob, sizeof(last));
	assert_true(erased > 0);
	assert_int_equal(binding_read_browsers(fixture->store, &from, browsers, &count), 0);
	assert_true(count >= 2);
	for (size_t i = 0; i < count; i++) {
		assert_true(id_is_zero(&browsers[i].person, sizeof(browsers[i].person)));
		assert_memory_equal(&browsers[i].last, &bob, sizeof(bob));
		assert_int_equal(binding_find_retired(fixture->store, &browsers[i].visitor,
						      &binding),
				 0);
		assert_memory_equal(&binding.person, &bob, sizeof(bob));
		assert_int_equal(binding.event, browsers[i].event);
	}
}

static void expect_erased(struct fixture *fixture)
{
	struct binding_evidence late = says(4, &bob, EVIDENCE_CLAIM);
	struct handle now;
	struct list list;

	expect_retired(fixture->store, 1);
	expect_retired(fixture->store, 2);
	expect_nobody(fixture->store, 3); /* its binding was undone: it is not known to be theirs */
	expect_claims(fixture, &alice, 0, false);
	expect_claims(fixture, &bob, 0, false);
	assert_int_equal(browsers_of(fixture->store, &alice), 0);
	assert_int_equal(browsers_of(fixture->store, &bob), 0);
	assert_int_equal(binding_find_person(fixture->store, &late.person, &now), 0);
	assert_true(id_is_zero(&now, sizeof(now)));
	expect_last_handles(fixture);
	read_list(fixture->store, &list);
	for (unsigned i = 0; i < list.count; i++) {
		assert_true(list.rows[i].undone);
		assert_true(id_is_zero(&list.rows[i].person, sizeof(list.rows[i].person)));
		assert_true(id_is_zero(&list.rows[i].scope, sizeof(list.rows[i].scope)));
	}
}

static void test_an_erased_persons_browsers_are_retired(void **state)
{
	struct binding_evidence one = says(1, &alice, EVIDENCE_CLAIM);
	struct binding_evidence two = says(2, &bob, EVIDENCE_PROOF);
	struct binding_evidence undone = says(3, &bob, EVIDENCE_CLAIM);
	struct binding_evidence late = says(4, &alice, EVIDENCE_CLAIM);
	struct binding_evidence again = says(1, &bob, EVIDENCE_PROOF);
	struct fixture *fixture = *state;
	struct event_ticket *ticket = begin();
	struct visitor_id id = visitor(3), retired = visitor(1);

	fixture_open(fixture);
	(void)bind(fixture, &one);
	(void)bind(fixture, &two);
	(void)bind(fixture, &undone);
	assert_int_equal(binding_add_forget(fixture->store, ticket, &id, SPAN(""), "forget", 1), 0);
	(void)store_now(fixture, ticket);
	(void)merge(fixture, &bob, &alice, 0);
	erase(fixture, &bob);
	expect_erased(fixture);
	/* What was on its way, by the handle of either; and by a browser that is retired. */
	(void)bind(fixture, &late);
	(void)bind(fixture, &again);
	ticket = begin();
	assert_int_equal(binding_add_forget(fixture->store, ticket, &retired, SPAN(""), "forget",
					    1),
			 0);
	(void)store_now(fixture, ticket);
	fold_all(fixture);
	expect_erased(fixture);
	expect_retired(fixture->store, 4);
	(void)merge(fixture, &bob, &alice, 0);
	erase(fixture, &alice);
	expect_erased(fixture);
	expect_same_after_refold(fixture);
	expect_erased(fixture);
	expect_retired(fixture->store, 4);
}

/* All but the first claim end; who has proved to be that person stays, and so does a stranger. */
static void test_a_leak_ends_all_claims_but_the_first(void **state)
{
	struct binding_evidence evidence;
	struct fixture *fixture = *state;
	struct event_ticket *ticket = begin();
	struct binding_claims claims;
	struct list list;
	uint64_t leak;

	fixture_open(fixture);
	for (unsigned i = 0; i < 6; i++) {
		evidence = says(i, &alice, EVIDENCE_CLAIM);
		(void)bind(fixture, &evidence);
		if (i == 3)
			fold_all(fixture);
	}
	evidence = says(1, &alice, EVIDENCE_PROOF);
	(void)bind(fixture, &evidence);
	evidence = says(6, &bob, EVIDENCE_CLAIM);
	(void)bind(fixture, &evidence);
	evidence = says(7, &alice, EVIDENCE_CLAIM);
	assert_int_equal(binding_find_claims(fixture->store, &evidence, &claims), 0);
	assert_int_equal(binding_add_leak(fixture->store, ticket, &evidence, &claims), 0);
	expect_leaked(fixture, &evidence);
	leak = store_now(fixture, ticket) + 1;
	expect_leaked(fixture, &evidence);
	fold_all(fixture);
	expect_leaked(fixture, &evidence);
	read_list(fixture->store, &list);
	assert_true(list.rows[3].undone);
	assert_true(list.rows[3].undone_by == leak);
	assert_string_equal(list.rows[3].reason, "leaked");
	assert_int_equal(browsers_of(fixture->store, &alice), 2);
	expect_same_after_refold(fixture);
	expect_leaked(fixture, &evidence);
}

/* More at once than are folded at a time, and more than a slice of a list holds. */
static void test_many_bindings(void **state)
{
	enum { MANY = 3000 };
	struct fixture *fixture = *state;
	unsigned count = 0;

	fixture_open(fixture);
	for (unsigned i = 0; i < MANY; i++) {
		struct binding_evidence evidence = says(i, &alice, EVIDENCE_DECLARATION);
		struct event_ticket *ticket = begin();

		evidence.visitor.bytes[1] = (uint8_t)(i >> 4);
		assert_int_equal(binding_add_bind(fixture->store, ticket, &evidence), 0);
		queue(fixture, ticket);
		count++;
	}
	take(store_writer(fixture->store), count, NULL);
	fold_all(fixture);
	for (unsigned i = 0; i < MANY; i++) {
		struct visitor_id id = visitor(i);
		struct binding found;

		id.bytes[1] = (uint8_t)(i >> 4);
		assert_int_equal(binding_find(fixture->store, &id, &found), 0);
		assert_true(found.event > 0);
	}
}

static void make_conflict(struct event *event, const struct binding_evidence *evidence)
{
	event_init(event, EVENT_conflict, 1700000000000000);
	event_set(event, EVENT_FIELD_visitor, span_of(&evidence->visitor, 16));
	event_set(event, EVENT_FIELD_prospect, span_of(&evidence->person, 12));
	event_set(event, EVENT_FIELD_link, span_of(&evidence->link, 8));
}

/* An import asks for its marks again, so they are awaited, whatever the type of the event is. What
 * another system tells of its browsers says nothing about who has a link of ours. */
static void test_an_imported_conflict_is_awaited_and_counts_for_no_link(void **state)
{
	struct binding_evidence claim = says(1, &alice, EVIDENCE_CLAIM);
	struct event_ticket *ticket = begin();
	struct fixture *fixture = *state;
	struct binding_claims claims;
	struct event event;

	fixture_open(fixture);
	make_conflict(&event, &claim);
	event_set(&event, EVENT_FIELD_source, SPAN("old system"));
	event_set(&event, EVENT_FIELD_source_id, SPAN("c-1"));
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	assert_true(ticket->folds);
	(void)store_now(fixture, ticket);
	fold_all(fixture);
	claim.visitor = visitor(2);
	assert_int_equal(binding_find_claims(fixture->store, &claim, &claims), 0);
	assert_int_equal(claims.count, 0);
	assert_int_equal(claims.browsers, 1);
	ticket = begin();
	make_conflict(&event, &claim);
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	assert_false(ticket->folds);
	event_ticket_free(ticket);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
		TEST(test_a_binding_is_known_from_the_moment_it_is_made),
		TEST(test_what_is_not_stored_binds_nobody),
		TEST(test_it_is_folded_by_itself),
		TEST(test_stronger_evidence_wins),
		TEST(test_a_weaker_binding_behind_a_stronger_one_changes_nothing),
		TEST(test_undoing_leaves_the_browser_to_nobody),
		TEST(test_a_binding_that_is_not_folded_yet_is_found_by_its_event),
		TEST(test_a_damaged_row_is_named_and_the_others_are_listed),
		TEST(test_a_browser_that_forgets),
		TEST(test_claims_of_one_link_are_counted),
		TEST(test_conflicts_count_as_browsers_once),
		TEST(test_a_merge_gives_the_survivor_all_bindings),
		TEST(test_a_merge_can_be_undone),
		TEST(test_merges_of_merges),
		TEST(test_a_leak_outlives_a_merge),
		TEST(test_an_erased_persons_browsers_are_retired),
		TEST(test_a_leak_ends_all_claims_but_the_first),
		TEST(test_many_bindings),
		TEST(test_an_imported_conflict_is_awaited_and_counts_for_no_link),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
