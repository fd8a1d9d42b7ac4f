/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of ASCII that says it is 7bit, or says nothing, which is the same, and is filled with what
 * rows say: mail programs write templates so, as the text has no other bytes until a name comes.
 * Such a part becomes 8bit, for everybody: "7bit" is replaced in its header, or the field is added.
 *
 * The header before the part is in the template's segments already, as bytes of the message.
 */
#include "base/cleanup.h"
#include "text/mime.h"
#include "track/mail_segment.h"
#include "track/rewrite_merge.h"

#include <errno.h>

/* The header block before the part's content, without the empty line; absent: there is none. */
static struct span header_before(const struct rewrite_pass *pass)
{
	struct span whole = pass->whole;
	size_t end = (size_t)(pass->text->raw.data - whole.data), start;

	if (!pass->text->separated || end == 0)
		return (struct span){.data = NULL};
	end--;
	end -= end > 0 && whole.data[end - 1] == '\r';
	for (start = end; start > 0;) {
		const uint8_t *before = memrchr(whole.data, '\n', start - 1);
		size_t line = before ? (size_t)(before - whole.data) + 1 : 0;

		if (span_starts(span_slice(whole, line, end - line), SPAN("--")))
			break;
		start = line;
	}
	return span_slice(whole, start, end - start);
}

/* The segment that copies the byte of the message at @place; NULL: none does. */
static struct mail_segment *find_segment(struct mail_template *template, const uint8_t *place)
{
	for (size_t i = template->count; i > 0; i--) {
		struct mail_segment *segment = &template->segments[i - 1];

		if (segment->kind == MAIL_COPY && place >= segment->bytes.data &&
		    place < segment->bytes.data + segment->bytes.size)
			return segment;
	}
	return NULL;
}

/* @with in the place of @size bytes of the message at @place. */
static int replace(struct rewrite_pass *pass, const uint8_t *place, size_t size, struct span with)
{
	struct mail_segment *segment = find_segment(pass->template, place);
	cleanup_buffer struct buffer bytes = BUFFER_INIT;
	size_t at;

	if (!segment)
		return -EINVAL;
	at = (size_t)(place - segment->bytes.data);
	buffer_append_span(&bytes, span_slice(segment->bytes, 0, at));
	buffer_append_span(&bytes, with);
	buffer_append_span(&bytes, span_slice(segment->bytes, at + size, segment->bytes.size));
	segment->bytes = rewrite_keep(pass, &bytes);
	return segment->bytes.data ? 0 : -ENOMEM;
}

int merge_declare_eight_bits(struct rewrite_pass *pass, bool *ret_declared)
{
	struct span name = SPAN("Content-Transfer-Encoding");
	struct span header = header_before(pass), field, value, seven = SPAN("7bit");
	cleanup_buffer struct buffer added = BUFFER_INIT;
	size_t at = 0;
	int r;

	*ret_declared = false;
	if (header.size == 0)
		return 0;
	if (mime_header_next(header, name, &at, &field, &value)) {
		if (!span_equal_nocase(value, seven))
			return 0;
		r = replace(pass, value.data, seven.size, SPAN("8bit"));
	} else {
		buffer_append_span(&added, name);
		buffer_append_text(&added, ": 8bit");
		buffer_append_span(&added, pass->text->style.line_end);
		r = added.error ? added.error
				: replace(pass, header.data + header.size, 0, buffer_span(&added));
	}
	*ret_declared = r == 0;
	return r;
}
