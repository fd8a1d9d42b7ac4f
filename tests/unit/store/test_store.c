/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data directory: who may open it, what a start finds after an end, a crash, another version or
 * damage, and readers beside an owner whose map grows.
 */
#include "fixture.h"

#include "base/encode.h"
#include "store/link_repoint.h"
#include "store/store_internal.h"

#include <lmdb.h>

static mode_t mode_of(const struct fixture *fixture, const char *name)
{
	char path[160];
	struct stat status;

	(void)snprintf(path, sizeof(path), "%s/%s", fixture->data, name);
	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static void test_nobody_else_may_look(void **state)
{
	static const char *const directories[] = {".", "events", "state", "people"};
	static const char *const files[] = {"lock",	      "events/data.mdb", "events/lock.mdb",
					    "state/data.mdb", "people/data.mdb", "people/lock.mdb"};
	struct fixture *fixture = *state;

	fixture_open(fixture);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(mode_of(fixture, directories[i]), 0700);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(mode_of(fixture, files[i]), 0600);
}

static int expect_locked(struct fixture *fixture)
{
	struct store *store = NULL;
	struct error error = {""};
	char pid[32];

	(void)snprintf(pid, sizeof(pid), "process %ld ", (long)getppid());
	if (store_open(&fixture->options, &store, &error) != STORE_E_LOCKED)
		return 1;
	return store == NULL && strstr(error.text, pid) && strstr(error.text, "/lock") ? 0 : 2;
}

static void test_a_second_owner_is_refused_by_name(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	assert_int_equal(in_child(expect_locked, fixture), 0);
	fixture_close(fixture);
	fixture_open(fixture);
}

static int expect_absent(struct fixture *fixture)
{
	struct store *store = NULL;
	struct error error = {""};

	if (store_open_reader(fixture->data, &store, &error) != STORE_E_ABSENT)
		return 1;
	return strstr(error.text, fixture->data) && !store ? 0 : 2;
}

static void test_a_reader_says_when_there_is_no_store(void **state)
{
	struct fixture *fixture = *state;
	char path[160];

	assert_int_equal(expect_absent(fixture), 0);
	assert_int_equal(mkdir(fixture->data, 0700), 0);
	assert_int_equal(expect_absent(fixture), 0);
	(void)snprintf(path, sizeof(path), "%s/events", fixture->data);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(expect_absent(fixture), 0);
}

static int read_two(struct fixture *fixture)
{
	static const struct link_id id = {"linkid01"};
	struct error error = {""};
	struct store *store;
	struct walk walk;
	struct link link;

	if (store_open_reader(fixture->data, &store, &error))
		return 1;
	walk_log(store, &walk);
	if (walk.last != 2 || strcmp(store_node(store), "n1") != 0)
		return 2;
	if (link_find(store, &id, &fixture->arena, &link))
		return 3;
	store_close(store);
	return 0;
}

static void test_a_reader_in_another_process(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 1));
	(void)store_now(fixture, link_ticket("linkid01", "https://www.example.com/", NULL));
	assert_int_equal(in_child(read_two, fixture), 0);
}

static int die_after_three(struct fixture *fixture)
{
	fixture_open(fixture);
	for (unsigned i = 0; i < 3; i++)
		(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, i));
	return 42; /* _exit(): nothing is closed */
}

static void test_a_start_after_a_crash_says_unclean(void **state)
{
	struct fixture *fixture = *state;
	struct walk walk;

	assert_int_equal(in_child(die_after_three, fixture), 42);
	fixture->options.queue_clicks = 5;
	fixture_open(fixture);
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.last, 4);
	assert_int_equal(walk.period, 2);
	/* What the run that died could have queued, not what this one can. */
	assert_int_equal(walk.missing, 20000);
	fixture_close(fixture);
	fixture_open(fixture);
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.last, 5);
	assert_int_equal(walk.period, 1);
}

static int die_at_once(struct fixture *fixture)
{
	fixture_open(fixture);
	return 42;
}

static void test_a_run_that_stored_nothing_is_missed_too(void **state)
{
	struct fixture *fixture = *state;
	struct walk walk;

	assert_int_equal(in_child(die_at_once, fixture), 42);
	fixture_open(fixture);
	(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, 1));
	fixture_close(fixture);
	/* The log ends with a shutdown now, which is of the run before the one that dies here. */
	assert_int_equal(in_child(die_at_once, fixture), 42);
	fixture_open(fixture);
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.types[EVENT_account], 3);
	assert_int_equal(walk.period, 2);
	assert_true(walk.missing > 0);
	fixture_close(fixture);
	fixture_open(fixture);
	walk_log(fixture->store, &walk);
	assert_int_equal(walk.types[EVENT_account], 4);
	assert_int_equal(walk.period, 1);
}

static void test_state_is_made_again_from_the_log(void **state)
{
	static const struct link_id id = {"linkid01"};
	struct fixture *fixture = *state;
	struct store_status status;
	struct link link;
	char path[160];

	fixture_open(fixture);
	for (unsigned i = 0; i < 30; i++) {
		(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "x"));
		(void)store_now(fixture, click_ticket(EVENT_CLASS_CLICK, i));
	}
	fixture_close(fixture);
	(void)snprintf(path, sizeof(path), "%s/state", fixture->data);
	remove_tree(path);
	fixture_open(fixture);
	assert_int_equal(link_find(fixture->store, &id, &fixture->arena, &link), 0);
	assert_int_equal(link.event, 59);
	assert_int_equal(link_find_slug(fixture->store, SPAN("x"), &fixture->arena, &link), 0);
	store_status(fixture->store, &status);
	assert_int_equal(status.state_position, 61);
	assert_int_equal(status.last_sequence, 61);
	assert_true(status.events_bytes > 0 && status.state_bytes > 0 && status.people_bytes > 0);
}

/* Change one value of a "meta" database behind the store's back. */
static void change_meta(const struct fixture *fixture, const char *environment, const char *key,
			const void *value, size_t size)
{
	MDB_val name = {.mv_size = strlen(key)}, content = {.mv_size = size};
	cleanup_free char *key_copy = span_dup(span_text(key));
	cleanup_free char *value_copy = span_dup(span_of(value, size));
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi database;
	char path[160];

	name.mv_data = key_copy;
	content.mv_data = value_copy;
	(void)snprintf(path, sizeof(path), "%s/%s", fixture->data, environment);
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
	assert_int_equal(mdb_env_open(env, path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", 0, &database), 0);
	assert_int_equal(mdb_put(txn, database, &name, &content, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

/* As a store that the version of before that database wrote last. */
static void drop_database(const struct fixture *fixture, const char *environment, const char *name)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi database;
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", fixture->data, environment);
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
	assert_int_equal(mdb_env_open(env, path, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, name, 0, &database), 0);
	assert_int_equal(mdb_drop(txn, database, 1), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static int count_change(void *context, const struct link_repoint *change)
{
	unsigned *count = context;

	(void)change;
	(*count)++;
	return 0;
}

static int read_old(struct fixture *fixture)
{
	static const struct link_id id = {"linkid01"};
	struct error error = {""};
	struct span destination;
	struct store *store;
	struct link link;
	unsigned count = 0;

	if (store_open_reader(fixture->data, &store, &error))
		return 1;
	if (link_find(store, &id, &fixture->arena, &link))
		return 2;
	if (link_repoint_each(store, &id, count_change, &count) || count > 0)
		return 3;
	if (link_repoint_first(store, &id, &fixture->arena, &destination) != STORE_E_NOT_FOUND)
		return 4;
	store_close(store);
	return 0;
}

static void test_a_reader_opens_what_an_earlier_version_wrote(void **state)
{
	static const struct link_id id = {"linkid01"};
	struct fixture *fixture = *state;
	unsigned count = 0;

	fixture_open(fixture);
	(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "x"));
	fixture_close(fixture);
	drop_database(fixture, "state", "repoints");
	assert_int_equal(in_child(read_old, fixture), 0);
	/* Its owner makes what is missing. */
	fixture_open(fixture);
	(void)store_now(fixture, link_ticket("linkid01", "https://b.example.com/", "x"));
	assert_int_equal(link_repoint_each(fixture->store, &id, count_change, &count), 0);
	assert_int_equal(count, 1);
}

static void test_state_of_another_log_is_made_again(void **state)
{
	static const struct {
		const char *key;
		const void *value;
		size_t size;
	} changes[] = {
		{"log", "n2.1", 4},
		{"schema", "\0\0\0\1", 4},
		{"position", "\0\0\0\0\0\1\0\0", 8},
	};
	static const struct link_id id = {"linkid01"};
	struct fixture *fixture = *state;
	struct link link;

	fixture_open(fixture);
	(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "x"));
	for (size_t i = 0; i < 3; i++) {
		fixture_close(fixture);
		change_meta(fixture, "state", changes[i].key, changes[i].value, changes[i].size);
		fixture_open(fixture);
		assert_int_equal(link_find(fixture->store, &id, &fixture->arena, &link), 0);
		assert_int_equal(link.event, 1);
	}
}

/* It has looked at nothing yet, so it cannot say until when browsers were not seen. */
static void test_state_that_is_made_again_has_seen_nobody(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	fixture_close(fixture);
	change_meta(fixture, "state", "seen_time", "\0\0\1\0\0\0\0\0", 8);
	change_meta(fixture, "state", "seen_floor", "\0\0\1\0\0\0\0\0", 8);
	change_meta(fixture, "state", "log", "n2.1", 4);
	for (unsigned i = 0; i < 2; i++) {
		fixture_open(fixture);
		assert_int_equal(fixture->store->binding_prune.time, 0);
		assert_int_equal(fixture->store->binding_prune.floor, 0);
		fixture_close(fixture);
	}
}

static void expect_refusal(struct fixture *fixture, int code, const char *text)
{
	struct error error = {""};

	assert_int_equal(store_open(&fixture->options, &fixture->store, &error), code);
	assert_null(fixture->store);
	if (!strstr(error.text, text) || !strstr(error.text, fixture->data))
		fail_msg("\"%s\" does not say \"%s\"", error.text, text);
}

static void test_a_newer_schema_is_refused(void **state)
{
	static const char *const environments[] = {"events", "state", "people"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < 3; i++) {
		fixture_open(fixture);
		fixture_close(fixture);
		change_meta(fixture, environments[i], "schema", "\0\0\0\3", 4);
		expect_refusal(fixture, STORE_E_SCHEMA, "newer version");
		change_meta(fixture, environments[i], "schema", "\0\0\0\1", 4);
	}
	fixture_open(fixture);
}

static void test_the_log_of_another_node_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fixture_open(fixture);
	fixture_close(fixture);
	fixture->options.node = "n2";
	expect_refusal(fixture, STORE_E_NODE, "node");
}

static void test_damage_is_said(void **state)
{
	struct fixture *fixture = *state;
	uint8_t noise[8192];
	char path[160];
	int fd;

	fixture_open(fixture);
	fixture_close(fixture);
	(void)snprintf(path, sizeof(path), "%s/events/data.mdb", fixture->data);
	memset(noise, 0xA5, sizeof(noise));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, noise, sizeof(noise), 0), sizeof(noise));
	(void)close(fd);
	expect_refusal(fixture, STORE_E_DAMAGED, "backup");
}

static void test_a_directory_that_cannot_be_made_is_said(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {""};

	fixture->options.data_dir = "/nonexistent/waymark/data";
	assert_int_equal(store_open(&fixture->options, &fixture->store, &error), -ENOENT);
	assert_non_null(strstr(error.text, "/nonexistent/waymark/data"));
}

/* Read again and again while the owner grows its map, until everything has been seen. */
static int read_until(struct fixture *fixture, uint64_t wanted)
{
	usec_t deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;
	struct store *store = NULL;
	struct error error;
	struct walk walk;

	while (store_open_reader(fixture->data, &store, &error))
		if (clock_monotonic() > deadline)
			return 1;
	do {
		walk_log(store, &walk);
		if (clock_monotonic() > deadline)
			return 2;
	} while (walk.types[EVENT_click] < wanted);
	store_close(store);
	return 0;
}

static void test_the_map_grows_beside_a_reader(void **state)
{
	static uint8_t url[1000];
	struct fixture *fixture = *state;
	struct event_writer *writer;
	struct store_status status;
	const unsigned total = 6000;
	int result;
	pid_t child;

	memset(url, 'u', sizeof(url));
	fixture->options.initial_map_bytes = 200000;
	fixture->options.queue_clicks = total * 2;
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(read_until(fixture, total));
	fixture_open(fixture);
	writer = store_writer(fixture->store);
	for (unsigned i = 0; i < total; i++) {
		struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_CLICK);
		struct event event;

		make_click(&event, i);
		put_u32(url, i * 2654435761u | 0x80808080u); /* a page of its own */
		event_set(&event, EVENT_FIELD_url, span_of(url, sizeof(url)));
		assert_int_equal(event_ticket_add(ticket, &event), 0);
		assert_int_equal(event_writer_append(writer, ticket), 0);
		if (i % 100 != 99)
			continue;
		event_writer_kick(writer);
		take(writer, 100, NULL);
	}
	store_status(fixture->store, &status);
	assert_true(status.map_growths >= 3);
	assert_int_equal(waitpid(child, &result, 0), child);
	assert_int_equal(result, 0);
}

#define ON_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STORE(test_nobody_else_may_look),
		ON_STORE(test_a_second_owner_is_refused_by_name),
		ON_STORE(test_a_reader_says_when_there_is_no_store),
		ON_STORE(test_a_reader_in_another_process),
		ON_STORE(test_a_start_after_a_crash_says_unclean),
		ON_STORE(test_a_run_that_stored_nothing_is_missed_too),
		ON_STORE(test_state_is_made_again_from_the_log),
		ON_STORE(test_a_reader_opens_what_an_earlier_version_wrote),
		ON_STORE(test_state_of_another_log_is_made_again),
		ON_STORE(test_state_that_is_made_again_has_seen_nobody),
		ON_STORE(test_a_newer_schema_is_refused),
		ON_STORE(test_the_log_of_another_node_is_refused),
		ON_STORE(test_damage_is_said),
		ON_STORE(test_a_directory_that_cannot_be_made_is_said),
		ON_STORE(test_the_map_grows_beside_a_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
