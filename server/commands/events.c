/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark events`: the log as NDJSON. It reads beside whoever writes, in short transactions, and
 * needs no lock; only --reveal, an address for --prospect and --reader ask the owner of the store.
 *
 * --follow asks the log for more ten times a second, which is one read transaction each: nothing
 * for the writer, and far below what a person or a pipe notices.
 *
 * The store is never opened twice in one process: a command that owns the lock reads through it.
 *
 * It is long because its options are many and each may forbid others; what they do is elsewhere.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/events_account.h"
#include "commands/events_count.h"
#include "commands/events_prospect.h"
#include "commands/events_reader.h"
#include "commands/events_reclassify.h"
#include "commands/events_verdict.h"
#include "commands/reveal.h"
#include "commands/session.h"
#include "store/event_reader.h"
#include "store/reader.h"
#include "track/event_json.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

enum {
	KEY_AFTER = 256,
	KEY_FOLLOW,
	KEY_TYPE,
	KEY_PROSPECT,
	KEY_REVEAL,
	KEY_ACCOUNT,
	KEY_COUNT,
	KEY_JSON,
	KEY_READER,
	KEY_READERS,
	KEY_FORGET_READER,
	KEY_SETTLED,
	KEY_RECLASSIFY,
	KEY_RULES,
	KEY_NETWORKS,
	FOLLOW_MS = 100,
	TELL_MS = 1000,	    /* --reader says how far it is so often */
	TELL_EVENTS = 65536 /* and after so many */
};

struct arguments {
	const char *config, *prospect, *reader, *forget_reader, *rules, *networks;
	uint64_t after, types; /* types: bit by number; 0: all */
	bool follow, reveal, account, count, json, readers, has_after, settled, reclassify;
};

struct export
{
	struct arguments arguments;
	struct session *session; /* NULL: nothing has to be asked */
	struct app *reader;	 /* NULL: the session's own store is read */
	struct store *store;
	struct reveal *reveal;
	struct events_prospect prospect; /* of --prospect */
	struct event_json_options json;
	struct events_count count;
	struct events_verdict *settled; /* of --settled */
	const struct verdict_rules *rules;
	struct error *error;
	struct buffer line;  /* the one that is being printed */
	uint64_t seen, told; /* sequences: the last one printed or left out; that --reader told */
	usec_t told_at;
	bool tell_failed;   /* the reader could not be moved: @error says why */
	bool reveal_failed; /* a key could not be asked for: @error says why */
};

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"account", KEY_ACCOUNT, NULL, 0, "Prove for the whole log where every event went: a row for each run; status 1 when something does not add up", 1},
	{"json", KEY_JSON, NULL, 0, "With --account: one JSON object a line, the totals last; with --count: one object", 1},
	{"count", KEY_COUNT, NULL, 0, "Only how many there are of each type, and how many sequences between them are not there", 0},
	{"after", KEY_AFTER, "SEQ", 0, "Begin after this sequence number (default 0: at the start)", 0},
	{"follow", KEY_FOLLOW, NULL, 0, "Wait for more, until interrupted", 0},
	{"type", KEY_TYPE, "TYPES", 0, "Only these types, joined by commas", 0},
	{"prospect", KEY_PROSPECT, "WHO", 0, "Only this person: a handle, or an address; with what their browsers did before they were known, marked \"attached\", and without what was theirs by a binding that is undone", 0},
	{"settled", KEY_SETTLED, NULL, 0, "With each the verdict that is settled by what happened around it, \"settled\", beside the one of its request; not with --follow", 0},
	{"reclassify", KEY_RECLASSIFY, NULL, 0, "Print, as a diff, of which events the rules in force say something else than was recorded; with --rules or --networks: of which the verdict would settle otherwise. Goes alone", 3},
	{"rules", KEY_RULES, "FILE", 0, "With --reclassify: with this file instead of verdict.rules_file", 3},
	{"networks", KEY_NETWORKS, "FILE", 0, "With --reclassify: with this file instead of verdict.networks_file", 3},
	{"reader", KEY_READER, "NAME", 0, "Go on where the reader of this name stopped, and note how far it comes: until then nothing is pruned that it has not read (for reader_lag_days)", 2},
	{"readers", KEY_READERS, NULL, 0, "List these readers: name, position, events behind, when last seen", 2},
	{"forget-reader", KEY_FORGET_READER, "NAME", 0, "Forget one of them", 2},
	{"reveal", KEY_REVEAL, NULL, 0, "Open what is sealed; the log records that somebody looked", 0},
	{0},
};
/* clang-format on */

/* Beside the options: the first word alone tells them apart. */
static const struct command subcommands[] = {
	{"import", command_events_import, "take events of another system"},
	{0},
};

static volatile sig_atomic_t interrupted;

static void pause_poll(void)
{
	const struct timespec pause = {.tv_nsec = FOLLOW_MS * 1000000L};

	(void)nanosleep(&pause, NULL);
}

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static void parse_types(struct argp_state *state, struct arguments *arguments, const char *text)
{
	struct span types = span_text(text);
	size_t at = 0;

	while (at <= types.size) {
		size_t end = span_find(types, ',', at);
		struct span name = span_slice(types, at, end - at);
		enum event_type type = event_type_find(name);

		if (!type)
			argp_error(state, "there is no event type '%.*s'", (int)name.size,
				   (const char *)name.data);
		arguments->types |= UINT64_C(1) << type;
		at = end + 1;
	}
}

static void parse_after(struct argp_state *state, struct arguments *arguments, const char *text)
{
	char *end;

	errno = 0;
	arguments->after = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-')
		argp_error(state, "--after: '%s' is not a sequence number", text);
}

static void check_reader(struct argp_state *state, const char *name)
{
	if (!reader_name_is_valid(span_text(name)))
		argp_error(state, "'%s' is no name of a reader: 1 to 64 of a-z 0-9 . _ -", name);
}

static void check_verdicts(struct argp_state *state, const struct arguments *arguments)
{
	if (arguments->settled && (arguments->follow || arguments->count || arguments->account))
		argp_error(state, "--settled looks at the whole log once: it does not go with "
				  "--follow, --count or --account");
	if (!arguments->reclassify && (arguments->rules || arguments->networks))
		argp_error(state, "--rules and --networks go with --reclassify");
	if (arguments->reclassify &&
	    (arguments->settled || arguments->account || arguments->count || arguments->has_after ||
	     arguments->follow || arguments->types || arguments->prospect || arguments->reveal ||
	     arguments->reader))
		argp_error(state, "--reclassify is about the whole log: it goes with --rules and "
				  "--networks alone");
}

static void check_account(struct argp_state *state, const struct arguments *arguments)
{
	if (arguments->account && (arguments->after || arguments->count || arguments->follow ||
				   arguments->types || arguments->prospect || arguments->reveal))
		argp_error(state, "--account is about the whole log: it goes with --json alone");
	if (arguments->count && (arguments->follow || arguments->reveal || arguments->reader))
		argp_error(state, "--count prints no events: it goes with --after, --type, "
				  "--prospect and --json alone");
	if ((arguments->readers || arguments->forget_reader) &&
	    (arguments->account || arguments->count || arguments->has_after || arguments->follow ||
	     arguments->types || arguments->prospect || arguments->reveal || arguments->reader))
		argp_error(state, "--readers and --forget-reader go alone");
	if (arguments->json && !arguments->account && !arguments->count)
		argp_error(state,
			   "--json goes with --account or --count: events are JSON as they are");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = argument;
		return 0;
	case KEY_AFTER:
		parse_after(state, arguments, argument);
		arguments->has_after = true;
		return 0;
	case KEY_FOLLOW:
		arguments->follow = true;
		return 0;
	case KEY_TYPE:
		parse_types(state, arguments, argument);
		return 0;
	case KEY_PROSPECT:
		arguments->prospect = argument;
		return 0;
	case KEY_REVEAL:
		arguments->reveal = true;
		return 0;
	case KEY_ACCOUNT:
		arguments->account = true;
		return 0;
	case KEY_COUNT:
		arguments->count = true;
		return 0;
	case KEY_READER:
		check_reader(state, argument);
		arguments->reader = argument;
		return 0;
	case KEY_READERS:
		arguments->readers = true;
		return 0;
	case KEY_FORGET_READER:
		check_reader(state, argument);
		arguments->forget_reader = argument;
		return 0;
	case KEY_JSON:
		arguments->json = true;
		return 0;
	case KEY_SETTLED:
		arguments->settled = true;
		return 0;
	case KEY_RECLASSIFY:
		arguments->reclassify = true;
		return 0;
	case KEY_RULES:
		arguments->rules = argument;
		return 0;
	case KEY_NETWORKS:
		arguments->networks = argument;
		return 0;
	case ARGP_KEY_END:
		check_account(state, arguments);
		check_verdicts(state, arguments);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int find_name(void *context, enum name_kind kind, const void *id, struct arena *arena,
		     struct span *ret_name)
{
	const struct export *export = context;

	return name_find(export->store, kind, id, arena, ret_name);
}

static int find_key(void *context, const struct handle *handle, struct person_key *ret_key)
{
	struct export *export = context;
	int code = reveal_key(export->reveal, handle, ret_key, export->error);

	export->reveal_failed |= code < 0;
	return code;
}

static enum attachment judge(const struct export *export, const struct event *event)
{
	const struct arguments *arguments = &export->arguments;

	if (arguments->types && !(arguments->types >> event->type & 1))
		return ATTACHMENT_NONE;
	if (!arguments->prospect)
		return ATTACHMENT_RECORDED;
	return events_prospect_judge(&export->prospect, event);
}

/* Sequences have no gaps but where retention was faster than whoever reads. */
static void note_gap(const struct export *export, uint64_t sequence)
{
	if (sequence > export->seen + 1)
		command_warn("events %llu to %llu are pruned: retention_days is over for them",
			     (unsigned long long)export->seen + 1,
			     (unsigned long long)sequence - 1);
}

/* What was printed has left; now --reader has read it. */
static int tell(struct export *export)
{
	if (!export->arguments.reader || export->seen == export->told)
		return 0;
	if (fflush(stdout) != 0)
		return -EPIPE;
	export->told = export->seen;
	export->told_at = clock_monotonic();
	export->tell_failed = events_reader_move(export->session, export->arguments.reader,
						 export->seen, export->error) != 0;
	return export->tell_failed ? -EACCES : 0;
}

static void join_settled(const struct export *export, const struct event *event, json_t *value)
{
	struct settle_verdict verdict;

	if (value && export->settled &&
	    events_verdict_find(export->settled, 0, event->sequence, &verdict))
		(void)json_object_set_new(value, "settled",
					  events_settled_json(&verdict, event->type == EVENT_open));
}

static int append_json(const char *text, size_t size, void *context)
{
	struct buffer *line = context;

	buffer_append(line, text, size);
	return line->error;
}

/* In one piece: json_dumpf() asks the stream for each brace and comma. */
static int print_line(struct export *export, const json_t *value)
{
	struct buffer *line = &export->line;

	buffer_clear(line);
	(void)json_dump_callback(value, append_json, line, JSON_COMPACT);
	buffer_append_byte(line, '\n');
	if (line->error)
		return line->error;
	return fwrite(line->data, line->size, 1, stdout) == 1 ? 0 : -EPIPE;
}

static int print_event(void *context, const struct event *event, struct span record)
{
	struct export *export = context;
	enum attachment attachment;
	json_t *value;
	int code;

	(void)record;
	if (interrupted)
		return 1;
	note_gap(export, event->sequence);
	export->seen = event->sequence;
	if (export->arguments.prospect) {
		code = events_prospect_note(&export->prospect, export->store, event);
		if (code)
			return code;
	}
	attachment = judge(export, event);
	if (export->arguments.count)
		events_count_take(&export->count, event, attachment != ATTACHMENT_NONE);
	if (export->arguments.count || attachment == ATTACHMENT_NONE)
		return 0;
	value = event_json(event, &export->json);
	if (value && attachment == ATTACHMENT_LATER)
		(void)json_object_set_new(value, "attached", json_true());
	join_settled(export, event, value);
	if (export->reveal_failed) {
		json_decref(value);
		return -EACCES;
	}
	if (!value)
		return -ENOMEM;
	code = print_line(export, value);
	json_decref(value);
	if (code)
		return code;
	return export->seen - export->told >= TELL_EVENTS ? tell(export) : 0;
}

static int read_failure(struct export *export, int code, uint64_t last, struct error *error)
{
	if (export->reveal_failed || export->tell_failed)
		return COMMAND_FAILED;
	if (code == -EPIPE)
		return error_set(error, COMMAND_FAILED, "standard output is closed or full");
	if (code == EVENT_E_VERSION)
		return error_set(error, COMMAND_FAILED,
				 "event %llu was written by a newer version of waymark",
				 (unsigned long long)last + 1);
	if (code > 0)
		return error_set(error, COMMAND_FAILED, "event %llu cannot be read: it is damaged",
				 (unsigned long long)last + 1);
	return error_set(error, COMMAND_FAILED, "the log cannot be read: %s", strerror(-code));
}

/* Between two looks at the log: what came goes out, and --reader says so now and then. */
static int between_looks(struct export *export)
{
	if (fflush(stdout) != 0)
		return -EPIPE;
	return clock_monotonic() - export->told_at >= TELL_MS * USEC_PER_MS ? tell(export) : 0;
}

static int export_all(struct export *export, struct error *error)
{
	uint64_t last = export->seen;

	for (;;) {
		int code = 0;

		if (export->arguments.prospect)
			code = events_prospect_refresh(&export->prospect, export->store);
		if (!code)
			code = event_reader_each(export->store, last, print_event, export, &last);
		if (interrupted || (!code && !export->arguments.follow))
			code = export->arguments.count
				       ? events_count_print(&export->count, export->arguments.json)
				       : tell(export);
		else if (!code)
			code = between_looks(export);
		if (code)
			return read_failure(export, code, last, error);
		if (interrupted || !export->arguments.follow)
			return 0;
		pause_poll();
	}
}

/* Where to begin: --after, or where the reader of that name stopped; one that is new registers. */
static int find_start(struct export *export, struct error *error)
{
	const struct arguments *arguments = &export->arguments;
	struct reader reader;
	int code;

	export->seen = arguments->after;
	if (!arguments->reader)
		return 0;
	if (arguments->follow && !session_keep_server(export->session))
		return error_set(error, COMMAND_FAILED,
				 "--follow with --reader needs a server that runs: without one "
				 "there is nothing to wait for");
	code = reader_find(export->store, span_text(arguments->reader), &reader);
	if (code < 0)
		return error_set(error, COMMAND_FAILED, "the reader cannot be read: %s",
				 strerror(-code));
	if (code == 0 && !arguments->has_after)
		export->seen = reader.position;
	export->told = export->seen;
	if (code == 0 && reader.position == export->seen)
		return 0;
	return events_reader_move(export->session, arguments->reader, export->seen, error);
}

/* The handle of --prospect: as given, or asked for by address. */
static int find_handle(struct export *export, struct error *error)
{
	const char *who = export->arguments.prospect, *text = who;
	json_t *body, *reply = NULL;
	int code = 0;

	if (!who)
		return 0;
	if (export->session && strchr(who, '@')) {
		body = json_pack("{s:s}", "email", who);
		code = session_call(export->session, "/api/v1/prospects/find", body, &reply, error);
		json_decref(body);
		text = json_string_value(json_object_get(reply, "prospect"));
	}
	if (!code && (!text || hex_parse(span_text(text), &export->prospect.asked,
					 sizeof(export->prospect.asked)) != 0))
		code = error_set(error, COMMAND_FAILED,
				 "--prospect: '%s' is neither a handle nor an address", who);
	json_decref(reply);
	return code;
}

static int settle_log(struct export *export, struct error *error)
{
	struct app *app = export->reader ? export->reader : session_app(export->session);

	export->rules = app->settings->rules;
	return events_verdict_new(app, &export->rules, 1, clock_wall(), &export->settled, error);
}

/* Whatever has to be opened for these arguments. APP_E_ABSENT: there is no log yet. */
static int open_export(struct export *export, struct error *error)
{
	const struct arguments *arguments = &export->arguments;
	bool asks = arguments->reveal || arguments->reader ||
		    (arguments->prospect && strchr(arguments->prospect, '@'));
	int code;

	if (asks) {
		code = session_open(arguments->config, &export->session, error);
		if (code)
			return code;
		export->store = session_app(export->session)->store;
	}
	if (!export->store) {
		if (export->session)
			(void)session_keep_server(export->session);
		code = app_open(arguments->config, APP_READER, &export->reader, error);
		if (code)
			return code;
		export->store = export->reader->store;
	}
	export->json = (struct event_json_options){
		.name = find_name,
		.reveal = arguments->reveal ? find_key : NULL,
		.context = export,
		.node = store_node(export->store),
	};
	if (arguments->reveal) {
		export->reveal = reveal_new(export->session);
		if (!export->reveal)
			return error_set(error, APP_E_FAILED, "out of memory");
	}
	code = find_handle(export, error);
	if (!code)
		code = find_start(export, error);
	if (!code && arguments->settled)
		code = settle_log(export, error);
	return code;
}

static void finish_export(struct export *export)
{
	reveal_free(export->reveal);
	events_verdict_free(export->settled);
	events_prospect_finish(&export->prospect);
	buffer_finish(&export->line);
	app_close(export->reader);
	session_close(export->session);
}

/* Without SA_RESTART: an interrupted wait ends, and what was read so far is written out. */
static void watch_interrupts(void)
{
	const struct sigaction action = {.sa_handler = interrupt};

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

int command_events(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Print the log, one JSON object per line, oldest first.\v'waymark events "
		       "import' takes events of another system; its --help says more."};
	cleanup(finish_export) struct export export = {0};
	struct error error = {0};
	int code;

	if (argc > 1 && strcmp(argv[1], subcommands[0].name) == 0)
		return command_dispatch(subcommands, "", argc, argv);
	command_parse(&argp, argc, argv, &export.arguments);
	if (export.arguments.account)
		return events_account(export.arguments.config, export.arguments.json);
	if (export.arguments.reclassify)
		return events_reclassify(export.arguments.config, export.arguments.rules,
					 export.arguments.networks);
	if (export.arguments.readers)
		return events_reader_list(export.arguments.config);
	if (export.arguments.forget_reader)
		return events_reader_forget(export.arguments.config,
					    export.arguments.forget_reader);
	if (!export.arguments.count)
		watch_interrupts();
	export.error = &error;
	code = open_export(&export, &error);
	while (code == APP_E_ABSENT && export.arguments.follow && !interrupted) {
		pause_poll();
		code = open_export(&export, &error);
	}
	if (code == APP_E_ABSENT && export.arguments.count)
		return events_count_print(&export.count, export.arguments.json) ? COMMAND_FAILED
										: command_finish();
	if (code == APP_E_ABSENT || (code && interrupted))
		return COMMAND_OK;
	if (!code)
		code = export_all(&export, &error);
	return code ? command_fail(&error) : command_finish();
}
