/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark events --account`. It reads the log as any reader does, beside a server or without one,
 * and needs no lock: a run that is still going is shown as far as its last account goes.
 *
 * The log may be pruned while it is read. A slice is one snapshot, so a gap that pruning made is
 * one that "pruned_through" explains when it is asked for again; any other gap is a loss.
 */
#include "commands/events_account.h"
#include "app/app.h"
#include "base/cleanup.h"
#include "commands/command.h"
#include "store/event_reader.h"
#include "track/account_proof.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

struct totals {
	struct event_account account;
	uint64_t runs, found, missing, unclean, wrong;
};

struct report {
	bool json;
	struct store *store;
	struct account_proof proof;
	struct totals totals;
	uint64_t wrong; /* the first sequence that is */
	char problem[sizeof(((struct account_run *)0)->problem)];
};

static void print_columns(const char *run, const char *from, const char *to)
{
	printf("%6s %10s %10s %10s %10s %8s %8s %8s %8s %8s %10s  %s\n", run, from, to, "received",
	       "stored", "dropped", "rejected", "lost", "pending", "late", "found", "verdict");
}

static void print_numbers(const struct event_account *account, uint64_t found)
{
	printf(" %10" PRIu64 " %10" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64
	       " %8" PRIu64 " %10" PRIu64 "  ",
	       account->received, account->stored, account->dropped, account->rejected,
	       account->lost, account->pending, account->late, found);
}

static void print_verdict(const struct account_run *run)
{
	if (run->wrong)
		printf("WRONG: %s", run->problem);
	else if (run->end == ACCOUNT_END_UNCLEAN)
		printf("crashed, at most %" PRIu64 " missing", run->missing);
	else if (run->end == ACCOUNT_END_NONE)
		printf("has not ended");
	else
		printf("adds up");
	if (run->beyond > 0)
		printf("; %" PRIu64 " stored behind its last account", run->beyond);
	if (run->pruned > 0)
		printf("; %" PRIu64 " pruned", run->pruned);
	(void)putchar('\n');
}

static json_t *account_json(const struct event_account *account)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "received", (json_int_t)account->received,
			 "stored", (json_int_t)account->stored, "dropped",
			 (json_int_t)account->dropped, "rejected", (json_int_t)account->rejected,
			 "lost", (json_int_t)account->lost, "pending", (json_int_t)account->pending,
			 "late", (json_int_t)account->late);
}

static void print_json(json_t *row)
{
	if (row) {
		(void)json_dumpf(row, stdout, JSON_COMPACT);
		(void)putchar('\n');
	}
	json_decref(row);
}

static void print_run_json(const struct account_run *run)
{
	static const char *const ends[] = {"open", "shutdown", "unclean"};
	char from[CLOCK_TEXT_BYTES], to[CLOCK_TEXT_BYTES];

	clock_format(run->from, from);
	clock_format(run->to, to);
	print_json(json_pack("{s:I,s:I,s:I,s:s,s:s,s:i,s:s,s:o,s:I,s:I,s:I,s:I,s:b,s:s?}", "run",
			     (json_int_t)run->number, "from", (json_int_t)run->first, "to",
			     (json_int_t)run->last, "began", from, "ended", to, "incarnation",
			     run->incarnation, "end", ends[run->end], "account",
			     account_json(&run->account), "found", (json_int_t)run->found, "beyond",
			     (json_int_t)run->beyond, "pruned", (json_int_t)run->pruned, "missing",
			     (json_int_t)run->missing, "adds_up", run->wrong == 0, "problem",
			     run->wrong ? run->problem : NULL));
}

static void add(struct totals *totals, const struct account_run *run)
{
	totals->account.received += run->account.received;
	totals->account.stored += run->account.stored;
	totals->account.dropped += run->account.dropped;
	totals->account.rejected += run->account.rejected;
	totals->account.lost += run->account.lost;
	totals->account.pending += run->account.pending;
	totals->account.late += run->account.late;
	totals->runs++;
	totals->found += run->found;
	totals->missing += run->missing;
	totals->unclean += run->end == ACCOUNT_END_UNCLEAN;
	totals->wrong += run->wrong != 0;
}

static void print_run(void *context, const struct account_run *run)
{
	struct report *report = context;

	add(&report->totals, run);
	if (run->wrong && !report->wrong) {
		report->wrong = run->wrong;
		memcpy(report->problem, run->problem, sizeof(report->problem));
	}
	if (report->json) {
		print_run_json(run);
		return;
	}
	printf("%6" PRIu64 " %10" PRIu64 " %10" PRIu64, run->number, run->first, run->last);
	print_numbers(&run->account, run->found);
	print_verdict(run);
}

static void print_totals(const struct report *report)
{
	const struct totals *totals = &report->totals;

	if (report->json) {
		print_json(json_pack("{s:I,s:o,s:I,s:I,s:I,s:b}", "runs", (json_int_t)totals->runs,
				     "account", account_json(&totals->account), "found",
				     (json_int_t)totals->found, "unclean",
				     (json_int_t)totals->unclean, "missing",
				     (json_int_t)totals->missing, "adds_up", totals->wrong == 0));
		return;
	}
	printf("%6s %10s %10s", "total", "", "");
	print_numbers(&totals->account, totals->found);
	printf("%" PRIu64 " runs, %" PRIu64 " crashed, at most %" PRIu64 " missing, %" PRIu64
	       " wrong\n",
	       totals->runs, totals->unclean, totals->missing, totals->wrong);
}

static int take_event(void *context, const struct event *event, struct span record)
{
	struct report *report = context;
	struct account_proof *proof = &report->proof;
	uint64_t pruned_through;

	(void)record;
	if (event->sequence > proof->next) {
		int r = event_reader_pruned_through(report->store, &pruned_through);

		if (r)
			return r;
		if (pruned_through >= proof->next)
			account_proof_skip(proof, pruned_through < event->sequence
							  ? pruned_through
							  : event->sequence - 1);
	}
	account_proof_take(proof, event);
	return 0;
}

static int read_log(struct report *report, const char *data_dir, struct error *error)
{
	uint64_t last = 0, pruned_through;
	int r = event_reader_pruned_through(report->store, &pruned_through);

	if (!r) {
		account_proof_init(&report->proof, pruned_through, print_run, report);
		r = event_reader_each(report->store, 0, take_event, report, &last);
	}
	if (r < 0)
		return error_set(error, COMMAND_FAILED, "%s: the log cannot be read: %s", data_dir,
				 strerror(-r));
	account_proof_finish(&report->proof);
	if (r > 0)
		return error_set(error, COMMAND_FAILED,
				 r == EVENT_E_VERSION
					 ? "event %" PRIu64 " was written by a newer version"
					 : "event %" PRIu64 " cannot be read: it is damaged",
				 last + 1);
	return 0;
}

int events_account(const char *config, bool json)
{
	cleanup(cleanup_app) struct app *app = NULL;
	struct report report = {.json = json};
	struct error error = {0};
	int code = app_open(config, APP_READER, &app, &error);

	if (code && code != APP_E_ABSENT)
		return command_fail(&error);
	if (!json)
		print_columns("run", "from", "to");
	if (!code) {
		report.store = app->store;
		code = read_log(&report, app->config->data_dir, &error);
	} else {
		code = 0;
	}
	print_totals(&report);
	if (!code && report.wrong)
		code = error_set(&error, COMMAND_FAILED, "at event %" PRIu64 ": %s", report.wrong,
				 report.problem);
	return code ? (void)command_finish(), command_fail(&error) : command_finish();
}
