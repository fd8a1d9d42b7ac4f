/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts are cumulative within a run of the server, so the period's share is the difference
 * between neighbours. Where a run begins nothing came before; where the log begins because it was
 * pruned, the first account is only what the next one is compared with.
 *
 * The first event of the period is found by halving: the log is in the order of storing, and a
 * clock that was set back moves the edge by as much as it was wrong. From there accounts are looked
 * for backwards, in growing steps.
 */
#include "summary/report_account.h"

#include "store/event_reader.h"
#include "store/event_writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { PERIOD_MINUTE, PERIOD_SHUTDOWN, PERIOD_UNCLEAN }; /* schema.h: the choices of "period" */
enum { STEP_AT_FIRST = 4096, DONE = 1000, PROBLEM_BYTES = 192 };

struct walk {
	struct store *store;
	usec_t from, to;
	uint64_t last, pruned_through;
	struct report_account *account;
	struct event_account before; /* the account that the next one is compared with */
	bool is_known;		     /* there is one, or the run began behind it */
	uint64_t found;		     /* events since it */
	uint64_t next;		     /* sequence that has to come */
	char problem[PROBLEM_BYTES];
};

static usec_t stored_at(const struct event *event)
{
	usec_t stored = event_number(event, EVENT_FIELD_stored);

	return stored ? stored : event->time;
}

static void wrong(struct walk *walk, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void wrong(struct walk *walk, const char *format, ...)
{
	va_list arguments;

	if (walk->problem[0])
		return;
	va_start(arguments, format);
	(void)vsnprintf(walk->problem, sizeof(walk->problem), format, arguments);
	va_end(arguments);
}

static void read_numbers(const struct event *event, struct event_account *ret_account)
{
	*ret_account = (struct event_account){
		.received = event_number(event, EVENT_FIELD_received),
		.stored = event_number(event, EVENT_FIELD_committed),
		.dropped = event_number(event, EVENT_FIELD_dropped),
		.rejected = event_number(event, EVENT_FIELD_rejected),
		.lost = event_number(event, EVENT_FIELD_lost),
		.pending = event_number(event, EVENT_FIELD_pending),
		.late = event_number(event, EVENT_FIELD_late),
	};
}

/* Behind @event, what counts as before. */
static void begin_behind(struct walk *walk, const struct event *event)
{
	walk->is_known = true;
	walk->found = 0;
	if (event_choice(event, EVENT_FIELD_period) == PERIOD_MINUTE)
		read_numbers(event, &walk->before);
	else
		walk->before = (struct event_account){0};
}

static void check(struct walk *walk, const struct event *event, const struct event_account *now)
{
	const struct event_account *before = &walk->before;

	if (now->received != now->stored + now->dropped + now->rejected + now->lost + now->pending)
		wrong(walk, "account %" PRIu64 ": its numbers do not add up", event->sequence);
	else if (now->received < before->received || now->stored < before->stored ||
		 now->dropped < before->dropped || now->rejected < before->rejected ||
		 now->lost < before->lost || now->late < before->late)
		wrong(walk, "account %" PRIu64 ": it says less than the one before",
		      event->sequence);
	else if (now->stored - before->stored != walk->found)
		wrong(walk,
		      "account %" PRIu64 ": %" PRIu64 " events stored, but the log has %" PRIu64,
		      event->sequence, now->stored - before->stored, walk->found);
}

static void add(struct walk *walk, const struct event *event)
{
	struct report_account *account = walk->account;
	const struct event_account *before = &walk->before;
	struct event_account now;

	account->accounts++;
	if (event_choice(event, EVENT_FIELD_period) == PERIOD_UNCLEAN) {
		account->unclean++;
		account->missing += event_number(event, EVENT_FIELD_missing);
		return;
	}
	read_numbers(event, &now);
	check(walk, event, &now);
	account->received += now.received - before->received;
	account->stored += now.stored - before->stored;
	account->dropped += now.dropped - before->dropped;
	account->rejected += now.rejected - before->rejected;
	account->lost += now.lost - before->lost;
	account->pending += now.pending - before->pending;
	account->late += now.late - before->late;
}

/* What was pruned while the log was read is no loss; but nobody counts it any more. */
static void note_gap(struct walk *walk, uint64_t sequence)
{
	if (event_reader_pruned_through(walk->store, &walk->pruned_through) == 0 &&
	    walk->pruned_through >= sequence - 1)
		walk->is_known = false;
	else
		wrong(walk, "events %" PRIu64 " to %" PRIu64 " are not there", walk->next,
		      sequence - 1);
}

static int take(void *context, const struct event *event, struct span record)
{
	struct walk *walk = context;
	usec_t time = stored_at(event);

	(void)record;
	if (event->sequence > walk->last)
		return DONE;
	if (event->sequence > walk->next)
		note_gap(walk, event->sequence);
	walk->next = event->sequence + 1;
	if (event->type != EVENT_account) {
		walk->found++;
		return 0;
	}
	if (time >= walk->to)
		return DONE;
	if (walk->is_known && time >= walk->from)
		add(walk, event);
	begin_behind(walk, event);
	return 0;
}

struct look {
	usec_t time;
	uint64_t until, sequence; /* of the last account up to @until; 0: none */
};

static int take_first(void *context, const struct event *event, struct span record)
{
	struct look *look = context;

	(void)record;
	look->time = stored_at(event);
	return DONE;
}

/* The sequence before the first event that was stored at walk->from or later. */
static int find_edge(struct walk *walk, uint64_t *ret_before)
{
	uint64_t low = walk->pruned_through, high = walk->last;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2, last;
		struct look look = {0};
		int r = event_reader_each(walk->store, middle, take_first, &look, &last);

		if (r != DONE && r != 0)
			return r;
		if (r == DONE && look.time < walk->from)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_before = low;
	return 0;
}

static int take_account(void *context, const struct event *event, struct span record)
{
	struct look *look = context;

	(void)record;
	if (event->sequence > look->until)
		return DONE;
	if (event->type == EVENT_account)
		look->sequence = event->sequence;
	return 0;
}

/* The last account up to @edge, or the beginning of the log. */
static int find_account(struct walk *walk, uint64_t edge, uint64_t *ret_after)
{
	uint64_t step = STEP_AT_FIRST;

	while (edge > walk->pruned_through) {
		uint64_t room = edge - walk->pruned_through, last;
		uint64_t after = room > step ? edge - step : walk->pruned_through;
		struct look look = {.until = edge};
		int r = event_reader_each(walk->store, after, take_account, &look, &last);

		if (r != DONE && r != 0)
			return r;
		if (look.sequence > 0) {
			*ret_after = look.sequence - 1;
			return 0;
		}
		edge = after;
		step *= 2;
	}
	*ret_after = walk->pruned_through;
	return 0;
}

static int read_all(struct walk *walk)
{
	uint64_t edge = 0, after = 0, last;
	int r = event_reader_pruned_through(walk->store, &walk->pruned_through);

	after = walk->pruned_through;
	if (r == 0 && walk->from > 0)
		r = find_edge(walk, &edge);
	if (r == 0 && walk->from > 0)
		r = find_account(walk, edge, &after);
	if (r != 0)
		return r;
	walk->is_known = after == 0;
	walk->next = after + 1;
	r = event_reader_each(walk->store, after, take, walk, &last);
	return r == DONE ? 0 : r;
}

static struct span keep(struct arena *arena, const char *text)
{
	return arena_copy(arena, span_text(text));
}

void report_account_read(struct store *store, usec_t from, usec_t to, uint64_t last,
			 struct arena *arena, struct report_account *ret_account)
{
	struct walk walk = {
		.store = store, .from = from, .to = to, .last = last, .account = ret_account};
	int r;

	*ret_account = (struct report_account){0};
	r = read_all(&walk);
	ret_account->is_read = r == 0;
	if (r > 0)
		wrong(&walk,
		      "an event is damaged, or of a newer version: waymark events --account");
	else if (r < 0)
		wrong(&walk, "%s", strerror(-r));
	ret_account->adds_up = !walk.problem[0];
	if (walk.problem[0])
		ret_account->problem = keep(arena, walk.problem);
}
