/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_EVENTS_ACCOUNT_H
#define WAYMARK_COMMANDS_EVENTS_ACCOUNT_H

#include <stdbool.h>

/*
 * `waymark events --account`: where every event of the log went, run by run, and whether that adds
 * up (track/account_proof.h). A table, or with @json one object a line, the totals last.
 *
 * Return: the exit status; COMMAND_FAILED, and a sentence that names the sequence, when something
 * does not add up or the log cannot be read to its end.
 */
int events_account(const char *config, bool json);

#endif
