/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_INSTANCE_H
#define WAYMARK_COMMANDS_INSTANCE_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * A new instance in @directory, which is made unless it is there: data/ (mode 0700), keys.json
 * (0600) and waymark.json, with @config as its text, in this order, so that whoever finds a
 * configuration finds an instance that is complete.
 *
 * Nothing that is there is ever touched. On failure what was made is removed again.
 *
 * Return: 0; INSTANCE_E_FAILED with @error; negative errno.
 */
enum { INSTANCE_E_FAILED = 1 };
int instance_make(const char *directory, struct span config, struct error *error);

#endif
