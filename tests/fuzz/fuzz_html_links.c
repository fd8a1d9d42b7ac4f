/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link finder takes any bytes: values lie inside the document, in order, without overlap, and
 * what is said about them lies inside too.
 */
#include "text/charset.h"
#include "text/html_links.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct last {
	struct span document;
	size_t end, line;
};

static int check(void *context, const struct html_link *link)
{
	struct last *last = context;
	size_t size = last->document.size;
	struct buffer decoded = BUFFER_INIT;
	size_t start;
	bool non_ascii;

	assert(link->value.data >= last->document.data);
	start = (size_t)(link->value.data - last->document.data);
	assert(start >= last->end && start <= size && link->value.size <= size - start);
	assert(link->tag_start < start && last->document.data[link->tag_start] == '<');
	assert(link->text_start <= link->text_end && link->text_end <= size);
	assert(start + link->value.size < link->text_start);
	assert(link->line >= last->line);
	assert(link->quote == 0 || last->document.data[start - 1] == link->quote);
	html_decode_attribute(link->value, &decoded, &non_ascii);
	assert(decoded.error == 0 && decoded.size <= 3 * link->value.size);
	buffer_finish(&decoded);
	last->end = start + link->value.size;
	last->line = link->line;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct last last = {.document = span_of(data, size), .line = 1};
	struct buffer mask = BUFFER_INIT;
	struct span label = html_meta_charset(last.document);

	assert(html_links_find(last.document, check, &last) == 0);
	assert(label.size <= size || span_equal(label, SPAN("utf-8")));
	(void)charset_treatment_of(label, last.document);
	charset_mask_iso_2022_jp(last.document, &mask);
	assert(mask.error == 0 && mask.size == size);
	buffer_finish(&mask);
	return 0;
}
