/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits and tickets know of each other for exactly as long as both live. The writer here is a list
 * in this file: it takes what is appended, and gives back what the test calls done.
 */
#include "app/commit_wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct event_ticket *queued[8], *done;
static unsigned queued_count, freed, late;
static bool full;

int event_writer_append(struct event_writer *writer, struct event_ticket *ticket)
{
	(void)writer;
	if (full)
		return EVENT_WRITER_E_FULL;
	queued[queued_count++] = ticket;
	return 0;
}

struct event_ticket *event_writer_take_done(struct event_writer *writer)
{
	struct event_ticket *list = done;

	(void)writer;
	done = NULL;
	return list;
}

void event_ticket_answered_late(struct event_writer *writer, struct event_ticket *ticket)
{
	(void)writer;
	ticket->late = true;
	late++;
}

void event_ticket_free(struct event_ticket *ticket)
{
	freed++;
	free(ticket);
}

static struct event_ticket *new_ticket(void)
{
	return calloc(1, sizeof(struct event_ticket));
}

static void finish(unsigned index, enum event_outcome outcome)
{
	queued[index]->outcome = outcome;
	queued[index]->next = done;
	done = queued[index];
}

static int reset(void **state)
{
	(void)state;
	queued_count = freed = late = 0;
	done = NULL;
	full = false;
	return 0;
}

static void test_a_wait_ends_with_its_ticket(void **state)
{
	struct commit_queue queue = {.limit = 100};
	struct commit_wait waits[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		commit_wait_start(&waits[i], &queue, NULL, new_ticket(), i);
	assert_int_equal(queue.count, 3);
	assert_ptr_equal(queue.first, &waits[0]);
	finish(1, EVENT_STORED);
	finish(0, EVENT_LOST);
	commit_wait_settle(NULL, NULL, NULL);
	assert_int_equal(commit_wait_poll(&waits[0], NULL, 1000), COMMIT_LOST);
	assert_int_equal(commit_wait_poll(&waits[1], NULL, 1000), COMMIT_STORED);
	assert_int_equal(commit_wait_poll(&waits[2], NULL, 101), COMMIT_PENDING);
	assert_ptr_equal(queue.first, &waits[2]);
	assert_ptr_equal(queue.last, &waits[2]);
	assert_int_equal(freed, 2);
	assert_false(commit_wait_settle(NULL, NULL, NULL));
	finish(2, EVENT_STORED);
	assert_true(commit_wait_settle(NULL, NULL, NULL));
	assert_null(queue.first);
	assert_null(queue.last);
	assert_int_equal(queue.count, 0);
	assert_int_equal(late, 0);
}

static void test_its_time_comes_first(void **state)
{
	struct commit_queue queue = {.limit = 100};
	struct commit_wait wait;

	(void)state;
	commit_wait_start(&wait, &queue, NULL, new_ticket(), 50);
	assert_int_equal(wait.deadline, 150);
	assert_false(commit_queue_is_late(&queue, 149));
	assert_int_equal(commit_wait_poll(&wait, NULL, 149), COMMIT_PENDING);
	assert_true(commit_queue_is_late(&queue, 150));
	assert_int_equal(commit_wait_poll(&wait, NULL, 150), COMMIT_LATE);
	assert_false(commit_queue_is_late(&queue, 150));
	assert_int_equal(commit_wait_poll(&wait, NULL, 151), COMMIT_LATE);
	assert_int_equal(late, 1);
	assert_true(queued[0]->late);
	assert_null(queued[0]->owner);
	assert_null(queue.first);
	finish(0, EVENT_STORED);
	commit_wait_settle(NULL, NULL, NULL);
	assert_int_equal(commit_wait_poll(&wait, NULL, 152), COMMIT_LATE);
	assert_int_equal(freed, 1);
}

static void test_a_writer_that_takes_nothing_loses_at_once(void **state)
{
	struct commit_queue queue = {.limit = 100};
	struct commit_wait wait;

	(void)state;
	full = true;
	commit_wait_start(&wait, &queue, NULL, new_ticket(), 0);
	assert_int_equal(commit_wait_poll(&wait, NULL, 0), COMMIT_LOST);
	assert_null(queue.first);
	assert_int_equal(freed, 1);
}

static void test_a_request_that_goes_away_leaves_its_ticket(void **state)
{
	struct commit_queue queue = {.limit = 100};
	struct commit_wait waits[2];

	(void)state;
	commit_wait_start(&waits[0], &queue, NULL, new_ticket(), 0);
	commit_wait_start(&waits[1], &queue, NULL, new_ticket(), 0);
	commit_wait_cancel(&waits[0]);
	commit_wait_cancel(&waits[0]);
	commit_wait_cancel(NULL);
	memset(&waits[0], 0xAA, sizeof(waits[0]));
	finish(0, EVENT_STORED);
	finish(1, EVENT_STORED);
	commit_wait_settle(NULL, NULL, NULL);
	assert_int_equal(commit_wait_poll(&waits[1], NULL, 1), COMMIT_STORED);
	assert_int_equal(freed, 2);
	assert_int_equal(late, 0);
	assert_int_equal(queue.count, 0);
}

static void test_a_shorter_limit_holds_for_who_waits_already(void **state)
{
	struct commit_queue queue = {.limit = 1000};
	struct commit_wait waits[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		commit_wait_start(&waits[i], &queue, NULL, new_ticket(), 400 * i);
	commit_queue_change(&queue, 300, 900);
	assert_int_equal(waits[0].deadline, 1000);
	assert_int_equal(waits[1].deadline, 1200);
	assert_int_equal(waits[2].deadline, 1200);
	commit_queue_change(&queue, 5000, 900);
	assert_int_equal(waits[2].deadline, 1200);
	assert_int_equal(queue.limit, 5000);
	for (unsigned i = 0; i < 3; i++)
		finish(i, EVENT_STORED);
	commit_wait_settle(NULL, NULL, NULL);
}

static void test_who_waits_for_another_is_told_or_late(void **state)
{
	struct commit_queue queue = {.limit = 100};
	struct commit_wait waits[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		commit_wait_start_beside(&waits[i], &queue, i);
	commit_wait_end(&waits[0]);
	commit_wait_end(&waits[0]);
	commit_wait_cancel(&waits[1]);
	assert_int_equal(commit_wait_poll(&waits[0], NULL, 1000), COMMIT_STORED);
	assert_int_equal(commit_wait_poll(&waits[2], NULL, 101), COMMIT_PENDING);
	assert_true(commit_queue_is_late(&queue, 102));
	assert_int_equal(commit_wait_poll(&waits[2], NULL, 102), COMMIT_LATE);
	assert_null(queue.first);
	assert_int_equal(late, 0);
}

static void note_marked(void *context, const struct event_ticket *ticket)
{
	uint64_t *sum = context;

	*sum += ticket->mark + 100 * (ticket->outcome == EVENT_LOST);
}

static void test_marked_tickets_are_shown_when_they_are_done(void **state)
{
	struct commit_queue queue = {.limit = 100};
	struct commit_wait waits[3];
	uint64_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct event_ticket *ticket = new_ticket();

		ticket->mark = i;
		commit_wait_start(&waits[i], &queue, NULL, ticket, 0);
	}
	commit_wait_cancel(&waits[2]);
	finish(0, EVENT_LOST);
	finish(1, EVENT_LOST);
	finish(2, EVENT_STORED);
	assert_true(commit_wait_settle(NULL, note_marked, &sum));
	assert_int_equal(sum, 103);
	assert_int_equal(freed, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_wait_ends_with_its_ticket, reset),
		cmocka_unit_test_setup(test_its_time_comes_first, reset),
		cmocka_unit_test_setup(test_a_writer_that_takes_nothing_loses_at_once, reset),
		cmocka_unit_test_setup(test_a_shorter_limit_holds_for_who_waits_already, reset),
		cmocka_unit_test_setup(test_who_waits_for_another_is_told_or_late, reset),
		cmocka_unit_test_setup(test_marked_tickets_are_shown_when_they_are_done, reset),
		cmocka_unit_test_setup(test_a_request_that_goes_away_leaves_its_ticket, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
