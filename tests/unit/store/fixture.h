/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TESTS_UNIT_STORE_FIXTURE_H
#define WAYMARK_TESTS_UNIT_STORE_FIXTURE_H

/*
 * A store in a directory of its own, and the few events that its tests make; long because it is
 * all that these tests share. Everything that waits
 * is bounded by WAIT_MAX_MS and fails the test when that has passed.
 */
#include "base/arena.h"
#include "base/cleanup.h"
#include "crypto/keyring.h"
#include "store/event_reader.h"
#include "store/event_writer.h"
#include "store/people.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { WAIT_MAX_MS = 30000 };

struct fixture {
	char directory[64], data[96], keys[96];
	struct store_options options;
	struct keyring *keyring;
	struct store *store;
	struct arena arena;
};

static inline int remove_one(const char *path, const struct stat *status, int type,
			     struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static inline void remove_tree(const char *path)
{
	(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void fixture_open(struct fixture *fixture)
{
	struct error error = {""};

	if (store_open(&fixture->options, &fixture->store, &error))
		fail_msg("%s", error.text);
}

static inline void fixture_close(struct fixture *fixture)
{
	store_close(take_ptr(fixture->store));
}

/* The directory and the options; nothing is open yet. */
static inline int fixture_new(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct error error = {""};

	assert_non_null(fixture);
	assert_int_equal(crypto_init(), 0);
	(void)snprintf(fixture->directory, sizeof(fixture->directory), "%s/waymark-store-XXXXXX",
		       P_tmpdir);
	assert_non_null(mkdtemp(fixture->directory));
	(void)snprintf(fixture->data, sizeof(fixture->data), "%s/data", fixture->directory);
	(void)snprintf(fixture->keys, sizeof(fixture->keys), "%s/keys.json", fixture->directory);
	assert_int_equal(keyring_create(fixture->keys, &error), 0);
	assert_int_equal(keyring_load(fixture->keys, NULL, 0, &fixture->keyring, &error), 0);
	fixture->options = (struct store_options){
		.data_dir = fixture->data,
		.node = "n1",
		.keyring = fixture->keyring,
		.queue_clicks = 10000,
		.queue_bulk = 10000,
	};
	*state = fixture;
	return 0;
}

static inline int fixture_free(void **state)
{
	struct fixture *fixture = *state;

	fixture_close(fixture);
	keyring_free(fixture->keyring);
	arena_finish(&fixture->arena);
	remove_tree(fixture->directory);
	free(fixture);
	return 0;
}

static inline void make_click(struct event *event, uint64_t number)
{
	event_init(event, EVENT_click, clock_wall());
	event_set(event, EVENT_FIELD_tracker, SPAN("go.example.com"));
	memcpy(event->scratch[EVENT_FIELD_link], &number, sizeof(number));
	event_set(event, EVENT_FIELD_link, span_of(event->scratch[EVENT_FIELD_link], 8));
}

static inline struct event_ticket *click_ticket(enum event_class class, uint64_t number)
{
	struct event_ticket *ticket = event_ticket_new(class);
	struct event event;

	assert_non_null(ticket);
	make_click(&event, number);
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	return ticket;
}

/* A ticket with a link, as link new would make it. */
static inline struct event_ticket *link_ticket(const char *id, const char *destination,
					       const char *slug)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	struct event event;

	assert_non_null(ticket);
	event_init(&event, EVENT_link, clock_wall());
	event_set(&event, EVENT_FIELD_link, span_of(id, 8));
	event_set(&event, EVENT_FIELD_destination, span_text(destination));
	event_set(&event, EVENT_FIELD_slug, span_text(slug));
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	return ticket;
}

/* Append, wait and free; the sequence of its first event. */
static inline uint64_t store_now(struct fixture *fixture, struct event_ticket *ticket)
{
	uint64_t sequence;

	assert_int_equal(event_writer_append_and_wait(store_writer(fixture->store), ticket), 0);
	sequence = ticket->first_sequence;
	event_ticket_free(ticket);
	return sequence;
}

/* As the loop does: wait on the descriptor, take what is done, until @count tickets came back. */
static inline void take(struct event_writer *writer, unsigned count,
			void (*each)(struct event_ticket *ticket))
{
	usec_t deadline = clock_monotonic() + WAIT_MAX_MS * USEC_PER_MS;

	while (count > 0) {
		struct pollfd wait = {.fd = event_writer_fd(writer), .events = POLLIN};
		struct event_ticket *ticket;

		if (clock_monotonic() > deadline)
			fail_msg("%u tickets never came back", count);
		(void)poll(&wait, 1, 100);
		for (ticket = event_writer_take_done(writer); ticket;) {
			struct event_ticket *next = ticket->next;

			if (each)
				each(ticket);
			event_ticket_free(ticket);
			ticket = next;
			assert_true(count-- > 0);
		}
	}
}

static inline void check_account(struct event_writer *writer)
{
	struct event_account a;

	event_writer_account(writer, &a);
	assert_true(a.received == a.stored + a.dropped + a.rejected + a.lost + a.pending);
}

/* The log as a whole: sequences from 1 without a gap. Returns the number of events. */
struct walk {
	uint64_t last;
	uint64_t types[EVENT_TYPE_COUNT];
	struct event_account account; /* the last one */
	uint64_t missing, period, late;
};

static inline int walk_each(void *context, const struct event *event, struct span record)
{
	struct walk *walk = context;

	(void)record;
	assert_true(event->sequence == walk->last + 1);
	assert_int_equal(event->incarnation, 1);
	walk->last = event->sequence;
	walk->types[event->type]++;
	walk->late += event_choice(event, EVENT_FIELD_signals) & SIGNAL_LATE ? 1 : 0;
	if (event->type != EVENT_account)
		return 0;
	walk->account.received = event_number(event, EVENT_FIELD_received);
	walk->account.stored = event_number(event, EVENT_FIELD_committed);
	walk->account.dropped = event_number(event, EVENT_FIELD_dropped);
	walk->account.rejected = event_number(event, EVENT_FIELD_rejected);
	walk->account.lost = event_number(event, EVENT_FIELD_lost);
	walk->account.pending = event_number(event, EVENT_FIELD_pending);
	walk->account.late = event_number(event, EVENT_FIELD_late);
	walk->missing = event_number(event, EVENT_FIELD_missing);
	walk->period = event_choice(event, EVENT_FIELD_period);
	return 0;
}

static inline void walk_log(struct store *store, struct walk *walk)
{
	uint64_t last;

	*walk = (struct walk){0};
	assert_int_equal(event_reader_each(store, 0, walk_each, walk, &last), 0);
	assert_true(last == walk->last);
}

/* Run @body in a child process; its exit status. */
static inline int in_child(int (*body)(struct fixture *fixture), struct fixture *fixture)
{
	int status;
	pid_t child;

	(void)fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(body(fixture));
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

#endif
