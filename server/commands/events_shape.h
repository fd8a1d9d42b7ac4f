/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_EVENTS_SHAPE_H
#define WAYMARK_COMMANDS_EVENTS_SHAPE_H

#include "commands/import_map.h"

#include <jansson.h>

/*
 * The event of an imported row, whose keys may be paths ("props.client"), with the fields of --set
 * that it has not. @row is borrowed. Return: a new reference; NULL: two of its keys are the same
 * field, or memory is out.
 */
json_t *events_shape(const struct import_map *set, json_t *row);

#endif
