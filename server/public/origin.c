/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Origins are compared as they are written: browsers serialise them in one way, which is how the
 * trackers of a configuration hold them. "null", a second Origin, a name in capitals are not ours.
 *
 * Sec-Fetch-Site is asked beside Origin because it cannot be forged by a page either, and it alone
 * says that a request for a picture came from another site when the referrer is withheld. A
 * Referer is an origin here and nothing more.
 *
 * An answer is shared by naming the one origin that asked: "*" is invalid with credentials, and a
 * cache that would mix up two origins is told by Vary where the answer may be cached at all.
 */
#include "public/origin.h"

static bool is_ours(const struct tracker *tracker, struct span origin)
{
	if (span_equal(origin, span_text(tracker->origin)))
		return true;
	for (size_t i = 0; i < tracker->site_count; i++)
		if (span_equal(origin, span_text(tracker->sites[i])))
			return true;
	return false;
}

struct span origin_of_url(struct span url)
{
	size_t end = span_find(url, ':', 0) + sizeof("://") - 1;

	while (end < url.size && !strchr("/?#", url.data[end]))
		end++;
	return span_slice(url, 0, end);
}

static bool is_from_here(struct span site)
{
	return span_equal(site, SPAN("same-origin")) || span_equal(site, SPAN("same-site"));
}

/* Every Origin that came is one of ours, and there is only one. */
static bool has_our_origin(struct request *request, const struct tracker *tracker,
			   size_t *ret_count)
{
	const struct span *origins;

	*ret_count = request_values(request, HEADER_ORIGIN, &origins);
	return *ret_count == 1 && is_ours(tracker, span_trim(origins[0]));
}

bool origin_allows(struct request *request, const struct tracker *tracker)
{
	struct span site = request_value(request, HEADER_SEC_FETCH_SITE);
	size_t count;

	return has_our_origin(request, tracker, &count) && (!site.data || is_from_here(site));
}

bool origin_allows_get(struct request *request, const struct tracker *tracker)
{
	struct span site = request_value(request, HEADER_SEC_FETCH_SITE);
	struct span referrer = request_value(request, HEADER_REFERER);
	size_t count;

	if (site.data && !is_from_here(site))
		return false;
	if (has_our_origin(request, tracker, &count))
		return true;
	if (count > 0 || (!site.data && !referrer.data))
		return false;
	return !referrer.data || is_ours(tracker, origin_of_url(referrer));
}

void origin_share(struct request *request)
{
	struct span mode = request_value(request, HEADER_SEC_FETCH_MODE);
	struct span origin = span_trim(request_value(request, HEADER_ORIGIN));
	struct span copy;

	if (!origin.data || (mode.data && !span_equal(mode, SPAN("cors"))))
		return;
	copy = arena_copy(&request->arena, origin);
	if (!copy.data)
		return;
	reply_header(request, "Access-Control-Allow-Origin", (const char *)copy.data);
	reply_header(request, "Access-Control-Allow-Credentials", "true");
}
