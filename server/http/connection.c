/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections in the order in which they last completed a request, oldest first. The library's own
 * timeout starts anew with every byte, so that a byte a second keeps a connection for ever; ours
 * bounds the time from one completed request to the next, whatever was sent meanwhile. A connection
 * whose handler waits is not the client's fault and starts anew.
 *
 * Expiry shuts the socket down; the library sees the end and closes by its own rules, so that
 * nothing here ever frees what the library still holds.
 */
#include "http/exchange.h"

#include <arpa/inet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct connection *connection_of(struct MHD_Connection *handle)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void list_remove(struct listener *listener, struct connection *connection)
{
	if (connection->before)
		connection->before->after = connection->after;
	else
		listener->oldest = connection->after;
	if (connection->after)
		connection->after->before = connection->before;
	else
		listener->newest = connection->before;
	connection->before = connection->after = NULL;
}

static void list_append(struct listener *listener, struct connection *connection)
{
	connection->since = listener->now;
	connection->before = listener->newest;
	if (listener->newest)
		listener->newest->after = connection;
	else
		listener->oldest = connection;
	listener->newest = connection;
}

void connection_touch(struct listener *listener, struct connection *connection)
{
	list_remove(listener, connection);
	list_append(listener, connection);
}

static void read_peer(struct connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection->handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *peer = info ? info->client_addr : NULL;
	struct address *address = &connection->peer;

	if (peer && peer->sa_family == AF_INET) {
		static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
		struct sockaddr_in v4;

		memcpy(&v4, peer, sizeof(v4));
		memcpy(address->bytes, mapped, sizeof(mapped));
		memcpy(address->bytes + sizeof(mapped), &v4.sin_addr, sizeof(v4.sin_addr));
		address->known = true;
	} else if (peer && peer->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;

		memcpy(&v6, peer, sizeof(v6));
		memcpy(address->bytes, &v6.sin6_addr, sizeof(address->bytes));
		address->known = true;
	}
}

void connection_notify(void *owner, struct MHD_Connection *handle, void **context,
		       enum MHD_ConnectionNotificationCode what)
{
	struct listener *listener = owner;
	struct connection *connection = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		connection = calloc(1, sizeof(*connection));
		if (!connection)
			return;
		connection->handle = handle;
		connection->is_local = listener->is_local;
		connection->is_fresh = true;
		listener->fresh++;
		read_peer(connection);
		list_append(listener, connection);
		listener->figures.connections++;
		listener->figures.accepted++;
		*context = connection;
		return;
	}
	listener->closed_some = true;
	if (connection) {
		refusal_close(listener, connection);
		list_remove(listener, connection);
		listener->figures.connections--;
		listener->fresh -= connection->is_fresh;
		free(connection);
		*context = NULL;
	}
}

int connection_descriptor(const struct connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection->handle, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

void connection_expire(struct listener *listener)
{
	const usec_t limit = listener->options.request_timeout_s * USEC_PER_SEC;
	struct connection *connection;

	while ((connection = listener->oldest) != NULL) {
		if (limit == 0 || listener->now - connection->since < limit)
			return;
		if (!connection->expired &&
		    !(connection->exchange && connection->exchange->waiting)) {
			connection->expired = true;
			listener->figures.timed_out++;
			(void)shutdown(connection_descriptor(connection), SHUT_RDWR);
		}
		connection_touch(listener, connection);
	}
}

/*
 * What arrived before this moment is answered; what arrives after it meets a closed connection, as
 * at any moment at which an idle one is closed, and may be sent again (RFC 9112, 9.5).
 */
size_t connection_hang_up(struct listener *listener)
{
	size_t busy = 0;

	for (struct connection *at = listener->oldest; at; at = at->after) {
		const int fd = connection_descriptor(at);
		int unread = 0;

		if (at->expired)
			continue;
		if (ioctl(fd, FIONREAD, &unread) == 0 && unread > 0) {
			busy++;
			continue;
		}
		at->expired = true;
		(void)shutdown(fd, SHUT_RDWR);
	}
	return busy;
}

bool connection_is_owner(const struct connection *connection)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);

	return connection->is_local &&
	       getsockopt(connection_descriptor(connection), SOL_SOCKET, SO_PEERCRED, &peer,
			  &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}
