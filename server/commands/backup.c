/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark backup`: log and state into a directory, beside a server or without one; each further
 * backup into it adds what is new. It only reads the stores, in another process than the server,
 * so no commit waits for it. people/ goes into a file of its own, on request, and keys and
 * configuration are not its business: it says so once.
 */
#include "store/backup.h"
#include "app/app.h"
#include "base/cleanup.h"
#include "commands/backup_people.h"
#include "commands/backup_progress.h"
#include "commands/command.h"

#include <errno.h>
#include <inttypes.h>

enum { KEY_PEOPLE = 256, KEY_PRUNE, KEY_VERIFY };

struct arguments {
	const char *config, *directory, *people;
	bool prune, verify;
};

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"people", KEY_PEOPLE, "PATH", 0, "Copy people/, too, into this file, or into this directory as people.mdb; keep it apart, newest only", 0},
	{"prune", KEY_PRUNE, NULL, 0, "Drop segments of which retention has removed everything", 0},
	{"verify", KEY_VERIFY, NULL, 0, "Read all of the backup again, not only what is new", 0},
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
	case KEY_PEOPLE:
		arguments->people = argument;
		return 0;
	case KEY_PRUNE:
		arguments->prune = true;
		return 0;
	case KEY_VERIFY:
		arguments->verify = true;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->directory)
			argp_error(state, "one directory at a time");
		arguments->directory = argument;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->directory && !arguments->people)
			argp_error(state, "the directory of the backup is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void report(const struct app *app, const struct arguments *arguments,
		   const struct backup_report *backup)
{
	printf("events %" PRIu64 " to %" PRIu64 " (%" PRIu64 " new) in %" PRIu64
	       " segment%s, state as of %" PRIu64 ", verified: %s\n",
	       backup->first, backup->last, backup->added, backup->segments,
	       backup->segments == 1 ? "" : "s", backup->position, arguments->directory);
	if (backup->is_first)
		command_warn("keep these apart, they are not in it: %s with %s.erased, the "
			     "configuration, and people/ (backup --people)",
			     app->config->keys_file, app->config->keys_file);
}

static int back_up(const struct arguments *arguments, struct error *error)
{
	struct backup_progress progress = {.what = "backup"};
	const struct backup_options backup_options = {
		.directory = arguments->directory,
		.prune = arguments->prune,
		.verify = arguments->verify,
		.progress = backup_progress_show,
		.context = &progress,
	};
	cleanup(cleanup_app) struct app *app = NULL;
	struct backup_report done;
	int code = app_open(arguments->config, APP_READER, &app, error);

	if (code)
		return code;
	code = backup_write(app->store, &backup_options, &done, error);
	backup_progress_end(&progress);
	if (!code)
		report(app, arguments, &done);
	return code;
}

int command_backup(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "DIR",
		.doc = "Copy log and state into DIR, while a server runs or not, and verify the copy. "
		       "A further backup into DIR adds what is new."};
	struct arguments arguments = {0};
	struct error error = {0};
	int code = 0;

	command_parse(&argp, argc, argv, &arguments);
	if (arguments.directory)
		code = back_up(&arguments, &error);
	if (!code && arguments.people)
		code = backup_people(arguments.config, arguments.people, &error);
	if (code < 0 && !error.text[0])
		(void)error_set(&error, 0, "%s", strerror(-code));
	return code ? command_fail(&error) : command_finish();
}
