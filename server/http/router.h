/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_ROUTER_H
#define WAYMARK_HTTP_ROUTER_H

#include "http/request.h"

/*
 * A table decides: which handler, which methods (405 with Allow, HEAD and OPTIONS follow), how
 * large a body, which counter. HEAD reaches the GET handler, which sees request->method.
 */
enum handled {
	HANDLED,
	WAITING
}; /* WAITING: no answer yet, call me again when something is done */

typedef enum handled (*handler_fn)(struct request *request);

enum route_access {
	ACCESS_PUBLIC,
	ACCESS_ALWAYS,	    /* public, and asked even when request->limited */
	ACCESS_SOCKET_OWNER /* peer credentials of a Unix socket */
};

struct route {
	const char *path; /* "/healthz" exactly, or with a trailing '*': prefix, e.g. "/c/" "*" */
	handler_fn get, post; /* NULL: 405 */
	size_t body_limit;    /* of POST */
	enum route_access access;
	unsigned counter; /* metric of requests that this route answers without saying which */
};

/* The first row whose path matches; sets request->route and ->tail. NULL: 404. */
const struct route *router_find(const struct route *routes, size_t count, struct span path,
				struct span *ret_tail);
/* "GET, HEAD, OPTIONS" for the row. */
void router_allow(const struct route *route, char *ret_text, size_t size);

#endif
