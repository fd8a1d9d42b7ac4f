/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a line of the log may hold of a request: what we wrote ourselves. Targets hold tokens,
 * headers hold addresses, bodies hold both; the row of the route table tells which code was asked,
 * and the id ties the line to what a client was told.
 */
#include "http/incident.h"

#include "base/encode.h"
#include "http/exchange.h"

#include <inttypes.h>
#include <stdio.h>

enum { ID_BYTES = 2 * INCIDENT_RANDOM_BYTES + 24 };

const char *incident_id(struct request *request)
{
	struct listener *listener = request->listener;
	char *id;

	if (request->id)
		return request->id;
	id = arena_alloc(&request->arena, ID_BYTES);
	if (!id)
		return "none";
	hex_format(listener->incident_random, INCIDENT_RANDOM_BYTES, id);
	(void)snprintf(id + 2 * INCIDENT_RANDOM_BYTES, ID_BYTES - 2 * INCIDENT_RANDOM_BYTES,
		       "-%" PRIu64, ++listener->incidents);
	request->id = id;
	return id;
}

static const char *method_of(const struct request *request)
{
	static const char *const names[] = {
		[METHOD_OTHER] = "other", [METHOD_GET] = "GET",		[METHOD_HEAD] = "HEAD",
		[METHOD_POST] = "POST",	  [METHOD_OPTIONS] = "OPTIONS",
	};

	return names[request->method];
}

void incident_report(struct request *request, enum log_level level, const char *event,
		     unsigned status, const char *reason)
{
	char number[16] = "";

	if (status)
		(void)snprintf(number, sizeof(number), "%u", status);
	log_line(level, event, "request", incident_id(request), "method", method_of(request),
		 "route", request->route ? request->route->path : NULL, "status",
		 status ? number : NULL, "reason", reason, (char *)0);
}
