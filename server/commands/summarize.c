/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark summarize`: the log into data/summary/. It reads beside whoever writes the log and asks
 * for no lock but its own.
 *
 * Where a server runs, the log knows it as the reader "summarize", so that pruning waits for it.
 * Without one nothing is pruned while it runs; it never takes the stores for itself, since a server
 * may want to start.
 *
 * --follow asks ten times a second whether there is more, which is one read transaction, and
 * whether a file of rules is another one, which is a stat() of each.
 */
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/session.h"
#include "commands/summarize_out.h"
#include "summary/rules_watch.h"
#include "summary/summarizer.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

enum {
	KEY_FOLLOW = 256,
	KEY_REBUILD,
	KEY_AS_OF,
	KEY_OUT,
	KEY_MAPPING,
	KEY_METADATA,
	FOLLOW_MS = 100,
	TELL_MS = 5000 /* the server hears so often how far it is */
};

struct arguments {
	const char *config, *out, *mapping, *metadata;
	bool follow, rebuild;
	usec_t as_of;
};

struct teller {
	const char *config;
	struct session *session; /* NULL: no server was there */
	usec_t next;		 /* monotonic */
	uint64_t told;
};

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"follow", KEY_FOLLOW, NULL, 0, "Stay, and keep the summaries up to date until interrupted", 1},
	{"rebuild", KEY_REBUILD, NULL, 0, "Make them anew from the whole log; those that are there stay until the new ones are complete, and what retention has removed from the log stays counted as it was", 1},
	{"as-of", KEY_AS_OF, "TIME", 0, "Settle verdicts as of this time (2026-11-21T12:00:00Z) and not of now, for a run that can be repeated", 1},
	{"out", KEY_OUT, "DIR", 0, "Then write what changed of people since the last delivery into this directory, for a CRM", 2},
	{"mapping", KEY_MAPPING, "FILE", 0, "Which fields of the CRM take what; with --out and --metadata", 2},
	{"metadata", KEY_METADATA, "DIR", 0, "Only write what makes those fields in the CRM", 2},
	{0},
};
/* clang-format on */

/* Beside the options: the first word alone tells them apart. */
static const struct command subcommands[] = {
	{"report", command_summarize_report, "print the summaries, as a table or a page"},
	{0},
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static bool is_interrupted(void)
{
	return interrupted;
}

static void watch_interrupts(void)
{
	const struct sigaction action = {.sa_handler = interrupt};

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

static void pause_poll(void)
{
	const struct timespec pause = {.tv_nsec = FOLLOW_MS * 1000000L};

	(void)nanosleep(&pause, NULL);
}

static void check(struct argp_state *state, const struct arguments *arguments)
{
	if (arguments->follow && arguments->as_of)
		argp_error(state, "--follow goes by the clock, and --as-of by one time");
	if (arguments->follow && arguments->out)
		argp_error(state,
			   "--follow never comes to deliver: run --out beside it now and then");
	if (arguments->metadata && (arguments->follow || arguments->rebuild || arguments->out))
		argp_error(state, "--metadata summarizes nothing: it goes with --mapping alone");
	if (arguments->mapping && !arguments->out && !arguments->metadata)
		argp_error(state, "--mapping goes with --out or --metadata");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = argument;
		return 0;
	case KEY_FOLLOW:
		arguments->follow = true;
		return 0;
	case KEY_REBUILD:
		arguments->rebuild = true;
		return 0;
	case KEY_AS_OF:
		if (clock_parse(argument, &arguments->as_of) != 0)
			argp_error(state,
				   "--as-of: '%s' is not a time such as "
				   "2026-11-21T12:00:00Z",
				   argument);
		return 0;
	case KEY_OUT:
		arguments->out = argument;
		return 0;
	case KEY_MAPPING:
		arguments->mapping = argument;
		return 0;
	case KEY_METADATA:
		arguments->metadata = argument;
		return 0;
	case ARGP_KEY_END:
		check(state, arguments);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Failing to tell is no failure: pruning then waits longer than it would have to. */
static void tell(struct teller *teller, uint64_t position, bool now)
{
	struct error error = {0};
	json_t *body, *reply = NULL;
	int code;

	if ((!now && clock_monotonic() < teller->next) || (position == teller->told && position))
		return;
	teller->next = clock_monotonic() + TELL_MS * USEC_PER_MS;
	if (!teller->session && session_open_beside(teller->config, &teller->session, &error) != 0)
		return;
	body = json_pack("{s:s, s:I}", "name", "summarize", "position", (json_int_t)position);
	code = session_call(teller->session, "/api/v1/readers", body, &reply, &error);
	json_decref(body);
	json_decref(reply);
	if (code == 0) {
		teller->told = position;
		return;
	}
	session_close(teller->session);
	teller->session = NULL;
}

/* Nothing behind @position may be pruned from now on. */
static void hold(void *context, uint64_t position)
{
	tell(context, position, true);
}

/* The configuration as it was read last, after the one that the run began with. */
struct rules {
	struct config *config; /* NULL: it is that one still */
	struct rules_watch watch;
	struct error told;
};

static void finish_rules(struct rules *rules)
{
	config_free(rules->config);
}

static void say_refolded(const struct summarizer *summarizer)
{
	struct summarizer_status status;

	summarizer_status(summarizer, &status);
	if (status.refolded && puts("rules have changed, all was folded again") != EOF)
		(void)fflush(stdout);
}

/* The file that is wrong may be one that only the new configuration names: that is watched now. */
static int read_rules(struct rules *rules, struct summarizer *summarizer, struct error *error)
{
	struct config *config;
	int code = config_load(rules->watch.config->path, &config, error);

	if (code)
		return code < 0 ? SUMMARIZER_E_FAILED : SUMMARIZER_E_RULES;
	rules_watch_begin(&rules->watch, config);
	config_free(rules->config);
	rules->config = config;
	return summarizer_take_rules(summarizer, config, error);
}

/* Rules that cannot be read change nothing, and are said once. */
static int follow_rules(struct rules *rules, struct summarizer *summarizer, struct error *error)
{
	int code;

	if (!rules_watch_changed(&rules->watch))
		return 0;
	code = read_rules(rules, summarizer, error);
	if (code == SUMMARIZER_E_RULES) {
		if (strcmp(error->text, rules->told.text) != 0)
			command_warn("%s; until then the rules stay as they were", error->text);
		rules->told = *error;
		return 0;
	}
	rules->told.text[0] = '\0';
	if (!code)
		say_refolded(summarizer);
	return code;
}

static int work(struct summarizer *summarizer, const struct arguments *arguments,
		struct teller *teller, struct rules *rules, struct error *error)
{
	struct summarizer_status status;
	bool more = true;
	int code;

	while (!interrupted) {
		code = arguments->follow ? follow_rules(rules, summarizer, error) : 0;
		if (!code)
			code = summarizer_step(summarizer, &more, error);
		if (code)
			return code;
		summarizer_status(summarizer, &status);
		tell(teller, status.position, !more && !arguments->follow);
		if (!more && !arguments->follow)
			return 0;
		if (!more)
			pause_poll();
	}
	return 0;
}

static void report(const struct summarizer *summarizer)
{
	struct summarizer_status status;
	char time[CLOCK_TEXT_BYTES];

	summarizer_status(summarizer, &status);
	clock_format(status.as_of, time);
	printf("%" PRIu64 " events, up to %" PRIu64 ", as of %s%s\n", status.events,
	       status.position, time,
	       status.refolded ? "; rules have changed, all was folded again" : "");
	if (status.emptied > 0)
		command_warn("retention had emptied %" PRIu64
			     " events before they were summarized; they are in no total",
			     status.emptied);
}

/* APP_E_ABSENT: there is no log yet; --follow waits for one. */
static int open_reader(const struct arguments *arguments, struct app **ret_app, struct error *error)
{
	int code = app_open(arguments->config, APP_READER, ret_app, error);

	while (code == APP_E_ABSENT && arguments->follow && !interrupted) {
		pause_poll();
		code = app_open(arguments->config, APP_READER, ret_app, error);
	}
	return code;
}

static int summarize(const struct arguments *arguments, struct error *error)
{
	cleanup(cleanup_app) struct app *app = NULL;
	struct summarizer_options wanted = {
		.as_of = arguments->as_of,
		.rebuild = arguments->rebuild,
		.follow = arguments->follow,
		.stop = is_interrupted,
		.hold = hold,
	};
	struct summarizer *summarizer;
	struct teller teller = {.config = arguments->config};
	cleanup(finish_rules) struct rules rules = {0};
	int code = open_reader(arguments, &app, error);

	if (code)
		return code == APP_E_ABSENT && interrupted ? 0 : code;
	rules_watch_begin(&rules.watch, app->config);
	wanted.app = app;
	wanted.hold_context = &teller;
	code = summarizer_open(&wanted, &summarizer, error);
	if (code) {
		session_close(teller.session);
		return code == SUMMARIZER_E_STOPPED ? 0 : code;
	}
	if (arguments->follow)
		say_refolded(summarizer);
	code = work(summarizer, arguments, &teller, &rules, error);
	if (!code && !arguments->follow)
		report(summarizer);
	session_close(teller.session);
	summarizer_close(summarizer);
	return code;
}

/* Beside a summarize that follows, what is there is delivered. */
static int summarize_and_deliver(const struct arguments *arguments, struct error *error)
{
	int code = summarize(arguments, error);

	if (!arguments->out || interrupted || (code && code != SUMMARIZER_E_LOCKED))
		return code;
	return summarize_out(arguments->config, arguments->out, arguments->mapping,
			     arguments->as_of, error);
}

int command_summarize(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Fold new events into the summaries: totals by day, and what each person did.\v"
		       "'waymark summarize report' prints them; its --help says more."};
	struct arguments arguments = {0};
	struct error error = {0};
	int code;

	if (argc > 1 && strcmp(argv[1], subcommands[0].name) == 0)
		return command_dispatch(subcommands, "", argc, argv);
	command_parse(&argp, argc, argv, &arguments);
	watch_interrupts();
	if (arguments.metadata)
		code = summarize_metadata(arguments.metadata, arguments.mapping, &error);
	else
		code = summarize_and_deliver(&arguments, &error);
	return code ? command_fail(&error) : command_finish();
}
