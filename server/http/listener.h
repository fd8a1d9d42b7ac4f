/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_LISTENER_H
#define WAYMARK_HTTP_LISTENER_H

#include "base/error.h"
#include "http/reply.h"

#include <sys/types.h>

/*
 * One listening address: a libmicrohttpd daemon driven through its external epoll interface by a
 * loop of ours (app/loop). All its quirks live in this folder (shared research in tests/README.md):
 * framing is checked by us before a handler runs, the raw target comes from the URI log callback, a
 * whole request is bounded in time, a handler that waits is called again by listener_run().
 */
struct listener;

struct listener_options {
	const char *address; /* "127.0.0.1:8080", "[::1]:8080", "unix:/path" */
	mode_t socket_mode;  /* of a Unix socket */
	int inherited_fd; /* listen on this, which others hold too, and not at @address; 0: none */
	const struct route *routes;
	size_t route_count;
	const struct route *otherwise; /* GET and HEAD of paths that no row has; NULL: 404 */
	const struct network *proxies; /* trusted; a Unix socket's peer always is */
	size_t proxy_count;
	unsigned connection_limit;
	unsigned connections_per_address; /* IPv6: of a /64; 0: no limit; proxies have none */
	unsigned request_timeout_s;
	size_t memory_pool_bytes; /* 0: default; bounds the request head */
	void *context;		  /* request->context */
	/* The head is complete: first of all, once per request that a handler may see; or NULL. */
	void (*begun)(struct request *request);
	/* Before routing: may answer (421, 400); NULL: none. True: answered. */
	bool (*gate)(struct request *request);
	/* Exactly once per request that began, with the counter it ended in. */
	void (*completed)(struct request *request);
	/* Counters for what no handler answers. */
	unsigned counter_bad_request, counter_not_found, counter_method, counter_too_large,
		counter_aborted, counter_limited,
		counter_refused /* a route of the socket's owner */,
		counter_error /* an answer that could not be made */;
};

enum { LISTENER_E_ADDRESS = 1 };
int listener_open(const struct listener_options *options, struct listener **ret_listener,
		  struct error *error);
int listener_fd(
	const struct listener *listener); /* epoll descriptor: readable when there is work */

/* From now on: which peers are proxies (borrowed, as the old ones were), and the time limit. */
void listener_change(struct listener *listener, const struct network *proxies, size_t proxy_count,
		     unsigned request_timeout_s);

/* Do what is ready, call waiting handlers again, close what is over its time. */
void listener_run(struct listener *listener);
/* The same while nothing is settled that a waiting handler could wait for: none is called. */
void listener_run_arrivals(struct listener *listener);
/* Milliseconds until listener_run() is needed even if nothing becomes readable; -1: none. */
int listener_timeout_ms(const struct listener *listener);

struct listener_figures {
	uint64_t connections, accepted, timed_out;
	uint64_t refused; /* their address held as many as it may, and none that could be closed */
	uint64_t evicted; /* closed to make room for another */
	unsigned waiting;
};
void listener_figures(const struct listener *listener, struct listener_figures *ret_figures);
/* The port that it listens on (tests ask for port 0); 0 for a Unix socket. */
uint16_t listener_port(const struct listener *listener);

/* Where it listens, as "http://127.0.0.1:8080" or "unix:/path". */
void listener_describe(const struct listener *listener, struct buffer *to);

/*
 * The end, in the order in which a client loses nothing: every answer says that it is the last of
 * its connection; nothing new is accepted (an inherited socket stays open elsewhere, and who comes
 * waits there for the next server); idle connections are closed.
 */
void listener_part(struct listener *listener);
void listener_quiesce(struct listener *listener);
/* Once it is idle: close every connection of which nothing is unread; true when that is all. */
bool listener_hang_up(struct listener *listener);
/*
 * True when no request is in progress and no connection has yet to send its first. A second after
 * listener_quiesce() those whose head is not complete no longer count: a client that holds one does
 * not hold up the end.
 */
bool listener_is_idle(const struct listener *listener);
void listener_close(struct listener *listener); /* NULL allowed */

#endif
