/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_check DATA_DIR [owner|reader]: open a store as the server (or a reader beside it) would,
 * and read all of its log. Prints the address of each click, view and leave, one a line. Fails,
 * saying why, when it does not open, a record cannot be read, a sequence is missing, or (as the
 * owner) one of these names a person that people/ does not have.
 */
#include "base/arena.h"
#include "base/cleanup.h"
#include "crypto/keyring.h"
#include "store/event_reader.h"
#include "store/event_writer.h"
#include "store/people.h"

#include <stdio.h>

struct check {
	struct store *store;
	struct arena arena;
	bool owner;
	uint64_t last;
};

static int check_person(struct check *check, const struct event *event)
{
	struct span handle = event->fields[EVENT_FIELD_prospect];
	struct person person;
	struct handle of;

	if (!check->owner || handle.size != sizeof(of.bytes))
		return 0;
	memcpy(of.bytes, handle.data, sizeof(of.bytes));
	arena_reset(&check->arena);
	if (people_find_handle(check->store, &of, &check->arena, &person) == 0)
		return 0;
	(void)fprintf(stderr, "event %llu names a person that is not there\n",
		      (unsigned long long)event->sequence);
	return 1;
}

static int each(void *context, const struct event *event, struct span record)
{
	struct check *check = context;
	struct span url = event->fields[EVENT_FIELD_url];

	(void)record;
	if (event->sequence != check->last + 1) {
		(void)fprintf(stderr, "event %llu comes after %llu\n",
			      (unsigned long long)event->sequence, (unsigned long long)check->last);
		return 1;
	}
	check->last = event->sequence;
	if (event->type != EVENT_click && event->type != EVENT_view && event->type != EVENT_leave)
		return 0;
	(void)printf("%.*s\n", (int)url.size, (const char *)url.data);
	return check_person(check, event);
}

static int open_store(const char *data_dir, bool owner, struct store **ret_store)
{
	const struct store_options options = {.data_dir = data_dir,
					      .node = "n1",
					      .queue_clicks = 64,
					      .queue_bulk = 64};
	struct error error = {""};
	int r;

	r = owner ? store_open(&options, ret_store, &error)
		  : store_open_reader(data_dir, ret_store, &error);
	if (r)
		(void)fprintf(stderr, "%s\n", error.text);
	return r;
}

int main(int count, char **arguments)
{
	struct check check = {.arena = ARENA_INIT(0)};
	uint64_t last = 0;
	int r;

	if (count != 3 || crypto_init()) {
		(void)fprintf(stderr, "usage: store_check DATA_DIR owner|reader\n");
		return 2;
	}
	check.owner = strcmp(arguments[2], "owner") == 0;
	if (open_store(arguments[1], check.owner, &check.store))
		return 3;
	/* A log that retention has shortened begins behind what it has removed. */
	r = event_reader_pruned_through(check.store, &check.last);
	if (!r)
		r = event_reader_each(check.store, 0, each, &check, &last);
	if (r > 1 || r < 0)
		(void)fprintf(stderr, "the log cannot be read behind event %llu\n",
			      (unsigned long long)last);
	store_close(check.store);
	arena_finish(&check.arena);
	return r ? 4 : 0;
}
