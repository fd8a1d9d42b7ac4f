/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_DRAIN_H
#define WAYMARK_APP_DRAIN_H

#include "app/app.h"

/*
 * The end of a server, so that its clients lose nothing:
 *
 *   1. Every answer says that it is the last of its connection. A socket that was handed over still
 *      accepts, since nobody else does yet; one of our own is closed.
 *   2. After DRAIN_IDLE_MS, or once nobody is connected, nothing new is accepted.
 *   3. What has begun is finished, and who has connected gets a second to ask.
 *   4. Connections without a request are closed.
 *
 * All of it takes DRAIN_SECONDS at most; what is open then is cut.
 */
enum { DRAIN_SECONDS = 10, DRAIN_IDLE_MS = 1000 };

struct drain {
	usec_t until; /* monotonic; 0: not draining */
	usec_t idle_until;
	bool quiesced;
};

enum drain_state { DRAIN_NONE, DRAIN_GOES_ON, DRAIN_DONE, DRAIN_CUT };

/* Begin; while it goes on already, cut what is left of it. */
void drain_start(struct drain *drain, struct app *app);
/* After each turn of the listeners. */
enum drain_state drain_step(struct drain *drain, struct app *app);
/* When drain_step() is due if nothing else happens; 0: never. */
usec_t drain_deadline(const struct drain *drain);

#endif
