/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a URL: what is classified as followed parses, is ASCII and within the limit, and a
 * location once written is exact ever after. As an old address: a slug that may be one is asked for
 * where it is said to be.
 */
#include "base/cleanup.h"
#include "text/url.h"
#include "track/link_path.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_location(struct span location)
{
	cleanup_buffer struct buffer again = BUFFER_INIT;
	enum url_refusal refusal;

	assert(location.size > 0 && location.size <= URL_MAX_BYTES);
	for (size_t i = 0; i < location.size; i++)
		assert(location.data[i] > ' ' && location.data[i] < 0x7F);
	assert(url_classify(location, true, &again, &refusal) == URL_EXACT);
	assert(again.size == 0 && refusal == URL_OK);
}

static void check_pieces(struct span input)
{
	char origin[URL_HOST_MAX_BYTES + 16];
	struct url url;
	const char *domain;

	if (url_parse(input, &url))
		return;
	assert(url.host[0] && memchr(url.host, '\0', sizeof(url.host)));
	domain = url_registrable_domain(url.host, url.host_is_address);
	assert(!domain || (domain >= url.host && domain <= url.host + strlen(url.host)));
	url_origin(&url, origin);
	check_location(span_text(origin));
	assert(!url.path.data || (url.path.data >= input.data &&
				  url.path.data + url.path.size <= input.data + input.size));
	if (url.query.data) {
		struct span name, value;
		size_t at = 0, pairs = 0;

		while (url_query_next(url.query, &at, &name, &value))
			pairs++;
		assert(pairs <= url.query.size && at <= url.query.size);
	}
}

static void check_path(struct span input)
{
	cleanup_buffer struct buffer slug = BUFFER_INIT, path = BUFFER_INIT, again = BUFFER_INIT;

	(void)link_path_is_redirect(input);
	(void)link_path_refusal(input);
	if (link_path_read(input, &slug) != 0 || slug.size == 0 ||
	    link_path_refusal(buffer_span(&slug)))
		return;
	link_path_format(buffer_span(&slug), &path);
	assert(link_path_read(buffer_span(&path), &again) == 0);
	assert(span_equal(buffer_span(&again), buffer_span(&slug)));
	assert(link_path_is_redirect(buffer_span(&path)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_buffer struct buffer location = BUFFER_INIT, decoded = BUFFER_INIT;
	struct span input = span_of(data, size);
	enum url_refusal refusal;
	enum url_class class = url_classify(input, true, &location, &refusal);

	assert((class == URL_NONE) == (refusal != URL_OK));
	assert((class == URL_SERIALISED) == (location.size > 0));
	if (class == URL_SERIALISED)
		check_location(buffer_span(&location));
	if (class == URL_EXACT)
		check_location(input);
	buffer_clear(&location);
	(void)url_classify(input, false, &location, &refusal);
	check_pieces(input);
	check_path(input);
	(void)url_has_merge_tag(input);
	(void)url_holds_address(input);
	url_percent_decode(input, &decoded);
	assert(decoded.size <= size);
	return 0;
}
