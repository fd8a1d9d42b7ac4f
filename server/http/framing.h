/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_FRAMING_H
#define WAYMARK_HTTP_FRAMING_H

#include "http/header_name.h"
#include "http/request.h"

/*
 * The strict reading of one request head (RFC 9110, RFC 9112), done by us because the library is
 * lenient: two readers that disagree about where a request ends are how requests are smuggled. Pure
 * functions over spans of the library's buffer.
 */
struct field {
	struct span name, value; /* value trimmed of white space at both ends by framing_check() */
	uint8_t next;		 /* of the same known name: its place in head.fields + 1, or 0 */
};

enum { FRAMING_FIELDS_MAX = 100, FRAMING_TARGET_MAX_BYTES = 4096 };

struct head {
	/* Pieces as the library found them in its buffer, but for @target, a copy taken before the
	 * library cut the original, which began at @target_at. */
	struct span method, target, version;
	const uint8_t *target_at;
	struct field *fields; /* in order of arrival */
	size_t field_count;
	const uint8_t *end; /* behind the blank line */
	bool follows_junk;  /* something that is no blank line was passed over before it */
	/* Of each known name, the place of its first field + 1, or 0: by framing_check(), as far as
	 * the head is well formed. */
	uint8_t first[HEADER_NAME_COUNT];
};

/* The first field of a known name; NULL: none. */
static inline struct field *head_find(const struct head *head, enum header_name name)
{
	return head->first[name] > 0 ? &head->fields[head->first[name] - 1] : NULL;
}

/* The next of the same name. */
static inline struct field *head_next(const struct head *head, const struct field *field)
{
	return field->next > 0 ? &head->fields[field->next - 1] : NULL;
}

/* What the head says, valid as long as the buffer. */
struct framing {
	unsigned status; /* 0: well formed; otherwise the answer, after which we close */
	const char *sentence;
	enum http_method method;
	struct span path, query, host; /* host absent when there is none (HTTP/1.0) */
	uint64_t content_length;       /* 0 when there is none */
};

/*
 * Judge the head. @ret_framing->status is 400 (malformed), 411 (a transfer coding: our endpoints
 * take bodies of a stated length), 414, 417, 431, 501 (a method nobody knows) or 505.
 */
void framing_check(struct head *head, struct framing *ret_framing);

#endif
