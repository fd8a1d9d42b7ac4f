/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_ETAG_H
#define WAYMARK_HTTP_ETAG_H

#include "base/bytes.h"

/*
 * Does an If-None-Match value (RFC 9110, section 13.1.2) hold @etag, which is one of ours with its
 * quotes and without a comma? Compared weakly; "*" is any. An absent value holds none.
 */
bool etag_is_in(struct span condition, const char *etag);

#endif
