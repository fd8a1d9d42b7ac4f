/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_REVEAL_H
#define WAYMARK_COMMANDS_REVEAL_H

#include "commands/session.h"
#include "crypto/seal.h"

/*
 * Keys of people for --reveal: each is asked for once (which the log records as an access) and kept
 * until the command ends. Somebody who was erased has none.
 */
struct reveal;

struct reveal *reveal_new(struct session *session); /* NULL when out of memory */
void reveal_free(struct reveal *reveal);	    /* NULL allowed; wipes the keys */

/* 0; positive: there is no key; negative errno: it could not be asked for, @error says why. */
int reveal_key(struct reveal *reveal, const struct handle *handle, struct person_key *ret_key,
	       struct error *error);

#endif
