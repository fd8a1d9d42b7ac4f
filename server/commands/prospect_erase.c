/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark prospect erase`: everything that is known of people goes, wherever this instance has put
 * it, and what is printed is the record of that.
 *
 * The order lets a run that was cut off be run again with the same words. First who they are, by
 * all their handles; then the deliveries lose their rows, for which the handles are needed, and
 * nobody knows these afterwards. Then the owner of the store erases them (operation_erase.c), and
 * what held a copy of people/ is copied anew. The lock of copies.h is held alone all the while, so
 * that no delivery and no backup takes them along meanwhile.
 *
 * The record has the marks and not the handles. With the identity key and the address a mark can be
 * computed again, which proves whom the record is about; the handles would say what they did.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "commands/backup_people.h"
#include "commands/command.h"
#include "commands/copies.h"
#include "commands/session.h"

#include "app/operation.h"
#include "summary/deliver_scrub.h"
#include "summary/summarizer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PEOPLE_MAX = 100, KEY_REASON = 256, RETRY_MS = 100, RETRY_MAX_S = 120 };

struct arguments {
	const char *config, *reason;
	const char *people[PEOPLE_MAX];
	unsigned count;
};

struct erasing {
	const struct arguments *arguments;
	struct session *session;
	char *data_dir;
	int lock;
	json_t *known;	/* results of looking */
	json_t *record; /* what is printed */
	struct error *error;
};

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"reason", KEY_REASON, "WORDS", 0, "Why, for the log and the record: a word or two, without an address (default: operator)", 0},
	{0},
};
/* clang-format on */

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case COMMAND_KEY_CONFIG:
		arguments->config = argument;
		return 0;
	case KEY_REASON:
		arguments->reason = argument;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->count == PEOPLE_MAX)
			argp_error(state, "at most %d people at a time", PEOPLE_MAX);
		arguments->people[arguments->count++] = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "the person is missing: an address or a handle");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void finish(struct erasing *erasing)
{
	json_decref(erasing->known);
	json_decref(erasing->record);
	session_close(erasing->session);
	free(erasing->data_dir);
	if (erasing->lock >= 0)
		(void)close(erasing->lock);
}

static json_t *make_body(const struct arguments *arguments, bool look)
{
	json_t *people = json_array();

	for (unsigned i = 0; i < arguments->count; i++) {
		const char *who = arguments->people[i];

		(void)json_array_append_new(
			people, json_pack("{s:s}", strchr(who, '@') ? "email" : "prospect", who));
	}
	if (json_array_size(people) != arguments->count) {
		json_decref(people);
		return NULL;
	}
	return json_pack("{s:o, s:b, s:s*}", "people", people, "look", look, "reason",
			 arguments->reason);
}

/* One call, again while the store has not come to the end of it, or a copy is being made. */
static int ask(struct erasing *erasing, bool look, json_t **ret_results)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
	usec_t deadline = clock_monotonic() + RETRY_MAX_S * USEC_PER_SEC;
	json_t *body = make_body(erasing->arguments, look), *reply = NULL;
	int code;

	if (!body)
		return error_set(erasing->error, COMMAND_FAILED, "the address is not valid UTF-8");
	do {
		code = session_call(erasing->session, "/api/v1/prospects/erase", body, &reply,
				    erasing->error);
		if (code != OPERATION_E_FAILED && code != OPERATION_E_CONFLICT)
			break;
		(void)nanosleep(&pause, NULL);
	} while (clock_monotonic() < deadline);
	json_decref(body);
	if (!code)
		*ret_results = json_incref(json_object_get(reply, "results"));
	json_decref(reply);
	return code;
}

static int look(struct erasing *erasing)
{
	const json_t *one;
	size_t index;
	int code = ask(erasing, true, &erasing->known);

	if (code)
		return code;
	json_array_foreach(erasing->known, index, one)
	{
		const char *status = json_string_value(json_object_get(one, "status"));

		if (!status || strcmp(status, "unknown") == 0)
			return error_set(erasing->error, COMMAND_FAILED,
					 "nobody is known by the %s given as number %zu; nothing "
					 "was erased",
					 strchr(erasing->arguments->people[index], '@') ? "address"
											: "handle",
					 index + 1);
	}
	return 0;
}

/* All handles of all people, borrowed from what looking found. */
static struct span *list_handles(const struct erasing *erasing, size_t *ret_count)
{
	struct span *handles = NULL;
	const json_t *one, *handle;
	size_t count = 0, room = 0, i, j;

	json_array_foreach(erasing->known, i, one) room +=
		json_array_size(json_object_get(one, "prospects"));
	handles = calloc(room + 1, sizeof(*handles));
	if (!handles)
		return NULL;
	json_array_foreach(erasing->known, i, one)
		json_array_foreach(json_object_get(one, "prospects"), j, handle) handles[count++] =
			span_text(json_string_value(handle));
	*ret_count = count;
	return handles;
}

static int tell(struct erasing *erasing, json_t *told, json_t *one)
{
	return json_array_append_new(told, one)
		       ? error_set(erasing->error, COMMAND_FAILED, "out of memory")
		       : 0;
}

/* Nothing can be done about a copy that somebody has taken away, but to say so. */
static int forget(struct erasing *erasing, const char *kind, const char *path, json_t *told)
{
	int code = copies_forget(erasing->data_dir, kind, path, erasing->error);

	if (code)
		return code;
	command_warn("%s is not there any more and is forgotten; if it was moved, or lies on a "
		     "disk that is not mounted now, it still holds them",
		     path);
	return tell(erasing, told, json_pack("{s:s, s:b}", "path", path, "absent", 1));
}

static int scrub_one(struct erasing *erasing, const char *path, const struct span *handles,
		     size_t count, json_t *told)
{
	struct deliver_scrub done = {0};
	int code = deliver_scrub(path, handles, count, &done, erasing->error);

	if (code) {
		error_prefix(erasing->error, "nobody was erased yet: ");
		return code;
	}
	if (done.absent)
		return forget(erasing, COPIES_DELIVERIES, path, told);
	return tell(erasing, told,
		    json_pack("{s:s, s:I, s:I}", "path", path, "files", (json_int_t)done.files,
			      "rows", (json_int_t)done.rows));
}

static int scrub_deliveries(struct erasing *erasing, const json_t *copies)
{
	json_t *told = json_array(), *list = json_object_get(copies, COPIES_DELIVERIES), *path;
	cleanup_free struct span *handles = NULL;
	size_t index, count = 0;
	int code = 0;

	handles = list_handles(erasing, &count);
	if (!handles || !told)
		code = error_set(erasing->error, COMMAND_FAILED, "out of memory");
	json_array_foreach(list, index, path) if (!code && json_is_string(path)) code =
		scrub_one(erasing, json_string_value(path), handles, count, told);
	(void)json_object_set_new(erasing->record, "deliveries", told);
	return code;
}

static int renew_one(struct erasing *erasing, const char *path, json_t *told)
{
	uint64_t people = 0;
	int code = backup_people_tidy(path, erasing->error);

	if (code)
		return code;
	if (access(path, F_OK))
		return forget(erasing, COPIES_PEOPLE, path, told);
	code = backup_people_anew(erasing->session, path, &people, erasing->error);
	if (code) {
		error_prefix(erasing->error,
			     "they are erased here, but %s still holds them; remove it, or run "
			     "this again: ",
			     path);
		return code;
	}
	return tell(erasing, told,
		    json_pack("{s:s, s:I}", "path", path, "people", (json_int_t)people));
}

static int renew_copies(struct erasing *erasing, const json_t *copies)
{
	json_t *told = json_array(), *list = json_object_get(copies, COPIES_PEOPLE), *path;
	size_t index;
	int code = told ? 0 : error_set(erasing->error, COMMAND_FAILED, "out of memory");

	json_array_foreach(list, index, path) if (!code && json_is_string(path)) code =
		renew_one(erasing, json_string_value(path), told);
	(void)json_object_set_new(erasing->record, "people_copies", told);
	return code;
}

/* The day and no more: the time of the erase event would name it. */
static int begin_record(struct erasing *erasing)
{
	char time[CLOCK_TEXT_BYTES];

	clock_format(clock_wall(), time);
	time[10] = '\0';
	erasing->record =
		json_pack("{s:i, s:s, s:s, s:[]}", "version", 1, "day", time, "reason",
			  erasing->arguments->reason ? erasing->arguments->reason : "operator",
			  "people");
	return erasing->record ? 0 : error_set(erasing->error, COMMAND_FAILED, "out of memory");
}

static int erase(struct erasing *erasing)
{
	json_t *results = NULL, *people = json_object_get(erasing->record, "people"), *one;
	size_t index;
	int code = ask(erasing, false, &results);

	json_array_foreach(results, index, one)
	{
		const json_t *before = json_array_get(erasing->known, index);
		json_t *marks = json_object_get(before, "marks");

		/* A call that was sent again says "erased before" of what the first one did. */
		if (json_object_get(before, "prospects"))
			one = json_pack("{s:s, s:O*}", "status", "erased", "marks", marks);
		else
			one = json_pack("{s:s, s:O*}", "status", "erased before", "marks", marks);
		(void)json_array_append_new(people, one);
	}
	json_decref(results);
	return code;
}

/* A summarize that follows does it by itself. */
static void renew_summaries(const struct arguments *arguments, const char *data_dir, json_t *record)
{
	cleanup(cleanup_app) struct app *app = NULL;
	cleanup_free char *path = NULL;
	struct summarizer *summarizer = NULL;
	struct error error = {0};
	bool more = true;
	int code;

	if (asprintf(&path, "%s/summary", data_dir) < 0 || access(path, F_OK))
		return;
	code = app_open(arguments->config, APP_READER, &app, &error);
	if (!code) {
		const struct summarizer_options wanted = {.app = app};

		code = summarizer_open(&wanted, &summarizer, &error);
	}
	while (!code && more)
		code = summarizer_step(summarizer, &more, &error);
	summarizer_close(summarizer);
	if (code == SUMMARIZER_E_LOCKED)
		code = 0;
	if (code)
		command_warn("the summaries still have what they did, without a name; run waymark "
			     "summarize: %s",
			     error.text);
	(void)json_object_set_new(record, "summaries", json_boolean(code == 0));
}

static int run(struct erasing *erasing)
{
	json_t *copies = NULL;
	int code = session_open(erasing->arguments->config, &erasing->session, erasing->error);

	if (code)
		return code;
	erasing->data_dir = strdup(session_app(erasing->session)->config->data_dir);
	if (!erasing->data_dir)
		return error_set(erasing->error, COMMAND_FAILED, "out of memory");
	code = copies_lock(erasing->data_dir, true, &erasing->lock, erasing->error);
	if (!code)
		code = begin_record(erasing);
	if (!code)
		code = look(erasing);
	if (!code)
		code = copies_read(erasing->data_dir, &copies, erasing->error);
	if (!code)
		code = scrub_deliveries(erasing, copies);
	if (!code)
		code = erase(erasing);
	if (!code)
		code = renew_copies(erasing, copies);
	json_decref(copies);
	session_close(take_ptr(erasing->session));
	if (!code)
		renew_summaries(erasing->arguments, erasing->data_dir, erasing->record);
	return code;
}

int command_prospect_erase(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "EMAIL|HANDLE...",
		.doc = "Erase people: their address, fields and key, what their browsers typed, their "
		       "rows in deliveries and in the copy of people/. What they did stays counted "
		       "and is nobody's. Prints a record of it as JSON."};
	struct arguments arguments = {0};
	struct error error = {0};
	cleanup(finish) struct erasing erasing = {.arguments = &arguments,
						  .lock = -1,
						  .error = &error};

	command_parse(&argp, argc, argv, &arguments);
	if (run(&erasing) != 0)
		return command_fail(&error);
	(void)json_dumpf(erasing.record, stdout, JSON_INDENT(2));
	putchar('\n');
	return command_finish();
}
