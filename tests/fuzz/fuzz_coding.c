/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as Accept-Encoding: a coding is chosen only where its name, or '*', stands there, and a
 * further item that nobody knows changes nothing. The same bytes as If-None-Match hold a tag of
 * ours only where its text, or '*', stands there.
 */
#include "http/coding.h"
#include "http/etag.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(struct span text, struct span what)
{
	for (size_t i = 0; i < text.size; i++)
		if (span_starts_nocase(span_slice(text, i, text.size), what))
			return true;
	return false;
}

static void check_coding(struct span accept)
{
	cleanup_buffer struct buffer more = BUFFER_INIT;
	const enum coding coding = coding_choose(accept);

	assert(coding < CODING_COUNT);
	if (coding != CODING_PLAIN)
		assert(holds(accept, span_text(coding_name(coding))) || holds(accept, SPAN("*")));
	buffer_append_span(&more, accept);
	buffer_append_text(&more, ", x-unknown;q=0.5,");
	assert(more.error || coding_choose(buffer_span(&more)) == coding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span text = span_of(data, size);

	check_coding(text);
	if (etag_is_in(text, "\"0123456789abcdef-br\""))
		assert(holds(text, SPAN("\"0123456789abcdef-br\"")) || holds(text, SPAN("*")));
	return 0;
}
