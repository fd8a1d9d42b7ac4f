/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of element names, searched by halving. The rows are sorted by name; since the kinds
 * are numbered in the same order, a row's index is its kind.
 */
#include "text/html_element.h"

static const struct html_element elements[HTML_KINDS] = {
	[HTML_TAG_OTHER] = {"", HTML_START_GENERIC, HTML_END_GENERIC, 0},
#define HTML_ELEMENT(kind, name, start, end, properties) \
	[HTML_TAG_##kind] = {name, HTML_START_##start, HTML_END_##end, properties},
#include "text/html_element_table.h"
#undef HTML_ELEMENT
};

const struct html_element *html_element_get(enum html_kind kind)
{
	return &elements[kind];
}

static int compare(struct span name, const char *with)
{
	size_t size = strlen(with);
	int order = memcmp(name.data, with, name.size < size ? name.size : size);

	if (order != 0 || name.size == size)
		return order;
	return name.size < size ? -1 : 1;
}

enum html_kind html_element_find(struct span name)
{
	int low = HTML_TAG_OTHER + 1, high = HTML_KINDS - 1;

	while (low <= high) {
		int middle = (low + high) / 2;
		int order = compare(name, elements[middle].name);

		if (order == 0)
			return (enum html_kind)middle;
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return HTML_TAG_OTHER;
}
