/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_REWRITE_UTM_H
#define WAYMARK_COMMANDS_REWRITE_UTM_H

#include "track/rewrite.h"

/*
 * Append the query that analytics programs want to know of a mail: utm_source, of the mailing;
 * utm_medium; utm_campaign. The names and the tracker are those of @options. The error is in @to.
 */
void rewrite_utm_standard(const struct rewrite_options *options, struct buffer *to);

#endif
