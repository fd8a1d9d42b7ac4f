/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link finder as a filter, for comparison with another parser: documents come in on stdin, each
 * after a line with its size in bytes; for each goes out one line, a JSON array of its links as
 * [start, end, place, notrack, line, decoded value]. A byte above 0x7E or a control is written as
 * \u00XX, so that the reader gets the bytes back as Latin-1.
 */
#include "base/cleanup.h"
#include "text/html_links.h"

struct writer {
	struct span document;
	bool first;
};

static void print_string(struct span text)
{
	putchar('"');
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		if (byte < 0x20 || byte > 0x7E || byte == '"' || byte == '\\')
			printf("\\u00%02x", byte);
		else
			putchar(byte);
	}
	putchar('"');
}

static int print_link(void *context, const struct html_link *link)
{
	struct writer *writer = context;
	size_t start = (size_t)(link->value.data - writer->document.data);
	cleanup_buffer struct buffer decoded = BUFFER_INIT;
	bool non_ascii;

	html_decode_attribute(link->value, &decoded, &non_ascii);
	printf("%s[%zu,%zu,%d,%d,%zu,", writer->first ? "" : ",", start, start + link->value.size,
	       (int)link->place, link->notrack, link->line);
	print_string(buffer_span(&decoded));
	putchar(']');
	writer->first = false;
	return decoded.error;
}

static int print_links(struct span document)
{
	struct writer writer = {.document = document, .first = true};
	int result;

	putchar('[');
	result = html_links_find(document, print_link, &writer);
	puts("]");
	return result;
}

int main(void)
{
	size_t size;

	while (scanf("%zu", &size) == 1 && getchar() == '\n') {
		cleanup_free uint8_t *document = malloc(size + 1);

		if (!document || fread(document, 1, size, stdin) != size)
			return 1;
		if (print_links(span_of(document, size)) < 0)
			return 1;
	}
	return ferror(stdin) || fflush(stdout) != 0;
}
