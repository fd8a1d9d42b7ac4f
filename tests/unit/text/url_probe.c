/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url_classify() as a filter, for the differential test: each input is 4 bytes of length
 * (big-endian) and that many bytes; each answer is one line, "exact", "serialised LOCATION" or
 * "none REFUSAL". Locations are ASCII without white space, which is asserted.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "text/url.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void answer(struct span input)
{
	cleanup_buffer struct buffer location = BUFFER_INIT;
	enum url_refusal refusal;
	enum url_class class = url_classify(input, true, &location, &refusal);

	for (size_t i = 0; i < location.size; i++)
		assert(location.data[i] > ' ' && location.data[i] < 0x7F);
	if (class == URL_EXACT)
		(void)puts("exact");
	else if (class == URL_SERIALISED)
		(void)printf("serialised %s\n", buffer_text(&location));
	else
		(void)printf("none %s\n", url_refusal_text(refusal));
}

int main(void)
{
	uint8_t prefix[4];

	while (fread(prefix, 1, sizeof(prefix), stdin) == sizeof(prefix)) {
		size_t size = get_u32(prefix);
		/* A heap block of exactly this size, so that sanitizers see the first byte beyond.
		 */
		cleanup_free uint8_t *input = malloc(size ? size : 1);

		if (!input || fread(input, 1, size, stdin) != size)
			return EXIT_FAILURE;
		answer(span_of(input, size));
	}
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
