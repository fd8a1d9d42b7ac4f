/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a multipart body, behind a first line that is its type: parts have names, lie in the
 * body or in as much memory as it has bytes, and what a browser would write of the same fields is
 * read as the same fields.
 */
#include "base/cleanup.h"
#include "text/multipart.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BOUNDARY "----Again7MA4YWxkTrZu0gW"

/* As browsers write names: these three escaped, and nothing else. */
static void append_name(struct buffer *to, struct span name)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t byte = name.data[i];

		if (byte == '"' || byte == '\r' || byte == '\n')
			buffer_printf(to, "%%%02X", byte);
		else
			buffer_append_byte(to, byte);
	}
}

/* Would it be read as something else than it stands for? */
static bool is_written_otherwise(struct span text)
{
	return memmem(text.data, text.size, BOUNDARY, strlen(BOUNDARY)) ||
	       memchr(text.data, '%', text.size) || memchr(text.data, '\\', text.size) ||
	       memchr(text.data, 0, text.size);
}

static void check_again(const struct multipart *multipart)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	cleanup_buffer struct buffer body = BUFFER_INIT;
	struct multipart again;

	for (size_t i = 0; i < multipart->count; i++) {
		const struct multipart_part *part = &multipart->parts[i];

		if (is_written_otherwise(part->name) ||
		    memmem(part->data.data, part->data.size, BOUNDARY, strlen(BOUNDARY)))
			return;
		buffer_append_text(&body,
				   "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"");
		append_name(&body, part->name);
		buffer_append_text(&body, "\"\r\n\r\n");
		buffer_append_span(&body, part->data);
		buffer_append_text(&body, "\r\n");
	}
	buffer_append_text(&body, "--" BOUNDARY "--\r\n");
	assert(multipart_parse(SPAN("multipart/form-data; boundary=" BOUNDARY), buffer_span(&body),
			       &arena, &again) == 0);
	assert(again.count == multipart->count);
	for (size_t i = 0; i < again.count; i++) {
		assert(span_equal(again.parts[i].name, multipart->parts[i].name));
		assert(span_equal(again.parts[i].data, multipart->parts[i].data));
		assert(!again.parts[i].is_file);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct span input = span_of(data, size);
	size_t line = span_find(input, '\n', 0);
	struct multipart multipart;
	size_t kept = 0;
	int code = multipart_parse(span_slice(input, 0, line), span_slice(input, line + 1, size),
				   &arena, &multipart);

	assert(code == 0 || code == MULTIPART_E_FORM || code == MULTIPART_E_PARTS);
	assert(arena.used_bytes <= 6 * size + MULTIPART_PARTS_MAX * 512);
	if (code)
		return 0;
	assert(multipart.count <= MULTIPART_PARTS_MAX);
	for (size_t i = 0; i < multipart.count; i++) {
		assert(multipart.parts[i].name.data && multipart.parts[i].data.data);
		kept += multipart.parts[i].name.size + multipart.parts[i].data.size;
	}
	assert(kept <= size);
	check_again(&multipart);
	return 0;
}
