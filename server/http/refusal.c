/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that the library ends by itself, so that each of them, too, is in exactly one counter.
 *
 * It reads the request line before it tells us of a request. A line that it cannot read, of a
 * version that it does not speak, or longer than its pool, it answers or drops without a word to
 * us. What such a connection leaves behind is bytes that the kernel received and no request of ours
 * accounts for: one system call, when a connection closes that could have had another request. A
 * line end alone is no request, unless the library closes because of it, and neither is a
 * connection without a byte, such as the probe of a port. A Unix socket counts no bytes: there a
 * connection that had no more requests is counted when the library says that it refused something,
 * or closes while the client is still there.
 *
 * Which kind of refusal it was, the library says in its log alone, which does not name the
 * connection. It ends a connection in the run in which it refused a request, so what is noted here
 * is nearly always of the connection at hand; when two end together their kinds may be exchanged,
 * but nothing is counted twice or not at all.
 */
#include "http/exchange.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum {
	LINE_END_BYTES = 2,
	KERNEL_CLOSE = 7, /* states of tcpi_state, to which linux/tcp.h gives no names */
	KERNEL_CLOSE_WAIT = 8
};

static enum refusal kind_of(unsigned status)
{
	return status == 413 || status == 414 || status == 431 ? REFUSAL_TOO_LARGE : REFUSAL_BAD;
}

void refusal_log(void *owner, const char *format, va_list arguments)
{
	static const char answered[] = "Error processing request (HTTP response code is %u";
	static const char left[] = "Connection was closed by remote side with incomplete request";
	static const char broke[] = "Connection socket is closed when reading request";
	static const char gone[] = "Socket has been disconnected when reading request";
	static const char starved[] = "Hit process or system resource limit at FIRST";
	struct listener *listener = owner;
	enum refusal kind = REFUSAL_NONE;

	if (strncmp(format, starved, sizeof(starved) - 1) == 0)
		listener->starved = true;
	else if (strncmp(format, answered, sizeof(answered) - 1) == 0)
		kind = kind_of(va_arg(arguments, unsigned));
	else if (strncmp(format, left, sizeof(left) - 1) == 0 ||
		 strncmp(format, broke, sizeof(broke) - 1) == 0 ||
		 strncmp(format, gone, sizeof(gone) - 1) == 0)
		kind = REFUSAL_LEFT;
	if (kind == REFUSAL_NONE)
		return;
	listener->refusals[kind]++;
	listener->last_refusal = kind;
}

static unsigned counter_of(const struct listener *listener, enum refusal kind)
{
	const struct listener_options *options = &listener->options;

	if (kind == REFUSAL_TOO_LARGE)
		return options->counter_too_large;
	return kind == REFUSAL_LEFT ? options->counter_aborted : options->counter_bad_request;
}

unsigned refusal_counter(struct listener *listener, bool by_error)
{
	const enum refusal kind = by_error ? listener->last_refusal : REFUSAL_NONE;

	if (kind != REFUSAL_NONE && listener->refusals[kind] > 0)
		listener->refusals[kind]--;
	listener->last_refusal = REFUSAL_NONE;
	return counter_of(listener, kind);
}

static bool has_token(struct span value, struct span token)
{
	while (value.size > 0) {
		const size_t comma = span_find(value, ',', 0);
		const size_t end = comma < value.size ? comma : value.size;

		if (span_equal_nocase(span_trim(span_slice(value, 0, end)), token))
			return true;
		value = span_slice(value, end + (end < value.size), value.size);
	}
	return false;
}

bool refusal_is_last(const struct head *head)
{
	const bool is_old = !span_equal(head->version, SPAN("HTTP/1.1"));
	bool keep = false;

	for (const struct field *field = head_find(head, HEADER_CONNECTION); field;
	     field = head_next(head, field)) {
		if (has_token(field->value, SPAN("close")))
			return true;
		keep |= has_token(field->value, SPAN("keep-alive"));
	}
	return is_old && !keep;
}

/*
 * The library lays each head at the beginning of its pool, which is aligned, but for the blank
 * lines before it, which it passes over.
 */
static size_t blank_bytes(const struct head *head)
{
	return (uintptr_t)head->method.data % POOL_ALIGNMENT;
}

void refusal_account(struct exchange *exchange)
{
	const struct head *head = &exchange->head;

	exchange->connection->served_bytes += blank_bytes(head) +
					      (uint64_t)(head->end - head->method.data) +
					      exchange->body_expected;
}

static uint64_t unserved_bytes(const struct connection *connection)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	uint64_t received;

	if (getsockopt(connection_descriptor(connection), IPPROTO_TCP, TCP_INFO, &info, &size) ||
	    size < offsetof(struct tcp_info, tcpi_bytes_received) +
			    sizeof(info.tcpi_bytes_received))
		return 0;
	received = info.tcpi_bytes_received;
	/* The end of the client's side counts as a byte. */
	if (received > 0 &&
	    (info.tcpi_state == KERNEL_CLOSE_WAIT || info.tcpi_state == KERNEL_CLOSE))
		received--;
	return received > connection->served_bytes ? received - connection->served_bytes : 0;
}

/* The kind of a refusal that was noted and that no request has claimed. */
static enum refusal claim(struct listener *listener, bool fills_pool)
{
	static const enum refusal order[] = {REFUSAL_TOO_LARGE, REFUSAL_BAD, REFUSAL_LEFT};

	for (size_t i = fills_pool ? 0 : 1; i < sizeof(order) / sizeof(order[0]); i++) {
		if (listener->refusals[order[i]] == 0)
			continue;
		listener->refusals[order[i]]--;
		return order[i];
	}
	return REFUSAL_NONE;
}

/* Whether the client was still there when the library closed. */
static bool was_left_by_us(const struct listener *listener, const struct connection *connection)
{
	ssize_t got;
	char byte;

	if (listener->closing || connection->expired)
		return false;
	got = recv(connection_descriptor(connection), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return got > 0 || (got < 0 && errno == EAGAIN);
}

void refusal_close(struct listener *listener, const struct connection *connection)
{
	struct request request = {.listener = listener,
				  .connection = connection->handle,
				  .context = listener->options.context,
				  .peer = connection->peer,
				  .client = connection->peer,
				  .counted = true};
	const uint64_t unserved =
		connection->is_over || connection->is_local ? 0 : unserved_bytes(connection);
	enum refusal kind = REFUSAL_NONE;

	if (connection->is_over || (!connection->is_local && unserved == 0))
		return;
	if (!connection->is_local && unserved <= LINE_END_BYTES &&
	    !was_left_by_us(listener, connection))
		return;
	if (connection->expired)
		kind = REFUSAL_LEFT;
	else
		kind = claim(listener, connection->is_local ||
					       unserved >= listener->options.memory_pool_bytes / 2);
	if (connection->is_local && kind == REFUSAL_NONE && !was_left_by_us(listener, connection))
		return;
	request.counter = counter_of(listener, kind);
	if (listener->options.completed)
		listener->options.completed(&request);
}
