/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_REWRITE_REPORT_H
#define WAYMARK_COMMANDS_REWRITE_REPORT_H

#include "track/rewrite.h"

/*
 * What `rewrite` says about the links of a message, on standard error. Without a form only what the
 * sender should know: links that readers can follow and that were left alone, destinations that
 * stay out of the store, and texts that a mail program may flag.
 *
 * JSON is one array of objects: outcome, line, place, original, destination, tracked, label, id,
 * reason, warning; null where there is nothing to say.
 */
enum rewrite_report { REWRITE_REPORT_NOTABLE, REWRITE_REPORT_TABLE, REWRITE_REPORT_JSON };

void rewrite_report_links(const struct rewrite_link *links, size_t count, enum rewrite_report form);
void rewrite_report_print(const struct rewrite_result *result, enum rewrite_report form);

#endif
