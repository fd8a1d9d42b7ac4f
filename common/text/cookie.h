/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_COOKIE_H
#define WAYMARK_TEXT_COOKIE_H

#include "base/bytes.h"

/*
 * Pairs of one Cookie header (RFC 6265 section 5.4 as user agents send it): split at ';', name and
 * value trimmed of white space, value as it stands (quotes kept). A piece without '=' has an absent
 * name; empty pieces are skipped. @at starts at 0; false at the end. The caller loops over every
 * Cookie header.
 */
bool cookie_next(struct span header, size_t *at, struct span *ret_name, struct span *ret_value);

#endif
