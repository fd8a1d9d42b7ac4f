/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_DESCRIPTORS_H
#define WAYMARK_APP_DESCRIPTORS_H

#include "base/error.h"

/*
 * Descriptors for every connection that the configuration allows, and some for all else: stores,
 * keys, the admin listener and the control socket, so that clients can never take the last one.
 */
enum {
	DESCRIPTORS_SPARE = 64,	   /* stores, sockets, epoll sets, files that are read */
	DESCRIPTORS_E_TOO_FEW = 1, /* not even the fewest connections: @error says what to do */
	DESCRIPTORS_CONNECTIONS_MIN = 16 /* as of the configuration */
};

/*
 * Raise the soft limit of open files as far as needed for @connections of the public listener
 * beside @others. @ret_connections: how many the limit allows, at most @connections.
 */
int descriptors_reserve(unsigned connections, unsigned others, unsigned *ret_connections,
			struct error *error);

#endif
