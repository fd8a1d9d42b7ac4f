/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_ADMIN_ADMIN_H
#define WAYMARK_ADMIN_ADMIN_H

#include "app/app.h"
#include "http/reply.h"

/*
 * The admin listener and the control socket: their tables (routes.c) and handlers. The socket
 * carries out operations for its owner; over TCP the same paths ask for a token.
 */
extern const struct route admin_routes[], control_routes[];
extern const size_t admin_route_count, control_route_count;

/* Of the TCP listener, before routing: whoever asks for an operation without a token that may is
 * answered 401 or 403. */
bool admin_gate(struct request *request);

enum handled admin_metrics(struct request *request);
enum handled admin_operation(struct request *request);		/* for the owner */
enum handled admin_operation_by_token(struct request *request); /* for whoever shows one */
enum handled admin_readyz(struct request *request);

#endif
