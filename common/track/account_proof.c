/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding up a log, run by run.
 *
 * What a run says of itself (its account events) is compared with what is there (the events between
 * them). Both are written in one transaction, so at each account the two agree exactly, not only
 * about. Only the first thing that is wrong in a run is kept: whatever follows from it would be
 * said again and again.
 */
#include "track/account_proof.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { PERIOD_MINUTE, PERIOD_SHUTDOWN, PERIOD_UNCLEAN }; /* schema.h: the choices of "period" */

static void wrong(struct account_run *run, uint64_t sequence, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void wrong(struct account_run *run, uint64_t sequence, const char *format, ...)
{
	va_list arguments;

	if (run->wrong)
		return;
	run->wrong = sequence;
	va_start(arguments, format);
	(void)vsnprintf(run->problem, sizeof(run->problem), format, arguments);
	va_end(arguments);
}

/* When the record was made: an imported event has the time of what it tells. */
static usec_t stored_at(const struct event *event)
{
	usec_t stored = event_number(event, EVENT_FIELD_stored);

	return stored ? stored : event->time;
}

static void end_run(struct account_proof *proof, enum account_end end)
{
	proof->run.number = ++proof->runs;
	proof->run.end = end;
	proof->incarnation = proof->run.incarnation;
	proof->each(proof->context, &proof->run);
	proof->run = (struct account_run){0};
}

void account_proof_init(struct account_proof *proof, uint64_t pruned_through,
			void (*each)(void *context, const struct account_run *run), void *context)
{
	*proof = (struct account_proof){.each = each, .context = context};
	account_proof_skip(proof, pruned_through);
}

void account_proof_skip(struct account_proof *proof, uint64_t pruned_through)
{
	proof->run = (struct account_run){.cut = pruned_through > 0};
	proof->pruned_through = pruned_through;
	proof->next = pruned_through + 1;
}

static void check_sequence(struct account_proof *proof, uint64_t sequence)
{
	if (sequence > proof->next)
		wrong(&proof->run, proof->next, "events %" PRIu64 " to %" PRIu64 " are not there",
		      proof->next, sequence - 1);
	proof->next = sequence + 1;
}

/* A restored log goes on in a new run with a higher incarnation. */
static void check_incarnation(struct account_proof *proof, const struct event *event)
{
	struct account_run *run = &proof->run;

	if (event->incarnation < proof->incarnation)
		wrong(run, event->sequence,
		      "event %" PRIu64 " is of incarnation %u, after events of incarnation %u",
		      event->sequence, event->incarnation, proof->incarnation);
	else if (event->incarnation != run->incarnation)
		wrong(run, event->sequence,
		      "event %" PRIu64 " is of incarnation %u in a run of incarnation %u",
		      event->sequence, event->incarnation, run->incarnation);
}

static void read_account(const struct event *event, struct event_account *ret_account)
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

static void check_sum(struct account_run *run, uint64_t sequence,
		      const struct event_account *account)
{
	uint64_t sum = account->stored + account->dropped + account->rejected + account->lost +
		       account->pending;

	if (sum != account->received)
		wrong(run, sequence,
		      "account %" PRIu64 ": %" PRIu64 " received, but stored, dropped, rejected, "
		      "lost and pending add up to %" PRIu64,
		      sequence, account->received, sum);
}

static void check_growth(struct account_run *run, uint64_t sequence,
			 const struct event_account *account)
{
	const struct event_account *before = &run->account;

	if (account->received < before->received || account->stored < before->stored ||
	    account->dropped < before->dropped || account->rejected < before->rejected ||
	    account->lost < before->lost || account->late < before->late)
		wrong(run, sequence, "account %" PRIu64 " says less than the one before", sequence);
}

static void check_found(struct account_proof *proof, uint64_t sequence, uint64_t stored)
{
	struct account_run *run = &proof->run;
	uint64_t found;

	if (run->cut && run->accounts == 0 && stored >= run->found &&
	    stored - run->found <= proof->pruned_through)
		run->pruned = stored - run->found;
	found = run->found + run->pruned;
	if (found != stored)
		wrong(run, sequence,
		      "account %" PRIu64 ": %" PRIu64 " events stored, but the log has %" PRIu64,
		      sequence, stored, found);
}

static void take_account(struct account_proof *proof, const struct event *event, bool is_last)
{
	struct account_run *run = &proof->run;
	struct event_account account;

	read_account(event, &account);
	check_sum(run, event->sequence, &account);
	check_growth(run, event->sequence, &account);
	check_found(proof, event->sequence, account.stored);
	if (is_last && account.pending > 0)
		wrong(run, event->sequence, "account %" PRIu64 ": %" PRIu64 " pending at the end",
		      event->sequence, account.pending);
	run->account = account;
	run->accounts++;
	run->beyond = 0;
}

static void take_period(struct account_proof *proof, const struct event *event)
{
	switch (event_choice(event, EVENT_FIELD_period)) {
	case PERIOD_MINUTE:
		take_account(proof, event, false);
		break;
	case PERIOD_SHUTDOWN:
		take_account(proof, event, true);
		end_run(proof, ACCOUNT_END_SHUTDOWN);
		break;
	case PERIOD_UNCLEAN:
		proof->run.missing = event_number(event, EVENT_FIELD_missing);
		end_run(proof, ACCOUNT_END_UNCLEAN);
		break;
	default:
		wrong(&proof->run, event->sequence, "account %" PRIu64 " is of no known kind",
		      event->sequence);
	}
}

static bool ends_uncleanly(const struct event *event)
{
	return event->type == EVENT_account &&
	       event_choice(event, EVENT_FIELD_period) == PERIOD_UNCLEAN;
}

void account_proof_take(struct account_proof *proof, const struct event *event)
{
	struct account_run *run = &proof->run;

	if (run->first == 0) {
		run->first = event->sequence;
		run->from = stored_at(event);
		run->incarnation = event->incarnation;
	}
	check_sequence(proof, event->sequence);
	run->last = event->sequence;
	run->to = stored_at(event);
	if (!ends_uncleanly(event) || event->incarnation < proof->incarnation)
		check_incarnation(proof, event);
	if (event->type == EVENT_account) {
		take_period(proof, event);
		return;
	}
	run->found++;
	run->beyond++;
}

void account_proof_finish(struct account_proof *proof)
{
	if (proof->run.first)
		end_run(proof, ACCOUNT_END_NONE);
}
