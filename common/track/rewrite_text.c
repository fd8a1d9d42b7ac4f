/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the bytes of a part to what it says, with the way back.
 *
 * format=flowed with DelSp=yes (RFC 3676 section 4.5) breaks lines anywhere, also inside a URL: a
 * space before the line end says that both are to be taken out. Without DelSp the space stays, and
 * then no URL goes on in the next line.
 */
#include "track/rewrite_text.h"

#include <errno.h>

void rewrite_text_plain(struct rewrite_text *text, struct span message, bool html,
			struct span charset)
{
	*text = (struct rewrite_text){
		.raw = message,
		.says = message,
		.source = message,
		.html = html,
		.separated = true,
		.charset = charset,
	};
	transfer_style_of(message, TRANSFER_IDENTITY, SPAN("\n"), &text->style);
}

static uint32_t offset_at(const struct buffer *at, size_t index)
{
	uint32_t offset;

	memcpy(&offset, at->data + index * sizeof(offset), sizeof(offset));
	return offset;
}

static void append_offset(struct buffer *at, uint32_t offset)
{
	buffer_append(at, &offset, sizeof(offset));
}

static size_t quote_marks(struct span text, size_t at)
{
	size_t count = 0;

	while (at + count < text.size && text.data[at + count] == '>')
		count++;
	return count;
}

/* Behind the break at the space at @at; @at when none is there. The quote's depth stays @depth. */
static size_t skip_flow(struct span text, size_t at, size_t depth)
{
	size_t end = at + 1;

	if (text.data[at] != ' ')
		return at;
	end += end < text.size && text.data[end] == '\r';
	if (end >= text.size || text.data[end] != '\n' || quote_marks(text, ++end) != depth)
		return at;
	end += depth;
	return end < text.size && text.data[end] == ' ' ? end + 1 : end;
}

/* What the text says without its flowed breaks; text->at says where that stands. */
static int join_flowed(struct rewrite_text *text)
{
	struct buffer at = BUFFER_INIT;
	size_t depth = quote_marks(text->says, 0), i = 0;

	while (i < text->says.size) {
		size_t end = skip_flow(text->says, i, depth);

		if (end > i) {
			i = end;
			continue;
		}
		if (text->says.data[i] == '\n')
			depth = quote_marks(text->says, i + 1);
		buffer_append_byte(&text->joined, text->says.data[i]);
		append_offset(&at, text->at.size ? offset_at(&text->at, i) : (uint32_t)i);
		i++;
	}
	append_offset(&at, text->at.size ? offset_at(&text->at, i) : (uint32_t)i);
	buffer_finish(&text->at);
	text->at = at;
	text->says = buffer_span(&text->joined);
	return text->joined.error ? text->joined.error : at.error;
}

int rewrite_text_read(struct rewrite_text *text, const struct mime_part *part, struct span line_end)
{
	static const enum transfer_encoding encodings[] = {
		[MIME_IDENTITY] = TRANSFER_IDENTITY,
		[MIME_QUOTED_PRINTABLE] = TRANSFER_QUOTED_PRINTABLE,
		[MIME_BASE64] = TRANSFER_BASE64,
		[MIME_UNKNOWN] = TRANSFER_IDENTITY,
	};
	size_t end = 0;
	int r = 0;

	*text = (struct rewrite_text){
		.raw = part->content,
		.says = part->content,
		.source = part->content,
		.html = part->kind == MIME_HTML,
		.mail = true,
		.seven_bits = part->seven_bits,
		.separated = part->separated,
		.charset = part->charset,
		.path = part->path,
	};
	transfer_style_of(part->content, encodings[part->encoding], line_end, &text->style);
	if (text->style.encoding == TRANSFER_QUOTED_PRINTABLE) {
		transfer_read_quoted(text->raw, &text->decoded, &text->at);
		text->says = buffer_span(&text->decoded);
	} else if (text->style.encoding == TRANSFER_BASE64) {
		r = transfer_read_base64(part->content, &text->decoded, &end);
		text->raw = span_slice(part->content, 0, end);
		text->rest = span_slice(part->content, end, part->content.size);
		text->says = text->source = buffer_span(&text->decoded);
	}
	if (r == 0)
		r = text->decoded.error ? text->decoded.error : text->at.error;
	if (r == 0 && part->delete_space)
		r = join_flowed(text);
	if (r != 0) {
		rewrite_text_finish(text);
		*text = (struct rewrite_text){.raw = part->content};
	}
	return r;
}

void rewrite_text_finish(struct rewrite_text *text)
{
	buffer_finish(&text->decoded);
	buffer_finish(&text->at);
	buffer_finish(&text->joined);
}

struct span rewrite_text_source(const struct rewrite_text *text, size_t at, size_t size)
{
	size_t start = at, end = at + size;

	if (text->at.size > 0) {
		start = offset_at(&text->at, at);
		end = size == 0 ? start : offset_at(&text->at, at + size - 1);
		if (size > 0)
			end += text->style.encoding == TRANSFER_QUOTED_PRINTABLE
				       ? transfer_atom_bytes(text->raw, end)
				       : 1;
	}
	return span_slice(text->source, start, end - start);
}
