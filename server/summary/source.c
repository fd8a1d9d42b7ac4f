/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Referrers by what stands in their host. A row is a host, or the domain that it is below, or, with
 * a dot at its end, the name of a company that has a domain in many countries ("google."). Most
 * search engines have a mail reader as well, on a host of its own: mail.google.com is no search.
 *
 * Sites that share the tracker's registrable domain are the owner's own, and so is the tracker's
 * host itself where it has none (localhost).
 */
#include "summary/source.h"

#include "text/url.h"

#include <string.h>

static const char *const names[SOURCE_CLASS_COUNT] = {
	[SOURCE_DIRECT] = "direct",
	[SOURCE_MAIL] = "mail",
	[SOURCE_LINK] = "link",
	[SOURCE_UTM] = "utm",
	[SOURCE_AD] = "ad",
	[SOURCE_SEARCH] = "search",
	[SOURCE_SOCIAL] = "social",
	[SOURCE_WEBMAIL] = "webmail",
	[SOURCE_REFERRAL] = "referral",
	[SOURCE_INTERNAL] = "internal",
};

/* clang-format off */
static const struct {
	const char *host;
	enum source_class class;
} rows[] = {
	{"outlook.live.com", SOURCE_WEBMAIL},	{"outlook.office.com", SOURCE_WEBMAIL},
	{"outlook.office365.com", SOURCE_WEBMAIL}, {"app.fastmail.com", SOURCE_WEBMAIL},

	{"google.", SOURCE_SEARCH},	{"bing.com", SOURCE_SEARCH},	{"yahoo.", SOURCE_SEARCH},
	{"yahoo.co.jp", SOURCE_SEARCH},	{"duckduckgo.com", SOURCE_SEARCH},
	{"baidu.com", SOURCE_SEARCH},	{"yandex.", SOURCE_SEARCH},	{"naver.com", SOURCE_SEARCH},
	{"daum.net", SOURCE_SEARCH},	{"ecosia.org", SOURCE_SEARCH},	{"qwant.com", SOURCE_SEARCH},
	{"startpage.com", SOURCE_SEARCH}, {"search.brave.com", SOURCE_SEARCH},
	{"seznam.cz", SOURCE_SEARCH},	{"ask.com", SOURCE_SEARCH},	{"aol.com", SOURCE_SEARCH},
	{"sogou.com", SOURCE_SEARCH},	{"so.com", SOURCE_SEARCH},	{"kagi.com", SOURCE_SEARCH},
	{"goo.ne.jp", SOURCE_SEARCH},	{"nifty.com", SOURCE_SEARCH},	{"biglobe.ne.jp", SOURCE_SEARCH},

	{"facebook.com", SOURCE_SOCIAL}, {"fb.com", SOURCE_SOCIAL},	{"t.co", SOURCE_SOCIAL},
	{"twitter.com", SOURCE_SOCIAL},	{"x.com", SOURCE_SOCIAL},	{"linkedin.com", SOURCE_SOCIAL},
	{"lnkd.in", SOURCE_SOCIAL},	{"instagram.com", SOURCE_SOCIAL}, {"youtube.com", SOURCE_SOCIAL},
	{"pinterest.", SOURCE_SOCIAL},	{"reddit.com", SOURCE_SOCIAL},	{"tiktok.com", SOURCE_SOCIAL},
	{"line.me", SOURCE_SOCIAL},	{"note.com", SOURCE_SOCIAL},	{"hatena.ne.jp", SOURCE_SOCIAL},
	{"bsky.app", SOURCE_SOCIAL},	{"threads.net", SOURCE_SOCIAL},	{"threads.com", SOURCE_SOCIAL},
	{"mastodon.social", SOURCE_SOCIAL}, {"vk.com", SOURCE_SOCIAL},	{"weibo.com", SOURCE_SOCIAL},
	{"xing.com", SOURCE_SOCIAL},	{"quora.com", SOURCE_SOCIAL},	{"slack.com", SOURCE_SOCIAL},
	{"discord.com", SOURCE_SOCIAL},	{"teams.microsoft.com", SOURCE_SOCIAL},
	{"news.ycombinator.com", SOURCE_SOCIAL}, {"wantedly.com", SOURCE_SOCIAL},
};
/* clang-format on */

const char *source_class_name(enum source_class class)
{
	return class < SOURCE_CLASS_COUNT ? names[class] : "";
}

/* Is @host @row or below it? A row with a dot at its end is how the registrable domain begins. */
static bool is_below(const char *host, const char *domain, const char *row)
{
	size_t size = strlen(host), row_size = strlen(row);

	if (row[row_size - 1] == '.')
		return domain && strncmp(domain, row, row_size) == 0;
	return size >= row_size && strcmp(host + size - row_size, row) == 0 &&
	       (size == row_size || host[size - row_size - 1] == '.');
}

static enum source_class class_of_host(const char *host, const char *domain)
{
	bool reads_mail = strncmp(host, "mail.", 5) == 0 || strncmp(host, "webmail.", 8) == 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_below(host, domain, rows[i].host))
			return rows[i].class == SOURCE_SEARCH && reads_mail ? SOURCE_WEBMAIL
									    : rows[i].class;
	return reads_mail ? SOURCE_WEBMAIL : SOURCE_REFERRAL;
}

/* Without a registrable domain (localhost, an address) a host is only itself. */
static bool is_own(const char *host, const char *domain, struct span tracker)
{
	char own[URL_HOST_MAX_BYTES + 1];
	const char *own_domain;

	if (tracker.size == 0 || tracker.size > URL_HOST_MAX_BYTES)
		return false;
	memcpy(own, tracker.data, tracker.size);
	own[tracker.size] = '\0';
	if (strcmp(own, host) == 0)
		return true;
	own_domain = url_registrable_domain(own, false);
	return domain && own_domain && strcmp(domain, own_domain) == 0;
}

enum source_class source_of_referrer(struct span referrer, struct span tracker)
{
	const char *domain;
	struct url url;

	if (referrer.size == 0 || url_parse(referrer, &url) != 0)
		return SOURCE_DIRECT;
	domain = url_registrable_domain(url.host, url.host_is_address);
	if (is_own(url.host, domain, tracker))
		return SOURCE_INTERNAL;
	return class_of_host(url.host, domain);
}
