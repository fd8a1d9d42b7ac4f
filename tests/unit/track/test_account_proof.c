/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log that adds up is said to, run by run; and each way in which one can fail to is found at its
 * sequence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "track/account_proof.h"

enum { RUNS_MAX = 8, MINUTE = 0, SHUTDOWN = 1, UNCLEAN = 2 };

struct log {
	struct account_proof proof;
	struct account_run runs[RUNS_MAX];
	size_t count;
	uint64_t sequence; /* of the last event */
	uint16_t incarnation;
};

static void keep_run(void *context, const struct account_run *run)
{
	struct log *log = context;

	assert_true(log->count < RUNS_MAX);
	assert_int_equal(run->number, log->count + 1);
	log->runs[log->count++] = *run;
}

static void begin(struct log *log, uint64_t pruned_through)
{
	*log = (struct log){.sequence = pruned_through, .incarnation = 1};
	account_proof_init(&log->proof, pruned_through, keep_run, log);
}

static void take(struct log *log, struct event *event)
{
	event->sequence = ++log->sequence;
	event->incarnation = log->incarnation;
	account_proof_take(&log->proof, event);
}

static void clicks(struct log *log, unsigned count)
{
	struct event event;

	for (unsigned i = 0; i < count; i++) {
		event_init(&event, EVENT_click, USEC_PER_SEC);
		take(log, &event);
	}
}

static void account_of(struct log *log, uint8_t period, const struct event_account *account)
{
	struct event event;

	event_init(&event, EVENT_account, 2 * USEC_PER_SEC);
	event_set_choice(&event, EVENT_FIELD_period, period);
	event_set_number(&event, EVENT_FIELD_received, account->received);
	event_set_number(&event, EVENT_FIELD_committed, account->stored);
	event_set_number(&event, EVENT_FIELD_dropped, account->dropped);
	event_set_number(&event, EVENT_FIELD_rejected, account->rejected);
	event_set_number(&event, EVENT_FIELD_lost, account->lost);
	event_set_number(&event, EVENT_FIELD_pending, account->pending);
	event_set_number(&event, EVENT_FIELD_late, account->late);
	if (period == UNCLEAN)
		event_set_number(&event, EVENT_FIELD_missing, 64);
	take(log, &event);
}

/* An account by which @stored events are in the log, and nothing else ever came. */
static void account(struct log *log, uint8_t period, uint64_t stored)
{
	const struct event_account plain = {.received = stored, .stored = stored};

	account_of(log, period, &plain);
}

static void unclean(struct log *log)
{
	account_of(log, UNCLEAN, &(struct event_account){0});
}

static const struct account_run *finish(struct log *log, size_t runs)
{
	account_proof_finish(&log->proof);
	assert_int_equal(log->count, runs);
	return &log->runs[runs - 1];
}

static void check_wrong(const struct account_run *run, uint64_t sequence, const char *problem)
{
	assert_string_equal(run->problem, problem);
	assert_int_equal(run->wrong, sequence);
}

static void runs_that_add_up_are_told_apart(void **state)
{
	const struct event_account busy = {20, 12, 1, 2, 3, 2, 5}, end = {20, 14, 1, 2, 3, 0, 5};
	struct log log;

	(void)state;
	begin(&log, 0);
	clicks(&log, 12);
	account_of(&log, MINUTE, &busy);
	clicks(&log, 2);
	account_of(&log, SHUTDOWN, &end);
	clicks(&log, 3);
	unclean(&log);
	account(&log, SHUTDOWN, 0);
	clicks(&log, 1);
	(void)finish(&log, 4);
	for (size_t i = 0; i < 4; i++)
		check_wrong(&log.runs[i], 0, "");
	assert_int_equal(log.runs[0].first, 1);
	assert_int_equal(log.runs[0].last, 16);
	assert_int_equal(log.runs[0].found, 14);
	assert_int_equal(log.runs[0].accounts, 2);
	assert_int_equal(log.runs[0].account.late, 5);
	assert_int_equal(log.runs[0].end, ACCOUNT_END_SHUTDOWN);
	assert_int_equal(log.runs[1].end, ACCOUNT_END_UNCLEAN);
	assert_int_equal(log.runs[1].missing, 64);
	assert_int_equal(log.runs[1].beyond, 3);
	assert_int_equal(log.runs[1].last, 20);
	assert_int_equal(log.runs[2].found, 0);
	assert_int_equal(log.runs[3].end, ACCOUNT_END_NONE);
	assert_int_equal(log.runs[3].beyond, 1);
}

static void an_empty_log_has_no_run(void **state)
{
	struct log log;

	(void)state;
	begin(&log, 0);
	account_proof_finish(&log.proof);
	assert_int_equal(log.count, 0);
}

static void a_gap_is_named(void **state)
{
	struct log log;

	(void)state;
	begin(&log, 0);
	clicks(&log, 3);
	log.sequence += 2;
	clicks(&log, 1);
	account(&log, SHUTDOWN, 6);
	check_wrong(finish(&log, 1), 4, "events 4 to 5 are not there");
	begin(&log, 0);
	log.sequence = 1;
	clicks(&log, 1);
	check_wrong(finish(&log, 1), 1, "events 1 to 1 are not there");
}

static void totals_that_do_not_add_up_are_named(void **state)
{
	const struct event_account off = {10, 3, 1, 1, 1, 3, 0};
	struct log log;

	(void)state;
	begin(&log, 0);
	clicks(&log, 3);
	account_of(&log, MINUTE, &off);
	account_of(&log, MINUTE, &off); /* what follows from it is not said again */
	check_wrong(finish(&log, 1), 4,
		    "account 4: 10 received, but stored, dropped, rejected, lost and pending add "
		    "up to 9");
}

static void stored_events_must_be_there_and_no_others(void **state)
{
	struct log log;

	(void)state;
	begin(&log, 0);
	clicks(&log, 3);
	account(&log, MINUTE, 4);
	check_wrong(finish(&log, 1), 4, "account 4: 4 events stored, but the log has 3");
	begin(&log, 0);
	clicks(&log, 3);
	account(&log, SHUTDOWN, 2);
	check_wrong(finish(&log, 1), 4, "account 4: 2 events stored, but the log has 3");
}

static void an_end_leaves_nothing_pending(void **state)
{
	const struct event_account account = {.received = 3, .stored = 1, .pending = 2};
	struct log log;

	(void)state;
	begin(&log, 0);
	clicks(&log, 1);
	account_of(&log, SHUTDOWN, &account);
	check_wrong(finish(&log, 1), 2, "account 2: 2 pending at the end");
}

static void totals_never_fall(void **state)
{
	const struct event_account more = {.received = 3, .stored = 1, .lost = 2},
				   less = {.received = 2, .stored = 1, .lost = 1};
	struct log log;

	(void)state;
	begin(&log, 0);
	clicks(&log, 1);
	account_of(&log, MINUTE, &more);
	account_of(&log, SHUTDOWN, &less);
	check_wrong(finish(&log, 1), 3, "account 3 says less than the one before");
}

static void a_pruned_beginning_counts_the_same_for_every_account(void **state)
{
	struct log log;

	(void)state;
	begin(&log, 1000);
	clicks(&log, 2);
	account(&log, MINUTE, 302);
	clicks(&log, 1);
	account(&log, SHUTDOWN, 303);
	clicks(&log, 1);
	account(&log, SHUTDOWN, 1);
	(void)finish(&log, 2);
	check_wrong(&log.runs[0], 0, "");
	check_wrong(&log.runs[1], 0, "");
	assert_int_equal(log.runs[0].first, 1001);
	assert_int_equal(log.runs[0].pruned, 300);
	begin(&log, 1000);
	clicks(&log, 2);
	account(&log, MINUTE, 302);
	account(&log, SHUTDOWN, 303);
	check_wrong(finish(&log, 1), 1004, "account 1004: 303 events stored, but the log has 302");
	begin(&log, 10);
	clicks(&log, 2);
	account(&log, MINUTE, 302);
	check_wrong(finish(&log, 1), 13, "account 13: 302 events stored, but the log has 2");
	begin(&log, 10);
	unclean(&log);
	clicks(&log, 1);
	account(&log, SHUTDOWN, 2);
	check_wrong(finish(&log, 2), 13, "account 13: 2 events stored, but the log has 1");
}

static void pruning_while_it_is_read_is_no_gap(void **state)
{
	struct log log;

	(void)state;
	begin(&log, 0);
	clicks(&log, 2);
	account_proof_skip(&log.proof, 100);
	log.sequence = 100;
	clicks(&log, 2);
	account(&log, SHUTDOWN, 90);
	check_wrong(finish(&log, 1), 0, "");
	assert_int_equal(log.runs[0].pruned, 88);
}

static void a_restored_log_goes_on_in_a_new_incarnation(void **state)
{
	struct log log;

	(void)state;
	begin(&log, 0);
	clicks(&log, 2);
	log.incarnation = 2;
	unclean(&log);
	clicks(&log, 1);
	account(&log, SHUTDOWN, 1);
	(void)finish(&log, 2);
	check_wrong(&log.runs[0], 0, "");
	check_wrong(&log.runs[1], 0, "");
	assert_int_equal(log.runs[1].incarnation, 2);
	log.incarnation = 1;
	clicks(&log, 1);
	check_wrong(finish(&log, 3), 6,
		    "event 6 is of incarnation 1, after events of incarnation 2");
	begin(&log, 0);
	clicks(&log, 1);
	log.incarnation = 2;
	clicks(&log, 1);
	check_wrong(finish(&log, 1), 2, "event 2 is of incarnation 2 in a run of incarnation 1");
}

static void imported_events_and_tombstones_count(void **state)
{
	struct event event;
	struct log log;

	(void)state;
	begin(&log, 0);
	event_init(&event, EVENT_click, 1);
	event_set_number(&event, EVENT_FIELD_stored, 5 * USEC_PER_SEC);
	take(&log, &event);
	event_init(&event, EVENT_erase, 1);
	take(&log, &event);
	account(&log, SHUTDOWN, 2);
	check_wrong(finish(&log, 1), 0, "");
	assert_true(log.runs[0].from == 5 * USEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_that_add_up_are_told_apart),
		cmocka_unit_test(an_empty_log_has_no_run),
		cmocka_unit_test(a_gap_is_named),
		cmocka_unit_test(totals_that_do_not_add_up_are_named),
		cmocka_unit_test(stored_events_must_be_there_and_no_others),
		cmocka_unit_test(an_end_leaves_nothing_pending),
		cmocka_unit_test(totals_never_fall),
		cmocka_unit_test(a_pruned_beginning_counts_the_same_for_every_account),
		cmocka_unit_test(pruning_while_it_is_read_is_no_gap),
		cmocka_unit_test(a_restored_log_goes_on_in_a_new_incarnation),
		cmocka_unit_test(imported_events_and_tombstones_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
