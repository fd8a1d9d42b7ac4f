/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_MAIL_RELAY_H
#define WAYMARK_COMMANDS_MAIL_RELAY_H

#include "commands/mail_options.h"
#include "ship/smtp.h"

/* The mail server that a list is sent by, and the address that its bounces go to. */
struct mail_relay {
	struct smtp *smtp;
	char *server, *from;
};

/* @config: --config, or NULL; @hello: our host, as the server is told. Nothing is sent yet. Return:
 * 0; COMMAND_FAILED with @error. */
int mail_relay_open(struct mail_relay *relay, const struct mail_options *options,
		    const char *config, const char *hello, struct error *error);
void mail_relay_close(struct mail_relay *relay); /* of zeros, too */

#endif
