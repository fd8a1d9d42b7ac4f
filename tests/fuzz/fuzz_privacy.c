/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a page's URL, its query, a referrer, or what a site said: what may be recorded holds
 * no e-mail address, and as an address no user and no fragment.
 */
#include "base/cleanup.h"
#include "text/url.h"
#include "track/privacy.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct config *config;

static void check(const struct buffer *buffer)
{
	struct span text = buffer_span(buffer);
	struct url url;

	assert(buffer->error == 0);
	if (text.size == 0)
		return;
	assert(!url_holds_address(text));
	assert(url_parse(text, &url) == 0);
	assert(!url.has_userinfo && !url.fragment.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char text[] = "{\"trackers\": [{\"url\": \"https://go.example.com\", "
				   "\"sites\": [\"https://www.example.com\"]}], "
				   "\"full_referrers\": [\"https://a.example\"]}";
	cleanup_buffer struct buffer page = BUFFER_INIT, referrer = BUFFER_INIT,
				     query = BUFFER_INIT, value = BUFFER_INIT;

	if (!config && config_parse("waymark.json", span_text(text), &config, NULL))
		abort();
	privacy_page_url(config, span_of(data, size), &page);
	check(&page);
	privacy_referrer(config, span_of(data, size), &referrer);
	check(&referrer);
	privacy_query(config, span_of(data, size), &query);
	assert(query.error == 0 && !url_holds_address(buffer_span(&query)));
	privacy_value(span_of(data, size), &value);
	assert(value.error == 0 && !url_holds_address(buffer_span(&value)));
	return 0;
}
