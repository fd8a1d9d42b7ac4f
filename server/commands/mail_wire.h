/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_MAIL_WIRE_H
#define WAYMARK_COMMANDS_MAIL_WIRE_H

#include "base/bytes.h"
#include "base/clock.h"

/*
 * Append @message to @to as SMTP carries it (RFC 5321 2.3.8): every line ends with CRLF, also where
 * the message has a CR or LF alone, which some servers take for the end of one; and a mail without
 * a Date has one (RFC 6409 8.2), which is @now. Return: 0; -ENOMEM.
 */
int mail_wire_append(struct buffer *to, struct span message, usec_t now);

#endif
