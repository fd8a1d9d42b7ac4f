/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_HEADER_NAME_H
#define WAYMARK_HTTP_HEADER_NAME_H

#include "base/bytes.h"

/*
 * The headers that somebody asks every request for. The framing check notes where the first of each
 * is, so that asking costs an array access; any other name is looked for by a walk over the head.
 * In order of their size, which header_name_find() relies on.
 */
enum header_name {
	HEADER_DNT,
	HEADER_HOST,
	HEADER_X_MOZ,
	HEADER_ACCEPT,
	HEADER_COOKIE,
	HEADER_EXPECT,
	HEADER_ORIGIN,
	HEADER_PURPOSE,
	HEADER_REFERER,
	HEADER_SEC_GPC,
	HEADER_CONNECTION,
	HEADER_USER_AGENT,
	HEADER_SEC_PURPOSE,
	HEADER_CONTENT_TYPE,
	HEADER_AUTHORIZATION,
	HEADER_IF_NONE_MATCH,
	HEADER_CONTENT_LENGTH,
	HEADER_SEC_FETCH_DEST,
	HEADER_SEC_FETCH_MODE,
	HEADER_SEC_FETCH_SITE,
	HEADER_SEC_FETCH_USER,
	HEADER_ACCEPT_LANGUAGE,
	HEADER_X_FORWARDED_FOR,
	HEADER_TRANSFER_ENCODING,
	HEADER_NAME_COUNT /* also: none of them */
};

enum { HEADER_NAME_MAX_BYTES = 17 };

/* @lower: the name in ASCII lower case. */
enum header_name header_name_find(struct span lower);
/* @name: as it came, which is found only when it is written as header_name_text() writes it. */
enum header_name header_name_find_written(struct span name);
/* The name as it is written; for messages and tests. */
const char *header_name_text(enum header_name name);

#endif
