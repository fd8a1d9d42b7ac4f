/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_VISIT_CLAIM_H
#define WAYMARK_PUBLIC_VISIT_CLAIM_H

#include "public/visit_event.h"

/*
 * A claim: somebody followed a link that was made for one person, now (a click) or before the
 * browser chose (a click that was held).
 */
struct visit_claim {
	struct link_id link;	     /* zeros: a self-contained link */
	struct campaign_id campaign; /* then instead of it */
	bool navigation;	     /* the link was followed by a top-level navigation */
	bool opens;		     /* its token has one part, so it may open a form (prefill.h) */
};

/*
 * Add the event, which has its person, and what the claim does to the browser: a bind, a conflict,
 * or nothing. The event's evidence is the claim, unless the link has leaked: then it only says
 * whose link it is. Return: as visit_event_add().
 */
int visit_claim_add(struct visit_event *builder, const struct visit_claim *claim);

#endif
