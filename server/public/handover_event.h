/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_HANDOVER_EVENT_H
#define WAYMARK_PUBLIC_HANDOVER_EVENT_H

#include "public/visit_event.h"

/*
 * The events of a hand-over that counts: an `event` named "handover" with the page that it led to
 * and, as its referrer, the site that it came from; behind it a `bind` with the reason "handover",
 * or a `conflict`, or nothing, if there was nobody to hand over or nothing new to tell; by the
 * evidence of the first tracker's binding, but by @most at most.
 *
 * Return: 0 and the ticket; as visit_event_begin() and visit_event_add().
 */
int handover_event_ticket(const struct visit *visit, const struct handover *handover,
			  enum evidence most, struct span page, struct event_ticket **ret_ticket);

#endif
