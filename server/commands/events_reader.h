/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_EVENTS_READER_H
#define WAYMARK_COMMANDS_EVENTS_READER_H

#include "commands/session.h"

/*
 * Readers of the log with a name, for `waymark events`: pruning waits for them.
 *
 * events_reader_move() registers @name, or says how far it has read. Return: as session_call().
 */
int events_reader_move(struct session *session, const char *name, uint64_t position,
		       struct error *error);

/* The commands --readers and --forget-reader. Return: the exit status. */
int events_reader_list(const char *config);
int events_reader_forget(const char *config, const char *name);

#endif
