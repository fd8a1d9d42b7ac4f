/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_EVENTS_RECLASSIFY_H
#define WAYMARK_COMMANDS_EVENTS_RECLASSIFY_H

#include <jansson.h>
#include <stdbool.h>

struct settle_verdict;

/*
 * `waymark events --reclassify`: what other rules would say of the events of the log, as a diff.
 * Without files: what the rules in force say of each request, against what was recorded. With
 * @rules_file or @networks_file (NULL: the one in force): what they would settle, against what the
 * rules in force do. Return: the exit status.
 */
int events_reclassify(const char *config, const char *rules_file, const char *networks_file);

/* What `events --settled` joins; a new reference, NULL when out of memory. */
json_t *events_settled_json(const struct settle_verdict *verdict, bool is_open);

#endif
