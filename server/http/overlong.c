/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library builds the head of an answer in the connection's pool, beside the request, and closes
 * the connection without a word when it does not fit. A pool for the longest Location beside the
 * longest request would cost every idle connection its memory; so the rare answer that does not
 * fit is written here, to the socket, with Connection: close. The kernel's buffer takes such an
 * answer whole as a rule; if not, the rest is written when the library calls again.
 */
#include "http/exchange.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

static enum MHD_Result append_header(void *to, enum MHD_ValueKind kind, const char *name,
				     const char *value)
{
	(void)kind;
	if (strcmp(name, MHD_HTTP_HEADER_CONNECTION) != 0)
		buffer_printf(to, "%s: %s\r\n", name, value);
	return MHD_YES;
}

static void append_date(struct buffer *to)
{
	char text[64];
	time_t now = time(NULL);
	struct tm parts;

	if (gmtime_r(&now, &parts) &&
	    strftime(text, sizeof(text), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts) > 0)
		buffer_append_text(to, text);
}

int overlong_build(struct exchange *exchange, struct MHD_Response *response, unsigned status,
		   struct span body)
{
	struct buffer *to = &exchange->overlong;

	buffer_printf(to, "HTTP/1.1 %u %s\r\n", status, MHD_get_reason_phrase_for(status));
	append_date(to);
	buffer_append_text(to, "Connection: close\r\n");
	(void)MHD_get_response_headers(response, append_header, to);
	if (status != MHD_HTTP_NO_CONTENT)
		buffer_printf(to, "Content-Length: %zu\r\n", body.size);
	buffer_append_text(to, "\r\n");
	if (exchange->request.method != METHOD_HEAD)
		buffer_append_span(to, body);
	return to->error;
}

enum MHD_Result overlong_write(struct exchange *exchange)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(exchange->request.connection,
					MHD_CONNECTION_INFO_CONNECTION_FD);
	const int fd = info ? info->connect_fd : -1;

	while (exchange->overlong_sent < exchange->overlong.size) {
		const ssize_t sent = send(fd, exchange->overlong.data + exchange->overlong_sent,
					  exchange->overlong.size - exchange->overlong_sent,
					  MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN ? MHD_YES : MHD_NO;
		exchange->overlong_sent += (size_t)sent;
	}
	(void)shutdown(fd, SHUT_WR);
	return MHD_NO;
}
