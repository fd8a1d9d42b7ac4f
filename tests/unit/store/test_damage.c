/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damaged pages. A store is made with every kind of page (branch, leaf, overflow, free list, meta);
 * then bytes of one page are turned over, and a child process does with it what a server does: it
 * starts, looks links and people up, reads the log, stores clicks and a link, and ends. It may
 * answer wrongly about what lay on that page; it must not crash, hang, or grow without end.
 *
 * LMDB keeps no checksums. Two things cannot be caught: damage that LMDB copies into memory of its
 * own while it writes and that is wrong there only, so that the C library finds its heap damaged
 * and ends the process; and pages that lead in a circle, where a thread does not come back. How
 * often that is, is counted and bounded here; a service manager and its watchdog restart it.
 */
#include "fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	PAGE_BYTES = 4096,
	HEADER_BYTES = 16,
	CLICKS = 3000,
	LINKS = 300,
	PEOPLE = 300,
	CHILD_S = 10,
	WAIT_MS = 150,
	ENDED_MAX_PERCENT = 3,
	ROUNDS_SMALL = 8,
	ROUNDS_FULL = 200,
	MEMORY_BYTES = 1 << 30
};

/* Sanitizers map more than a child may, and see faults in LMDB before it does. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

enum { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8 };

enum { ENVIRONMENTS = 3 };

static const char *const environments[ENVIRONMENTS] = {"events", "state", "people"};

static uint64_t chance = 88172645463325252ULL;

static uint64_t draw(uint64_t below)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return chance % below;
}

static struct prospect_id person_of(unsigned number)
{
	struct prospect_id id = {{0}};

	memcpy(id.bytes, &number, sizeof(number));
	id.bytes[11] = (uint8_t)(number * 37);
	return id;
}

static struct event_ticket *person_click(struct fixture *fixture, unsigned number)
{
	struct event_ticket *ticket = click_ticket(EVENT_CLASS_CLICK, number);
	const struct prospect_id id = person_of(number);
	struct people_change *change = NULL;
	struct person person;

	if (people_resolve(fixture->store, &id, &person, &change) == 0 && change)
		event_ticket_add_change(ticket, change);
	return ticket;
}

static void link_id_of(unsigned number, char ret_id[9])
{
	(void)snprintf(ret_id, 9, "%08x", number * 2654435761U);
}

static struct event_ticket *large_link(unsigned number)
{
	static char destination[7000];
	char id[9], slug[16];

	memset(destination, 'd', sizeof(destination) - 1);
	memcpy(destination, "https://a.example.com/", 22);
	destination[number % 7 == 0 ? sizeof(destination) - 1 : 60] = '\0';
	link_id_of(number, id);
	(void)snprintf(slug, sizeof(slug), "s%u", number);
	return link_ticket(id, destination, slug);
}

static void append(struct fixture *fixture, struct event_ticket *ticket)
{
	if (event_writer_append(store_writer(fixture->store), ticket))
		event_ticket_free(ticket);
}

static void wait_for_all(struct fixture *fixture, usec_t limit)
{
	struct event_writer *writer = store_writer(fixture->store);
	usec_t deadline = clock_monotonic() + limit;
	struct event_account account;

	event_writer_kick(writer);
	do {
		struct pollfd wait = {.fd = event_writer_fd(writer), .events = POLLIN};
		struct event_ticket *next;

		(void)poll(&wait, 1, 10);
		for (struct event_ticket *t = event_writer_take_done(writer); t; t = next) {
			next = t->next;
			event_ticket_free(t);
		}
		event_writer_account(writer, &account);
	} while (account.pending > 0 && clock_monotonic() < deadline);
}

static void make(struct fixture *fixture)
{
	fixture_open(fixture);
	for (unsigned i = 0; i < LINKS; i++)
		append(fixture, large_link(i));
	for (unsigned i = 0; i < CLICKS; i++)
		append(fixture, person_click(fixture, i % PEOPLE));
	wait_for_all(fixture, WAIT_MAX_MS * USEC_PER_MS);
	/* Rows that are replaced leave pages to the free list. */
	for (unsigned i = 0; i < LINKS; i += 3)
		append(fixture, large_link(i));
	wait_for_all(fixture, WAIT_MAX_MS * USEC_PER_MS);
	fixture_close(fixture);
}

static int look(void *context, const struct event *event, struct span record)
{
	(void)context;
	(void)event;
	(void)record;
	return 0;
}

static void look_up(struct fixture *fixture)
{
	uint64_t last;

	for (unsigned i = 0; i < LINKS; i++) {
		const struct prospect_id id = person_of(i);
		struct person person;
		struct link_id link_id;
		struct link link;
		char text[9], slug[16];

		link_id_of(i, text);
		memcpy(link_id.bytes, text, sizeof(link_id.bytes));
		(void)snprintf(slug, sizeof(slug), "s%u", i);
		(void)link_find(fixture->store, &link_id, &fixture->arena, &link);
		(void)link_find_slug(fixture->store, span_text(slug), &fixture->arena, &link);
		(void)people_find(fixture->store, &id, &fixture->arena, &person);
		arena_reset(&fixture->arena);
	}
	(void)event_reader_each(fixture->store, 0, look, NULL, &last);
}

/* What a server does, in a process of its own; 0 whatever the store answers. */
static int serve(struct fixture *fixture)
{
	const struct rlimit memory = {MEMORY_BYTES + ((rlim_t)3 << 30),
				      MEMORY_BYTES + ((rlim_t)3 << 30)};
	struct error error = {""};

	(void)alarm(CHILD_S);
	(void)setrlimit(RLIMIT_AS, &memory);
	(void)!freopen("/dev/null", "w", stderr);
	fixture->options.degraded_start = true;
	fixture->options.account_interval_s = 1;
	if (store_open(&fixture->options, &fixture->store, &error))
		return 0;
	look_up(fixture);
	for (unsigned i = 0; i < 40; i++) {
		append(fixture, person_click(fixture, i * 8));
		append(fixture, large_link(i * 5 % LINKS));
	}
	wait_for_all(fixture, WAIT_MS * USEC_PER_MS);
	look_up(fixture);
	_exit(0);
}

static void path_of(const struct fixture *fixture, const char *environment, char ret_path[160])
{
	(void)snprintf(ret_path, 160, "%s/%s/data.mdb", fixture->data, environment);
}

static uint8_t *read_whole(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	uint8_t *data;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &status), 0);
	*ret_size = (size_t)status.st_size;
	data = malloc(*ret_size);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, *ret_size, file), *ret_size);
	(void)fclose(file);
	return data;
}

static void write_whole(const char *path, const uint8_t *data, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static unsigned kind_of(const uint8_t *page)
{
	uint16_t flags;

	memcpy(&flags, page + 10, sizeof(flags));
	return flags & (PAGE_BRANCH | PAGE_LEAF | PAGE_OVERFLOW | PAGE_META);
}

/* Turn some bytes over: of the header and the pointers behind it, or anywhere. */
static void damage(uint8_t *page)
{
	unsigned count = 1 + (unsigned)draw(8);
	size_t within = draw(2) ? HEADER_BYTES + 24 : PAGE_BYTES;

	if (draw(8) == 0) {
		memset(page, draw(2) ? 0xFF : 0, PAGE_BYTES);
		return;
	}
	for (unsigned i = 0; i < count; i++)
		page[draw(within)] ^= (uint8_t)(1 + draw(255));
}

static unsigned rounds_of_size(void)
{
	const char *size = getenv("WAYMARK_TEST_SIZE");

	return size && strcmp(size, "full") == 0 ? ROUNDS_FULL : ROUNDS_SMALL;
}

struct tally {
	unsigned runs, ended, crashed, hung;
};

static void judge(struct tally *tally, int status)
{
	tally->runs++;
	if (status == 0)
		return;
	if (status == 1000 + SIGALRM) {
		tally->hung++;
		return;
	}
	/* The C library found its own heap damaged. */
	if (status == 1000 + SIGABRT) {
		tally->ended++;
		return;
	}
	tally->crashed++;
}

/* The store as it was made. */
static struct image {
	char path[160];
	uint8_t *data;
	size_t size;
} images[ENVIRONMENTS];

static void restore(void)
{
	for (unsigned i = 0; i < ENVIRONMENTS; i++)
		write_whole(images[i].path, images[i].data, images[i].size);
}

/* A page of @kind; NULL when there is none. */
static uint8_t *choose(uint8_t *data, size_t size, unsigned kind)
{
	for (unsigned tries = 0; tries < 10000; tries++) {
		uint8_t *page = data + draw(size / PAGE_BYTES) * PAGE_BYTES;

		if (kind == 0 || kind_of(page) & kind)
			return page;
	}
	return NULL;
}

/* @rounds times a page of @kind (0: any, also those that are free) of one environment. */
static void try(struct fixture *fixture, unsigned environment, unsigned kind, unsigned rounds,
		struct tally *tally)
{
	const struct image *image = &images[environment];

	for (unsigned round = 0; round < rounds; round++) {
		uint8_t *data = malloc(image->size), *page;

		assert_non_null(data);
		memcpy(data, image->data, image->size);
		page = choose(data, image->size, kind);
		assert_non_null(page);
		damage(page);
		restore();
		write_whole(image->path, data, image->size);
		free(data);
		judge(tally, in_child(serve, fixture));
	}
}

static void test_a_damaged_page_costs_an_error(void **state)
{
	static const unsigned kinds[] = {PAGE_META, PAGE_BRANCH, PAGE_LEAF, PAGE_OVERFLOW, 0};
	static const char *const names[] = {"meta", "branch", "leaf", "overflow", "any"};
	struct fixture *fixture = *state;
	struct tally all = {0};
	unsigned rounds = rounds_of_size();

	if (SANITIZED)
		skip();
	make(fixture);
	for (unsigned i = 0; i < ENVIRONMENTS; i++) {
		path_of(fixture, environments[i], images[i].path);
		images[i].data = read_whole(images[i].path, &images[i].size);
	}
	for (unsigned i = 0; i < ENVIRONMENTS; i++)
		for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			struct tally tally = {0};

			/* Rows of people and records of clicks are short: no overflow there. */
			if (kinds[k] == PAGE_OVERFLOW && strcmp(environments[i], "people") == 0)
				continue;
			try(fixture, i, kinds[k], rounds, &tally);
			print_message("%s, %s pages: %u runs, %u crashed, %u hung, %u ended\n",
				      environments[i], names[k], tally.runs, tally.crashed,
				      tally.hung, tally.ended);
			all.runs += tally.runs;
			all.crashed += tally.crashed;
			all.hung += tally.hung;
			all.ended += tally.ended;
		}
	for (unsigned i = 0; i < ENVIRONMENTS; i++)
		free(images[i].data);
	assert_int_equal(all.crashed, 0);
	assert_true((all.ended + all.hung) * 100 <= all.runs * ENDED_MAX_PERCENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_damaged_page_costs_an_error, fixture_new,
						fixture_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
