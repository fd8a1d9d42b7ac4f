/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exactly one process writes, and a command must not care whether that is a server or itself.
 *
 * Opening tries the lock first. When it is held there is a server, a server that is on its way in
 * or out, or another command; only the first can be talked to, so opening goes round until the lock
 * is free, the socket answers, or its time is up. A call whose connection breaks goes the same way
 * and is sent again: every operation may be sent twice.
 *
 * The pause between rounds is short against what a person notices and long against what a round
 * costs (two small files read and one flock).
 */
#include "commands/session.h"

#include "app/operation.h"
#include "base/cleanup.h"
#include "ship/http.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

enum { ROUND_MS = 50, CALL_TIMEOUT_MS = 30000, REPLY_MAX_BYTES = 16 << 20 };

struct session {
	char *option; /* --config, or NULL */
	struct app *app;
	int data_fd;
	char *socket; /* NULL: the command owns the stores */
	bool keeps_server;
	bool never_waits; /* for a server that went away */
};

static void forget(struct session *session)
{
	app_close(session->app);
	session->app = NULL;
	free(session->socket);
	session->socket = NULL;
	if (session->data_fd >= 0)
		(void)close(session->data_fd);
	session->data_fd = -1;
}

void session_close(struct session *session)
{
	if (!session)
		return;
	forget(session);
	free(session->option);
	free(session);
}

static void pause_round(void)
{
	const struct timespec pause = {.tv_nsec = ROUND_MS * 1000000L};

	(void)nanosleep(&pause, NULL);
}

/* Is there a server behind the socket? 0, or APP_E_LOCKED when nobody answers. */
static int find_server(struct session *session, struct error *error)
{
	struct error quiet;
	int code = app_open(session->option, APP_OFFLINE, &session->app, error);

	if (code)
		return code;
	session->data_fd = open(session->app->config->data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	session->socket = app_socket_path(session->app->config, session->data_fd);
	if (session->socket && http_socket_answers(session->socket, &quiet))
		return 0;
	forget(session);
	return APP_E_LOCKED;
}

static int open_round(struct session *session, struct error *error)
{
	struct error locked = {0};
	int code;

	if (session->keeps_server) {
		code = find_server(session, error);
		if (code == APP_E_LOCKED)
			(void)error_set(error, 0, "the server went away and did not come back");
		return code;
	}
	code = app_open(session->option, APP_COMMAND, &session->app, error);
	locked = *error;
	if (code != APP_E_LOCKED)
		return code;
	code = find_server(session, error);
	if (code == APP_E_LOCKED)
		*error = locked;
	return code;
}

static int open_until(struct session *session, usec_t deadline, struct error *error)
{
	for (;;) {
		int code = open_round(session, error);

		if (code != APP_E_LOCKED || clock_monotonic() >= deadline)
			return code;
		pause_round();
	}
}

static struct session *session_new(const char *option)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->data_fd = -1;
	session->option = option ? strdup(option) : NULL;
	return session;
}

int session_open_beside(const char *option, struct session **ret_session, struct error *error)
{
	struct session *session = session_new(option);
	int code;

	if (!session)
		return error_set(error, APP_E_FAILED, "out of memory");
	session->keeps_server = session->never_waits = true;
	code = find_server(session, error);
	if (code) {
		session_close(session);
		return code == APP_E_LOCKED ? APP_E_ABSENT : code;
	}
	*ret_session = session;
	return 0;
}

int session_open(const char *option, struct session **ret_session, struct error *error)
{
	struct session *session = session_new(option);
	int code;

	if (!session)
		return error_set(error, APP_E_FAILED, "out of memory");
	code = open_until(session, clock_monotonic() + SESSION_WAIT_MS * USEC_PER_MS, error);
	if (code) {
		session_close(session);
		return code;
	}
	*ret_session = session;
	return 0;
}

void cleanup_session(struct session **session)
{
	session_close(*session);
}

struct app *session_app(const struct session *session)
{
	return session->app;
}

bool session_keep_server(struct session *session)
{
	session->keeps_server = session->socket != NULL;
	return session->keeps_server;
}

static int call_here(struct session *session, const char *path, const json_t *body,
		     json_t **ret_reply, struct error *error)
{
	struct operation_call call = {.app = session->app,
				      .actor = "owner",
				      .source = "owner",
				      .body = body};
	int code = operation_run(operation_find(path), &call, error);

	if (code)
		return code;
	if (call.ticket)
		code = event_writer_append_and_wait(session->app->writer, call.ticket);
	if (code != -ETIMEDOUT)
		event_ticket_free(call.ticket);
	if (code) {
		json_decref(call.reply);
		return error_set(error, OPERATION_E_FAILED,
				 "%s: the store did not take it; is the disk full or read-only?",
				 session->app->config->data_dir);
	}
	*ret_reply = call.reply;
	return 0;
}

static int code_of_status(long status)
{
	switch (status) {
	case 400:
		return OPERATION_E_REFUSED;
	case 404:
		return OPERATION_E_ABSENT;
	case 409:
		return OPERATION_E_CONFLICT;
	default:
		return OPERATION_E_FAILED;
	}
}

static int read_reply(long status, struct span text, json_t **ret_reply, struct error *error)
{
	json_t *reply = json_loadb((const char *)text.data, text.size, 0, NULL);
	const char *sentence = json_string_value(json_object_get(reply, "error"));
	const char *id = json_string_value(json_object_get(reply, "request"));

	if (status == 200 && reply) {
		*ret_reply = reply;
		return 0;
	}
	if (sentence && status >= 500 && id)
		(void)error_set(error, 0, "%s (request %s in the server's log)", sentence, id);
	else if (sentence)
		(void)error_set(error, 0, "%s", sentence);
	else
		(void)error_set(error, 0, "the server answered with status %ld", status);
	json_decref(reply);
	return code_of_status(status);
}

/* Positive HTTP_E_* when the connection failed, so that the call may be sent again. */
static int call_server(struct session *session, const char *path, const char *text,
		       json_t **ret_reply, int *ret_code, struct error *error)
{
	cleanup_buffer struct buffer answer = {.limit = REPLY_MAX_BYTES};
	long status;
	int code = http_post_socket(session->socket, path, span_text(text), CALL_TIMEOUT_MS,
				    &status, &answer, error);

	if (code)
		return code;
	*ret_code = read_reply(status, buffer_span(&answer), ret_reply, error);
	return 0;
}

int session_call(struct session *session, const char *path, const json_t *body, json_t **ret_reply,
		 struct error *error)
{
	unsigned wait_ms = session->keeps_server ? SESSION_SERVER_WAIT_MS : SESSION_WAIT_MS;
	usec_t deadline = clock_monotonic() + wait_ms * USEC_PER_MS;
	cleanup_free char *text = NULL;
	int code, lost;

	for (;;) {
		if (!session->app && open_until(session, deadline, error) != 0)
			return OPERATION_E_FAILED;
		if (!session->socket)
			return call_here(session, path, body, ret_reply, error);
		if (!text)
			text = json_dumps(body, JSON_COMPACT);
		if (!text)
			return -ENOMEM;
		lost = call_server(session, path, text, ret_reply, &code, error);
		if (lost == 0)
			return code;
		if (lost < 0 || session->never_waits || clock_monotonic() >= deadline)
			return OPERATION_E_FAILED;
		forget(session);
	}
}
