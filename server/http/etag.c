/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client has already, by its If-None-Match. The list is cut at every comma: a tag of
 * somebody else's may hold one and then falls apart into pieces that are none of ours, so that the
 * worst is an answer that is sent once more.
 */
#include "http/etag.h"

bool etag_is_in(struct span condition, const char *etag)
{
	for (size_t begin = 0; begin < condition.size;) {
		const size_t end = span_find(condition, ',', begin);
		struct span tag = span_trim(span_slice(condition, begin, end - begin));

		if (span_starts(tag, SPAN("W/")))
			tag = span_slice(tag, 2, tag.size);
		if (span_equal(tag, span_text(etag)) || span_equal(tag, SPAN("*")))
			return true;
		begin = end + 1;
	}
	return false;
}
