/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nearly every answer is a redirect, or the 204 of a beacon, and nearly every redirect leads where
 * many others lead. Making one anew costs the library some twenty allocations. So an exchange keeps
 * the response of its last one and changes only what differs: the cookie, and the Location if it is
 * another one, or none.
 *
 * When an exchange is used again, the library has let go of the response that it sent for the one
 * before: it does so right after it has told us that the request is completed. An answer that gets
 * a header of its own (reply_header()) takes the response out of the exchange, and a long Location
 * is not kept either, so that what is kept stays small.
 */
#include "http/exchange.h"

enum { KEPT_LOCATION_MAX_BYTES = 1024 };

static const char *const fixed[][2] = {
	{"X-Content-Type-Options", "nosniff"},
	{MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
	{"Referrer-Policy", "no-referrer"},
};

void redirect_finish(struct redirect *kept)
{
	if (kept->response)
		MHD_destroy_response(kept->response);
	*kept = (struct redirect){0};
}

struct MHD_Response *redirect_take(struct redirect *kept)
{
	struct MHD_Response *response = kept->response;

	*kept = (struct redirect){0};
	return response;
}

static bool add(struct redirect *kept, const char *name, const char *value)
{
	if (MHD_add_response_header(kept->response, name, value) != MHD_YES)
		return false;
	kept->head_bytes += strlen(name) + strlen(value) + sizeof(": \r\n") - 1;
	return true;
}

static bool drop(struct redirect *kept, const char *name)
{
	const char *value = MHD_get_response_header(kept->response, name);

	if (!value)
		return true;
	kept->head_bytes -= strlen(name) + strlen(value) + sizeof(": \r\n") - 1;
	return MHD_del_response_header(kept->response, name, value) == MHD_YES;
}

static bool create(struct redirect *kept)
{
	static char nothing[1];

	kept->response = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	if (!kept->response)
		return false;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!add(kept, fixed[i][0], fixed[i][1]))
			return false;
	return true;
}

bool redirect_leads_to(const struct redirect *kept, struct span location)
{
	return kept->location.data && span_equal(kept->location, location);
}

static bool drop_location(struct redirect *kept)
{
	if (!kept->location.data)
		return true;
	kept->location = span_of(NULL, 0);
	return drop(kept, MHD_HTTP_HEADER_LOCATION);
}

static bool set_location(struct redirect *kept, const char *location)
{
	if (!drop_location(kept) || !add(kept, MHD_HTTP_HEADER_LOCATION, location))
		return false;
	kept->location =
		span_text(MHD_get_response_header(kept->response, MHD_HTTP_HEADER_LOCATION));
	return true;
}

static bool set_cookie(struct redirect *kept, const char *cookie)
{
	if (kept->has_cookie && !drop(kept, MHD_HTTP_HEADER_SET_COOKIE))
		return false;
	kept->has_cookie = cookie != NULL;
	return !cookie || add(kept, MHD_HTTP_HEADER_SET_COOKIE, cookie);
}

bool redirect_prepare(struct redirect *kept, const char *location, const char *cookie)
{
	if ((kept->response || create(kept)) && (!location || set_location(kept, location)) &&
	    set_cookie(kept, cookie))
		return true;
	redirect_finish(kept);
	return false;
}

bool redirect_prepare_nowhere(struct redirect *kept, const char *cookie)
{
	if ((kept->response || create(kept)) && drop_location(kept) && set_cookie(kept, cookie))
		return true;
	redirect_finish(kept);
	return false;
}

void redirect_trim(struct redirect *kept)
{
	if (kept->location.size > KEPT_LOCATION_MAX_BYTES)
		redirect_finish(kept);
}
