/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_MULTIPART_H
#define WAYMARK_TEXT_MULTIPART_H

#include "base/arena.h"

/*
 * A body of type multipart/form-data (RFC 7578, RFC 2046 section 5.1), as browsers write it and
 * programs that follow the standards: lines end with CRLF, nothing stands before the first
 * delimiter but empty lines, and the last one is there. What stands behind it is not looked at.
 *
 * A boundary that a program has declared with the two hyphens of the delimiter is taken for what it
 * means, where the body begins with it.
 */
struct multipart_part {
	struct span name; /* without the escapes of browsers: %22 %0D %0A and \" */
	struct span type; /* Content-Type; absent: text */
	struct span data; /* after base64 or quoted-printable, if the part says so */
	bool is_file;	  /* it has a file's name, or is a multipart of its own */
};

struct multipart {
	struct multipart_part *parts; /* those that have a name, in order */
	size_t count;
};

enum {
	MULTIPART_E_FORM = 1,  /* not of this form */
	MULTIPART_E_PARTS = 2, /* more than MULTIPART_PARTS_MAX */
	MULTIPART_PARTS_MAX = 256,
	MULTIPART_HEADERS_MAX = 32, /* of one part */
	MULTIPART_BOUNDARY_MAX_BYTES = 200
};

/*
 * @type: the Content-Type with its boundary. Spans point into @body and @arena. Time and memory are
 * linear in @body. Return: 0; MULTIPART_E_*; -ENOMEM.
 */
int multipart_parse(struct span type, struct span body, struct arena *arena,
		    struct multipart *ret_multipart);

#endif
