/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark events import --format dsn`: a mailbox that bounces go to becomes events.
 *
 * Such a mailbox holds all kinds of mails. What is no notification of a mail server, or is one of a
 * mail that was only delayed or that arrived, is left out with a sentence; what says that it is one
 * and cannot be read is refused with the field's name. Neither costs the mails beside it.
 *
 * Notifications are unsigned, and anybody can send one. So nothing reads a mailbox by itself: this
 * command is given the mails, by whoever trusts the place that they come from, and can do with them
 * what the same person can do with bounces in NDJSON.
 */
#include "commands/events_bounces.h"

#include "app/operation.h"
#include "base/cleanup.h"
#include "commands/bounce_event.h"
#include "commands/command.h"
#include "commands/events_shape.h"
#include "commands/import_batch.h"
#include "commands/import_mails.h"
#include "commands/import_report.h"

#include <errno.h>
#include <stdio.h>

enum { PLACES = 2 * IMPORT_BATCH_MAX, ACTIONS = DELIVERY_EXPANDED + 1 };

/* Where a row that waits for its result came from. */
struct place {
	char *path;
	size_t line, mail;
};

struct bounces {
	const struct events_bounces_options *options;
	struct session *session;
	struct app *reader; /* beside a server */
	bool has_reader;
	struct import_batch batch;
	struct import_report report;
	struct place places[PLACES]; /* by the row's number */
	size_t rows;
	struct arena arena; /* of one mail */
	uint64_t read_bytes;
	struct error error;
	size_t added, known, left, unfinished[ACTIONS];
	bool stopped;
};

static const char *const skipped[] = {
	[DELIVERY_REPORT_NONE] = "is no delivery status notification",
	[DELIVERY_REPORT_PLAIN] = "is a bounce in words alone, as qmail writes them, without the "
				  "fields of a delivery status notification (RFC 3464)",
	[DELIVERY_REPORT_AUTOMATIC] = "is an automatic reply",
	[DELIVERY_REPORT_COMPLAINT] = "is a feedback report, a reader's complaint",
	[DELIVERY_REPORT_DISPOSITION] = "is a receipt that a mail was shown or deleted",
};

static int refuse(struct bounces *bounces, const char *path, size_t line, size_t mail,
		  const char *text)
{
	struct error sentence;

	if (bounces->stopped)
		return IMPORT_MAILS_E_FILE;
	bounces->report.path = path;
	(void)error_set(&sentence, 0, "message %zu: %s", mail, text);
	import_report_bad(&bounces->report, line, sentence.text);
	bounces->stopped = bounces->options->strict;
	return bounces->stopped ? IMPORT_MAILS_E_FILE : 0;
}

/* With --strict what stands before it is imported first. */
static int refuse_unread(struct bounces *bounces, const struct import_mail *mail, const char *text)
{
	int code =
		bounces->options->strict ? import_batch_flush(&bounces->batch, &bounces->error) : 0;

	return code ? code : refuse(bounces, mail->path, mail->line, mail->number, text);
}

static void skip(struct bounces *bounces, const struct import_mail *mail, const char *text)
{
	struct error sentence;

	bounces->left++;
	bounces->report.path = mail->path;
	(void)error_set(&sentence, 0, "message %zu: %s; left out", mail->number, text);
	import_report_notice(&bounces->report, mail->line, sentence.text);
}

static void take_result(void *context, size_t row, const json_t *result)
{
	const char *refusal = json_string_value(json_object_get(result, "error"));
	const char *status = json_string_value(json_object_get(result, "status"));
	struct bounces *bounces = context;
	const struct place *place = &bounces->places[row % PLACES];

	if (refusal)
		(void)refuse(bounces, place->path ? place->path : "", place->line, place->mail,
			     refusal);
	else if (status && strcmp(status, "added") == 0)
		bounces->added++;
	else
		bounces->known++;
}

/* Links and names of this log: of the command's own store, or read beside the server's. */
static struct store *store_of(struct bounces *bounces)
{
	struct app *own = session_app(bounces->session);
	struct error error;

	if (own->store)
		return own->store;
	if (!bounces->has_reader) {
		bounces->has_reader = true;
		if (app_open(bounces->options->config, APP_READER, &bounces->reader, &error) != 0)
			bounces->reader = NULL;
	}
	return bounces->reader ? bounces->reader->store : NULL;
}

static int send(struct bounces *bounces, const struct import_mail *mail, json_t *made)
{
	struct place *place = &bounces->places[bounces->rows % PLACES];
	json_t *event = events_shape(bounces->options->set, made);

	json_decref(made);
	free(place->path);
	*place = (struct place){.path = strdup(mail->path),
				.line = mail->line,
				.mail = mail->number};
	if (!event || !place->path) {
		json_decref(event);
		return -ENOMEM;
	}
	return import_batch_add(&bounces->batch, bounces->rows++, event, mail->read_bytes,
				&bounces->error);
}

static int take_recipient(struct bounces *bounces, const struct import_mail *mail,
			  const struct bounce_event *from,
			  const struct delivery_recipient *recipient, size_t number)
{
	struct error error = {""};
	json_t *event = NULL;
	int code;

	if (recipient->action != DELIVERY_FAILED) {
		bounces->unfinished[recipient->action]++;
		bounces->left++;
		return 0;
	}
	code = bounce_event_make(from, recipient, number, &event, &error);
	if (code == BOUNCE_EVENT_E_FIELD)
		return refuse_unread(bounces, mail, error.text);
	return code ? code : send(bounces, mail, event);
}

static int take_report(struct bounces *bounces, const struct import_mail *mail,
		       const struct delivery_report *report)
{
	struct bounce_event from = {.keyring = session_app(bounces->session)->keyring,
				    .store = store_of(bounces),
				    .report = report};
	struct delivery_recipient recipient;
	struct error error = {""};
	size_t at = 0, number = 0;
	int code = 0, found;

	if (report->returned.data)
		code = returned_mail_read(from.keyring, report->returned, &from.returned);
	if (!code)
		bounce_event_begin(&from, &bounces->arena);
	while (!code && (found = delivery_report_next(report, &at, &bounces->arena, &recipient,
						      &error)) != DELIVERY_REPORT_E_END) {
		number++;
		if (found < 0)
			return found;
		if (found == DELIVERY_REPORT_E_FIELD)
			code = refuse_unread(bounces, mail, error.text);
		else
			code = take_recipient(bounces, mail, &from, &recipient, number);
		/* The batch may have opened the stores again; where it failed there are none. */
		if (!code)
			from.keyring = session_app(bounces->session)->keyring;
	}
	if (!code && number == 0)
		code = refuse_unread(bounces, mail,
				     "Final-Recipient: is missing; the notification names nobody");
	return code;
}

static int take_mail(void *context, const struct import_mail *mail)
{
	struct bounces *bounces = context;
	struct delivery_report report;
	int code;

	if (mail->trouble)
		return refuse_unread(bounces, mail, mail->trouble);
	arena_reset(&bounces->arena);
	code = delivery_report_parse(mail->text, &bounces->arena, &report);
	if (code)
		return code;
	if (report.kind == DELIVERY_REPORT_STATUS)
		return take_report(bounces, mail, &report);
	if (report.kind == DELIVERY_REPORT_LOST)
		return refuse_unread(bounces, mail,
				     "says that it is a delivery status notification, and has no "
				     "part message/delivery-status");
	skip(bounces, mail, skipped[report.kind]);
	return 0;
}

static int run(struct bounces *bounces)
{
	const struct events_bounces_options *options = bounces->options;
	const char *source = options->source ? options->source : "dsn";
	int code = session_open(options->config, &bounces->session, &bounces->error);

	bounces->batch.session = bounces->session;
	bounces->batch.constants = json_pack("{s:s}", "source", source);
	if (!code && !bounces->batch.constants)
		code = -ENOMEM;
	if (!code)
		code = import_batch_begin(&bounces->batch);
	for (size_t i = 0; !code && i < options->count; i++)
		code = import_mails_each(options->paths[i], &bounces->read_bytes, take_mail,
					 bounces, &bounces->error);
	if (!code)
		code = import_batch_flush(&bounces->batch, &bounces->error);
	return code;
}

static void finish(struct bounces *bounces)
{
	import_batch_finish(&bounces->batch);
	json_decref(bounces->batch.constants);
	for (size_t i = 0; i < PLACES; i++)
		free(bounces->places[i].path);
	arena_finish(&bounces->arena);
	app_close(bounces->reader);
	session_close(bounces->session);
	free(bounces);
}

static void cleanup_bounces(struct bounces **bounces)
{
	if (*bounces)
		finish(*bounces);
}

static void print_summary(const struct bounces *bounces)
{
	static const char *const reasons[ACTIONS] = {
		[DELIVERY_DELAYED] = "it may still arrive",
		[DELIVERY_DELIVERED] = "it arrived",
		[DELIVERY_RELAYED] = "it went on to a server that tells no more",
		[DELIVERY_EXPANDED] = "it went to all of a list",
	};

	for (size_t i = 0; i < ACTIONS; i++)
		if (bounces->unfinished[i] > 0)
			command_warn("mail to %zu %s is %s and left out: %s",
				     bounces->unfinished[i],
				     bounces->unfinished[i] == 1 ? "recipient" : "recipients",
				     delivery_action_text((enum delivery_action)i), reasons[i]);
	printf("%zu added, %zu known, %zu left out, %zu refused\n", bounces->added, bounces->known,
	       bounces->left, bounces->report.bad);
}

int events_bounces(const struct events_bounces_options *options)
{
	cleanup(cleanup_bounces) struct bounces *bounces = calloc(1, sizeof(*bounces));
	int code;

	if (!bounces)
		return command_fail(&(struct error){"out of memory"});
	bounces->options = options;
	bounces->batch = (struct import_batch){
		.path = "/api/v1/events/import",
		.key = "events",
		.strict = options->strict,
		.result = take_result,
		.context = bounces,
	};
	import_report_begin(&bounces->report, options->paths[0]);
	code = run(bounces);
	bounces->report.path = options->paths[0];
	import_report_end(&bounces->report);
	print_summary(bounces);
	return import_report_conclude(&bounces->report, bounces->stopped, code, &bounces->error);
}
