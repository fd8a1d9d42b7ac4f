/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name is compared with those of its own size only. There are at most five, and their last bytes
 * tell most of them apart, so that a name that nobody asks for costs a few comparisons of a byte.
 */
#include "http/header_name.h"

enum spelling { AS_WRITTEN, LOWER, SPELLINGS };

static const char *const names[HEADER_NAME_COUNT][SPELLINGS] = {
	[HEADER_DNT] = {"DNT", "dnt"},
	[HEADER_HOST] = {"Host", "host"},
	[HEADER_X_MOZ] = {"X-Moz", "x-moz"},
	[HEADER_ACCEPT] = {"Accept", "accept"},
	[HEADER_COOKIE] = {"Cookie", "cookie"},
	[HEADER_EXPECT] = {"Expect", "expect"},
	[HEADER_ORIGIN] = {"Origin", "origin"},
	[HEADER_PURPOSE] = {"Purpose", "purpose"},
	[HEADER_REFERER] = {"Referer", "referer"},
	[HEADER_SEC_GPC] = {"Sec-GPC", "sec-gpc"},
	[HEADER_CONNECTION] = {"Connection", "connection"},
	[HEADER_USER_AGENT] = {"User-Agent", "user-agent"},
	[HEADER_SEC_PURPOSE] = {"Sec-Purpose", "sec-purpose"},
	[HEADER_CONTENT_TYPE] = {"Content-Type", "content-type"},
	[HEADER_AUTHORIZATION] = {"Authorization", "authorization"},
	[HEADER_IF_NONE_MATCH] = {"If-None-Match", "if-none-match"},
	[HEADER_CONTENT_LENGTH] = {"Content-Length", "content-length"},
	[HEADER_SEC_FETCH_DEST] = {"Sec-Fetch-Dest", "sec-fetch-dest"},
	[HEADER_SEC_FETCH_MODE] = {"Sec-Fetch-Mode", "sec-fetch-mode"},
	[HEADER_SEC_FETCH_SITE] = {"Sec-Fetch-Site", "sec-fetch-site"},
	[HEADER_SEC_FETCH_USER] = {"Sec-Fetch-User", "sec-fetch-user"},
	[HEADER_ACCEPT_LANGUAGE] = {"Accept-Language", "accept-language"},
	[HEADER_X_FORWARDED_FOR] = {"X-Forwarded-For", "x-forwarded-for"},
	[HEADER_TRANSFER_ENCODING] = {"Transfer-Encoding", "transfer-encoding"},
};

/* Of each size the first name, and the first one that is longer. */
static const struct {
	uint8_t first, end;
} of_size[HEADER_NAME_MAX_BYTES + 1] = {
	[3] = {HEADER_DNT, HEADER_HOST},
	[4] = {HEADER_HOST, HEADER_X_MOZ},
	[5] = {HEADER_X_MOZ, HEADER_ACCEPT},
	[6] = {HEADER_ACCEPT, HEADER_PURPOSE},
	[7] = {HEADER_PURPOSE, HEADER_CONNECTION},
	[10] = {HEADER_CONNECTION, HEADER_SEC_PURPOSE},
	[11] = {HEADER_SEC_PURPOSE, HEADER_CONTENT_TYPE},
	[12] = {HEADER_CONTENT_TYPE, HEADER_AUTHORIZATION},
	[13] = {HEADER_AUTHORIZATION, HEADER_CONTENT_LENGTH},
	[14] = {HEADER_CONTENT_LENGTH, HEADER_ACCEPT_LANGUAGE},
	[15] = {HEADER_ACCEPT_LANGUAGE, HEADER_TRANSFER_ENCODING},
	[17] = {HEADER_TRANSFER_ENCODING, HEADER_NAME_COUNT},
};

static enum header_name find(struct span name, enum spelling spelling)
{
	if (name.size > HEADER_NAME_MAX_BYTES)
		return HEADER_NAME_COUNT;
	for (unsigned i = of_size[name.size].first; i < of_size[name.size].end; i++)
		if ((uint8_t)names[i][spelling][name.size - 1] == name.data[name.size - 1] &&
		    memcmp(names[i][spelling], name.data, name.size) == 0)
			return i;
	return HEADER_NAME_COUNT;
}

enum header_name header_name_find(struct span lower)
{
	return find(lower, LOWER);
}

enum header_name header_name_find_written(struct span name)
{
	return find(name, AS_WRITTEN);
}

const char *header_name_text(enum header_name name)
{
	return name < HEADER_NAME_COUNT ? names[name][AS_WRITTEN] : NULL;
}
