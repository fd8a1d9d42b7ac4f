/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What joins two siblings that do not know each other: app/ has mails to send, and ship/ knows how.
 * The connection is made for the first mail and kept by the outbox's thread.
 */
#include "commands/serve_mail.h"

#include "ship/smtp.h"

#include <errno.h>

enum { TIMEOUT_MS = 10000 };

/* The order of the choices of smtp.tls. */
_Static_assert(SMTP_STARTTLS == 0 && SMTP_TLS == 1 && SMTP_PLAIN == 2, "smtp.tls");

static int send_mail(void **connection, const struct outbox_server *server, const char *from,
		     const char *to, struct span message, struct error *error)
{
	const struct smtp_options options = {
		.server = server->server,
		.hello = server->hello,
		.tls = (enum smtp_tls)server->tls,
		.user = server->user,
		.password = server->password,
		.ca_file = server->ca_file,
		.timeout_ms = TIMEOUT_MS,
	};
	int code;

	if (!*connection)
		*connection = smtp_new(&options);
	if (!*connection)
		return -ENOMEM;
	code = smtp_send(*connection, from, to, message, error);
	return code == SMTP_E_REFUSED ? OUTBOX_E_REFUSED : code;
}

static void close_connection(void *connection)
{
	smtp_free(connection);
}

const struct outbox_sender serve_mail_sender = {.send = send_mail, .close = close_connection};
