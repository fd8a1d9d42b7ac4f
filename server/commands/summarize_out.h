/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_SUMMARIZE_OUT_H
#define WAYMARK_COMMANDS_SUMMARIZE_OUT_H

#include "base/clock.h"
#include "base/error.h"

/*
 * `waymark summarize --out DIR`: deliver what changed of people (summary/deliver.h) from the
 * summaries as they are, and print what was delivered. Who people are is asked of the owner of the
 * store: the server that runs, or this process where none does, so no store may be open here.
 *
 * @config: --config or NULL. @mapping: --mapping or NULL. @as_of: 0 for that of the summaries.
 * Return: 0, or nonzero with @error.
 */
int summarize_out(const char *config, const char *directory, const char *mapping, usec_t as_of,
		  struct error *error);

/* `waymark summarize --metadata DIR`: what makes the CRM's fields for that mapping. */
int summarize_metadata(const char *directory, const char *mapping, struct error *error);

#endif
