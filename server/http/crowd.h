/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_CROWD_H
#define WAYMARK_HTTP_CROWD_H

#include "crypto/short_hash.h"
#include "text/address.h"

/*
 * Who holds how many connections of a listener. Private to http/; the rules are in crowd.c.
 *
 * An address counts by address_name(). Trusted proxies and Unix sockets, whose one address stands
 * for many clients, are in no crowd.
 */
struct connection;
struct listener;

/* In order of connection->since, oldest first. */
struct connection_list {
	struct connection *oldest, *newest;
};

struct crowd_peer {
	struct crowd_peer *next; /* of its chain */
	uint64_t name;
	unsigned count;
	struct connection_list connections;
};

struct crowd {
	struct short_hash_key key;
	struct crowd_peer **chains;
	size_t mask; /* chains - 1 */
};

int crowd_init(struct crowd *crowd, unsigned connection_limit);
void crowd_finish(struct crowd *crowd);

/* The peer of @address, made if there is none; NULL when out of memory. */
struct crowd_peer *crowd_peer_take(struct crowd *crowd, const struct address *address);
/* The peer of @address; NULL if it holds no connection. */
struct crowd_peer *crowd_peer_find(const struct crowd *crowd, const struct address *address);
/* Forget a peer whose last connection is gone. */
void crowd_peer_drop(struct crowd *crowd, struct crowd_peer *peer);

/* Whether @address may open one more connection; makes room for it among its own if it can. */
bool crowd_admits(struct listener *listener, const struct address *address);
/* Close connections that do nothing until enough are free for whoever comes next. */
void crowd_make_room(struct listener *listener);
/* When crowd_make_room() should be called again: milliseconds, or -1. */
int crowd_timeout_ms(const struct listener *listener);

#endif
