/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_SEND_RUN_H
#define WAYMARK_COMMANDS_SEND_RUN_H

#include "commands/mail_options.h"
#include "text/delivery_status.h"

/*
 * What a sending remembers: by its journal who got the mail already, by the stores who gets none,
 * and for both what became of each. It watches a list's run (struct bulk_watch); what hands a mail
 * on to where it cannot be taken back tells it before and after.
 */
struct send_run;

/* NULL: out of memory. The options and @bulk's texts are borrowed. */
struct send_run *send_run_new(const struct mail_options *options, const struct bulk *bulk);
void send_run_free(struct send_run *run); /* NULL allowed */
struct bulk_watch send_run_watch(struct send_run *run);

/* A recipient, as the sink keeps it. */
struct send_recipient {
	struct prospect_id prospect;
	const char *address;
	const char *suppressed; /* what --transactional overrides for them; NULL: nothing */
};
/* Of somebody of the batch that was screened last. */
const char *send_run_suppressed(const struct send_run *run, const struct prospect_id *prospect);

/* Each returns 0, or COMMAND_FAILED with @error: the run must end. */
int send_run_begin(struct send_run *run, const struct prospect_id *prospect, struct error *error);
int send_run_sent(struct send_run *run, const struct send_recipient *recipient,
		  struct error *error);
/* It was begun, was not taken, and may be tried again. */
int send_run_not_taken(struct send_run *run, struct error *error);
/* It was begun, and nobody knows. */
int send_run_doubtful(struct send_run *run, const struct send_recipient *recipient,
		      struct error *error);
/* It was not begun, or not taken; for good. */
int send_run_refused(struct send_run *run, const struct send_recipient *recipient,
		     const struct delivery_status *status, enum delivery_fault fault,
		     struct error *error);
/* Has an earlier run, as far as the list was read, sent a mail? */
bool send_run_has_sent(const struct send_run *run);
/* Tell the log what is due, while nothing else is to be done. */
int send_run_idle(struct send_run *run, struct error *error);

#endif
