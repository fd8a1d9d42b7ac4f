/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a urlencoded body: names and values are valid UTF-8, nothing of the body is lost,
 * and encoding the pairs again gives a body with the same pairs.
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
	if (body.size > FORM_BODY_MAX_BYTES)
		return;
	assert(form_body_parse(buffer_span(&body), &arena, &again) == 0);
	assert(again.count == form->count);
	for (size_t i = 0; i < form->count; i++) {
		assert(span_equal(again.pairs[i].name, form->pairs[i].name));
		assert(span_equal(again.pairs[i].value, form->pairs[i].value));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct span body = span_of(data, size);
	struct form_body form;
	size_t kept = 0, escapes = 0, ends = 0;
	int r = form_body_parse(body, &arena, &form);

	assert(r == 0 || r == FORM_BODY_E_SIZE || r == FORM_BODY_E_PAIRS);
	if (r)
		return 0;
	for (size_t i = 0; i < form.count; i++) {
		assert(form.pairs[i].name.data && form.pairs[i].value.data);
		assert(utf8_valid(form.pairs[i].name) && utf8_valid(form.pairs[i].value));
		kept += form.pairs[i].name.size + form.pairs[i].value.size;
	}
	for (size_t i = 0; i < size; i++) {
		escapes += data[i] == '%';
		ends += data[i] == '&';
	}
	/* At least a third of the bytes, ill-formed text apart, which only grows. */
	assert(kept + 2 * escapes + ends + form.count >= size);
	assert(arena.used_bytes <= 4 * size + form.count * (sizeof(struct form_pair) + 64) + 64);
	check_again(&form);
	return 0;
}
