/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a header field says that was written for programs which know ASCII alone (RFC 2047). The
 * usual value is no such thing and is taken as it is, without GMime.
 */
#include "text/mime.h"

#include "base/cleanup.h"
#include "text/mime_library.h"

#include <errno.h>

int mime_header_decode(struct span value, struct buffer *to)
{
	const struct mime_library *gmime;
	cleanup_free char *text = NULL;
	char *decoded;

	if (value.size < 2 || !memmem(value.data, value.size, "=?", 2)) {
		buffer_append_span(to, value);
		return to->error;
	}
	gmime = mime_library_get();
	text = span_dup(value);
	if (!gmime)
		return MIME_E_LIBRARY;
	if (!text)
		return -ENOMEM;
	decoded = gmime->g_mime_utils_header_decode_text(NULL, text);
	buffer_append_text(to, decoded);
	gmime->g_free(decoded);
	return to->error;
}
