/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_SERVE_MAIL_H
#define WAYMARK_COMMANDS_SERVE_MAIL_H

#include "app/outbox.h"

/* The outbox of a server sends by ship/smtp.h. */
extern const struct outbox_sender serve_mail_sender;

#endif
