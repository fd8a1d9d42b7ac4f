/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accept-Language, as browsers send it: a list of ranges with weights. Each language of ours gets
 * the weight of the range that names it, else that of "*"; the heaviest is chosen. Only as many
 * ranges are read as any browser sends, so that the time is bounded whatever the header says.
 */
#include "text/accept_language.h"

enum { RANGES_MAX = 32, WEIGHT_WHOLE = 1000, WEIGHT_NONE = -1, LANGUAGES_MAX = 8 };

/* "0.8" in thousandths, WEIGHT_NONE when it is no weight (RFC 9110 section 12.4.2). */
static int parse_weight(struct span text)
{
	int weight, unit = 100;

	if (text.size < 1 || text.size > 5 || text.data[0] < '0' || text.data[0] > '1' ||
	    (text.size > 1 && text.data[1] != '.'))
		return WEIGHT_NONE;
	weight = (text.data[0] - '0') * WEIGHT_WHOLE;
	for (size_t i = 2; i < text.size; i++, unit /= 10) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return WEIGHT_NONE;
		weight += (text.data[i] - '0') * unit;
	}
	return weight <= WEIGHT_WHOLE ? weight : WEIGHT_NONE;
}

/* "ja-JP;q=0.8": the tag, and its weight. */
static int split_range(struct span range, struct span *ret_tag)
{
	size_t semicolon = span_find(range, ';', 0);
	struct span parameter = span_trim(span_slice(range, semicolon + 1, range.size));

	*ret_tag = span_trim(span_slice(range, 0, semicolon));
	if (semicolon == range.size)
		return WEIGHT_WHOLE;
	if (!span_starts_nocase(parameter, SPAN("q=")))
		return WEIGHT_NONE;
	return parse_weight(span_slice(parameter, 2, parameter.size));
}

static bool names(struct span tag, const char *language)
{
	return span_equal_nocase(span_slice(tag, 0, span_find(tag, '-', 0)), span_text(language));
}

/* The first range that names a language counts, and the first "*". */
static void take_range(struct span range, const char *const *languages, size_t count, int *weights,
		       int *any)
{
	struct span tag;
	int weight = split_range(range, &tag);

	if (weight == WEIGHT_NONE)
		return;
	if (span_equal(tag, SPAN("*")) && *any == WEIGHT_NONE)
		*any = weight;
	for (size_t i = 0; i < count; i++)
		if (weights[i] == WEIGHT_NONE && names(tag, languages[i]))
			weights[i] = weight;
}

size_t accept_language_choose(struct span header, const char *const *languages, size_t count)
{
	int weights[LANGUAGES_MAX], any = WEIGHT_NONE, heaviest = 0;
	size_t chosen = 0, at = 0;
	size_t order[LANGUAGES_MAX] = {0};

	if (count > LANGUAGES_MAX)
		count = LANGUAGES_MAX;
	for (size_t i = 0; i < count; i++)
		weights[i] = WEIGHT_NONE;
	for (size_t range = 1; range <= RANGES_MAX && at < header.size; range++) {
		size_t comma = span_find(header, ',', at);

		take_range(span_slice(header, at, comma - at), languages, count, weights, &any);
		for (size_t i = 0; i < count; i++)
			if (weights[i] != WEIGHT_NONE && order[i] == 0)
				order[i] = range;
		at = comma + 1;
	}
	for (size_t i = 0; i < count; i++) {
		int weight = weights[i] == WEIGHT_NONE ? any : weights[i];
		bool is_first = weight == heaviest && heaviest > 0 && order[i] > 0 &&
				(order[chosen] == 0 || order[i] < order[chosen]);

		if (weight > heaviest || is_first) {
			heaviest = weight;
			chosen = i;
		}
	}
	return chosen;
}
