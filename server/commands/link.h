/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_LINK_H
#define WAYMARK_COMMANDS_LINK_H

#include "app/app.h"

/* What the subcommands of `waymark link` share. */

/* What Location will be: the URL itself, or what browsers would make of it, which is said.
 * Return: 0; nonzero with @error. */
int link_find_location(const char *url, struct buffer *location, struct error *error);

/* By the link's id, or else by its slug. Return: 0; nonzero with @error. */
int link_find_named(struct app *app, const char *wanted, struct arena *arena, struct link *ret_link,
		    struct error *error);

#endif
