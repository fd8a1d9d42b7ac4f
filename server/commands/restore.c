/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark restore`: a store from a backup, into a data directory that has none. Everything is
 * checked on the way; a kill leaves a store that does not open, and the next restore begins anew.
 *
 * The configuration and the keyring are the operator's, and there before: without the keys of old
 * the links of old are dead, whatever is restored.
 */
#include "app/app.h"
#include "app/erased_file.h"
#include "base/cleanup.h"
#include "commands/backup_progress.h"
#include "commands/command.h"
#include "store/backup.h"

#include <inttypes.h>
#include <sys/stat.h>

enum { KEY_PEOPLE = 256 };

struct arguments {
	const char *config, *directory, *people;
};

/* clang-format off */
static const struct argp_option options[] = {
	COMMAND_OPTION_CONFIG,
	{"people", KEY_PEOPLE, "PATH", 0, "The file that backup --people has made, or the directory that it is in", 0},
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
	case ARGP_KEY_ARG:
		if (arguments->directory)
			argp_error(state, "one directory at a time");
		arguments->directory = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "the directory of the backup is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void report(const struct restore_report *done, bool people)
{
	printf("events %" PRIu64 " to %" PRIu64 ", state as of %" PRIu64
	       "; new events are of incarnation %u\n",
	       done->first, done->last, done->position, (unsigned)done->incarnation);
	if (!people)
		command_warn("people/ was not restored: everybody gets a new handle at the next "
			     "click, and what was sealed stays closed");
}

/* Opening the store does it: an older people/ must not bring back who was erased since. */
static int erase_again(const struct arguments *arguments, bool anybody, struct error *error)
{
	struct app *app = NULL;
	int code = anybody ? app_open(arguments->config, APP_COMMAND, &app, error) : 0;

	app_close(app);
	return code;
}

static int restore(const struct arguments *arguments, struct error *error)
{
	struct backup_progress progress = {.what = "restore"};
	struct restore_options restore_options = {
		.directory = arguments->directory,
		.progress = backup_progress_show,
		.context = &progress,
	};
	cleanup(cleanup_app) struct app *app = NULL;
	cleanup_buffer struct buffer marks = BUFFER_INIT;
	cleanup_free char *people = NULL;
	struct restore_report done;
	struct stat status;
	bool folder = arguments->people && stat(arguments->people, &status) == 0 &&
		      S_ISDIR(status.st_mode);
	int code = app_open(arguments->config, APP_OFFLINE, &app, error);

	if (code)
		return code;
	if (arguments->people &&
	    asprintf(&people, "%s%s", arguments->people, folder ? "/people.mdb" : "") < 0)
		return error_set(error, 1, "out of memory");
	restore_options.data_dir = app->config->data_dir;
	restore_options.node = app->config->node;
	restore_options.people = people;
	code = restore_store(&restore_options, &done, error);
	backup_progress_end(&progress);
	if (code)
		return code;
	report(&done, people != NULL);
	code = erased_file_read(app->config->keys_file, &marks, error);
	app_close(take_ptr(app));
	return code ? code : erase_again(arguments, marks.size > 0, error);
}

int command_restore(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "DIR",
		.doc = "Make the store anew from the backup in DIR. The data directory must be empty; "
		       "configuration and keys must be those of old."};
	struct arguments arguments = {0};
	struct error error = {0};
	int code;

	command_parse(&argp, argc, argv, &arguments);
	code = restore(&arguments, &error);
	if (code < 0 && !error.text[0])
		(void)error_set(&error, 0, "%s", strerror(-code));
	return code ? command_fail(&error) : command_finish();
}
