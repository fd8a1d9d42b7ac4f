/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_PERSON_OF_ADDRESS_H
#define WAYMARK_APP_PERSON_OF_ADDRESS_H

#include "app/operation.h"

/*
 * The handle of the person with that address, who is added (with a prospect event, in the call's
 * ticket) if nobody has it yet. @met: an object of the caller's, one for each call, in which it is
 * noted who was met, since what this call adds cannot be looked up as durable yet.
 *
 * Return: 0; OPERATION_E_REFUSED with @error ("that is not an e-mail address", "this person was
 * erased"); OPERATION_E_FAILED; negative errno.
 */
int person_of_address(struct operation_call *call, json_t *met, struct span email,
		      struct handle *ret_handle, struct error *error);

#endif
