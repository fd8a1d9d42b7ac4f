/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_MAIL_SINK_SMTP_H
#define WAYMARK_COMMANDS_MAIL_SINK_SMTP_H

#include "commands/mail_options.h"
#include "commands/send_run.h"

/*
 * By a mail server (ship/smtp.h), over one connection, not faster than it is told to. What the
 * server puts off is kept, up to a bound, and tried again less and less often; while it is away all
 * waits for it. @run is told of each mail before the server can take it and after. All is borrowed.
 */
struct mail_sink *mail_sink_smtp(const struct mail_options *options, const struct bulk *bulk,
				 struct send_run *run);

#endif
