/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_INSPECTION_H
#define WAYMARK_APP_INSPECTION_H

#include "base/bytes.h"
#include "base/clock.h"

/*
 * A look at the server from outside, for `waymark doctor`. Whoever may use the control socket asks
 * for a secret; for a short time GET /healthz?inspect=SECRET on the public listener then tells what
 * arrived of the request, so that what stands in front (DNS, TLS, a proxy) is judged by what it
 * does and not by its configuration. Without the secret /healthz says what it always says.
 */
enum { INSPECTION_SECRET_BYTES = 16, INSPECTION_SECONDS = 60 };

struct inspection {
	char secret[2 * INSPECTION_SECRET_BYTES + 1]; /* hexadecimal; empty: none was asked for */
	usec_t until;				      /* monotonic */
};

/* A new secret, valid from @now on; the one before is void. */
void inspection_begin(struct inspection *inspection, usec_t now);
/* Is @secret the one in force? Compared in constant time. */
bool inspection_allows(const struct inspection *inspection, struct span secret, usec_t now);

#endif
