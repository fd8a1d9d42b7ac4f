/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark events --readers` and `--forget-reader`, and how --reader tells what it has read.
 *
 * A list needs no lock: the rows are read beside whoever writes them. All else asks the owner of
 * the store, since the rows lie in the environment of the log.
 */
#include "commands/events_reader.h"

#include "commands/command.h"
#include "store/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

int events_reader_move(struct session *session, const char *name, uint64_t position,
		       struct error *error)
{
	json_t *body = json_pack("{s:s, s:I}", "name", name, "position", (json_int_t)position);
	json_t *reply = NULL;
	int code = body ? session_call(session, "/api/v1/readers", body, &reply, error) : -ENOMEM;

	json_decref(body);
	json_decref(reply);
	return code;
}

static void print(const struct reader *reader, const struct store_status *status)
{
	uint64_t last = status->last_sequence;
	char seen[CLOCK_TEXT_BYTES];

	clock_format(reader->seen, seen);
	printf("%s\t%" PRIu64 "\t%" PRIu64 "\t%s%s\n", reader->name, reader->position,
	       last > reader->position ? last - reader->position : 0, seen,
	       reader->position < status->pruned_through ? "\tpassed over" : "");
}

int events_reader_list(const char *config)
{
	struct reader readers[READERS_MAX];
	struct store_status status;
	struct error error = {0};
	struct app *app;
	size_t count = 0;
	int code = app_open(config, APP_READER, &app, &error);

	if (code == APP_E_ABSENT)
		return COMMAND_OK;
	if (code)
		return command_fail(&error);
	code = reader_list(app->store, readers, &count);
	store_status(app->store, &status);
	app_close(app);
	if (code) {
		(void)error_set(&error, 0, "the readers cannot be read: %s", strerror(-code));
		return command_fail(&error);
	}
	for (size_t i = 0; i < count; i++)
		print(&readers[i], &status);
	return command_finish();
}

int events_reader_forget(const char *config, const char *name)
{
	struct session *session = NULL;
	struct error error = {0};
	json_t *body, *reply = NULL;
	int code = session_open(config, &session, &error);

	if (code)
		return command_fail(&error);
	body = json_pack("{s:s}", "name", name);
	code = body ? session_call(session, "/api/v1/readers/forget", body, &reply, &error)
		    : error_set(&error, COMMAND_FAILED, "the name is not UTF-8");
	json_decref(body);
	json_decref(reply);
	session_close(session);
	return code ? command_fail(&error) : COMMAND_OK;
}
