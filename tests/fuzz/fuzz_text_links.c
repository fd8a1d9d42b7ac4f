/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as plain text: links come in order, do not overlap, begin with their scheme, hold no
 * white space, and their lines are right.
 */
#include "text/text_links.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
	struct span text;
	size_t at, line;
};

static int check(void *context, const struct text_link *link)
{
	struct walk *walk = context;
	size_t start = (size_t)(link->url.data - walk->text.data);

	assert(start >= walk->at && start + link->url.size <= walk->text.size);
	assert(span_starts_nocase(link->url, SPAN("http://")) ||
	       span_starts_nocase(link->url, SPAN("https://")));
	for (size_t i = 0; i < link->url.size; i++)
		assert(link->url.data[i] > ' ' && link->url.data[i] != '<' &&
		       link->url.data[i] != '>' && link->url.data[i] != 0x7F);
	for (; walk->at < start; walk->at++)
		walk->line += walk->text.data[walk->at] == '\n';
	assert(link->line == walk->line);
	walk->at = start + link->url.size;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walk walk = {.text = span_of(data, size), .line = 1};

	assert(text_links_find(walk.text, check, &walk) == 0);
	return 0;
}
