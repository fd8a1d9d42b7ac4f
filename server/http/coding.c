/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which coding of a body a client takes, by its Accept-Encoding. Weights are compared in
 * thousandths, which is all the precision that they may have; a weight that cannot be read is no
 * consent.
 */
#include "http/coding.h"

enum { WEIGHT_FULL = 1000, WEIGHT_UNSAID = -1 };

const char *coding_name(enum coding coding)
{
	static const char *const names[CODING_COUNT] = {
		[CODING_GZIP] = "gzip",
		[CODING_BROTLI] = "br",
	};

	return names[coding];
}

/* "0.85" as 850; what is not a weight as 0. */
static int weight_parse(struct span text)
{
	int weight, scale = WEIGHT_FULL;

	if (text.size == 0 || text.size > sizeof("0.123") - 1 ||
	    (text.data[0] != '0' && text.data[0] != '1') || (text.size > 1 && text.data[1] != '.'))
		return 0;
	weight = (text.data[0] - '0') * scale;
	for (size_t i = 2; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return 0;
		scale /= 10;
		weight += (text.data[i] - '0') * scale;
	}
	return weight <= WEIGHT_FULL ? weight : 0;
}

/* The weight behind the ';' of an item, by its parameter q; without one it is full. */
static int item_weight(struct span parameters)
{
	const struct span text = span_trim(parameters);

	if (text.size == 0)
		return WEIGHT_FULL;
	if (text.size < 2 || (text.data[0] != 'q' && text.data[0] != 'Q') || text.data[1] != '=')
		return 0;
	return weight_parse(span_slice(text, 2, text.size));
}

static void take_item(struct span item, int *weights, int *ret_any)
{
	const size_t at = span_find(item, ';', 0);
	const struct span name = span_trim(span_slice(item, 0, at));
	const int weight = item_weight(span_slice(item, at + 1, item.size));

	if (span_equal(name, SPAN("*")))
		*ret_any = weight;
	else if (span_equal_nocase(name, SPAN("identity")))
		weights[CODING_PLAIN] = weight;
	else if (span_equal_nocase(name, SPAN("x-gzip")))
		weights[CODING_GZIP] = weight;
	for (enum coding i = CODING_GZIP; i < CODING_COUNT; i++)
		if (span_equal_nocase(name, span_text(coding_name(i))))
			weights[i] = weight;
}

enum coding coding_choose(struct span accept)
{
	int weights[CODING_COUNT] = {WEIGHT_UNSAID, WEIGHT_UNSAID, WEIGHT_UNSAID};
	int any = WEIGHT_UNSAID, best = 0;
	enum coding chosen = CODING_PLAIN;

	for (size_t begin = 0; begin < accept.size;) {
		const size_t end = span_find(accept, ',', begin);

		take_item(span_slice(accept, begin, end - begin), weights, &any);
		begin = end + 1;
	}
	for (enum coding i = CODING_GZIP; i < CODING_COUNT; i++) {
		const int weight = weights[i] == WEIGHT_UNSAID ? any : weights[i];

		if (weight > 0 && weight >= best && weight >= weights[CODING_PLAIN]) {
			best = weight;
			chosen = i;
		}
	}
	return chosen;
}
