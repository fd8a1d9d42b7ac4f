/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a URL of ours says, from the keys alone. The path decides which purpose a token must have;
 * a token that verifies under another purpose is forged here. No store is asked, so a link that
 * was never registered explains as well as one that was.
 *
 * Messages name the check that failed and never the token, which whoever holds it can use.
 */
#include "base/encode.h"
#include "track/rewrite.h"

#include <errno.h>

struct route {
	const char *prefix, *suffix;
	enum purpose purpose;
};

static const struct route routes[] = {
	{"/c/", "", PURPOSE_CLICK},    {"/u/", "", PURPOSE_SELF_CONTAINED},
	{"/o/", ".gif", PURPOSE_OPEN}, {"/s/", "", PURPOSE_SUBSCRIPTION},
	{"/h/", "", PURPOSE_HANDOVER}, {"/staff/", "", PURPOSE_STAFF},
	{"/v/", "", PURPOSE_CONFIRM},
};
enum { MAIL_ROUTES = 4, ROUTES = sizeof(routes) / sizeof(routes[0]) };

/* The token's text in @path, and which route it is of; NULL when there is none. */
static const struct route *route_of_path(struct span path, size_t count, struct span *ret_text)
{
	for (size_t i = 0; i < count; i++) {
		size_t head = strlen(routes[i].prefix), tail = strlen(routes[i].suffix);

		if (!span_starts(path, span_text(routes[i].prefix)) || path.size <= head + tail ||
		    !span_equal(span_slice(path, path.size - tail, tail),
				span_text(routes[i].suffix)))
			continue;
		*ret_text = span_slice(path, head, path.size - head - tail);
		return &routes[i];
	}
	return NULL;
}

static int fail_forged(struct error *error, int why, struct span text, const char *part)
{
	uint8_t bytes[TOKEN_MAX_BYTES];
	size_t size;

	if (why == TOKEN_E_FORM)
		return error_set(
			error, REWRITE_E_FORGED,
			"the %s is not canonical base64url of the length that it must have", part);
	if (why == TOKEN_E_KEY && base64url_parse(text, bytes, sizeof(bytes), &size) == 0 && size)
		return error_set(error, REWRITE_E_FORGED,
				 "the %s was signed with key %u, which is unknown here or retired",
				 part, bytes[0]);
	if (why == TOKEN_E_VALUE)
		return error_set(error, REWRITE_E_FORGED,
				 "the %s is authentic, but holds a value that is not allowed",
				 part);
	return error_set(error, REWRITE_E_FORGED,
			 "the %s does not verify: forged, mangled, or of another purpose", part);
}

/* Read a token straight into its place and keep its URL pointing into itself. */
static int open_part(const struct keyring *keyring, enum purpose purpose,
		     const struct tracker *tracker, struct span text, const char *part,
		     struct token *ret_token, struct error *error)
{
	int r = token_open(keyring, purpose, tracker->index, text, ret_token);

	return r > 0 ? fail_forged(error, r, text, part) : r;
}

static int explain_two_parts(const struct keyring *keyring, struct span text, size_t slash,
			     struct rewrite_explained *explained, struct error *error)
{
	struct span second = span_slice(text, slash + 1, text.size);
	int r = open_part(keyring, PURPOSE_LINK_PART, explained->tracker,
			  span_slice(text, 0, slash), "link part", &explained->token, error);

	if (r != 0)
		return r;
	explained->purpose = PURPOSE_LINK_PART;
	explained->has_second = true;
	r = token_open(keyring, PURPOSE_PROSPECT_PART, explained->tracker->index, second,
		       &explained->second);
	if (r < 0)
		return r;
	explained->second_valid = r == 0;
	return 0;
}

static int explain(const struct tracker_set *trackers, const struct keyring *keyring,
		   struct span text, size_t route_count, struct rewrite_explained *ret_explained,
		   struct error *error)
{
	struct rewrite_explained explained = {.tracker = tracker_of_url(trackers, text)};
	const struct route *route;
	struct span part;
	struct url url;
	size_t slash;
	int r;

	if (!explained.tracker || url_parse(text, &url) != 0)
		return error_set(error, REWRITE_E_NOT_OURS,
				 "this is not an address of a tracker in the configuration");
	route = route_of_path(url.path, route_count, &part);
	if (!route)
		return error_set(error, REWRITE_E_NOT_OURS,
				 "this address of %s holds no token: tracked links begin with /c/, "
				 "/u/, /o/ or /s/, others of ours with /h/, /staff/ or /v/",
				 explained.tracker->host);
	slash = span_find(part, '/', 0);
	explained.purpose = route->purpose;
	r = route->purpose == PURPOSE_CLICK && slash < part.size
		    ? explain_two_parts(keyring, part, slash, &explained, error)
		    : open_part(keyring, route->purpose, explained.tracker, part, "token",
				&explained.token, error);
	if (r != 0)
		return r;
	*ret_explained = explained;
	if (explained.purpose == PURPOSE_SELF_CONTAINED || explained.purpose == PURPOSE_HANDOVER)
		ret_explained->token.url.data = ret_explained->token.url_bytes;
	return 0;
}

int rewrite_explain(const struct tracker_set *trackers, const struct keyring *keyring,
		    struct span url, struct rewrite_explained *ret_explained, struct error *error)
{
	return explain(trackers, keyring, url, MAIL_ROUTES, ret_explained, error);
}

int rewrite_explain_any(const struct tracker_set *trackers, const struct keyring *keyring,
			struct span url, struct rewrite_explained *ret_explained,
			struct error *error)
{
	return explain(trackers, keyring, url, ROUTES, ret_explained, error);
}
