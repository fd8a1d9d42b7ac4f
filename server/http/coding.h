/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_CODING_H
#define WAYMARK_HTTP_CODING_H

#include "base/bytes.h"

/* Content codings that we have bodies in (RFC 9110, section 8.4.1), the smallest body last. */
enum coding { CODING_PLAIN, CODING_GZIP, CODING_BROTLI, CODING_COUNT };

/*
 * The coding that an Accept-Encoding value (RFC 9110, section 12.5.3) likes best; among equals the
 * smallest body. An absent value, or one that rules everything out or cannot be read, gets
 * CODING_PLAIN, which every client reads.
 */
enum coding coding_choose(struct span accept);

/* "gzip", "br"; NULL for CODING_PLAIN. */
const char *coding_name(enum coding coding);

#endif
