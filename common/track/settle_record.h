/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_SETTLE_RECORD_H
#define WAYMARK_TRACK_SETTLE_RECORD_H

#include "store/event.h"
#include "text/address.h"
#include "track/settle.h"

/*
 * What settle() needs of a recorded event. @https: its tracker is reached by https. Agent and net
 * are left to the caller, who keeps one reading for each of them: ->agent is NULL, both numbers 0.
 *
 * False: nothing is settled by it, and @ret_event is untouched.
 */
bool settle_record(const struct event *event, bool https, struct settle_event *ret_event);

/* The truncated address that was recorded; unknown when none was. */
void settle_record_address(const struct event *event, struct address *ret_address);

#endif
