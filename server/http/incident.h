/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_INCIDENT_H
#define WAYMARK_HTTP_INCIDENT_H

#include "base/log.h"
#include "http/router.h"

/*
 * Requests that somebody has to look at: an answer of 500 or 503, an operation that is refused, an
 * event that could not be kept. Each leaves one line in the log, with an id that the answer carries
 * in X-Request-Id and, where it is a page or JSON, in its text. The log is bounded (base/log.h).
 *
 * An id is twelve random digits of the listener and a count. It is made when it is needed: a
 * request that goes well has none, and costs nothing.
 */

/* The request's id, in its arena; made now if it has none. Never NULL. */
const char *incident_id(struct request *request);

/*
 * Log @event with the request's id, its method and its route: the row of the table, never what was
 * asked for. @status: of the answer, 0 when it is not an error. @reason: a sentence without
 * anything that came from a client, or NULL.
 */
void incident_report(struct request *request, enum log_level level, const char *event,
		     unsigned status, const char *reason);

#endif
