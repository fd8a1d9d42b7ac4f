/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for who comes next, whoever holds the connections now.
 *
 * An address that holds as many as it may gets another only in exchange for its own oldest one. And
 * when nearly all of a listener's connections are taken, those that have completed no request for
 * the longest time are closed, so that a few stay free: an attacker who holds connections open,
 * idle or with a request that never ends, loses them to the clients that come.
 *
 * What a handler works on is never closed, and nothing younger than YOUTH_MS, since a client on a
 * slow line says what it wants in the packet that follows its connection. Connections of trusted
 * proxies are not closed either: a proxy may just be sending a request on an idle one, which would
 * fail.
 *
 * The table of addresses is a chain of peers for each hash under a random key; a peer is made with
 * its first connection and freed with its last, so it is as bounded as connections are.
 */
#include "http/crowd.h"

#include "http/exchange.h"

#include <errno.h>

enum {
	YOUTH_MS = 500,
	SPARE_SHARE = 8, /* of the limit, stays free */
	SPARE_MOST = 64,
	SEARCH_MOST = 256, /* connections looked at in one search */
	RETRY_MS = 100
};

int crowd_init(struct crowd *crowd, unsigned connection_limit)
{
	size_t chains = 16;

	while (chains < connection_limit)
		chains *= 2;
	crowd->chains = calloc(chains, sizeof(struct crowd_peer *));
	if (!crowd->chains)
		return -ENOMEM;
	crowd->mask = chains - 1;
	short_hash_key_make(&crowd->key);
	return 0;
}

void crowd_finish(struct crowd *crowd)
{
	free(crowd->chains);
}

static struct crowd_peer **chain_of(const struct crowd *crowd, uint64_t name)
{
	return &crowd->chains[short_hash(&crowd->key, span_of(&name, sizeof(name))) & crowd->mask];
}

struct crowd_peer *crowd_peer_find(const struct crowd *crowd, const struct address *address)
{
	const uint64_t name = address_name(address);
	struct crowd_peer *peer = *chain_of(crowd, name);

	while (peer && peer->name != name)
		peer = peer->next;
	return peer;
}

struct crowd_peer *crowd_peer_take(struct crowd *crowd, const struct address *address)
{
	struct crowd_peer *peer = crowd_peer_find(crowd, address), **chain;

	if (peer)
		return peer;
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return NULL;
	peer->name = address_name(address);
	chain = chain_of(crowd, peer->name);
	peer->next = *chain;
	*chain = peer;
	return peer;
}

void crowd_peer_drop(struct crowd *crowd, struct crowd_peer *peer)
{
	struct crowd_peer **at = chain_of(crowd, peer->name);

	while (*at != peer)
		at = &(*at)->next;
	*at = peer->next;
	free(peer);
}

static bool is_busy(const struct connection *connection)
{
	return connection->expired || (connection->exchange && connection->exchange->waiting);
}

/* The oldest of a list that does nothing and is old enough; NULL if there is none soon. */
static struct connection *find_idle(const struct listener *listener, struct connection *connection,
				    enum connection_order order)
{
	for (unsigned i = 0; connection && i < SEARCH_MOST; i++) {
		if (listener->now - connection->since < YOUTH_MS * USEC_PER_MS)
			return NULL;
		if (!is_busy(connection) && !connection->is_exempt)
			return connection;
		connection = connection->places[order].after;
	}
	return NULL;
}

static bool evict(struct listener *listener, struct connection *connection)
{
	if (!connection)
		return false;
	connection_shut_down(listener, connection);
	listener->figures.evicted++;
	return true;
}

bool crowd_admits(struct listener *listener, const struct address *address)
{
	const unsigned limit = listener->options.connections_per_address;
	const struct crowd_peer *peer;

	if (limit == 0 || listener_trusts(listener, address))
		return true;
	peer = crowd_peer_find(&listener->crowd, address);
	if (!peer || peer->count < limit ||
	    evict(listener, find_idle(listener, peer->connections.oldest, ORDER_OF_PEER)))
		return true;
	listener->figures.refused++;
	return false;
}

static bool is_crowded(const struct listener *listener)
{
	const unsigned limit = listener->options.connection_limit;
	const unsigned share = limit / SPARE_SHARE;
	const unsigned spare = share < SPARE_MOST ? share : SPARE_MOST;

	return listener->figures.connections - listener->leaving + spare > limit;
}

void crowd_make_room(struct listener *listener)
{
	while (is_crowded(listener) &&
	       evict(listener, find_idle(listener, listener->connections.oldest, ORDER_OF_ALL)))
		;
}

int crowd_timeout_ms(const struct listener *listener)
{
	return is_crowded(listener) ? RETRY_MS : -1;
}
