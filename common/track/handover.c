/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a hand-over may lead. Nothing but a page on a listed site is ever signed, read as a browser
 * reads it: what comes before a user name's '@' is no host of ours. A backslash, which browsers
 * take for a slash and others do not, is not signed at all.
 */
#include "track/handover.h"

#include "crypto/token.h"

bool handover_leads_to(const struct tracker *tracker, struct span page)
{
	char origin[URL_HOST_MAX_BYTES + 16];
	struct url url;

	if (url_parse(page, &url) != 0 || url.has_userinfo || span_find(page, '\\', 0) < page.size)
		return false;
	url_origin(&url, origin);
	for (size_t i = 0; i < tracker->site_count; i++)
		if (strcmp(tracker->sites[i], origin) == 0)
			return true;
	return false;
}

const struct tracker *handover_find(const struct tracker_set *trackers, const struct tracker *from,
				    struct span url, struct buffer *ret_page)
{
	enum url_refusal refusal;
	enum url_class class = url_classify(url, true, ret_page, &refusal);

	if (class == URL_EXACT)
		buffer_append_span(ret_page, url);
	if (class == URL_NONE || ret_page->error || ret_page->size > TOKEN_URL_MAX_BYTES)
		return NULL;
	if (handover_leads_to(from, buffer_span(ret_page)))
		return from;
	for (size_t i = 0; i < trackers->count; i++)
		if (handover_leads_to(&trackers->trackers[i], buffer_span(ret_page)))
			return &trackers->trackers[i];
	return NULL;
}
