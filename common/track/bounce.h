/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_BOUNCE_H
#define WAYMARK_TRACK_BOUNCE_H

#include "text/delivery_status.h"

/*
 * Does a bounce say that the address takes no mail, so that it gets none any more? @reason as the
 * event has it, in whatever words a mailer uses; @props: its JSON text, of which "status" (RFC
 * 3463) and "code" (SMTP) count. Either may be absent. What says nothing at all is final.
 */
bool bounce_is_final(struct span reason, struct span props);

/* The props of a bounce with that status, {"code":550,"status":"5.1.1"}, appended. */
void bounce_append_props(struct buffer *to, const struct delivery_status *status);

#endif
