/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that are gone in the middle of a request. When the end of the client's side arrives
 * together with its last bytes, the library reads the bytes, takes a short read for the end of what
 * there is, and is not woken again, since its epoll set tells of changes only. Such a connection
 * would stay until request_timeout_s.
 *
 * So each connection that has completed nothing for a while is looked at, a few times and in longer
 * and longer distances, some in each run; one that is asked over and over never is. A connection
 * whose end has arrived is shut down for reading, which changes nothing but wakes the library,
 * which then closes by its own rules.
 *
 * The list of connections is in order of their last completed request, so one place in it for each
 * look is enough: before it, all have had that look.
 */
#include "http/exchange.h"

#include <sys/socket.h>

enum { LOOKS_PER_RUN_MAX = 16 };

static const usec_t looks[HALF_CLOSED_LOOKS] = {
	100 * USEC_PER_MS,
	500 * USEC_PER_MS,
	3 * USEC_PER_SEC,
};

void half_closed_add(struct listener *listener, struct connection *connection)
{
	for (size_t i = 0; i < HALF_CLOSED_LOOKS; i++)
		if (!listener->unlooked[i])
			listener->unlooked[i] = connection;
}

void half_closed_remove(struct listener *listener, const struct connection *connection)
{
	for (size_t i = 0; i < HALF_CLOSED_LOOKS; i++)
		if (listener->unlooked[i] == connection)
			listener->unlooked[i] = connection->places[ORDER_OF_ALL].after;
}

static void look(const struct connection *connection)
{
	const int fd = connection_descriptor(connection);
	char byte;

	if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		(void)shutdown(fd, SHUT_RD);
}

void half_closed_look(struct listener *listener)
{
	unsigned most = LOOKS_PER_RUN_MAX;

	for (size_t i = 0; i < HALF_CLOSED_LOOKS; i++) {
		struct connection *at = listener->unlooked[i];

		for (; at && most > 0 && listener->now - at->since >= looks[i];
		     at = at->places[ORDER_OF_ALL].after) {
			/* A request that waits for its commit is whole. */
			if (at->expired || (at->exchange && at->exchange->waiting))
				continue;
			look(at);
			most--;
		}
		listener->unlooked[i] = at;
	}
}

int half_closed_until_ms(const struct listener *listener, usec_t now, int at_least_ms)
{
	usec_t due = UINT64_MAX;
	int wait;

	for (size_t i = 0; i < HALF_CLOSED_LOOKS; i++)
		if (listener->unlooked[i] && listener->unlooked[i]->since + looks[i] < due)
			due = listener->unlooked[i]->since + looks[i];
	if (due == UINT64_MAX)
		return -1;
	wait = due <= now ? 0 : (int)((due - now) / USEC_PER_MS + 1);
	return wait > at_least_ms ? wait : at_least_ms;
}
