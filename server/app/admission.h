/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_ADMISSION_H
#define WAYMARK_APP_ADMISSION_H

#include "app/rate_limit.h"
#include "http/request.h"
#include "track/tracker.h"

/*
 * How much one client address, and one tracker, may ask for. Loop thread.
 *
 * An IPv4 address counts whole, an IPv6 address by its /64, which is what one customer gets. A
 * request that is over is not simply refused: a tracked link redirects all the same, and only its
 * event is left out (promise 1); everything else is answered 429 by http/.
 *
 * Nobody is counted who cannot be told apart from others: a client that reached us through a
 * trusted proxy that did not say for whom, or through a Unix socket. One bucket for all of them
 * would refuse real clicks because of a missing proxy_set_header.
 */
struct admission {
	struct rate_limit addresses, trackers;
	unsigned squeeze; /* of addresses, for rate_limit_take(): set by pressure.c */
};

/* What is kept in request->limited. */
enum admission_verdict { ADMITTED, OVER_ADDRESS_RATE, OVER_TRACKER_RATE };

/* Tables of the sizes that @config says; -ENOMEM. */
int admission_init(struct admission *admission, const struct config *config);
void admission_finish(struct admission *admission);
/* Rates and bursts of @config from now on; the tables keep their size. */
void admission_set(struct admission *admission, const struct config *config);

/* Is it known of whom the request is, by an address that is not one of our own proxies? */
bool admission_knows(const struct tracker_set *trackers, const struct address *client);

/*
 * Take a token of the request's client, and, if there was one, of @tracker (NULL: the request is
 * for none): who is over the one does not use up the other.
 */
enum admission_verdict admission_judge(struct admission *admission,
				       const struct tracker_set *trackers,
				       const struct request *request, const struct tracker *tracker,
				       usec_t now);

#endif
