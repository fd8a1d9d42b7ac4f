/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a form's body of any type, behind a first line "type|charset of the page": names and
 * values are valid UTF-8, and what was read is read again from its urlencoded form in UTF-8.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "text/form_body.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void append_encoded(struct buffer *to, struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		buffer_printf(to, "%%%02x", text.data[i]);
}

static void check_again(const struct form_body *form)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	cleanup_buffer struct buffer body = BUFFER_INIT;
	struct form_body again;

	for (size_t i = 0; i < form->count; i++) {
		append_encoded(&body, form->pairs[i].name);
		buffer_append_byte(&body, '=');
		append_encoded(&body, form->pairs[i].value);
		buffer_append_byte(&body, '&');
	}
	/* A field of this name would say what the rest is in. */
	if (body.size > FORM_BODY_MAX_BYTES || form_body_get(form, SPAN("_charset_")).data)
		return;
	assert(form_body_read(SPAN("application/x-www-form-urlencoded"), buffer_span(&body),
			      SPAN("shift_jis"), &arena, &again) == 0);
	assert(again.count == form->count);
	for (size_t i = 0; i < form->count; i++) {
		assert(span_equal(again.pairs[i].name, form->pairs[i].name));
		assert(span_equal(again.pairs[i].value, form->pairs[i].value));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct span input = span_of(data, size), head, body;
	size_t line = span_find(input, '\n', 0), bar;
	struct form_body form;
	int code;

	head = span_slice(input, 0, line);
	body = span_slice(input, line + 1, size);
	bar = span_find(head, '|', 0);
	code = form_body_read(span_slice(head, 0, bar), body, span_slice(head, bar + 1, head.size),
			      &arena, &form);
	assert(code >= 0 && code <= FORM_BODY_E_FORM);
	assert(arena.used_bytes <= 16 * size + FORM_BODY_PAIRS_MAX * 512);
	if (code)
		return 0;
	assert(form.count <= FORM_BODY_PAIRS_MAX);
	for (size_t i = 0; i < form.count; i++) {
		assert(form.pairs[i].name.data && form.pairs[i].value.data);
		assert(utf8_valid(form.pairs[i].name) && utf8_valid(form.pairs[i].value));
	}
	check_again(&form);
	return 0;
}
