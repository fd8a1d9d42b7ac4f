/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_REQUEST_H
#define WAYMARK_HTTP_REQUEST_H

#include "base/arena.h"
#include "base/clock.h"
#include "http/header_name.h"
#include "text/address.h"

/*
 * One HTTP request, parsed once and living in its arena until it is answered and completed. Made by
 * the listener from the raw target (libmicrohttpd's own URL is cut at %00 and is not used).
 */
enum http_method { METHOD_OTHER, METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OPTIONS };

struct listener;
struct route;
struct reply;
struct MHD_Connection;

struct request {
	struct arena arena;
	struct listener *listener;
	struct MHD_Connection *connection;
	void *context;		   /* the listener's: struct app */
	void *settings;		   /* the app's struct settings, from begun() to completed() */
	const struct route *route; /* NULL: none matched */

	enum http_method method;
	struct span target; /* as it came: origin form, or the path part of an absolute form */
	struct span path;   /* target up to '?', still percent-encoded */
	struct span query;  /* behind '?'; absent when there is none */
	struct span tail;   /* of the path, behind the route's prefix */
	struct span host;   /* the one Host value */

	struct address peer, client; /* client: right-most untrusted hop of X-Forwarded-For */
	bool peer_is_trusted;	     /* a Unix socket, or an address in the trusted networks */
	bool through_proxy;	     /* a trusted peer that sent X-Forwarded-For */
	usec_t received;	     /* monotonic, when the head was complete */

	struct span body; /* of POST, whole; at most the route's body_limit */

	unsigned limited; /* set by the gate. Not 0: over a limit, and the gate's word for which */

	void *state; /* the handler's between calls, e.g. its ticket */
	/* Called once when the request ends, answered or not, if @state is set: a client may leave
	 * while its handler waits. The owner of @state sets it together with it. */
	void (*state_free)(struct request *request);
	const char *id;	     /* made by incident_id() for a request that failed; else NULL */
	struct reply *reply; /* set once, by the reply functions */
	unsigned counter;    /* the one request counter this request ends in (metrics_table.h) */
	bool counted;
	/* private to http/ */
	struct exchange *inner;
};

/*
 * First value of a header, trimmed, absent if none; and every value of one (Cookie may come twice),
 * in order of arrival. Values live until the request ends. No values, or no memory: 0, and NULL.
 * Neither allocates as a rule: only several values of one name take room in the request's arena.
 */
struct span request_value(const struct request *request, enum header_name name);
size_t request_values(struct request *request, enum header_name name,
		      const struct span **ret_values);

/* The same for a name that header_name.h does not list, by a walk over the head. */
struct span request_header(const struct request *request, const char *name);

#endif
