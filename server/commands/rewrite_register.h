/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_REWRITE_REGISTER_H
#define WAYMARK_COMMANDS_REWRITE_REGISTER_H

#include "commands/session.h"
#include "track/rewrite.h"

/*
 * Register what @links of a message need so that they redirect, and the names of what its options
 * added. A message may go out once this has returned 0.
 *
 * Return: 0; COMMAND_* with @error.
 */
int rewrite_register(struct session *session, const struct rewrite_link *links, size_t count,
		     const struct rewrite_options *options, struct error *error);

#endif
