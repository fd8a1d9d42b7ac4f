/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SHIP_SMTP_H
#define WAYMARK_SHIP_SMTP_H

#include "base/error.h"
#include "text/delivery_status.h"

/*
 * Mail by way of the owner's mail server (RFC 5321), blocking, with everything bounded. Any thread,
 * one at a time; the connection is kept from one message to the next, and made anew when the server
 * has closed it.
 */
enum smtp_tls {
	SMTP_STARTTLS, /* or nothing is sent */
	SMTP_TLS,      /* from the first byte, usually port 465 */
	SMTP_PLAIN     /* for a mail server on this machine */
};

struct smtp_options {
	const char *server; /* "host" or "host:port" */
	const char *hello;  /* our own host, as EHLO tells it */
	enum smtp_tls tls;
	const char *user, *password; /* NULL: no login */
	const char *ca_file;	     /* of further certificate authorities; NULL: the system's */
	unsigned timeout_ms;	     /* of one message, with the connection; at least 1 */
};

struct smtp;

/* Nothing is sent yet. The options are copied. NULL: out of memory. */
struct smtp *smtp_new(const struct smtp_options *options);
void smtp_free(struct smtp *smtp); /* NULL allowed; wipes the password */

enum {
	SMTP_E_REFUSED = 1, /* for good: the server does not take this message, or this address */
	SMTP_E_LATER = 2    /* the server was not reached, or says "later", or may have taken it */
};

/*
 * One message (RFC 5322, lines end with CRLF) from @from to @to, both bare addresses. One that
 * holds white space, controls or angle brackets is SMTP_E_REFUSED here.
 *
 * Return: 0: the server has it; SMTP_E_* with @error, which names the server and what it said, and
 * neither address nor message; -ENOMEM.
 */
int smtp_send(struct smtp *smtp, const char *from, const char *to, struct span message,
	      struct error *error);

/* How the attempt went, as far as it went. */
enum { SMTP_TEXT_BYTES = 160 };
struct smtp_told {
	enum delivery_step step;       /* the last that was begun */
	struct delivery_status status; /* of the reply to it; no code: none came */
	enum delivery_fault fault;     /* where it was not taken */
	bool doubt;		    /* all was given, and no answer came: it may have been taken */
	char text[SMTP_TEXT_BYTES]; /* the reply's first line, printable ASCII; may name the address
				     */
};

/*
 * As smtp_send(), telling more. @before_end (NULL allowed) is called before the server is given the
 * message's last bytes: until then it can have taken nothing, from then on it may. When it returns
 * negative errno the connection is cut, so that nothing is taken, and that is returned.
 * A fault DELIVERY_SENDER is also what the operator has to mend: TLS or login that cannot be had.
 */
int smtp_deliver(struct smtp *smtp, const char *from, const char *to, struct span message,
		 int (*before_end)(void *context), void *context, struct smtp_told *ret_told,
		 struct error *error);

#endif
