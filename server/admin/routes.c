/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin API on one page, twice: as the TCP listener answers it, where no operation is allowed
 * without a token, and as the control socket does, which only the owner of the data directory can
 * reach. The operations themselves are app/operation.c.
 */
#include "admin/admin.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

/* clang-format off */
#define OPERATION(path, handler, limit, access)                                                    \
	{path, NULL, handler, limit, access, METRIC_REQUEST_OPERATION}
#define OPERATIONS(handler, access)                                                                \
	OPERATION("/api/v1/keys/retire",      handler, 4 * KIB,  access),                          \
	OPERATION("/api/v1/keys/rotate",      handler, 4 * KIB,  access),                          \
	OPERATION("/api/v1/links",            handler, 16 * MIB, access),                          \
	OPERATION("/api/v1/prospects",        handler, 16 * MIB, access),                          \
	OPERATION("/api/v1/prospects/find",   handler, 4 * KIB,  access),                          \
	OPERATION("/api/v1/prospects/reveal", handler, 1 * MIB,  access)
#define INSPECTION                                                                                 \
	{"/metrics", admin_metrics, NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_METRICS},               \
	{"/readyz",  admin_readyz,  NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_READY}

const struct route admin_routes[] = {
	OPERATIONS(admin_unauthorised, ACCESS_PUBLIC),
	INSPECTION,
};

const struct route control_routes[] = {
	OPERATIONS(admin_operation, ACCESS_SOCKET_OWNER),
	INSPECTION,
};
/* clang-format on */

const size_t admin_route_count = sizeof(admin_routes) / sizeof(admin_routes[0]);
const size_t control_route_count = sizeof(control_routes) / sizeof(control_routes[0]);
