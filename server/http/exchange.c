/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request from its first line to its end, as the library's callbacks tell it:
 *
 *   exchange_begin      the request line came; the raw target is copied here and nowhere else
 *   exchange_continue   first with the head complete, then with pieces of the body, then whole
 *   exchange_completed  exactly once, however it ended
 *
 * What an answer given with the head costs is the connection: the library closes it, because a body
 * may follow. So only refusals of a malformed head or of a body are sent then; all else waits for
 * the whole request. A handler that returns WAITING has nothing queued: the library keeps such a
 * connection in its ready list and calls again in each later run; we pass that on to the handler
 * only once something was settled.
 *
 * The library would store each query argument in the connection's pool, and 0.9.75 stops serving a
 * connection whose pool runs out there. We parse queries ourselves, so the query is cut from the
 * library's buffer once it is copied.
 */
#include "http/exchange.h"

enum {
	SPARE_MAX = 1024,
	ALLOW_MAX_BYTES = 64,
	DRAINED_BODY_MAX_BYTES = 16384 /* of a GET: read and dropped */
};

static struct exchange *take(struct listener *listener)
{
	struct exchange *exchange = listener->spare;

	if (!exchange)
		return calloc(1, sizeof(*exchange));
	listener->spare = exchange->next_spare;
	listener->spare_count--;
	exchange->next_spare = NULL;
	return exchange;
}

static void finish(struct exchange *exchange)
{
	arena_finish(&exchange->request.arena);
	redirect_finish(&exchange->redirect);
	free(exchange);
}

static void give_back(struct listener *listener, struct exchange *exchange)
{
	struct arena arena;

	buffer_finish(&exchange->body);
	buffer_finish(&exchange->overlong);
	if (listener->spare_count == SPARE_MAX) {
		finish(exchange);
		return;
	}
	arena_reset(&exchange->request.arena);
	arena = exchange->request.arena;
	memset(exchange, 0, offsetof(struct exchange, redirect));
	exchange->request.arena = arena;
	exchange->next_spare = listener->spare;
	listener->spare = exchange;
	listener->spare_count++;
}

void exchange_free_spares(struct listener *listener)
{
	while (listener->spare)
		finish(take(listener));
}

static void cut_query(const char *target)
{
	const char *mark = strchr(target, '?');

	if (mark)
		*(char *)(uintptr_t)(mark + 1) = '\0';
}

void *exchange_begin(void *owner, const char *target, struct MHD_Connection *handle)
{
	struct listener *listener = owner;
	struct connection *connection = connection_of(handle);
	struct exchange *exchange = connection && target ? take(listener) : NULL;

	if (!exchange)
		return NULL;
	connection->exchange = exchange;
	listener->fresh -= connection->is_fresh;
	connection->is_fresh = false;
	exchange->connection = connection;
	exchange->request.inner = exchange;
	exchange->request.listener = listener;
	exchange->request.connection = handle;
	exchange->request.context = listener->options.context;
	exchange->request.peer = connection->peer;
	exchange->head.target = arena_copy(&exchange->request.arena, span_text(target));
	exchange->head.target_at = (const uint8_t *)target;
	listener->in_progress++;
	cut_query(target);
	return exchange;
}

size_t exchange_keep_escaped(void *unused, struct MHD_Connection *handle, char *text)
{
	(void)unused;
	(void)handle;
	return strlen(text);
}

static const char *allow_of(const struct request *request, char *room)
{
	if (!request->route)
		return "GET, HEAD, POST, OPTIONS";
	router_allow(request->route, room, ALLOW_MAX_BYTES);
	return room;
}

static void refuse_method(struct request *request)
{
	char allow[ALLOW_MAX_BYTES];

	(void)reply_page(request, request->listener->options.counter_method, 405,
			 "Method not allowed", "This address does not answer that method.", NULL);
	reply_header(request, "Allow", allow_of(request, allow));
}

static void answer_options(struct request *request, unsigned counter)
{
	char allow[ALLOW_MAX_BYTES];

	(void)reply_body(request, counter, 204, NULL, "no-store", SPAN(""));
	reply_header(request, "Allow", allow_of(request, allow));
}

/* Chooses the handler, or sets a reply for everything that no handler answers. */
static void route(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	const struct listener_options *options = &request->listener->options;
	const struct route *found;

	if (options->gate && options->gate(request))
		return;
	if (request->method == METHOD_OPTIONS && span_equal(request->path, SPAN("*"))) {
		answer_options(request, options->counter_method);
		return;
	}
	found = router_find(options->routes, options->route_count, request->path, &request->tail);
	if (!found && (request->method == METHOD_GET || request->method == METHOD_HEAD))
		found = options->otherwise;
	request->route = found;
	if (found && found->access == ACCESS_SOCKET_OWNER &&
	    !connection_is_owner(exchange->connection))
		(void)reply_json_error(request, options->counter_refused, 403,
				       "Only the user that the server runs as may ask for this.");
	else if (request->limited && !(found && found->access == ACCESS_ALWAYS))
		(void)reply_limited(request, options->counter_limited);
	else if (request->method == METHOD_OTHER)
		refuse_method(request);
	else if (!found)
		(void)reply_page(request, options->counter_not_found, 404, "Not found",
				 "There is nothing at this address.", NULL);
	else if (request->method == METHOD_OPTIONS)
		answer_options(request, found->counter);
	else if (!(request->method == METHOD_POST ? found->post : found->get))
		refuse_method(request);
	else
		exchange->handler = request->method == METHOD_POST ? found->post : found->get;
}

static void check_body(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	const size_t limit = request->method == METHOD_POST && request->route
				     ? request->route->body_limit
				     : DRAINED_BODY_MAX_BYTES;

	exchange->body.limit = limit;
	if (!request->reply && exchange->body_expected > limit)
		(void)reply_page(request, request->listener->options.counter_too_large, 413,
				 "Too large", "The body of the request is too large.", NULL);
}

static void apply(struct exchange *exchange, const struct framing *framing)
{
	struct request *request = &exchange->request;
	const struct span target = exchange->head.target;

	request->method = framing->method;
	request->path = framing->path;
	request->query = framing->query;
	request->host = framing->host;
	request->target = target;
	if (target.data[0] != '/' && framing->path.data > target.data &&
	    framing->path.data < target.data + target.size)
		request->target =
			span_slice(target, (size_t)(framing->path.data - target.data), target.size);
	exchange->body_expected = framing->content_length;
}

static enum MHD_Result send_early(struct exchange *exchange)
{
	exchange->request.listener->activity++;
	reply_close(&exchange->request);
	/* What is left of an answer that we write ourselves has no later call to be written in. */
	return reply_send(exchange) == MHD_YES && exchange->queued ? MHD_YES : MHD_NO;
}

static enum MHD_Result start(struct exchange *exchange, const char *method, const char *version)
{
	struct request *request = &exchange->request;
	const struct listener_options *options = &request->listener->options;
	struct framing framing;

	exchange->begun = true;
	request->listener->heads++;
	request->received = request->listener->now;
	if (!head_read(exchange, method, version))
		return MHD_NO;
	framing_check(&exchange->head, &framing);
	head_measure_pool(exchange, framing.status == 0);
	exchange->is_last = refusal_is_last(&exchange->head);
	if (framing.status) {
		(void)reply_page(request,
				 framing.status == 414 || framing.status == 431
					 ? options->counter_too_large
					 : options->counter_bad_request,
				 framing.status, "Bad request", framing.sentence, NULL);
		return send_early(exchange);
	}
	apply(exchange, &framing);
	if (options->begun)
		options->begun(request);
	head_find_client(exchange);
	route(exchange);
	if (exchange->body_expected > 0) {
		check_body(exchange);
		if (request->reply)
			return send_early(exchange);
	}
	return MHD_YES;
}

static enum MHD_Result take_body(struct exchange *exchange, const char *upload, size_t *upload_size)
{
	exchange->request.listener->activity++;
	if (exchange->request.method == METHOD_POST)
		buffer_append(&exchange->body, upload, *upload_size);
	*upload_size = 0;
	return exchange->body.error ? MHD_NO : MHD_YES;
}

static void set_waiting(struct exchange *exchange, bool waiting)
{
	struct listener *listener = exchange->request.listener;

	if (exchange->waiting == waiting)
		return;
	exchange->waiting = waiting;
	listener->figures.waiting += waiting ? 1u : -1u;
}

static enum MHD_Result answer(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	if (exchange->overlong.size > 0)
		return overlong_write(exchange);
	if (!request->reply && exchange->handler) {
		request->body = buffer_span(&exchange->body);
		if (exchange->handler(request) == WAITING) {
			set_waiting(exchange, true);
			return MHD_YES;
		}
		request->listener->answered_late |= exchange->waiting;
		set_waiting(exchange, false);
	}
	/* A body that nobody asked for, or a method that we refuse, ends the connection. */
	if ((exchange->body_expected > 0 && request->method != METHOD_POST) ||
	    request->method == METHOD_OTHER || request->listener->parting)
		reply_close(request);
	request->listener->activity++;
	return reply_send(exchange);
}

enum MHD_Result exchange_continue(void *owner, struct MHD_Connection *handle, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	struct listener *listener = owner;
	struct exchange *exchange = *state;

	(void)handle;
	(void)url;
	if (exchange && exchange->waiting) {
		if (!listener->settled)
			return MHD_YES;
		listener->called_again = true;
	}
	if (!exchange || exchange->connection->expired)
		return MHD_NO;
	if (!exchange->begun)
		return start(exchange, method, version);
	if (*upload_size > 0)
		return take_body(exchange, upload, upload_size);
	return answer(exchange);
}

void exchange_completed(void *owner, struct MHD_Connection *handle, void **state,
			enum MHD_RequestTerminationCode how)
{
	struct listener *listener = owner;
	struct exchange *exchange = *state;
	const bool by_error = how != MHD_REQUEST_TERMINATED_COMPLETED_OK;
	struct request *request;
	unsigned refusal;

	(void)handle;
	if (!exchange)
		return;
	*state = NULL;
	request = &exchange->request;
	refusal = refusal_counter(listener, by_error);
	set_waiting(exchange, false);
	if (!request->counted) {
		/* A head that the library refused itself, or a client that went away. */
		const bool refused = !exchange->begun && !exchange->connection->expired &&
				     how == MHD_REQUEST_TERMINATED_WITH_ERROR;

		request->counter = refused ? refusal : listener->options.counter_aborted;
		request->counted = true;
	}
	if (request->state && request->state_free)
		request->state_free(request);
	if (listener->options.completed)
		listener->options.completed(request);
	reply_release(request);
	if (by_error || exchange->is_last)
		exchange->connection->is_over = true;
	else
		refusal_account(exchange);
	exchange->connection->exchange = NULL;
	connection_touch(listener, exchange->connection);
	listener->in_progress--;
	listener->heads -= exchange->begun;
	give_back(listener, exchange);
}
