/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark binding`: which browsers are tied to which people, by what evidence, and how to undo it.
 *
 * The list is read beside whoever owns the store, and shows what state/ has folded: what came in
 * the last second may be missing, though it can be undone. Only an address for
 * --prospect, and undoing, ask the owner.
 */
#include "store/binding.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/session.h"

#include <errno.h>
#include <stdio.h>

enum { KEY_PROSPECT = 256, KEY_VISITOR, KEY_HOLDS, KEY_REASON, UNDO_MAX = 64 };

struct list_arguments {
	const char *config, *prospect;
	bool has_visitor, holds;
	struct visitor_id visitor;
};

struct listing {
	struct list_arguments arguments;
	struct session *session; /* NULL: nothing had to be asked */
	struct app *reader;	 /* NULL: the session's own store is read */
	struct handle person;	 /* of --prospect */
	unsigned damaged;	 /* rows that could not be read */
};

/* clang-format off */
static const struct argp_option list_options[] = {
	COMMAND_OPTION_CONFIG,
	{"prospect", KEY_PROSPECT, "WHO", 0, "Only those to this person: a handle, or an address", 0},
	{"visitor", KEY_VISITOR, "ID", 0, "Only those of this browser", 0},
	{"holds", KEY_HOLDS, NULL, 0, "Only those that hold", 0},
	{0},
};

static const struct argp_option undo_options[] = {
	COMMAND_OPTION_CONFIG,
	{"reason", KEY_REASON, "TEXT", 0, "Why, for the log (default: operator)", 0},
	{0},
};
/* clang-format on */

static error_t parse_list(int key, char *value, struct argp_state *state)
{
	struct list_arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case KEY_PROSPECT:
		arguments->prospect = value;
		return 0;
	case KEY_VISITOR:
		if (hex_parse(span_text(value), &arguments->visitor, sizeof(arguments->visitor)))
			argp_error(state, "--visitor: '%s' is not 32 hexadecimal digits", value);
		arguments->has_visitor = true;
		return 0;
	case KEY_HOLDS:
		arguments->holds = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", value);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool is_wanted(const struct listing *listing, const struct binding *binding)
{
	const struct list_arguments *arguments = &listing->arguments;

	if (arguments->holds && binding->undone)
		return false;
	if (arguments->prospect &&
	    memcmp(&listing->person, &binding->person, sizeof(listing->person)) != 0)
		return false;
	return !arguments->has_visitor ||
	       memcmp(&arguments->visitor, &binding->visitor, sizeof(binding->visitor)) == 0;
}

static int print_line(void *context, const struct binding *binding)
{
	char visitor[2 * sizeof(binding->visitor) + 1], person[2 * sizeof(binding->person) + 1];
	char scope[2 * sizeof(binding->scope) + 1] = "", time[CLOCK_TEXT_BYTES];
	struct listing *listing = context;

	if (binding->damaged) {
		command_warn("binding %llu cannot be read: its row in state/ is damaged",
			     (unsigned long long)binding->event);
		listing->damaged++;
		return 0;
	}
	if (!is_wanted(listing, binding))
		return 0;
	hex_format(&binding->visitor, sizeof(binding->visitor), visitor);
	hex_format(&binding->person, sizeof(binding->person), person);
	if (!id_is_zero(&binding->scope, sizeof(binding->scope)))
		hex_format(&binding->scope, sizeof(binding->scope), scope);
	clock_format(binding->time, time);
	printf("%llu\t%s\t%s\t%s\t%s\t%s\t", (unsigned long long)binding->event, time, visitor,
	       person, event_field_row(EVENT_FIELD_evidence)->choices[binding->evidence], scope);
	if (binding->undone)
		printf("undone by %llu: %s\n", (unsigned long long)binding->undone_by,
		       binding->reason);
	else
		printf("holds\n");
	return ferror(stdout) ? -EIO : 0;
}

/* The handle of --prospect: as given, or asked for by address. */
static int find_person(struct listing *listing, struct error *error)
{
	const char *who = listing->arguments.prospect, *text = who;
	json_t *body, *reply = NULL;
	int code = 0;

	if (!who)
		return 0;
	if (listing->session) {
		body = json_pack("{s:s}", "email", who);
		code = session_call(listing->session, "/api/v1/prospects/find", body, &reply,
				    error);
		json_decref(body);
		text = json_string_value(json_object_get(reply, "prospect"));
	}
	if (!code &&
	    (!text || hex_parse(span_text(text), &listing->person, sizeof(listing->person)) != 0))
		code = error_set(error, COMMAND_FAILED,
				 "--prospect: '%s' is neither a handle nor an address", who);
	json_decref(reply);
	return code;
}

/* APP_E_ABSENT: there is no store yet, and so no binding. */
static int open_store(struct listing *listing, struct store **ret_store, struct error *error)
{
	const struct list_arguments *arguments = &listing->arguments;
	int code;

	*ret_store = NULL;
	if (arguments->prospect && strchr(arguments->prospect, '@')) {
		code = session_open(arguments->config, &listing->session, error);
		if (code)
			return code;
		*ret_store = session_app(listing->session)->store;
	}
	if (*ret_store)
		return 0;
	if (listing->session)
		(void)session_keep_server(listing->session);
	code = app_open(arguments->config, APP_READER, &listing->reader, error);
	if (code == 0)
		*ret_store = listing->reader->store;
	return code;
}

static void finish_listing(struct listing *listing)
{
	app_close(listing->reader);
	session_close(listing->session);
}

static int run_list(int argc, char **argv)
{
	static const struct argp argp = {
		.options = list_options,
		.parser = parse_list,
		.doc = "List all bindings in the order of their making, separated by tabs: the "
		       "sequence of the bind event, time, browser, person, evidence, the link of "
		       "a claim, and whether it holds.",
	};
	cleanup(finish_listing) struct listing listing = {0};
	struct error error = {""};
	struct store *store;
	int code;

	command_parse(&argp, argc, argv, &listing.arguments);
	code = open_store(&listing, &store, &error);
	if (code == APP_E_ABSENT)
		return COMMAND_OK;
	if (!code)
		code = find_person(&listing, &error);
	if (code)
		return command_fail(&error);
	code = binding_find_person(store, &listing.person, &listing.person);
	if (!code)
		code = binding_each(store, 0, print_line, &listing);
	if (code) {
		(void)error_set(&error, 0, "the bindings cannot be read: %s", strerror(-code));
		return command_fail(&error);
	}
	if (listing.damaged) {
		(void)error_set(&error, 0, "%u of the bindings could not be read; restore a backup",
				listing.damaged);
		(void)command_finish();
		return command_fail(&error);
	}
	return command_finish();
}

struct undo_arguments {
	const char *config, *reason;
	uint64_t bindings[UNDO_MAX];
	unsigned count;
};

/* "43", or the id of the bind event, "n1.1-43". */
static uint64_t parse_binding(struct argp_state *state, const char *text)
{
	const char *dash = strrchr(text, '-'), *digits = dash ? dash + 1 : text;
	unsigned long long sequence;
	char *end;

	errno = 0;
	sequence = strtoull(digits, &end, 10);
	if (errno || digits[0] < '0' || digits[0] > '9' || *end || sequence == 0)
		argp_error(state, "'%s' names no binding: 'waymark binding list' shows them", text);
	return sequence;
}

static error_t parse_undo(int key, char *value, struct argp_state *state)
{
	struct undo_arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = value;
		return 0;
	case KEY_REASON:
		arguments->reason = value;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->count == UNDO_MAX)
			argp_error(state, "more than %d bindings: undo them in several calls",
				   UNDO_MAX);
		arguments->bindings[arguments->count++] = parse_binding(state, value);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which binding? 'waymark binding list' shows them");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int undo_one(struct session *session, const struct undo_arguments *arguments,
		    uint64_t binding, struct error *error)
{
	json_t *body = json_pack("{s:I, s:s*}", "binding", (json_int_t)binding, "reason",
				 arguments->reason);
	json_t *reply = NULL;
	int code = body ? session_call(session, "/api/v1/bindings/undo", body, &reply, error)
			: -ENOMEM;

	if (!code && json_is_true(json_object_get(reply, "known")))
		printf("Binding %llu was undone before.\n", (unsigned long long)binding);
	else if (!code)
		printf("Binding %llu is undone: browser %s is nobody's now.\n",
		       (unsigned long long)binding,
		       json_string_value(json_object_get(reply, "visitor")));
	json_decref(reply);
	json_decref(body);
	return code;
}

static int run_undo(int argc, char **argv)
{
	static const struct argp argp = {
		.options = undo_options,
		.parser = parse_undo,
		.args_doc = "BINDING...",
		.doc = "Untie a browser from a person. What the browser did is nobody's then, and "
		       "the link that tied it does not tie it again. A binding is named as 'waymark "
		       "binding list' shows it, or by the id of its bind event.",
	};
	cleanup(cleanup_session) struct session *session = NULL;
	struct undo_arguments arguments = {.count = 0};
	struct error error = {""};
	int code;

	command_parse(&argp, argc, argv, &arguments);
	code = session_open(arguments.config, &session, &error);
	for (unsigned i = 0; i < arguments.count && !code; i++)
		code = undo_one(session, &arguments, arguments.bindings[i], &error);
	return code ? command_fail(&error) : command_finish();
}

int command_binding(int argc, char **argv)
{
	static const struct command rows[] = {
		{"list", run_list, "which browser is tied to whom, by what evidence"},
		{"undo", run_undo, "untie a browser from a person"},
		{0},
	};

	return command_dispatch(rows, "Which browser is tied to which person.", argc, argv);
}
