/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store on a disk that fails. The calls by which LMDB writes are replaced here (the definitions
 * of a program come before those of the C library), and fail as each test says: the sync of the
 * pages, the write of the meta page, or a meta page that is written although an error is reported.
 * Long because it is all that can fail. In each case every event is in the log exactly once in the
 * end, and its sequence has no gap.
 */
/* With it, pwrite below would be named pwrite64, which is not what LMDB calls. */
#undef _FILE_OFFSET_BITS

#include "fixture.h"

#include "store/people_copy.h"
#include "store/reader.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_int syncs_to_fail, metas_to_fail, metas_to_doubt, stalled;
static atomic_llong more_processor_s; /* added to what a thread has used */
static char meta_of[160];	      /* only this file's meta page fails */

static bool take_one(atomic_int *left)
{
	int now = atomic_load(left);

	while (now > 0)
		if (atomic_compare_exchange_weak(left, &now, now - 1))
			return true;
	return false;
}

static bool is_target(int fd)
{
	char link[64], path[160];
	ssize_t size;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, path, sizeof(path) - 1);
	if (size <= 0)
		return false;
	path[size] = '\0';
	return strcmp(path, meta_of) == 0;
}

/* Of processor clocks of threads, which have negative names. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
	long r = syscall(SYS_clock_gettime, clock, time);

	if (r == 0 && clock < 0)
		time->tv_sec += atomic_load(&more_processor_s);
	return (int)r;
}

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
	const struct timespec pause = {.tv_nsec = 1000000};

	if (atomic_load(&stalled) && is_target(fd)) {
		atomic_store(&stalled, 2);
		while (atomic_load(&stalled))
			(void)nanosleep(&pause, NULL);
	}
	if (atomic_load(&syncs_to_fail) > 0 && is_target(fd) && take_one(&syncs_to_fail)) {
		errno = EIO;
		return -1;
	}
	return real(fd);
}

/* The meta pages are the first two of a file, and nothing else is written there once it exists. */
ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	ssize_t (*real)(int, const void *, size_t, off_t) =
		(ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
	bool is_meta = at < 8192 && size < 4096;

	if (is_meta && atomic_load(&metas_to_fail) > 0 && is_target(fd) &&
	    take_one(&metas_to_fail)) {
		errno = EIO;
		return -1;
	}
	if (is_meta && atomic_load(&metas_to_doubt) > 0 && is_target(fd) &&
	    take_one(&metas_to_doubt)) {
		(void)real(fd, data, size, at);
		errno = EIO;
		return -1;
	}
	return real(fd, data, size, at);
}

static void fail_in(struct fixture *fixture, const char *environment)
{
	(void)snprintf(meta_of, sizeof(meta_of), "%s/%s/data.mdb", fixture->data, environment);
}

static void expect_all(struct fixture *fixture, unsigned clicks)
{
	struct event_writer *writer = store_writer(fixture->store);
	struct event_account account;
	struct walk walk;

	check_account(writer);
	event_writer_account(writer, &account);
	assert_int_equal(account.stored, clicks);
	assert_int_equal(account.lost, 0);
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.types[EVENT_click], clicks);
	fixture_close(fixture);
	fixture_open(fixture);
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.types[EVENT_click], clicks);
	assert_int_equal(walk.period, 1);
}

static void rounds(struct fixture *fixture, atomic_int *fault, int count)
{
	struct event_writer *writer;

	fixture_open(fixture);
	fail_in(fixture, "events");
	writer = store_writer(fixture->store);
	for (unsigned round = 0; round < 10; round++) {
		atomic_store(fault, count);
		for (unsigned i = 0; i < 10; i++)
			assert_int_equal(event_writer_append(writer,
							     click_ticket(EVENT_CLASS_CLICK, i)),
					 0);
		event_writer_kick(writer);
		take(writer, 10, NULL);
		assert_int_equal(atomic_load(fault), 0);
	}
	expect_all(fixture, 100);
}

static int cut(const struct fixture *fixture, const char *env)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s/data.mdb", fixture->data, env);
	return truncate(path, 8192);
}

/* The number of the first lookup that did not fail, in a process of its own. */
static int look_up_in_cut_files(struct fixture *fixture)
{
	struct reader readers[READERS_MAX];
	const atomic_bool give_up = false;
	struct error error = {""};
	char path[160];
	uint64_t sequence;
	size_t count;

	if (store_open(&fixture->options, &fixture->store, &error))
		return 100;
	(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "x"));
	if (cut(fixture, "state") || cut(fixture, "people") || cut(fixture, "events"))
		return 101;
	if (source_find(fixture->store, SPAN("crm"), SPAN("1"), &sequence) >= 0)
		return 1;
	if (reader_list(fixture->store, readers, &count) >= 0)
		return 2;
	if (reader_find(fixture->store, SPAN("crm"), readers) >= 0)
		return 3;
	if (event_reader_pruned_through(fixture->store, &sequence) >= 0)
		return 4;
	(void)snprintf(path, sizeof(path), "%s/people.copy", fixture->directory);
	return people_copy(fixture->store, path, &give_up, &error) ? 0 : 5;
}

/*
 * Whatever is looked up in a file that lost all but its meta pages is an error, not a crash. The
 * first of the tests: a later one would leave its child the signal handlers of cmocka.
 */
static void test_a_file_that_is_cut_ends_lookups_with_an_error(void **state)
{
	assert_int_equal(in_child(look_up_in_cut_files, *state), 0);
}

static int be_ended(struct fixture *fixture)
{
	struct error error = {""};

	(void)signal(SIGSEGV, SIG_DFL);
	if (store_open(&fixture->options, &fixture->store, &error))
		return 100;
	(void)kill(getpid(), SIGSEGV);
	return 0;
}

/* The guard is for faults of the store: what an operator sends to have a core dumped still ends. */
static void test_a_signal_that_is_sent_ends_the_process(void **state)
{
	int status = in_child(be_ended, *state) - 1000;

	assert_true(status > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void test_a_failed_sync_is_repeated(void **state)
{
	rounds(*state, &syncs_to_fail, 2);
}

static void test_a_failed_meta_page_reopens_the_environment(void **state)
{
	struct event_writer_figures figures;
	struct fixture *fixture = *state;

	fixture_open(fixture);
	fail_in(fixture, "events");
	atomic_store(&metas_to_fail, 1);
	(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 1));
	event_writer_figures(store_writer(fixture->store), &figures);
	assert_true(figures.failures >= 1);
	assert_true(figures.reopens >= 1);
	fixture_close(fixture);
	remove_tree(fixture->data);
	rounds(fixture, &metas_to_fail, 3);
}

static void test_a_commit_in_doubt_is_not_made_twice(void **state)
{
	rounds(*state, &metas_to_doubt, 1);
}

static void test_a_link_waits_for_state_and_clicks_do_not(void **state)
{
	static const struct link_id id = {"linkid01"};
	struct fixture *fixture = *state;
	struct event_writer *writer;
	struct store_status status;
	unsigned clicks = 0;
	struct link link;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	fail_in(fixture, "state");
	atomic_store(&syncs_to_fail, 1000000);
	assert_int_equal(event_writer_append(writer, link_ticket("linkid01",
								 "https://a.example.com/", "x")),
			 0);
	event_writer_kick(writer);
	do {
		(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, clicks++));
		store_status(fixture->store, &status);
	} while (clicks < 20 || !status.state_failing);
	assert_false(status.events_failing);
	assert_true(status.state_position < 1);
	assert_null(event_writer_take_done(writer));
	atomic_store(&syncs_to_fail, 0);
	take(writer, 1, NULL);
	assert_int_equal(link_find(fixture->store, &id, &fixture->arena, &link), 0);
	store_status(fixture->store, &status);
	assert_false(status.state_failing);
	assert_int_equal(status.state_position, 1 + clicks);
}

enum { BACKLOG_TICKETS = 40, BACKLOG_EVENTS = 500 };

static struct event_ticket *names_ticket(unsigned number)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	char name[32];

	assert_non_null(ticket);
	for (unsigned i = 0; i < BACKLOG_EVENTS; i++) {
		struct event event;

		(void)snprintf(name, sizeof(name), "%08u", number * BACKLOG_EVENTS + i);
		event_init(&event, EVENT_name, clock_wall());
		event_set_choice(&event, EVENT_FIELD_kind, 2);
		event_set(&event, EVENT_FIELD_name_id, span_of(name, 8));
		event_set(&event, EVENT_FIELD_name, span_text(name));
		assert_int_equal(event_ticket_add(ticket, &event), 0);
	}
	return ticket;
}

/* What piled up meanwhile is folded beside the log: no click waits for it, however long it takes.
 */
static void test_after_an_outage_of_state_clicks_do_not_wait_for_what_it_lacks(void **state)
{
	const uint64_t backlog = (uint64_t)BACKLOG_TICKETS * BACKLOG_EVENTS;
	struct fixture *fixture = *state;
	struct event_writer *writer;
	struct store_status status;

	fixture->options.queue_bulk = 2 * backlog;
	fixture_open(fixture);
	writer = store_writer(fixture->store);
	fail_in(fixture, "state");
	atomic_store(&syncs_to_fail, 1000000);
	for (unsigned i = 0; i < BACKLOG_TICKETS; i++)
		assert_int_equal(event_writer_append(writer, names_ticket(i)), 0);
	event_writer_kick(writer);
	do {
		(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 1));
		store_status(fixture->store, &status);
	} while (status.last_sequence < backlog);
	assert_true(status.state_failing);
	assert_true(status.state_position < 1);
	atomic_store(&stalled, 1);
	atomic_store(&syncs_to_fail, 0);
	while (atomic_load(&stalled) != 2)
		(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 2));
	for (unsigned i = 0; i < 20; i++)
		(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 3));
	store_status(fixture->store, &status);
	assert_true(status.state_position < backlog);
	atomic_store(&stalled, 0);
	take(writer, BACKLOG_TICKETS, NULL);
	store_status(fixture->store, &status);
	assert_true(status.state_position >= backlog);
	check_account(writer);
}

/* An environment that could not be opened is not asked for again at once, but soon. */
static void expect_link(struct fixture *fixture, const struct link_id *id)
{
	usec_t deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;
	struct link link;

	while (link_find(fixture->store, id, &fixture->arena, &link) != 0)
		assert_true(clock_monotonic() < deadline);
}

/* LMDB must be reopened after a failed meta page, and here it cannot be for a while. */
static void test_a_link_is_unreadable_while_state_cannot_be_reopened(void **state)
{
	static const struct link_id id = {"linkid01"};
	struct fixture *fixture = *state;
	char here[160], away[160];
	struct event_writer *writer;
	struct store_status status;
	struct link link;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "x"));
	(void)snprintf(here, sizeof(here), "%s/state", fixture->data);
	(void)snprintf(away, sizeof(away), "%s/away", fixture->data);
	assert_int_equal(rename(here, away), 0);
	fail_in(fixture, "away");
	atomic_store(&metas_to_fail, 1);
	assert_int_equal(event_writer_append(writer, link_ticket("linkid02",
								 "https://b.example.com/", "y")),
			 0);
	event_writer_kick(writer);
	do {
		(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 1));
		store_status(fixture->store, &status);
	} while (!status.state_failing);
	assert_int_equal(atomic_load(&metas_to_fail), 0);
	assert_true(link_find(fixture->store, &id, &fixture->arena, &link) < 0);
	assert_true(link_find_slug(fixture->store, SPAN("x"), &fixture->arena, &link) < 0);
	(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 2));
	assert_int_equal(rename(away, here), 0);
	expect_link(fixture, &id);
	take(writer, 1, NULL);
	assert_int_equal(link_find_slug(fixture->store, SPAN("y"), &fixture->arena, &link), 0);
	check_account(writer);
}

static void test_people_are_repeated_before_their_events(void **state)
{
	struct fixture *fixture = *state;
	struct event_ticket *ticket;
	struct people_change *change;
	struct prospect_id id;
	struct person person, again;

	fixture_open(fixture);
	fail_in(fixture, "people");
	assert_int_equal(id_of_address(fixture->keyring, SPAN("a@example.com"), &id), 0);
	assert_int_equal(people_resolve(fixture->store, &id, &person, &change), 0);
	ticket = click_ticket(EVENT_CLASS_CLICK, 1);
	event_ticket_add_change(ticket, change);
	atomic_store(&metas_to_fail, 2);
	(void)store_now(fixture, ticket);
	assert_int_equal(atomic_load(&metas_to_fail), 0);
	assert_int_equal(people_find(fixture->store, &id, &fixture->arena, &again), 0);
	assert_memory_equal(&person.key, &again.key, sizeof(person.key));
	expect_all(fixture, 1);
}

static void test_the_end_gives_up_in_bounded_time(void **state)
{
	struct fixture *fixture = *state;
	struct event_writer *writer;
	struct walk walk;
	usec_t began;

	fixture_open(fixture);
	fail_in(fixture, "events");
	writer = store_writer(fixture->store);
	(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 0));
	atomic_store(&syncs_to_fail, 1000000);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(event_writer_append(writer, click_ticket(EVENT_CLASS_CLICK, i)),
				 0);
	event_writer_kick(writer);
	began = clock_monotonic();
	fixture_close(fixture);
	assert_true(clock_monotonic() - began < (EVENT_CLOSE_MAX_S + 60) * USEC_PER_SEC);
	atomic_store(&syncs_to_fail, 0);
	fixture_open(fixture);
	walk_log(fixture->store, &walk);
	/* The one that was acknowledged, and that the run did not end as it should. */
	assert_int_equal(walk.types[EVENT_click], 1);
	assert_int_equal(walk.period, 2);
	assert_int_equal(walk.missing, 20000);
}

/* A server that starts on such a disk finds its links, and records once it can. */
static void test_a_start_on_a_failing_disk_is_degraded(void **state)
{
	const struct link_id id = {"linkid01"};
	struct fixture *fixture = *state;
	struct event_writer *writer;
	struct store *store = NULL;
	struct store_status status;
	struct error error = {""};
	struct walk walk;
	struct link link;

	fixture_open(fixture);
	(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "x"));
	fail_in(fixture, "events");
	atomic_store(&syncs_to_fail, 1000000);
	fixture_close(fixture);
	assert_int_not_equal(store_open(&fixture->options, &store, &error), 0);
	fixture->options.degraded_start = true;
	fixture_open(fixture);
	writer = store_writer(fixture->store);
	store_status(fixture->store, &status);
	assert_true(status.events_failing);
	assert_int_equal(link_find(fixture->store, &id, &fixture->arena, &link), 0);
	assert_int_equal(event_writer_append(writer, click_ticket(EVENT_CLASS_CLICK, 1)), 0);
	event_writer_kick(writer);
	atomic_store(&syncs_to_fail, 0);
	take(writer, 1, NULL);
	store_status(fixture->store, &status);
	assert_false(status.events_failing);
	walk_log(fixture->store, &walk);
	/* The link, the account of the run that could not end, the click. */
	assert_int_equal(walk.last, 3);
	assert_int_equal(status.last_sequence, 3);
	assert_int_equal(walk.types[EVENT_click], 1);
	assert_int_equal(walk.period, 2);
	check_account(writer);
}

/*
 * Where data/lock cannot be opened at all, nothing is opened for writing. When it can be, writing
 * begins without another start.
 */
static void test_a_start_without_the_lock_writes_when_it_has_it(void **state)
{
	struct fixture *fixture = *state;
	struct event_writer *writer;
	struct store_status status;
	struct walk walk;
	char lock[128];

	fixture_open(fixture);
	(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 1));
	fixture_close(fixture);
	(void)snprintf(lock, sizeof(lock), "%s/lock", fixture->data);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(symlink("lock", lock), 0);
	fixture->options.degraded_start = true;
	fixture_open(fixture);
	writer = store_writer(fixture->store);
	store_status(fixture->store, &status);
	assert_true(status.events_failing);
	assert_int_equal(event_writer_append(writer, click_ticket(EVENT_CLASS_CLICK, 2)), 0);
	assert_int_equal(event_writer_append(writer, link_ticket("linkid01",
								 "https://a.example.com/", "x")),
			 0);
	event_writer_kick(writer);
	assert_int_equal(unlink(lock), 0);
	take(writer, 2, NULL);
	store_status(fixture->store, &status);
	assert_false(status.events_failing || status.state_failing || status.people_failing);
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.types[EVENT_click], 2);
	check_account(writer);
}

/* What a watchdog asks: a disk that fails or stalls is no reason, a thread that spins is one. */
static void test_the_writer_lives_while_its_disk_does_not(void **state)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	struct fixture *fixture = *state;
	struct event_writer *writer;
	struct store_status status;

	fixture_open(fixture);
	writer = store_writer(fixture->store);
	fail_in(fixture, "events");
	assert_true(event_writer_alive(writer));
	atomic_store(&syncs_to_fail, 1000000);
	assert_int_equal(event_writer_append(writer, click_ticket(EVENT_CLASS_CLICK, 1)), 0);
	event_writer_kick(writer);
	do {
		assert_true(event_writer_alive(writer));
		store_status(fixture->store, &status);
	} while (!status.events_failing);
	atomic_store(&stalled, 1);
	atomic_store(&syncs_to_fail, 0);
	while (atomic_load(&stalled) != 2)
		(void)nanosleep(&pause, NULL);
	for (unsigned i = 0; i < 100; i++)
		assert_true(event_writer_alive(writer));
	atomic_store(&more_processor_s, EVENT_WRITER_SPIN_S + 1);
	assert_false(event_writer_alive(writer));
	atomic_store(&stalled, 0);
	take(writer, 1, NULL);
	atomic_store(&more_processor_s, 0);
	assert_true(event_writer_alive(writer));
	expect_all(fixture, 1);
}

static int reset(void **state)
{
	atomic_store(&stalled, 0);
	atomic_store(&more_processor_s, 0);
	atomic_store(&syncs_to_fail, 0);
	atomic_store(&metas_to_fail, 0);
	atomic_store(&metas_to_doubt, 0);
	return fixture_free(state);
}

#define ON_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_new, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STORE(test_a_file_that_is_cut_ends_lookups_with_an_error),
		ON_STORE(test_a_signal_that_is_sent_ends_the_process),
		ON_STORE(test_a_failed_sync_is_repeated),
		ON_STORE(test_a_failed_meta_page_reopens_the_environment),
		ON_STORE(test_a_commit_in_doubt_is_not_made_twice),
		ON_STORE(test_a_link_waits_for_state_and_clicks_do_not),
		ON_STORE(test_after_an_outage_of_state_clicks_do_not_wait_for_what_it_lacks),
		ON_STORE(test_a_link_is_unreadable_while_state_cannot_be_reopened),
		ON_STORE(test_people_are_repeated_before_their_events),
		ON_STORE(test_the_end_gives_up_in_bounded_time),
		ON_STORE(test_a_start_on_a_failing_disk_is_degraded),
		ON_STORE(test_a_start_without_the_lock_writes_when_it_has_it),
		ON_STORE(test_the_writer_lives_while_its_disk_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
