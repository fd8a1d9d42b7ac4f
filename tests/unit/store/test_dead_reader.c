/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader in another process that is killed leaves its slot in LMDB's table, and with it a
 * snapshot whose pages cannot be used again: the file grows with each commit until the slot is
 * cleared, which the owner does with each account.
 */
#include "fixture.h"
#include "store/txn.h"

#include <signal.h>
#include <unistd.h>

/* A process that holds a snapshot of state/ until it is killed; its id. */
static pid_t hold_snapshot(const struct fixture *fixture)
{
	static const char *const names[] = {"links", NULL};
	char path[160], ready;
	struct error error;
	struct env env;
	struct txn txn;
	int ends[2];
	pid_t child;

	(void)snprintf(path, sizeof(path), "%s/state", fixture->data);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (env_open(&env, path, names, false, 0, &error))
			_exit(1);
		txn_begin_read(&txn, &env);
		(void)!write(ends[1], &ready, 1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(ends[0], &ready, 1), 1);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return child;
}

/* The same link again and again: pages of state/ are rewritten, none is added. */
static uint64_t growth_of_state(struct fixture *fixture)
{
	struct store_status before, after;

	store_status(fixture->store, &before);
	for (unsigned i = 0; i < 100; i++)
		(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "x"));
	store_status(fixture->store, &after);
	return after.state_bytes - before.state_bytes;
}

static void test_a_killed_reader_lets_the_file_stop_growing(void **state)
{
	enum { SOME_PAGES = 20 * 4096 };
	struct fixture *fixture = *state;
	usec_t deadline;
	pid_t reader;

	fixture->options.account_interval_s = 1;
	fixture_open(fixture);
	(void)growth_of_state(fixture);
	fixture_close(fixture);
	reader = hold_snapshot(fixture);
	fixture_open(fixture);
	assert_true(growth_of_state(fixture) > SOME_PAGES);
	assert_int_equal(kill(reader, SIGKILL), 0);
	assert_int_equal(waitpid(reader, NULL, 0), reader);
	deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;
	while (growth_of_state(fixture) > 0)
		assert_true(clock_monotonic() < deadline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_killed_reader_lets_the_file_stop_growing,
						fixture_new, fixture_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
