/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_EVENTS_BOUNCES_H
#define WAYMARK_COMMANDS_EVENTS_BOUNCES_H

#include "commands/import_map.h"

#include <stdbool.h>

/* `waymark events import --format dsn`. */
struct events_bounces_options {
	const char *config;	      /* --config, or NULL */
	const char *source;	      /* NULL: "dsn" */
	const struct import_map *set; /* --set */
	bool strict;
	char *const *paths;
	size_t count;
};

/* Return: the exit status. */
int events_bounces(const struct events_bounces_options *options);

#endif
