/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_MAIL_OPTIONS_H
#define WAYMARK_COMMANDS_MAIL_OPTIONS_H

#include "base/clock.h"
#include "commands/bulk.h"

/*
 * The options of sending to a list: by which mail server, how fast, by which journal, and to whom
 * all the same. An argp child of `rewrite`, whose input is a struct mail_options of zeros.
 */
struct mail_options {
	const char *server; /* --smtp; empty: the configured one; NULL: none */
	const char *tls, *auth_file, *ca_file, *from;
	const char *journal;
	usec_t interval; /* between two mails; 0: as fast as it goes */
	unsigned patience_s, refusals;
	bool has_patience, has_refusals, in_doubt, transactional;
	const char *first;    /* the first option of these that was given; NULL: none */
	struct send_run *run; /* of mail_options_apply() */
};

extern const struct argp mail_options_argp;

/*
 * What they ask for becomes the sink (with --smtp) and the watch of @bulk. Not to be called without
 * a list. Return: 0; COMMAND_FAILED with @error: options that do not go together.
 */
int mail_options_apply(struct mail_options *options, struct bulk *bulk, struct error *error);
/* After bulk_finish(). */
void mail_options_finish(struct mail_options *options);

#endif
