/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention: what goes and what stays, by storing time, readers, class and a wrong clock; that the
 * log reads on, and that its file stops growing; long because bindings go by the same rules.
 */
#include "fixture.h"

#include "store/binding.h"
#include "store/reader.h"

#include <sched.h>
#include <time.h>

static const uint32_t days = 400;

struct record {
	enum event_type type;
	usec_t time, stored; /* stored 0: at its time */
	bool known;	     /* has a prospect */
};

static void add(struct event_ticket *ticket, const struct record *record)
{
	static uint8_t url[200];
	struct event event;

	memset(url, 'u', sizeof(url));
	event_init(&event, record->type, record->time);
	event_set(&event, EVENT_FIELD_tracker, SPAN("go.example.com"));
	if (record->type == EVENT_consent)
		event_set_choice(&event, EVENT_FIELD_consent, 1);
	else
		event_set(&event, EVENT_FIELD_url, span_of(url, sizeof(url)));
	if (record->known)
		event_set(&event, EVENT_FIELD_prospect, SPAN("handle.12345"));
	if (record->stored)
		event_set_number(&event, EVENT_FIELD_stored, record->stored);
	assert_int_equal(event_ticket_add(ticket, &event), 0);
}

static void put(struct fixture *fixture, struct record record, unsigned count)
{
	while (count > 0) {
		struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);

		for (unsigned i = 0; i < 1000 && count > 0; i++, count--)
			add(ticket, &record);
		(void)store_now(fixture, ticket);
	}
}

static usec_t ago(unsigned age_days)
{
	return clock_wall() - age_days * USEC_PER_DAY;
}

static void clicks(struct fixture *fixture, unsigned age_days, unsigned count)
{
	put(fixture, (struct record){.type = EVENT_click, .time = ago(age_days)}, count);
}

static struct store_status status_of(struct fixture *fixture)
{
	struct store_status status;

	store_status(fixture->store, &status);
	return status;
}

static void wait_for_pruning(struct fixture *fixture, uint64_t through)
{
	usec_t deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;

	while (status_of(fixture).pruned_through < through)
		if (clock_monotonic() > deadline)
			fail_msg("pruned through %llu only",
				 (unsigned long long)status_of(fixture).pruned_through);
	assert_true(status_of(fixture).pruned_through == through);
}

static void wait_for_tombstones(struct fixture *fixture, uint64_t count)
{
	usec_t deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;

	while (status_of(fixture).tombstones < count)
		if (clock_monotonic() > deadline)
			fail_msg("%llu tombstones only",
				 (unsigned long long)status_of(fixture).tombstones);
}

/* Until the writer has looked again, from start to end, and left what is there. */
static void let_it_look(struct fixture *fixture)
{
	usec_t deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;
	uint64_t looks = status_of(fixture).retention_looks;

	while (status_of(fixture).retention_looks < looks + 2)
		if (clock_monotonic() > deadline)
			fail_msg("it never looked");
}

struct seen {
	uint64_t first, last, types[EVENT_TYPE_COUNT];
};

static int see(void *context, const struct event *event, struct span record)
{
	struct seen *seen = context;

	(void)record;
	if (!seen->first)
		seen->first = event->sequence;
	else
		assert_true(event->sequence == seen->last + 1);
	seen->last = event->sequence;
	seen->types[event->type]++;
	return 0;
}

static struct seen read_log(struct fixture *fixture)
{
	struct seen seen = {0};
	uint64_t last;

	assert_int_equal(event_reader_each(fixture->store, 0, see, &seen, &last), 0);
	return seen;
}

/* Open again with retention, which only then begins. */
static void reopen(struct fixture *fixture, uint32_t anonymous_days)
{
	fixture_close(fixture);
	fixture->options.retention = (struct retention){.days = days,
							.anonymous_days = anonymous_days,
							.reader_lag_days = 30};
	fixture_open(fixture);
}

static void test_the_old_go_and_the_young_stay(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen;

	fixture_open(fixture);
	clicks(fixture, 401, 3000);
	clicks(fixture, 399, 500);
	clicks(fixture, 500, 1); /* stored behind younger ones: it stays with them */
	reopen(fixture, 0);
	wait_for_pruning(fixture, 3000);
	seen = read_log(fixture);
	assert_int_equal(seen.first, 3001);
	assert_int_equal(seen.types[EVENT_click], 501);
	assert_int_equal(status_of(fixture).pruned, 3000);
	assert_int_equal(store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 1)), seen.last + 1);
	reopen(fixture, 0);
	assert_int_equal(status_of(fixture).pruned_through, 3000);
}

static void test_a_command_removes_nothing(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	clicks(fixture, 4000, 100);
	for (unsigned i = 0; i < 100; i++)
		(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, i));
	assert_int_equal(status_of(fixture).retention_looks, 0);
	assert_int_equal(read_log(fixture).first, 1);
}

static void test_the_last_record_stays(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen;

	fixture->options.retention = (struct retention){.days = days};
	fixture_open(fixture);
	clicks(fixture, 4000, 100);
	wait_for_pruning(fixture, 99);
	seen = read_log(fixture);
	assert_int_equal(seen.first, 100);
	assert_int_equal(seen.last, 100);
}

static void test_it_goes_by_when_an_event_was_stored(void **state)
{
	struct record imported = {.type = EVENT_click, .time = ago(4000), .stored = ago(10)};
	struct fixture *fixture = *state;

	fixture_open(fixture);
	clicks(fixture, 500, 10);
	put(fixture, imported, 10);
	reopen(fixture, 0);
	wait_for_pruning(fixture, 10);
	let_it_look(fixture);
	assert_int_equal(read_log(fixture).first, 11);
}

static void move_reader(struct fixture *fixture, uint64_t position)
{
	(void)store_now(fixture, reader_ticket(SPAN("crm"), position, false));
}

static void test_it_waits_for_a_reader_up_to_its_lag(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	clicks(fixture, 431, 100); /* over retention and lag */
	clicks(fixture, 429, 100);
	move_reader(fixture, 50);
	reopen(fixture, 0);
	wait_for_pruning(fixture, 100);
	let_it_look(fixture);
	assert_int_equal(read_log(fixture).first, 101);
	assert_int_equal(status_of(fixture).readers_passed_over, 1);
	move_reader(fixture, 150);
	wait_for_pruning(fixture, 150);
	(void)store_now(fixture, reader_ticket(SPAN("crm"), 0, true));
	wait_for_pruning(fixture, 200);
	assert_int_equal(status_of(fixture).readers_passed_over, 1);
}

static void test_records_of_a_wrong_future_go_with_the_next(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	clicks(fixture, 500, 10);
	put(fixture, (struct record){EVENT_click, clock_wall() + 3650 * USEC_PER_DAY, 0, false},
	    2000);
	clicks(fixture, 450, 10);
	clicks(fixture, 10, 10);
	reopen(fixture, 0);
	wait_for_pruning(fixture, 2020);
	let_it_look(fixture);
	assert_int_equal(read_log(fixture).first, 2021);
}

/* What was to go with the next stays when a longer period, or a new reader, wants it after all. */
static void test_records_of_a_wrong_future_stay_when_the_next_does(void **state)
{
	struct fixture *fixture = *state;
	struct retention longer;
	uint64_t through;

	fixture_open(fixture);
	put(fixture, (struct record){EVENT_click, clock_wall() + 3650 * USEC_PER_DAY, 0, false},
	    3000);
	clicks(fixture, 450, 10);
	clicks(fixture, 10, 10);
	reopen(fixture, 0);
	longer = fixture->options.retention;
	longer.days = 4000;
	while (status_of(fixture).pruned_through == 0)
		(void)sched_yield();
	store_set_retention(fixture->store, &longer);
	through = status_of(fixture).pruned_through;
	/* On a busy machine most of it may be gone by then. */
	if (through >= 1500)
		skip();
	let_it_look(fixture);
	through = status_of(fixture).pruned_through;
	assert_true(through < 2900);
	move_reader(fixture, through + 50);
	longer.days = days;
	longer.reader_lag_days = 4000;
	store_set_retention(fixture->store, &longer);
	wait_for_pruning(fixture, through + 50);
	let_it_look(fixture);
	assert_true(status_of(fixture).pruned_through == through + 50);
}

static usec_t in_ten_years(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return (usec_t)time.tv_sec * USEC_PER_SEC + 3650 * USEC_PER_DAY;
}

static void test_a_clock_that_jumps_ahead_removes_nothing(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	clicks(fixture, 0, 100);
	reopen(fixture, 1);
	/* Twice: the second time the newest events are of the wrong time, too. */
	for (unsigned i = 0; i < 2; i++) {
		fixture_close(fixture);
		clock_override(in_ten_years);
		fixture_open(fixture);
		let_it_look(fixture);
		clicks(fixture, 0, 10);
		assert_true(status_of(fixture).retention_behind > 3000 * USEC_PER_DAY);
		assert_int_equal(status_of(fixture).pruned_through, 0);
		assert_int_equal(status_of(fixture).tombstones, 0);
	}
	assert_int_equal(read_log(fixture).first, 1);
	fixture_close(fixture);
	clock_override(NULL);
}

static void test_a_class_becomes_tombstones(void **state)
{
	struct fixture *fixture = *state;
	struct record of = {.type = EVENT_view, .time = ago(50)};
	struct seen seen;

	fixture_open(fixture);
	put(fixture, of, 2000);
	of.known = true;
	put(fixture, of, 100);
	of = (struct record){.type = EVENT_consent, .time = ago(50)};
	put(fixture, of, 100);
	(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "x"));
	clicks(fixture, 20, 100);
	reopen(fixture, 30);
	wait_for_tombstones(fixture, 2000);
	let_it_look(fixture);
	seen = read_log(fixture);
	assert_int_equal(seen.first, 1);
	assert_int_equal(seen.types[EVENT_erase], 2000);
	assert_int_equal(seen.types[EVENT_view], 100);
	assert_int_equal(seen.types[EVENT_consent], 100);
	assert_int_equal(seen.types[EVENT_link], 1);
	reopen(fixture, 30);
	let_it_look(fixture);
	assert_int_equal(status_of(fixture).tombstones, 0);
}

static int check_tombstone(void *context, const struct event *event, struct span record)
{
	const usec_t *times = context;

	if (event->sequence > 2)
		return 1;
	assert_int_equal(event->type, EVENT_erase);
	assert_int_equal(record.size, EVENT_HEADER_BYTES);
	assert_int_equal(event->incarnation, 1);
	assert_true(event->time == times[event->sequence - 1]);
	return 0;
}

static void test_a_tombstone_keeps_when_it_was_stored(void **state)
{
	struct fixture *fixture = *state;
	usec_t times[] = {ago(60), ago(50)};
	uint64_t last;

	fixture_open(fixture);
	put(fixture, (struct record){EVENT_click, times[0], 0, false}, 1);
	put(fixture, (struct record){EVENT_click, ago(3000), times[1], false}, 1);
	put(fixture, (struct record){EVENT_click, ago(40), 0, true}, 1);
	reopen(fixture, 30);
	wait_for_tombstones(fixture, 2);
	assert_int_equal(event_reader_each(fixture->store, 0, check_tombstone, times, &last), 1);
}

static void test_a_state_that_the_log_cannot_make_again_is_said(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {""};
	char path[160];

	fixture_open(fixture);
	clicks(fixture, 500, 10);
	reopen(fixture, 0);
	wait_for_pruning(fixture, 10);
	fixture_close(fixture);
	(void)snprintf(path, sizeof(path), "%s/state", fixture->data);
	remove_tree(path);
	assert_int_equal(store_open(&fixture->options, &fixture->store, &error), STORE_E_DAMAGED);
	assert_non_null(strstr(error.text, "pruned"));
}

/* As much in as out: after the first round the file has the pages that all others need. */
static void test_the_file_stops_growing(void **state)
{
	struct fixture *fixture = *state;
	uint64_t bytes = 0;

	fixture->options.retention = (struct retention){.days = days};
	fixture_open(fixture);
	for (unsigned round = 0; round < 6; round++) {
		clicks(fixture, 500, 2000);
		wait_for_pruning(fixture, 2000 * (round + 1) - 1);
		if (round == 1)
			bytes = status_of(fixture).events_bytes;
	}
	assert_true(bytes > 2000 * 30);
	assert_true(status_of(fixture).events_bytes <= bytes + bytes / 10);
}

static struct visitor_id visitor(unsigned number)
{
	struct visitor_id id = {"visitor--------"};

	id.bytes[0] = (uint8_t)number;
	return id;
}

static void bound(struct fixture *fixture, unsigned number, usec_t time)
{
	const struct binding_evidence evidence = {.visitor = visitor(number),
						  .person = {"handle.12345"},
						  .evidence = EVIDENCE_CLAIM,
						  .time = time,
						  .link = {"linkid01"}};
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);

	assert_int_equal(binding_add_bind(fixture->store, ticket, &evidence), 0);
	(void)store_now(fixture, ticket);
}

static void conflicted(struct fixture *fixture, unsigned number, usec_t time)
{
	const struct binding_evidence evidence = {.visitor = visitor(number),
						  .person = {"handle.12345"},
						  .evidence = EVIDENCE_CLAIM,
						  .time = time,
						  .link = {"linkid01"}};
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);

	assert_int_equal(binding_add_conflict(fixture->store, ticket, &evidence, &evidence.person),
			 0);
	(void)store_now(fixture, ticket);
}

static void seen_again(struct fixture *fixture, unsigned number, usec_t time)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	struct visitor_id id = visitor(number);
	struct event event;

	event_init(&event, EVENT_view, time);
	event_set(&event, EVENT_FIELD_tracker, SPAN("go.example.com"));
	event_set(&event, EVENT_FIELD_url, SPAN("https://www.example.com/"));
	event_set(&event, EVENT_FIELD_visitor, span_of(&id, sizeof(id)));
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	(void)store_now(fixture, ticket);
}

struct kept {
	unsigned count;
	uint8_t numbers[8];
};

static int keep(void *context, const struct binding *binding)
{
	struct kept *kept = context;

	assert_true(kept->count < sizeof(kept->numbers));
	kept->numbers[kept->count++] = binding->visitor.bytes[0];
	return 0;
}

static void wait_for_bindings(struct fixture *fixture, unsigned count, struct kept *kept)
{
	usec_t deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;

	do {
		*kept = (struct kept){.count = 0};
		assert_int_equal(binding_each(fixture->store, 0, keep, kept), 0);
		if (clock_monotonic() > deadline)
			fail_msg("%u bindings are there still", kept->count);
	} while (kept->count > count);
	assert_int_equal(kept->count, count);
}

static unsigned claims_of_link(struct fixture *fixture)
{
	const struct binding_evidence evidence = {.person = {"handle.12345"},
						  .evidence = EVIDENCE_CLAIM,
						  .link = {"linkid01"}};
	struct binding_claims claims;

	assert_int_equal(binding_find_claims(fixture->store, &evidence, &claims), 0);
	return claims.count;
}

/* A browser that has not been seen for longer than a cookie lives is nobody's concern any more. */
static void test_bindings_that_no_browser_can_present_go(void **state)
{
	struct visitor_id gone = visitor(1), alive = visitor(2);
	struct fixture *fixture = *state;
	struct binding binding;
	struct kept kept;

	fixture_open(fixture);
	bound(fixture, 1, ago(1000));
	bound(fixture, 2, ago(1000));
	conflicted(fixture, 5, ago(900));
	seen_again(fixture, 2, ago(700)); /* its cookie was set anew then, and may live */
	bound(fixture, 3, ago(500));
	clicks(fixture, 401, 10);
	bound(fixture, 4, ago(100));
	conflicted(fixture, 6, ago(90));
	clicks(fixture, 10, 10);
	reopen(fixture, 0);
	wait_for_pruning(fixture, 15);
	wait_for_bindings(fixture, 3, &kept);
	assert_memory_equal(kept.numbers, ((uint8_t[]){2, 3, 4}), 3);
	assert_int_equal(binding_find(fixture->store, &gone, &binding), STORE_E_NOT_FOUND);
	assert_int_equal(binding_find(fixture->store, &alive, &binding), 0);
	/* What only the first conflict left went with it. */
	assert_int_equal(claims_of_link(fixture), 4);
	/* What is remembered outlives a start. */
	reopen(fixture, 0);
	wait_for_bindings(fixture, 3, &kept);
	assert_int_equal(binding_find(fixture->store, &alive, &binding), 0);
}

#define ON_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STORE(test_the_old_go_and_the_young_stay),
		ON_STORE(test_a_command_removes_nothing),
		ON_STORE(test_the_last_record_stays),
		ON_STORE(test_it_goes_by_when_an_event_was_stored),
		ON_STORE(test_it_waits_for_a_reader_up_to_its_lag),
		ON_STORE(test_records_of_a_wrong_future_go_with_the_next),
		ON_STORE(test_records_of_a_wrong_future_stay_when_the_next_does),
		ON_STORE(test_a_clock_that_jumps_ahead_removes_nothing),
		ON_STORE(test_a_class_becomes_tombstones),
		ON_STORE(test_a_tombstone_keeps_when_it_was_stored),
		ON_STORE(test_a_state_that_the_log_cannot_make_again_is_said),
		ON_STORE(test_bindings_that_no_browser_can_present_go),
		ON_STORE(test_the_file_stops_growing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
