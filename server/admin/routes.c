/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin API on one page, twice: as the TCP listener answers it, where every operation needs a
 * token, and as the control socket does, which only the owner of the data directory can reach. The
 * operations themselves are app/operation.c, which says what tokens may ask for.
 */
#include "admin/admin.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

/* clang-format off */
/* ROW(path, how large a body the operation takes) */
#define OPERATIONS(ROW)                                                                            \
	ROW("/api/v1/inspect",          4 * KIB),                                                  \
	ROW("/api/v1/bindings",         4 * KIB),                                                  \
	ROW("/api/v1/bindings/undo",    4 * KIB),                                                  \
	ROW("/api/v1/events",           256 * KIB),                                                \
	ROW("/api/v1/events/import",    16 * MIB),                                                 \
	ROW("/api/v1/forms",            256 * KIB),                                                \
	ROW("/api/v1/keys/retire",      4 * KIB),                                                  \
	ROW("/api/v1/keys/rotate",      4 * KIB),                                                  \
	ROW("/api/v1/links",            16 * MIB),                                                 \
	ROW("/api/v1/links/checked",    4 * KIB),                                                  \
	ROW("/api/v1/links/import",     16 * MIB),                                                 \
	ROW("/api/v1/links/repoint",    64 * KIB),                                                 \
	ROW("/api/v1/mailings/check",   512 * KIB),                                                \
	ROW("/api/v1/people/copy",      4 * KIB),                                                  \
	ROW("/api/v1/prospects",        16 * MIB),                                                 \
	ROW("/api/v1/prospects/anew",   4 * KIB),                                                  \
	ROW("/api/v1/prospects/erase",  64 * KIB),                                                 \
	ROW("/api/v1/prospects/export", 4 * KIB),                                                  \
	ROW("/api/v1/prospects/find",   4 * KIB),                                                  \
	ROW("/api/v1/prospects/identities", 256 * KIB),                                            \
	ROW("/api/v1/prospects/merge",  4 * KIB),                                                  \
	ROW("/api/v1/prospects/reveal", 1 * MIB),                                                  \
	ROW("/api/v1/prospects/unmerge", 4 * KIB),                                                 \
	ROW("/api/v1/prospects/walk",   4 * KIB),                                                  \
	ROW("/api/v1/readers",          4 * KIB),                                                  \
	ROW("/api/v1/readers/forget",   4 * KIB),                                                  \
	ROW("/api/v1/tokens",           4 * KIB),                                                  \
	ROW("/api/v1/tokens/revoke",    4 * KIB)

#define BY_TOKEN(path, limit)                                                                      \
	{path, NULL, admin_operation_by_token, (size_t)(limit), ACCESS_PUBLIC, METRIC_REQUEST_OPERATION}
#define BY_OWNER(path, limit)                                                                      \
	{path, NULL, admin_operation, (size_t)(limit), ACCESS_SOCKET_OWNER, METRIC_REQUEST_OPERATION}
#define INSPECTION                                                                                 \
	{"/metrics", admin_metrics, NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_METRICS},               \
	{"/readyz",  admin_readyz,  NULL, 0, ACCESS_PUBLIC, METRIC_REQUEST_READY}

const struct route admin_routes[] = {
	OPERATIONS(BY_TOKEN),
	INSPECTION,
};

const struct route control_routes[] = {
	OPERATIONS(BY_OWNER),
	INSPECTION,
};
/* clang-format on */

const size_t admin_route_count = sizeof(admin_routes) / sizeof(admin_routes[0]);
const size_t control_route_count = sizeof(control_routes) / sizeof(control_routes[0]);
