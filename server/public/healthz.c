/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /healthz says that the process turns and accepts, nothing more: what depends on the store is
 * /readyz of the admin listener, because a balancer that takes a node out for a full disk would
 * also take its redirects away. It answers for any Host, since balancers ask by address.
 *
 * With the secret of an inspection it also tells the doctor what arrived: whether it came by way of
 * a proxy that is trusted and which address that wrote, whether the Host is a tracker's and the
 * cookie came through. It carries a header of the length that a Location may have, too, which a
 * proxy with small buffers turns into a 502.
 */
#include "public/public.h"

#include "text/cookie.h"

#include <jansson.h>

enum { LOCATION_MAX_BYTES = 8192 };

static bool has_cookie(struct request *request)
{
	const struct tracker *tracker = public_tracker(request);
	const struct span *values;
	size_t count = tracker ? request_values(request, HEADER_COOKIE, &values) : 0;

	for (size_t i = 0; i < count; i++) {
		struct span name, value;
		size_t at = 0;

		while (cookie_next(values[i], &at, &name, &value))
			if (span_equal(name, span_text(tracker->cookie_name)))
				return true;
	}
	return false;
}

/* The hop that the proxy itself wrote, which is the last one of a proxy that is set up rightly. */
static struct span last_hop(struct request *request)
{
	const struct span *values;
	struct span hop = {0};
	size_t count = request_values(request, HEADER_X_FORWARDED_FOR, &values);

	if (count == 0)
		return hop;
	hop = values[count - 1];
	for (size_t at; (at = span_find(hop, ',', 0)) < hop.size;)
		hop = span_slice(hop, at + 1, hop.size);
	return span_trim(hop);
}

static json_t *describe(struct request *request)
{
	struct address hop = {0};
	char text[ADDRESS_TEXT_BYTES] = "";

	if (address_parse(last_hop(request), &hop) == 0 && hop.known)
		address_format(&hop, text);
	return json_pack("{s:b, s:b, s:b, s:s}", "tracker", public_tracker(request) != NULL,
			 "proxy", request->through_proxy, "cookie", has_cookie(request), "hop",
			 text);
}

static enum handled reply_inspection(struct request *request)
{
	char *fill = arena_alloc(&request->arena, LOCATION_MAX_BYTES + 1);
	json_t *seen = describe(request);
	char *text = seen ? json_dumps(seen, JSON_COMPACT) : NULL;

	(void)reply_body(request, METRIC_REQUEST_HEALTH, 200, "application/json", "no-store",
			 text ? span_text(text) : SPAN("{}"));
	if (fill) {
		memset(fill, 'x', LOCATION_MAX_BYTES);
		fill[LOCATION_MAX_BYTES] = '\0';
		reply_header(request, "X-Waymark-Fill", fill);
	}
	free(text);
	json_decref(seen);
	return HANDLED;
}

enum handled public_healthz(struct request *request)
{
	const struct span key = SPAN("inspect=");
	const struct app *app = request->context;
	struct span secret = span_slice(request->query, key.size, request->query.size);

	if (span_starts(request->query, key) &&
	    inspection_allows(&app->inspection, secret, app->now))
		return reply_inspection(request);
	return reply_body(request, METRIC_REQUEST_HEALTH, 200, "text/plain; charset=utf-8",
			  "no-store", SPAN("ok\n"));
}
