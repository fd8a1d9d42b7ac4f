/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_IMPORT_SEEN_H
#define WAYMARK_COMMANDS_IMPORT_SEEN_H

#include "base/error.h"
#include "crypto/id.h"

/*
 * For each person of a file the last row that is about them. The table lies in a scratch file, so
 * that a file of any size needs disk and no memory that cannot be given back: 24 bytes for a
 * person, and at most four times that while it grows.
 */
struct import_seen;

struct import_seen *import_seen_new(struct error *error); /* NULL with @error */
void import_seen_free(struct import_seen *seen);	  /* NULL allowed */

/* Return: 0; negative errno (-ENOSPC: the scratch file cannot grow). */
int import_seen_put(struct import_seen *seen, const struct prospect_id *id, size_t line);
/* The line that was put last for @id; 0 when none was. */
size_t import_seen_find(const struct import_seen *seen, const struct prospect_id *id);

#endif
