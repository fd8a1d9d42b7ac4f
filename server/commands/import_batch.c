/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches. An operation runs on the thread that answers clicks, and its commit stands between two
 * of theirs; both cost by the row. So the answer's time decides: under half of what is aimed at the
 * next batch is larger, over it smaller. With nobody to disturb (the command owns the stores) a
 * batch is as large as may be, since each costs three syncs.
 *
 * Every operation may be sent again: people are the same the second time, an event with a source
 * and an id is known.
 */
#include "commands/import_batch.h"

#include "app/operation.h"
#include "base/cleanup.h"

#include <errno.h>
#include <time.h>

enum {
	FIRST_ROWS = 100,
	LEAST_ROWS = 100,
	BATCH_BYTES = 256 << 10,
	ANSWER_MS = 50,
	RETRY_FIRST_MS = 50,
	RETRY_MAX_MS = 1000,
	RETRY_TOTAL_MS = 60000
};

int import_batch_begin(struct import_batch *batch)
{
	batch->beside_server = session_keep_server(batch->session);
	batch->limit = batch->beside_server ? FIRST_ROWS : IMPORT_BATCH_MAX;
	batch->offset = 0;
	batch->rows = json_array();
	return batch->rows ? 0 : -ENOMEM;
}

void import_batch_finish(struct import_batch *batch)
{
	json_decref(batch->rows);
	batch->rows = NULL;
}

static json_t *body_of(const struct import_batch *batch)
{
	json_t *body = batch->constants ? json_copy(batch->constants) : json_object();

	if (!body || json_object_set(body, batch->key, batch->rows) != 0 ||
	    json_object_set_new(body, "strict", json_boolean(batch->strict)) != 0) {
		json_decref(body);
		return NULL;
	}
	return body;
}

static void pause_ms(unsigned ms)
{
	const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	(void)nanosleep(&pause, NULL);
}

/* One call, again while the server says that it cannot take it now. */
static int call(struct import_batch *batch, const json_t *body, json_t **ret_reply,
		struct error *error)
{
	usec_t deadline = clock_monotonic() + RETRY_TOTAL_MS * USEC_PER_MS;
	unsigned pause = RETRY_FIRST_MS;

	for (;;) {
		int code = session_call(batch->session, batch->path, body, ret_reply, error);

		if (code != OPERATION_E_FAILED || !batch->beside_server ||
		    clock_monotonic() >= deadline)
			return code;
		pause_ms(pause);
		pause = pause * 2 < RETRY_MAX_MS ? pause * 2 : RETRY_MAX_MS;
	}
}

static void adapt(struct import_batch *batch, size_t sent, size_t taken, usec_t answer)
{
	size_t limit = batch->limit;

	if (!batch->beside_server)
		return;
	if (taken < sent)
		limit = taken;
	else if (answer > ANSWER_MS * USEC_PER_MS)
		limit = limit * 3 / 4;
	else if (answer < ANSWER_MS * USEC_PER_MS / 2)
		limit = limit + limit / 4 + 1;
	if (limit < LEAST_ROWS)
		limit = LEAST_ROWS;
	batch->limit = limit < IMPORT_BATCH_MAX ? limit : IMPORT_BATCH_MAX;
}

/*
 * Hand out the results, and keep the rows that were not looked at. A strict operation looks at
 * nothing behind the first row that it refuses.
 */
static int settle(struct import_batch *batch, const json_t *reply, struct error *error)
{
	const json_t *results = json_object_get(reply, "results"), *result;
	size_t taken = json_array_size(results), sent = json_array_size(batch->rows), index;
	bool refused = false;

	if (taken == 0 || taken > sent)
		return error_set(error, OPERATION_E_FAILED,
				 "%s answered %zu results to %zu rows: command and server are of "
				 "different versions",
				 batch->path, taken, sent);
	json_array_foreach(results, index, result)
	{
		batch->result(batch->context, batch->lines[index], result);
		refused |= json_object_get(result, "error") != NULL;
	}
	if (refused && batch->strict)
		return IMPORT_BATCH_E_STOPPED;
	for (index = 0; index < taken; index++)
		(void)json_array_remove(batch->rows, 0);
	memmove(batch->lines, batch->lines + taken, (sent - taken) * sizeof(batch->lines[0]));
	return 0;
}

static int send(struct import_batch *batch, struct error *error)
{
	size_t sent = json_array_size(batch->rows);
	usec_t began = clock_monotonic();
	json_t *body = body_of(batch), *reply = NULL;
	int code = body ? call(batch, body, &reply, error) : -ENOMEM;

	json_decref(body);
	if (!code)
		code = settle(batch, reply, error);
	if (!code)
		adapt(batch, sent, sent - json_array_size(batch->rows), clock_monotonic() - began);
	json_decref(reply);
	return code;
}

int import_batch_flush(struct import_batch *batch, struct error *error)
{
	int code = 0;

	while (!code && json_array_size(batch->rows) > 0)
		code = send(batch, error);
	return code;
}

int import_batch_add(struct import_batch *batch, size_t line, json_t *row, uint64_t offset,
		     struct error *error)
{
	size_t count = json_array_size(batch->rows);
	int code;

	batch->lines[count] = line;
	if (json_array_append_new(batch->rows, row) != 0)
		return -ENOMEM;
	if (count + 1 < batch->limit && offset < batch->offset + BATCH_BYTES)
		return 0;
	code = import_batch_flush(batch, error);
	batch->offset = offset;
	return code;
}
