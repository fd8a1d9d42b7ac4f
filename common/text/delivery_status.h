/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_DELIVERY_STATUS_H
#define WAYMARK_TEXT_DELIVERY_STATUS_H

#include "base/bytes.h"

#include <stdbool.h>

/*
 * What a mail server says of a mail that it does not take: the reply code of SMTP (RFC 5321 4.2),
 * and the enhanced status code of RFC 3463 ("5.1.1"), which bounces carry as well. What matters to
 * whoever sends is whose fault it is: an address that takes no mail must not be mailed again, and
 * nobody must lose their mails because one of them looked like spam.
 */
struct delivery_status {
	unsigned code;			/* 200 to 599; 0: none */
	unsigned kind, subject, detail; /* "5.1.1"; kind 0: none */
};

enum { DELIVERY_STATUS_TEXT_BYTES = 12 }; /* "5.999.999" */

/* "5.1.1", white space around it allowed. Return: whether it is one; else *ret_status stays. */
bool delivery_status_parse(struct span text, struct delivery_status *ret_status);
/* One line of a reply, "550-5.1.1 No such user": the code, and the status where there is one. */
bool delivery_status_parse_reply(struct span line, struct delivery_status *ret_status);
/* "5.1.1"; "" where there is none. */
void delivery_status_format(const struct delivery_status *status,
			    char ret_text[DELIVERY_STATUS_TEXT_BYTES]);

enum delivery_step {
	DELIVERY_CONNECT, /* with greeting, TLS and login */
	DELIVERY_MAIL,	  /* the sender was named */
	DELIVERY_RCPT,	  /* the recipient was named */
	DELIVERY_DATA,	  /* the message was announced */
	DELIVERY_END	  /* all of the message was given */
};

enum delivery_fault {
	DELIVERY_PASSES,  /* it may be taken later */
	DELIVERY_MESSAGE, /* this mail is not: its content, a policy, a mailbox that is full */
	DELIVERY_ADDRESS, /* nothing is, for this address */
	DELIVERY_SENDER	  /* nothing is, of this sender */
};

/* Whose fault a reply is that says no at @step. */
enum delivery_fault delivery_fault_of_reply(const struct delivery_status *status,
					    enum delivery_step step);
/* Likewise what a bounce says, which is about one address. */
enum delivery_fault delivery_fault_of_bounce(const struct delivery_status *status);

#endif
