/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections in the order in which they last completed a request, oldest first, those of all and
 * those of each address. The library's own timeout starts anew with every byte, so that a byte a
 * second keeps a connection for ever; ours bounds the time from one completed request to the next,
 * whatever was sent meanwhile. A connection whose handler waits is not the client's fault and
 * starts anew.
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

static void list_remove(struct connection_list *list, enum connection_order order,
			struct connection *connection)
{
	struct connection *before = connection->places[order].before;
	struct connection *after = connection->places[order].after;

	if (before)
		before->places[order].after = after;
	else
		list->oldest = after;
	if (after)
		after->places[order].before = before;
	else
		list->newest = before;
}

static void list_append(struct connection_list *list, enum connection_order order,
			struct connection *connection)
{
	connection->places[order].before = list->newest;
	connection->places[order].after = NULL;
	if (list->newest)
		list->newest->places[order].after = connection;
	else
		list->oldest = connection;
	list->newest = connection;
}

static void append(struct listener *listener, struct connection *connection)
{
	connection->since = listener->now;
	list_append(&listener->connections, ORDER_OF_ALL, connection);
	if (connection->crowd_peer)
		list_append(&connection->crowd_peer->connections, ORDER_OF_PEER, connection);
	half_closed_add(listener, connection);
}

static void take_out(struct listener *listener, struct connection *connection)
{
	half_closed_remove(listener, connection);
	list_remove(&listener->connections, ORDER_OF_ALL, connection);
	if (connection->crowd_peer)
		list_remove(&connection->crowd_peer->connections, ORDER_OF_PEER, connection);
}

void connection_touch(struct listener *listener, struct connection *connection)
{
	take_out(listener, connection);
	append(listener, connection);
}

static struct address address_of(const struct sockaddr *peer)
{
	struct address result = {0}, *address = &result;

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
	return result;
}

bool listener_trusts(const struct listener *listener, const struct address *address)
{
	for (size_t i = 0; i < listener->options.proxy_count; i++)
		if (network_holds(&listener->options.proxies[i], address))
			return true;
	return listener->is_local;
}

enum MHD_Result connection_admit(void *owner, const struct sockaddr *peer, socklen_t size)
{
	struct listener *listener = owner;
	const struct address address = address_of(peer);

	(void)size;
	return crowd_admits(listener, &address) ? MHD_YES : MHD_NO;
}

static struct connection *open_connection(struct listener *listener, struct MHD_Connection *handle)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	connection->handle = handle;
	connection->is_local = listener->is_local;
	connection->is_fresh = true;
	listener->fresh++;
	if (info && info->client_addr)
		connection->peer = address_of(info->client_addr);
	connection->is_exempt = listener_trusts(listener, &connection->peer);
	if (!connection->is_exempt)
		connection->crowd_peer = crowd_peer_take(&listener->crowd, &connection->peer);
	if (connection->crowd_peer)
		connection->crowd_peer->count++;
	append(listener, connection);
	listener->figures.connections++;
	listener->figures.accepted++;
	return connection;
}

static void close_connection(struct listener *listener, struct connection *connection)
{
	refusal_close(listener, connection);
	take_out(listener, connection);
	if (connection->crowd_peer && --connection->crowd_peer->count == 0)
		crowd_peer_drop(&listener->crowd, connection->crowd_peer);
	listener->leaving -= connection->expired;
	listener->figures.connections--;
	listener->fresh -= connection->is_fresh;
	free(connection);
}

void connection_notify(void *owner, struct MHD_Connection *handle, void **context,
		       enum MHD_ConnectionNotificationCode what)
{
	struct listener *listener = owner;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = open_connection(listener, handle);
		return;
	}
	listener->closed_some = true;
	if (*context)
		close_connection(listener, *context);
	*context = NULL;
}

int connection_descriptor(const struct connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection->handle, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

void connection_shut_down(struct listener *listener, struct connection *connection)
{
	connection->expired = true;
	listener->leaving++;
	(void)shutdown(connection_descriptor(connection), SHUT_RDWR);
	connection_touch(listener, connection);
}

void connection_expire(struct listener *listener)
{
	const usec_t limit = listener->options.request_timeout_s * USEC_PER_SEC;
	struct connection *connection;

	while ((connection = listener->connections.oldest) != NULL) {
		if (limit == 0 || listener->now - connection->since < limit)
			return;
		if (!connection->expired &&
		    !(connection->exchange && connection->exchange->waiting)) {
			connection_shut_down(listener, connection);
			listener->figures.timed_out++;
		} else {
			connection_touch(listener, connection);
		}
	}
}

/*
 * What arrived before this moment is answered; what arrives after it meets a closed connection, as
 * at any moment at which an idle one is closed, and may be sent again (RFC 9112, 9.5).
 */
size_t connection_hang_up(struct listener *listener)
{
	size_t busy = 0;

	for (struct connection *at = listener->connections.oldest; at;
	     at = at->places[ORDER_OF_ALL].after) {
		const int fd = connection_descriptor(at);
		int unread = 0;

		if (at->expired)
			continue;
		if (ioctl(fd, FIONREAD, &unread) == 0 && unread > 0) {
			busy++;
			continue;
		}
		at->expired = true;
		listener->leaving++;
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
