/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_PASS_QUERY_H
#define WAYMARK_TRACK_PASS_QUERY_H

#include "base/bytes.h"

/*
 * A custom redirect may hand registered query names on to its destination (DESIGN.md 3, /l/).
 *
 * Append @destination to @to, with those parameters of @query whose decoded name is in @pass
 * (names joined by ','), in their order, before the destination's '#'. Values go as they came, but
 * for bytes that no Location may hold, and '#', which are percent-encoded. When the result would be
 * longer than URL_MAX_BYTES it is the destination alone.
 *
 * Return: true when something was handed on.
 */
bool pass_query(struct span destination, struct span pass, struct span query, struct buffer *to);

/* True when @name is one that may be registered: 1 to 64 of A-Z a-z 0-9 . _ ~ - */
bool pass_query_name_is_valid(struct span name);

#endif
