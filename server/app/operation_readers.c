/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations on readers of the log that are registered by name.
 *
 *   POST /api/v1/readers          {"name": "crm", "position": 42}   the same; registers it, too
 *   POST /api/v1/readers/forget   {"name": "crm"}                   {"name": "crm"}
 *
 * Nothing of it goes into the log: a row in events/meta says how far a reader is, and the reply
 * leaves when that is durable, so that pruning waits for it from then on.
 */
#include "app/operation.h"

#include "store/reader.h"

#include <errno.h>

/* A reader in another process sees a batch a moment before our status does. */
enum { AHEAD_EVENTS = 65536 };

static int name_of(const struct operation_call *call, const char *const *keys,
		   struct span *ret_name, struct error *error)
{
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_text(call->body, "", "name", true, READER_NAME_MAX_BYTES, ret_name,
				      error);
	if (!code && !reader_name_is_valid(*ret_name))
		return error_set(error, OPERATION_E_REFUSED,
				 "name: a reader's name is 1 to 64 of a-z 0-9 . _ -");
	return code;
}

/* Is there room for one more? A name that is there already needs none. */
static int check_room(struct operation_call *call, struct span name, struct error *error)
{
	struct reader readers[READERS_MAX];
	size_t count;
	int r = reader_list(call->app->store, readers, &count);

	if (r || count < READERS_MAX)
		return r;
	for (size_t i = 0; i < count; i++)
		if (span_equal(span_text(readers[i].name), name))
			return 0;
	return error_set(error, OPERATION_E_CONFLICT,
			 "there are %d readers already; forget one of them", READERS_MAX);
}

static int finish(struct operation_call *call, struct event_ticket *ticket, json_t *reply)
{
	call->ticket = ticket;
	call->reply = reply;
	return ticket && reply ? 0 : -ENOMEM;
}

int operation_readers_set(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"name", "position", NULL};
	struct store_status status;
	uint64_t position = 0;
	struct span name;
	int code = name_of(call, keys, &name, error);

	store_status(call->app->store, &status);
	if (!code)
		code = operation_number(call->body, "", "position", 0,
					status.last_sequence + AHEAD_EVENTS, &position, error);
	if (!code)
		code = check_room(call, name, error);
	if (code)
		return code;
	return finish(call, reader_ticket(name, position, false),
		      json_pack("{s:s%, s:I}", "name", (const char *)name.data, name.size,
				"position", (json_int_t)position));
}

int operation_readers_forget(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"name", NULL};
	struct reader reader;
	struct span name;
	int code = name_of(call, keys, &name, error);

	if (!code)
		code = reader_find(call->app->store, name, &reader);
	if (code == STORE_E_NOT_FOUND)
		return error_set(error, OPERATION_E_ABSENT, "no reader is known by that name");
	if (code)
		return code;
	return finish(call, reader_ticket(name, 0, true), json_pack("{s:s}", "name", reader.name));
}
