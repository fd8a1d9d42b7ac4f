/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_OUTBOX_H
#define WAYMARK_APP_OUTBOX_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>

/*
 * Single mails that a visitor waits for, sent by a thread of their own: whoever puts one in never
 * waits. One that cannot be sent is tried again, less and less often, for OUTBOX_HOURS; one that
 * the server refuses is not. They are in memory alone: a server that stops gives what is left a few
 * seconds, and what was not sent by then is lost, and counted.
 *
 * How a mail is sent is not known here: ship/ is a sibling, so that the program gives the function.
 */
enum { OUTBOX_MAX = 1024, OUTBOX_HOURS = 24, OUTBOX_CLOSE_S = 5 };

/* The mail server, as the settings have it. */
struct outbox_server {
	char *server, *hello, *user, *password, *ca_file; /* NULL where there is none */
	int tls;					  /* as in smtp.tls */
};

enum { OUTBOX_E_REFUSED = 1, OUTBOX_E_LATER = 2 };
struct outbox_sender {
	/*
	 * Send one, in the outbox's thread. *@connection is the sender's, NULL at first; it may
	 * stay open. Return: 0; OUTBOX_E_REFUSED; anything else: later.
	 */
	int (*send)(void **connection, const struct outbox_server *server, const char *from,
		    const char *to, struct span message, struct error *error);
	void (*close)(void *connection);
};

struct outbox;

struct outbox_figures {
	uint64_t sent, refused, lost, failures; /* failures: attempts that are made again */
	unsigned waiting;
};

/* NULL: out of memory, or no thread. */
struct outbox *outbox_new(const struct outbox_sender *sender);
void outbox_free(struct outbox *outbox); /* NULL allowed */

/* From now on by this server, which is copied. NULL: by none, and nothing is taken. -ENOMEM. */
int outbox_set(struct outbox *outbox, const struct outbox_server *server);

/* All is copied. False: there is no server, no room, or no memory. Any thread. */
bool outbox_put(struct outbox *outbox, const char *from, const char *to, struct span message);
/* Would it take one now? */
bool outbox_is_open(struct outbox *outbox);

void outbox_figures(struct outbox *outbox, struct outbox_figures *ret_figures);

#endif
