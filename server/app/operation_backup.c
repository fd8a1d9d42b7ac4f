/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operation behind `backup --people`.
 *
 *   POST /api/v1/people/copy   {}                  {"state": "running"} or "done": the copy is in
 *                                                  data/people.copy/data.mdb
 *   POST /api/v1/people/copy   {"discard": true}   {"state": "none"}: it is removed
 *
 * It starts the copy and tells how far it is; whoever asks asks again. Only the owner of the data
 * directory can take the file, which is why the reply does not hold it.
 */
#include "app/operation.h"

#include <errno.h>

static const char *const states[] = {
	[PEOPLE_BACKUP_NONE] = "none",
	[PEOPLE_BACKUP_RUNNING] = "running",
	[PEOPLE_BACKUP_DONE] = "done",
	[PEOPLE_BACKUP_FAILED] = "failed",
};

static int fail(struct people_backup *backup, const struct error *why, struct error *error)
{
	people_backup_discard(backup);
	return error_set(error, OPERATION_E_FAILED, "%s", why->text);
}

int operation_people_copy(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"discard", NULL};
	struct app *app = call->app;
	enum people_backup_state state;
	struct error why = {0};
	bool discard = false;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_bool(call->body, "", "discard", &discard, error);
	if (code)
		return code;
	state = people_backup_state(app->people_backup, &why);
	if (discard && state == PEOPLE_BACKUP_RUNNING)
		return error_set(error, OPERATION_E_CONFLICT,
				 "a copy of people/ is being made for somebody else; try again");
	if (discard)
		people_backup_discard(app->people_backup);
	else if (state == PEOPLE_BACKUP_FAILED)
		return fail(app->people_backup, &why, error);
	else if (state == PEOPLE_BACKUP_NONE)
		code = people_backup_start(app->people_backup);
	if (code)
		return code;
	state = people_backup_state(app->people_backup, &why);
	call->reply = json_pack("{s:s}", "state", states[state]);
	return call->reply ? 0 : -ENOMEM;
}
