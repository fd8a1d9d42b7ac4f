/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two operations: /api/v1/mailings/check before a mail, /api/v1/events/import behind it, which also
 * notes in the record of whose mail came back for good that it did.
 *
 * An event that is refused is said and counts as told: the mail is out, and asking again would get
 * the same answer.
 */
#include "commands/mail_record.h"

#include "app/operation.h"
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/import_batch.h"
#include "track/bounce.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const char source[] = "smtp";

static int fail(int code, const char *what, struct error *error)
{
	if (code < 0)
		(void)error_set(error, 0, "%s", strerror(-code));
	error_prefix(error, "%s: ", what);
	return COMMAND_FAILED;
}

/* Asking */

static json_t *question(const struct mail_record *record, const char *const *addresses,
			size_t count)
{
	struct span list = record->facts->list;
	json_t *emails = json_array();
	int r = emails ? 0 : -1;

	for (size_t i = 0; i < count; i++)
		r |= json_array_append_new(emails, json_string(addresses[i]));
	if (r == 0 && list.size > 0)
		return json_pack("{s:o, s:s%}", "emails", emails, "list", (const char *)list.data,
				 list.size);
	if (r == 0)
		return json_pack("{s:o}", "emails", emails);
	json_decref(emails);
	return NULL;
}

/* The constant that an answer is; NULL: may be mailed. */
static const char *status_of(const json_t *result)
{
	static const char *const statuses[] = {"opted_out", "bounced", "unsubscribed", "erased"};
	const char *status = json_string_value(json_object_get(result, "status"));

	for (size_t i = 0; status && i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (strcmp(status, statuses[i]) == 0)
			return statuses[i];
	return status ? NULL : "unreadable";
}

/* As many as are answered in one call. *ret_answered > 0. */
static int ask(struct mail_record *record, struct session *session, const char *const *addresses,
	       size_t count, const char **ret_statuses, size_t *ret_answered, struct error *error)
{
	json_t *body = question(record, addresses, count), *reply = NULL;
	const json_t *results, *result;
	size_t index;
	int code = body ? session_call(session, "/api/v1/mailings/check", body, &reply, error)
			: -ENOMEM;

	json_decref(body);
	if (code)
		return code;
	results = json_object_get(reply, "results");
	*ret_answered = json_array_size(results);
	if (*ret_answered == 0 || *ret_answered > count) {
		json_decref(reply);
		return error_set(error, OPERATION_E_FAILED,
				 "command and server are of different versions");
	}
	json_array_foreach(results, index, result) ret_statuses[index] = status_of(result);
	json_decref(reply);
	return 0;
}

int mail_record_check(struct mail_record *record, const char *const *addresses, size_t count,
		      const char **ret_statuses, struct error *error)
{
	cleanup(cleanup_session) struct session *session = NULL;
	int code = count > 0 ? session_open(record->config, &session, error) : 0;
	size_t answered;

	for (size_t at = 0; code == 0 && at < count; at += answered)
		code = ask(record, session, addresses + at, count - at, ret_statuses + at,
			   &answered, error);
	return code ? fail(code, "who may be mailed cannot be asked", error) : 0;
}

/* Telling */

static json_t *text_json(struct span text)
{
	return text.size > 0 ? json_stringn((const char *)text.data, text.size) : NULL;
}

/* NULL: there is nothing to say, or no memory. */
static json_t *props_json(const struct mail_record_event *event)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	if (event->suppressed)
		return json_pack("{s:s}", "suppressed", event->suppressed);
	if (!event->bounced)
		return NULL;
	bounce_append_props(&text, event->bounced);
	return text.error ? NULL : json_loadb((const char *)text.data, text.size, 0, NULL);
}

static json_t *event_json(const struct mail_record *record, const struct mail_record_event *event)
{
	char time[CLOCK_TEXT_BYTES], id[64];

	clock_format(event->time, time);
	(void)snprintf(id, sizeof(id), "%s-%" PRIu64, record->id, event->number);
	return json_pack("{s:s, s:s, s:s, s:s, s:o*, s:o*, s:s*, s:o*}", "id", id, "time", time,
			 "type", event->bounced ? "bounce" : "sent", "email", event->address,
			 "mailing", text_json(record->facts->mailing), "campaign",
			 text_json(record->facts->campaign), "reason", event->reason, "props",
			 props_json(event));
}

static void take_result(void *context, size_t number, const json_t *result)
{
	const char *refusal = json_string_value(json_object_get(result, "error"));
	struct mail_record *record = context;

	if (refusal)
		command_warn("mail %zu is out, and the log does not take that it is: %s", number,
			     refusal);
	if (record->told)
		record->told(record->context, number);
}

static int tell(struct mail_record *record, struct session *session, struct error *error)
{
	struct import_batch batch = {
		.session = session,
		.path = "/api/v1/events/import",
		.key = "events",
		.constants = json_pack("{s:s}", "source", source),
		.result = take_result,
		.context = record,
	};
	int code = batch.constants ? import_batch_begin(&batch) : -ENOMEM;

	for (size_t i = 0; code == 0 && i < json_array_size(record->events); i++)
		code = import_batch_add(&batch, record->numbers[i],
					json_incref(json_array_get(record->events, i)), 0, error);
	if (code == 0)
		code = import_batch_flush(&batch, error);
	import_batch_finish(&batch);
	json_decref(batch.constants);
	return code;
}

int mail_record_flush(struct mail_record *record, bool now, struct error *error)
{
	cleanup(cleanup_session) struct session *session = NULL;
	int code;

	if (json_array_size(record->events) == 0 || (!now && clock_monotonic() < record->due))
		return 0;
	code = session_open(record->config, &session, error);
	if (code == 0)
		code = tell(record, session, error);
	if (code)
		return fail(code, "the log cannot be told what was sent", error);
	(void)json_array_clear(record->events);
	return 0;
}

int mail_record_add(struct mail_record *record, const struct mail_record_event *event,
		    struct error *error)
{
	size_t count = json_array_size(record->events);
	/* There is room, unless the log could not be told before. */
	int code = mail_record_flush(record, count == MAIL_RECORD_EVENTS, error);
	json_t *object = code == 0 ? event_json(record, event) : NULL;

	if (code)
		return code;
	if (!record->events)
		record->events = json_array();
	count = json_array_size(record->events);
	if (count == 0)
		record->due = clock_monotonic() + MAIL_RECORD_WAIT_S * USEC_PER_SEC;
	if (!object || json_array_append_new(record->events, object) != 0)
		return error_set(error, COMMAND_FAILED, "out of memory");
	record->numbers[count] = event->number;
	return mail_record_flush(record, count + 1 == MAIL_RECORD_EVENTS, error);
}

void mail_record_finish(struct mail_record *record)
{
	json_decref(record->events);
	record->events = NULL;
}
