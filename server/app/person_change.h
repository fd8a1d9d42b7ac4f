/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_PERSON_CHANGE_H
#define WAYMARK_APP_PERSON_CHANGE_H

#include "app/operation.h"
#include "store/people.h"

/*
 * Put @change, which it takes, into the call's ticket with the prospect event that tells of it: one
 * is never written without the other. @props: the event's, {"fields": […]} with the names of what
 * changed; @reason: "added" or "changed".
 *
 * Return: 0; OPERATION_E_* with @error; negative errno.
 */
int person_change_add(struct operation_call *call, struct people_change *change, struct span props,
		      struct span reason, struct error *error);

#endif
