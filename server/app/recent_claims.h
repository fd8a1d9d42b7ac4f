/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_RECENT_CLAIMS_H
#define WAYMARK_APP_RECENT_CLAIMS_H

#include "base/clock.h"
#include "crypto/id.h"

#include <stdbool.h>

/*
 * When each browser last followed a link of the person whom it is tied to, for what a fresh click
 * opens in a form (track/prefill.h). Bindings do not tell: the clicks of a browser that is tied
 * already change nothing about it. The table is of fixed size, and a new claim takes the place of
 * the oldest in its way; after a restart it is empty. Who finds nothing here is shown what a
 * stranger is shown.
 *
 * In memory only, and only of browsers that consent to be tied to a person. Loop thread only.
 */
struct recent_claims {
	struct recent_claim *rows; /* NULL until the first is put */
};

enum { RECENT_CLAIMS = 16384 };

/* Without memory it is not kept. */
void recent_claims_put(struct recent_claims *claims, const struct visitor_id *visitor,
		       const struct handle *person, usec_t time);
/* When @visitor last made a claim, if it was for @person; 0: it was not, or is not known. */
usec_t recent_claims_find(const struct recent_claims *claims, const struct visitor_id *visitor,
			  const struct handle *person);
/* The browser wants to be forgotten, or is no longer to be tied to anybody. */
void recent_claims_forget(struct recent_claims *claims, const struct visitor_id *visitor);
void recent_claims_finish(struct recent_claims *claims);

#endif
