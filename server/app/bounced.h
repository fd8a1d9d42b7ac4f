/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_BOUNCED_H
#define WAYMARK_APP_BOUNCED_H

#include "app/operation.h"

/*
 * Note in the record of the person of @id that the address takes no mail, so that it gets none any
 * more (track/person_marks.h), with a prospect event that tells of the record, in the call's
 * ticket. Nothing, where it is noted already. @source: who says so, and @time: since when.
 *
 * Return: 0, also when nobody is known by the id, or the record is full or damaged: the bounce
 * itself is in the log; OPERATION_E_FAILED with @error; negative errno.
 */
int bounced_note(struct operation_call *call, const struct prospect_id *id, struct span source,
		 usec_t time, struct error *error);

#endif
