/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_SESSION_H
#define WAYMARK_COMMANDS_SESSION_H

#include "app/app.h"

#include <jansson.h>

/*
 * How a command changes the stores: if data/lock is free the command owns them for as long as it
 * runs and carries operations out itself; if a server owns them the same operations go through
 * data/waymark.sock. While a server starts or stops, opening retries for up to SESSION_WAIT_MS.
 */
struct session;

enum { SESSION_WAIT_MS = 10000 };

/* @option is --config, or NULL. Return: 0, or APP_E_* with @error. */
int session_open(const char *option, struct session **ret_session, struct error *error);
void session_close(struct session *session);	/* NULL allowed */
void cleanup_session(struct session **session); /* for cleanup() */

/*
 * Only beside a server that runs now: APP_E_ABSENT without one, and the stores are never owned. A
 * call fails at once when the server is gone.
 */
int session_open_beside(const char *option, struct session **ret_session, struct error *error);

/*
 * Configuration, trackers and keyring, in either way; its store is NULL beside a server. Good until
 * the next session_call(), which opens them again where a server has gone away.
 */
struct app *session_app(const struct session *session);

/*
 * From now on, should a server own the stores: when it goes away, wait up to SESSION_SERVER_WAIT_MS
 * for it to come back and never take the lock, which a long command would keep it from. So must
 * whoever reads the same stores by an app of its own, since they are opened once in a process.
 * Return: whether there is a server.
 */
enum { SESSION_SERVER_WAIT_MS = 60000 };
bool session_keep_server(struct session *session);

/*
 * Carry out the operation at @path ("/api/v1/links"; app/operation.h) and wait until it is applied.
 * @body is borrowed; *ret_reply is a new reference.
 *
 * Return: 0; OPERATION_E_* with @error as the operation said it; negative errno.
 */
int session_call(struct session *session, const char *path, const json_t *body, json_t **ret_reply,
		 struct error *error);

#endif
