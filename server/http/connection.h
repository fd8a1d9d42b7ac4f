/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_CONNECTION_H
#define WAYMARK_HTTP_CONNECTION_H

#include "base/clock.h"
#include "text/address.h"

#include <microhttpd.h>

/*
 * The connections of a listener, in order of when they last completed a request. Private to http/;
 * made and freed as the library tells.
 */
struct crowd_peer;
struct exchange;
struct listener;

enum connection_order { ORDER_OF_ALL, ORDER_OF_PEER, CONNECTION_ORDERS };

struct connection {
	struct {
		struct connection *before, *after; /* in order of @since, oldest first */
	} places[CONNECTION_ORDERS];
	struct crowd_peer *crowd_peer; /* NULL: in no crowd */
	struct MHD_Connection *handle;
	struct exchange *exchange; /* the request in progress, or NULL */
	usec_t since;		   /* monotonic: opened, or completed its last request */
	struct address peer;
	bool is_local;	       /* a Unix socket */
	bool is_exempt;	       /* of limits of one address: local, or a trusted proxy */
	bool expired;	       /* was shut down by us */
	bool is_fresh;	       /* no request of it has begun */
	bool is_over;	       /* its last request is answered: what may follow is not read */
	uint64_t served_bytes; /* of the requests that it went on after */
};

void connection_notify(void *listener, struct MHD_Connection *handle, void **context,
		       enum MHD_ConnectionNotificationCode what);
struct connection *connection_of(struct MHD_Connection *handle);
void connection_touch(struct listener *listener, struct connection *connection);
/* Shut it down: it counts as leaving, and the library closes it when it sees the end. */
void connection_shut_down(struct listener *listener, struct connection *connection);
/* MHD_NO: not another connection of that address. */
enum MHD_Result connection_admit(void *listener, const struct sockaddr *peer, socklen_t size);
bool listener_trusts(const struct listener *listener, const struct address *address);
void connection_expire(struct listener *listener);
size_t connection_hang_up(struct listener *listener); /* how many have something unread */
int connection_descriptor(const struct connection *connection);
bool connection_is_owner(const struct connection *connection); /* SO_PEERCRED: our uid, or 0 */

#endif
