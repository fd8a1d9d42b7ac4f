/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_BEACON_EVENT_H
#define WAYMARK_PUBLIC_BEACON_EVENT_H

#include "public/visit_event.h"
#include "track/beacon.h"

/*
 * Make the event of one line and add it to the ticket of @builder.
 *
 * Return: 0; BEACON_E_LINE with @error when the address is none that a browser would ask for;
 * BEACON_EVENT_E_LEFT_OUT when consent, the disk or the queue keep it out (counted dropped);
 * otherwise as visit_event_add().
 */
enum { BEACON_EVENT_E_LEFT_OUT = 2 };
int beacon_event_add(struct visit_event *builder, const struct beacon_line *line,
		     struct error *error);

#endif
