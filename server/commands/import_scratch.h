/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_IMPORT_SCRATCH_H
#define WAYMARK_COMMANDS_IMPORT_SCRATCH_H

#include "base/error.h"

/*
 * A file without a name in $TMPDIR, else /var/tmp, mode 0600: what an import must keep beyond its
 * memory lies there, and is gone with the process however that ends.
 *
 * Return: a descriptor, or -1 with @error.
 */
int import_scratch_open(struct error *error);

#endif
