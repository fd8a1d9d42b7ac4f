/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v1/…: one operation for whoever may ask for it. The body is read and judged at once;
 * when the operation has something to write, the answer waits until state/ has applied it, so that
 * a link that was just registered answers.
 *
 * One operation at a time: what an earlier one has queued is not in state/ yet, and an operation
 * that did not see it would give one slug to two links, or keep one imported event twice. That
 * holds also for one whose client has left or was answered 503: its ticket is on its way.
 *
 * A wait that takes too long is answered 503: the events are queued and will be applied, and every
 * operation may be sent again.
 */
#include "admin/access.h"

#include "base/cleanup.h"

#include <jansson.h>

struct waiting {
	struct commit_wait wait; /* first: request->state is a struct commit_wait */
	struct span reply;	 /* JSON text, in the request's arena */
};

static enum handled reply_failure(struct request *request, int code, const struct error *error)
{
	static const unsigned statuses[] = {
		[OPERATION_E_REFUSED] = 400,
		[OPERATION_E_ABSENT] = 404,
		[OPERATION_E_CONFLICT] = 409,
		[OPERATION_E_FAILED] = 503,
	};
	enum metric counter = code == OPERATION_E_FAILED ? METRIC_REQUEST_OPERATION_FAILED
							 : METRIC_REQUEST_OPERATION_REFUSED;

	return reply_json_error(request, counter, statuses[code], error->text);
}

static enum handled reply_value(struct request *request, struct span text)
{
	return reply_body(request, METRIC_REQUEST_OPERATION, 200, "application/json", "no-store",
			  text);
}

static enum handled answer_again(struct request *request)
{
	struct app *app = request->context;
	struct waiting *waiting = request->state;
	struct error error;

	switch (commit_wait_poll(&waiting->wait, app->writer, app->now)) {
	case COMMIT_PENDING:
		return WAITING;
	case COMMIT_STORED:
		return reply_value(request, waiting->reply);
	case COMMIT_LATE:
		(void)error_set(&error, 0, "queued, but the store has not applied it yet");
		break;
	case COMMIT_LOST:
		(void)error_set(&error, 0, "the store cannot take it now; try again");
		break;
	}
	return reply_failure(request, OPERATION_E_FAILED, &error);
}

/* Not before the operation before is applied; nor for ever. */
static enum handled wait_for_turn(struct request *request)
{
	struct app *app = request->context;
	struct error error;

	if (app->operations.first || app->now < request->received + app->operations.limit)
		return WAITING;
	(void)error_set(&error, 0, "an earlier change is queued, and the store has not applied it");
	return reply_failure(request, OPERATION_E_FAILED, &error);
}

static bool has_to_wait(const struct request *request)
{
	const struct operation *operation = operation_find(request->route->path);
	const struct app *app = request->context;

	return !(operation && operation->at_once) &&
	       (app->operations.first || event_writer_serial(app->writer) > 0);
}

static json_t *parse_body(const struct request *request, struct error *error)
{
	json_error_t trouble;
	json_t *body = json_loadb(request->body.size ? (const char *)request->body.data : "",
				  request->body.size, JSON_REJECT_DUPLICATES, &trouble);

	if (!body)
		(void)error_set(error, 0, "the body is not JSON: line %d, column %d: %s",
				trouble.line, trouble.column, trouble.text);
	return body;
}

/* Run the operation; the ticket and the reply's text come out. 0 or OPERATION_E_*. */
static int carry_out(struct request *request, const struct bearer *bearer,
		     struct event_ticket **ret_ticket, struct span *ret_reply, struct error *error)
{
	struct operation_call call = {
		.app = request->context,
		.actor = bearer ? bearer->name : "owner",
		.source = bearer ? bearer->source : "owner",
		.body = parse_body(request, error),
	};
	cleanup_free char *text = NULL;
	int code = OPERATION_E_REFUSED;

	if (call.body)
		code = operation_run(operation_find(request->route->path), &call, error);
	json_decref((json_t *)(uintptr_t)call.body);
	if (code)
		return code;
	text = json_dumps(call.reply, JSON_COMPACT);
	json_decref(call.reply);
	*ret_reply = arena_copy(&request->arena, span_text(text));
	if (!ret_reply->data) {
		event_ticket_free(call.ticket);
		return error_set(error, OPERATION_E_FAILED, "out of memory");
	}
	*ret_ticket = call.ticket;
	return 0;
}

/* @bearer: whose token was shown; NULL: the owner's own request. */
static enum handled begin(struct request *request, const struct bearer *bearer)
{
	struct app *app = request->context;
	struct event_ticket *ticket = NULL;
	struct error error = {0};
	struct waiting *waiting;
	struct span reply;
	int code;

	if (has_to_wait(request))
		return wait_for_turn(request);
	code = carry_out(request, bearer, &ticket, &reply, &error);
	if (code)
		return reply_failure(request, code, &error);
	if (!ticket)
		return reply_value(request, reply);
	waiting = arena_alloc(&request->arena, sizeof(*waiting));
	if (!waiting) {
		event_ticket_free(ticket);
		(void)error_set(&error, 0, "out of memory");
		return reply_failure(request, OPERATION_E_FAILED, &error);
	}
	waiting->reply = reply;
	ticket->serial = true;
	request->state = waiting;
	commit_wait_start(&waiting->wait, &app->operations, app->writer, ticket, app->now);
	return answer_again(request);
}

enum handled admin_operation(struct request *request)
{
	return request->state ? answer_again(request) : begin(request, NULL);
}

enum handled admin_operation_by_token(struct request *request)
{
	const struct bearer *bearer;

	if (request->state)
		return answer_again(request);
	return admin_allows(request, &bearer) ? begin(request, bearer) : HANDLED;
}
