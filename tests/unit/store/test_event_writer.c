/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event writer on a disk that works: order, limits, what comes back when, and the account.
 */
#include "fixture.h"

#include <malloc.h>

static void append(struct event_writer *writer, struct event_ticket *ticket)
{
	assert_int_equal(event_writer_append(writer, ticket), 0);
}

static uint64_t seen_count, seen_sum, lowest, highest;

static void see(struct event_ticket *ticket)
{
	assert_int_equal(ticket->outcome, EVENT_STORED);
	seen_count++;
	seen_sum += ticket->first_sequence;
}

static void test_many_batches_have_no_gap(void **state)
{
	struct fixture *fixture = *state;
	struct event_writer *writer;
	const unsigned total = 20000;
	struct walk walk;
	unsigned back = 0;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	seen_count = seen_sum = 0;
	for (unsigned i = 0; i < total; i++) {
		append(writer, click_ticket(i % 3 ? EVENT_CLASS_CLICK : EVENT_CLASS_BULK, i));
		if (i % 97 == 0)
			event_writer_kick(writer);
		if (i % 4000 == 3999) {
			event_writer_kick(writer);
			take(writer, 4000, see);
			back += 4000;
			check_account(writer);
		}
	}
	event_writer_kick(writer);
	take(writer, total - back, see);
	assert_int_equal(seen_count, total);
	/* Each sequence was given to exactly one ticket. */
	assert_true(seen_sum == (uint64_t)total * (total + 1) / 2);
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.last, total);
	assert_int_equal(walk.types[EVENT_click], total);
}

static void see_bounds(struct event_ticket *ticket)
{
	if (ticket->class != EVENT_CLASS_CLICK)
		return;
	if (ticket->first_sequence < lowest)
		lowest = ticket->first_sequence;
	if (ticket->first_sequence > highest)
		highest = ticket->first_sequence;
}

static void test_clicks_overtake_bulk(void **state)
{
	struct fixture *fixture = *state;
	struct event_writer *writer;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	for (unsigned i = 0; i < 5000; i++)
		append(writer, click_ticket(EVENT_CLASS_BULK, i));
	for (unsigned i = 0; i < 100; i++)
		append(writer, click_ticket(EVENT_CLASS_CLICK, i));
	lowest = UINT64_MAX;
	highest = 0;
	event_writer_kick(writer);
	take(writer, 5100, see_bounds);
	assert_int_equal(lowest, 1);
	assert_int_equal(highest, 100);
}

static void test_a_click_waits_for_one_small_piece_of_bulk_at_most(void **state)
{
	struct fixture *fixture = *state;
	struct event_writer *writer;
	uint64_t before = 0;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	/* Where others have the processor, all bulk may be gone before the click: then once more.
	 */
	for (;; before += 9001) {
		assert_true(before < 50 * 9001);
		for (unsigned i = 0; i < 9000; i++)
			append(writer, click_ticket(EVENT_CLASS_BULK, i));
		event_writer_kick(writer);
		append(writer, click_ticket(EVENT_CLASS_CLICK, 1));
		event_writer_kick(writer);
		lowest = UINT64_MAX;
		highest = 0;
		take(writer, 9001, see_bounds);
		lowest -= before;
		if (lowest != 9001)
			break;
	}
	/* How many batches had been taken is the machine's; that bulk went on behind it is not. */
	assert_true(lowest % 512 == 1);
	assert_true(lowest < 9001);
}

static void test_a_full_queue_refuses_and_counts(void **state)
{
	struct fixture *fixture = *state;
	struct event_writer *writer;
	struct event_account account;
	struct event_ticket *ticket;

	fixture->options.queue_clicks = 4;
	fixture_open(fixture);
	writer = store_writer(fixture->store);
	for (unsigned i = 0; i < 4; i++)
		append(writer, click_ticket(EVENT_CLASS_CLICK, i));
	ticket = click_ticket(EVENT_CLASS_CLICK, 4);
	assert_int_equal(event_writer_append(writer, ticket), EVENT_WRITER_E_FULL);
	event_ticket_free(ticket);
	/* The other queue has its own limit. */
	append(writer, click_ticket(EVENT_CLASS_BULK, 5));
	event_writer_count_dropped(writer);
	event_writer_count_rejected(writer);
	event_writer_count_lost(writer);
	event_writer_account(writer, &account);
	assert_int_equal(account.received, 9);
	assert_int_equal(account.pending, 5);
	assert_int_equal(account.lost, 2);
	assert_int_equal(account.dropped, 1);
	assert_int_equal(account.rejected, 1);
	check_account(writer);
	event_writer_kick(writer);
	take(writer, 5, NULL);
	append(writer, click_ticket(EVENT_CLASS_CLICK, 6));
	event_writer_kick(writer);
	take(writer, 1, NULL);
	event_writer_account(writer, &account);
	assert_int_equal(account.stored, 6);
	assert_int_equal(account.pending, 0);
}

static void test_large_records_are_bounded_in_bytes(void **state)
{
	static uint8_t url[8000];
	struct fixture *fixture = *state;
	struct event_ticket *ticket;
	struct event event;
	unsigned taken = 0;

	memset(url, 'u', sizeof(url));
	fixture->options.queue_clicks = 1000;
	fixture_open(fixture);
	for (;;) {
		ticket = event_ticket_new(EVENT_CLASS_CLICK);
		make_click(&event, taken);
		event_set(&event, EVENT_FIELD_url, span_of(url, sizeof(url)));
		assert_int_equal(event_ticket_add(ticket, &event), 0);
		if (event_writer_append(store_writer(fixture->store), ticket))
			break;
		taken++;
		assert_true(taken < 1000);
	}
	event_ticket_free(ticket);
	assert_true(taken * 8000 <= 1000 * QUEUE_EVENT_BYTES);
	assert_true(taken > 50);
}

static void test_a_ticket_is_bounded(void **state)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	static uint8_t url[8193];
	struct event event;

	(void)state;
	make_click(&event, 1);
	event_set(&event, EVENT_FIELD_url, span_of(url, sizeof(url)));
	assert_int_equal(event_ticket_add(ticket, &event), -EMSGSIZE);
	assert_int_equal(ticket->count, 0);
	make_click(&event, 1);
	for (unsigned i = 0; i < EVENT_TICKET_MAX_EVENTS; i++)
		assert_int_equal(event_ticket_add(ticket, &event), 0);
	assert_int_equal(event_ticket_add(ticket, &event), EVENT_TICKET_E_FULL);
	assert_int_equal(ticket->count, EVENT_TICKET_MAX_EVENTS);
	event_ticket_free(ticket);
	ticket = event_ticket_new(EVENT_CLASS_BULK);
	event_set(&event, EVENT_FIELD_url, span_of(url, 8192));
	while (event_ticket_add(ticket, &event) == 0)
		assert_true(ticket->count < EVENT_TICKET_MAX_EVENTS);
	assert_true(ticket->records.size <= EVENT_TICKET_MAX_BYTES);
	event_ticket_free(ticket);
}

static void expect_fresh(const struct event_ticket *ticket, enum event_class class)
{
	assert_non_null(ticket);
	assert_int_equal(ticket->class, class);
	assert_int_equal(ticket->outcome, EVENT_QUEUED);
	assert_int_equal(ticket->count + ticket->records.size, 0);
	assert_int_equal(ticket->records.error, 0);
	assert_true(ticket->first_sequence == 0);
	assert_false(ticket->folds || ticket->late || ticket->late_recorded);
	assert_true(!ticket->next && !ticket->owner && !ticket->changes);
}

/* A ticket that came back is as good as a new one, whatever became of it before. */
static void test_tickets_are_used_again(void **state)
{
	struct fixture *fixture = *state;
	struct event_ticket *ticket, *again;
	struct event_writer *writer;
	static uint8_t url[2000];
	struct event event;
	struct walk walk;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	for (uint64_t i = 1; i <= 200; i++) {
		ticket = event_writer_ticket(writer, i % 2 ? EVENT_CLASS_CLICK : EVENT_CLASS_BULK);
		expect_fresh(ticket, i % 2 ? EVENT_CLASS_CLICK : EVENT_CLASS_BULK);
		ticket->owner = writer;
		make_click(&event, i);
		event_set(&event, EVENT_FIELD_url, span_of(url, i % 3 ? 0 : sizeof(url)));
		assert_int_equal(event_ticket_add(ticket, &event), 0);
		append(writer, ticket);
		event_ticket_answered_late(writer, ticket);
		event_writer_kick(writer);
		take(writer, 1, NULL);
	}
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.types[EVENT_click], 200);
	ticket = event_writer_ticket(writer, EVENT_CLASS_CLICK);
	event_ticket_free(ticket);
	again = event_writer_ticket(writer, EVENT_CLASS_BULK);
	assert_ptr_equal(again, ticket);
	event_ticket_free(again);
}

/* What a burst needed does not stay for ever, and no large record does. */
static void test_spare_tickets_are_bounded(void **state)
{
	enum { BURST = 4096, EACH_BYTES = 1536, KEPT = 1024 };
	static struct event_ticket *tickets[BURST];
	struct fixture *fixture = *state;
	struct event_writer *writer;
	static uint8_t url[8000];
	size_t before, after;
	struct event event;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	make_click(&event, 1);
	before = mallinfo2().uordblks;
	for (unsigned i = 0; i < BURST; i++) {
		event_set(&event, EVENT_FIELD_url, span_of(url, i % 2 ? 100 : sizeof(url)));
		tickets[i] = event_writer_ticket(writer, EVENT_CLASS_CLICK);
		assert_non_null(tickets[i]);
		assert_int_equal(event_ticket_add(tickets[i], &event), 0);
	}
	for (unsigned i = 0; i < BURST; i++)
		event_ticket_free(tickets[i]);
	after = mallinfo2().uordblks;
	assert_true(after < before + (size_t)KEPT * EACH_BYTES);
}

static void test_answered_late_is_in_the_record_and_in_the_account(void **state)
{
	struct fixture *fixture = *state;
	struct event_writer *writer;
	struct event_ticket *ticket;
	struct event_account account;
	struct walk walk;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	ticket = click_ticket(EVENT_CLASS_CLICK, 1);
	append(writer, ticket);
	append(writer, click_ticket(EVENT_CLASS_CLICK, 2));
	event_ticket_answered_late(writer, ticket);
	event_ticket_answered_late(writer, ticket);
	event_writer_kick(writer);
	take(writer, 2, NULL);
	event_writer_account(writer, &account);
	assert_int_equal(account.late, 1);
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.late, 1);
	assert_int_equal(walk.types[EVENT_click], 2);
}

static void test_a_link_answers_as_soon_as_its_ticket_is_done(void **state)
{
	static const struct link_id id = {"linkid01"};
	struct fixture *fixture = *state;
	struct link link;

	fixture_open(fixture);
	for (unsigned i = 0; i < 200; i++) {
		char destination[64];

		(void)snprintf(destination, sizeof(destination), "https://www.example.com/%u", i);
		(void)store_now(fixture, link_ticket("linkid01", destination, "spring"));
		assert_int_equal(link_find(fixture->store, &id, &fixture->arena, &link), 0);
		assert_true(span_equal(link.destination, span_text(destination)));
		arena_reset(&fixture->arena);
	}
}

static void test_the_end_of_the_log_is_the_account_of_the_run(void **state)
{
	struct fixture *fixture = *state;
	struct event_writer *writer;
	struct walk walk;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	for (unsigned i = 0; i < 10; i++)
		append(writer, click_ticket(EVENT_CLASS_CLICK, i));
	event_writer_count_dropped(writer);
	/* Neither kicked nor waited for: closing drains. */
	fixture_close(fixture);
	fixture_open(fixture);
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.last, 11);
	assert_int_equal(walk.types[EVENT_account], 1);
	assert_int_equal(walk.period, 1);
	assert_int_equal(walk.account.received, 11);
	assert_int_equal(walk.account.stored, 10);
	assert_int_equal(walk.account.dropped, 1);
	assert_int_equal(walk.account.pending, 0);
}

static void test_an_account_comes_at_its_interval(void **state)
{
	struct fixture *fixture = *state;
	struct store_status status;
	usec_t deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;

	fixture->options.account_interval_s = 1;
	fixture_open(fixture);
	do {
		assert_true(clock_monotonic() < deadline);
		(void)poll(NULL, 0, 20);
		store_status(fixture->store, &status);
	} while (status.state_position < 2);
}

static int check_stored(void *context, const struct event *event, struct span record)
{
	uint64_t *count = context;

	(void)record;
	if (event->type == EVENT_account)
		assert_int_equal(event_number(event, EVENT_FIELD_committed), *count);
	else
		++*count;
	return 0;
}

static void test_an_account_says_exactly_what_lies_before_it(void **state)
{
	struct fixture *fixture = *state;
	usec_t deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;
	uint64_t clicks = 0, count = 0, last;
	struct store_status status;

	fixture->options.account_interval_s = 1;
	fixture_open(fixture);
	do {
		for (unsigned i = 0; i < 50; i++) {
			append(store_writer(fixture->store),
			       click_ticket(EVENT_CLASS_CLICK, ++clicks));
			event_writer_kick(store_writer(fixture->store));
		}
		take(store_writer(fixture->store), 50, NULL);
		assert_true(clock_monotonic() < deadline);
		store_status(fixture->store, &status);
	} while (status.last_sequence == clicks);
	assert_int_equal(event_reader_each(fixture->store, 0, check_stored, &count, &last), 0);
	assert_int_equal(count, clicks);
}

#define ON_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STORE(test_many_batches_have_no_gap),
		ON_STORE(test_clicks_overtake_bulk),
		ON_STORE(test_a_click_waits_for_one_small_piece_of_bulk_at_most),
		ON_STORE(test_a_full_queue_refuses_and_counts),
		ON_STORE(test_large_records_are_bounded_in_bytes),
		cmocka_unit_test(test_a_ticket_is_bounded),
		ON_STORE(test_tickets_are_used_again),
		ON_STORE(test_spare_tickets_are_bounded),
		ON_STORE(test_answered_late_is_in_the_record_and_in_the_account),
		ON_STORE(test_a_link_answers_as_soon_as_its_ticket_is_done),
		ON_STORE(test_the_end_of_the_log_is_the_account_of_the_run),
		ON_STORE(test_an_account_comes_at_its_interval),
		ON_STORE(test_an_account_says_exactly_what_lies_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
