/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over the table. Tables have a dozen rows and the first byte behind the slash tells most of
 * them apart, so that nothing cleverer pays. The path is compared as it came: an encoded slash or
 * letter never reaches a route that its decoded form would, which keeps one name per resource.
 */
#include "http/router.h"

#include <stdio.h>

static bool matches(const struct route *route, struct span path, struct span *ret_tail)
{
	struct span pattern = span_text(route->path);

	if (pattern.size == 0 || pattern.data[pattern.size - 1] != '*') {
		if (!span_equal(path, pattern))
			return false;
		*ret_tail = span_slice(path, path.size, 0);
		return true;
	}
	pattern.size--;
	if (!span_starts(path, pattern))
		return false;
	*ret_tail = span_slice(path, pattern.size, path.size);
	return true;
}

const struct route *router_find(const struct route *routes, size_t count, struct span path,
				struct span *ret_tail)
{
	for (size_t i = 0; i < count; i++)
		if (matches(&routes[i], path, ret_tail))
			return &routes[i];
	return NULL;
}

void router_allow(const struct route *route, char *ret_text, size_t size)
{
	(void)snprintf(ret_text, size, "%s%sOPTIONS", route->get ? "GET, HEAD, " : "",
		       route->post ? "POST, " : "");
}
