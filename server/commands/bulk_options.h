/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_BULK_OPTIONS_H
#define WAYMARK_COMMANDS_BULK_OPTIONS_H

#include "commands/bulk.h"

#include <argp.h>

/*
 * The options of `rewrite` that are about a list, as a child of its parser: the input is a struct
 * bulk, which bulk_finish() releases. bulk.path is NULL where no list is named.
 */
extern const struct argp bulk_options_argp;

#endif
