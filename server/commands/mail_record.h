/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_MAIL_RECORD_H
#define WAYMARK_COMMANDS_MAIL_RECORD_H

#include "base/clock.h"
#include "base/error.h"
#include "commands/mail_sink.h"
#include "text/delivery_status.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * What a sending asks of the stores and tells them: who may be mailed, who got a mail, whose came
 * back. By the server that runs, or by the command itself, which then has the data for as long as
 * one such call takes: a sending may take hours, and a server may start meanwhile.
 *
 * Events are kept until there are MAIL_RECORD_EVENTS, or the first is MAIL_RECORD_WAIT old. Each
 * has an id, by which it is in the log once, so that telling again what may be there is harmless.
 */
enum { MAIL_RECORD_EVENTS = 200, MAIL_RECORD_WAIT_S = 5 };

struct mail_record {
	const char *config; /* --config, or NULL */
	const struct mail_facts *facts;
	const char *id; /* of the sending, in ids of events */
	/* The log has the event of that number. */
	void (*told)(void *context, uint64_t number);
	void *context;

	/* private */
	json_t *events;
	uint64_t numbers[MAIL_RECORD_EVENTS];
	usec_t due; /* monotonic */
};

/* Why somebody gets no mail: NULL, or a constant ("opted_out", "bounced", "unsubscribed",
 * "erased"). */
int mail_record_check(struct mail_record *record, const char *const *addresses, size_t count,
		      const char **ret_statuses, struct error *error);

struct mail_record_event {
	uint64_t number; /* of the sending's mails, from 1; once for each */
	usec_t time;
	const char *address;
	const char *reason;		       /* NULL: none */
	const char *suppressed;		       /* what was overridden; NULL: nothing */
	const struct delivery_status *bounced; /* NULL: it was sent */
};
/* Keep it, and tell when there are enough. Return: 0; COMMAND_FAILED with @error. */
int mail_record_add(struct mail_record *record, const struct mail_record_event *event,
		    struct error *error);
/* Tell what is due, or all with @now. */
int mail_record_flush(struct mail_record *record, bool now, struct error *error);
void mail_record_finish(struct mail_record *record);

#endif
