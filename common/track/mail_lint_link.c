/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be said of one link. Of a link that was left alone the linter asks again why, since
 * what is harmless to rewriting ("no address to redirect to") may be a mistake of the mail's: an
 * address without "https://" leads nowhere from a mail.
 *
 * A text names a domain when it shows a URL, a word that begins with "www.", or is nothing but a
 * host name under a suffix of the public suffix list, so that "Node.js" is none.
 */
#include "track/mail_lint_internal.h"

#include "base/cleanup.h"
#include "base/encode.h"

enum { SHOWN_WORDS_MAX = 64 };

static const struct span nothing = {.data = NULL};

static void say(struct mail_lint *lint, size_t link, enum mail_lint_code code, struct span about)
{
	mail_lint_add_link(lint, code, link, about);
}

/* A link to the tracker itself. */
static void judge_ours(struct mail_lint *lint, size_t at)
{
	const struct rewrite_options *options = &lint->options->rewrite;
	const struct rewrite_link *link = &lint->links[at];
	struct rewrite_explained explained;
	int r = rewrite_explain(options->trackers, options->keyring, link->url, &explained, NULL);

	if (r == REWRITE_E_NOT_OURS || (r != 0 && url_has_merge_tag(link->url)))
		return;
	if (r != 0)
		say(lint, at, MAIL_LINT_NOT_OUR_TOKEN, nothing);
	else if (rewrite_person_of(&explained))
		say(lint, at, MAIL_LINT_LINK_OF_ANOTHER, nothing);
	else if (link->notable)
		say(lint, at, MAIL_LINT_NOT_TRACKED, span_text(link->reason));
}

/* Return: whether a browser would follow it. */
static bool judge_address(struct mail_lint *lint, size_t at)
{
	const struct rewrite_link *link = &lint->links[at];
	cleanup_buffer struct buffer location = BUFFER_INIT;
	enum url_refusal refusal = URL_OK;

	if (url_classify(link->url, utf8_valid(link->url), &location, &refusal) != URL_NONE)
		return true;
	switch (refusal) {
	case URL_EMPTY:
		say(lint, at, MAIL_LINT_EMPTY_LINK, nothing);
		break;
	case URL_FRAGMENT:
		if (span_equal(span_trim(link->url), SPAN("#")))
			say(lint, at, MAIL_LINT_EMPTY_LINK, nothing);
		break;
	case URL_RELATIVE:
		say(lint, at, MAIL_LINT_NO_SCHEME, nothing);
		break;
	case URL_HOST:
	case URL_PORT:
		say(lint, at, MAIL_LINT_INVALID_LINK, span_text(url_refusal_text(refusal)));
		break;
	case URL_TOO_LONG:
	case URL_CHARSET:
		return true;
	case URL_OK:
	case URL_SCHEME:
		break;
	}
	return false;
}

/* Where a tag may begin in @url, which holds one. */
static struct span first_tag(struct span url)
{
	return span_slice(url, span_find(url, '{', 0), url.size);
}

/* Return: whether a browser would follow it somewhere. */
static bool judge_left(struct mail_lint *lint, size_t at)
{
	const struct rewrite_link *link = &lint->links[at];

	if (!link->original.data) {
		say(lint, at, MAIL_LINT_NOT_TRACKED, span_text(link->reason));
		return false;
	}
	if (tracker_of_url(lint->options->rewrite.trackers, link->url)) {
		judge_ours(lint, at);
		return false;
	}
	if (url_has_merge_tag(link->url)) {
		if (mail_lint_is_page(lint, link->url))
			return false;
		if (!mail_lint_is_filled(lint, first_tag(link->url)))
			say(lint, at, MAIL_LINT_MERGE_TAG, nothing);
		else if (span_starts_nocase(link->url, SPAN("http")))
			say(lint, at, MAIL_LINT_NOT_TRACKED, span_text(link->reason));
		return false;
	}
	if (!judge_address(lint, at))
		return false;
	if (link->notable)
		say(lint, at, MAIL_LINT_NOT_TRACKED, span_text(link->reason));
	return true;
}

static bool is_outer(uint8_t byte)
{
	return byte && strchr("()[]<>{}.,;:!?\"'", byte);
}

static struct span trim_word(struct span word)
{
	while (word.size > 0 && is_outer(word.data[0]))
		word = span_slice(word, 1, word.size);
	while (word.size > 0 && is_outer(word.data[word.size - 1]))
		word.size--;
	return word;
}

static bool parse_shown(const char *scheme, struct span word, struct url *ret_url)
{
	cleanup_buffer struct buffer url = BUFFER_INIT;

	buffer_append_text(&url, scheme);
	buffer_append_span(&url, word);
	return !url.error && url_parse(buffer_span(&url), ret_url) == 0;
}

/* Whether @word names a host; one without a scheme only @alone, or as "www.". */
static bool names_host(struct span word, bool alone, struct url *ret_url)
{
	const char *domain;

	if (span_starts_nocase(word, SPAN("http://")) || span_starts_nocase(word, SPAN("https://")))
		return parse_shown("", word, ret_url);
	if (span_find(word, '.', 0) == word.size || span_find(word, '@', 0) < word.size)
		return false;
	if (!alone && !span_starts_nocase(word, SPAN("www.")))
		return false;
	if (!parse_shown("http://", word, ret_url))
		return false;
	domain = url_registrable_domain(ret_url->host, ret_url->host_is_address);
	return domain && url_suffix_is_listed(domain);
}

/* The first host that @text names. */
static bool find_shown(struct span text, struct url *ret_url)
{
	bool alone = span_find(text, ' ', 0) == text.size;
	size_t at = 0;

	for (int words = 0; at < text.size && words < SHOWN_WORDS_MAX; words++) {
		size_t end = span_find(text, ' ', at);

		if (names_host(trim_word(span_slice(text, at, end - at)), alone, ret_url))
			return true;
		at = end + 1;
	}
	return false;
}

static bool is_one_domain(const struct url *left, const struct url *right)
{
	const char *one = url_registrable_domain(left->host, left->host_is_address);
	const char *other = url_registrable_domain(right->host, right->host_is_address);

	if (one && other)
		return strcmp(one, other) == 0;
	return strcmp(left->host, right->host) == 0;
}

static void judge_anchor(struct mail_lint *lint, size_t at, const struct url *destination)
{
	const struct rewrite_link *link = &lint->links[at];
	struct span tracker_url = span_text(lint->options->rewrite.tracker->origin);
	struct span text = lint->anchors[at];
	struct url shown, tracker;

	if (!text.data || !find_shown(text, &shown))
		return;
	if (!is_one_domain(&shown, destination))
		say(lint, at, MAIL_LINT_TEXT_MISLEADS, span_text(shown.host));
	else if (link->outcome != REWRITE_LEFT && url_parse(tracker_url, &tracker) == 0 &&
		 !is_one_domain(&shown, &tracker))
		say(lint, at, MAIL_LINT_TEXT_OF_ANOTHER_DOMAIN, span_text(shown.host));
}

static bool holds_image(struct span anchor)
{
	for (size_t at = span_find(anchor, '<', 0); at < anchor.size;
	     at = span_find(anchor, '<', at + 1))
		if (span_starts_nocase(span_slice(anchor, at, 4), SPAN("<img")))
			return true;
	return false;
}

void mail_lint_judge_link(struct mail_lint *lint, size_t at)
{
	const struct rewrite_link *link = &lint->links[at];
	struct span leads_to = link->destination.data ? link->destination : link->url;
	bool local;
	struct url url;

	if (link->outcome == REWRITE_LEFT && !judge_left(lint, at))
		return;
	if (!link->original.data)
		return;
	if (lint->anchors[at].data && lint->anchors[at].size == 0 && holds_image(link->anchor))
		say(lint, at, MAIL_LINT_LINK_WITHOUT_TEXT, nothing);
	if (link->outcome == REWRITE_TRACKED_SELF_CONTAINED && url_holds_address(leads_to))
		say(lint, at, MAIL_LINT_ADDRESS_IN_LINK, nothing);
	/* Of a link that is ours, and that nobody can look up, the destination is not known. */
	if (url_parse(leads_to, &url) != 0 ||
	    (link->outcome == REWRITE_OURS && !link->destination.data))
		return;
	local = url.host_is_address || strcmp(url.host, "localhost") == 0;
	if (!url.https && !local)
		say(lint, at, MAIL_LINT_HTTP, nothing);
	judge_anchor(lint, at, &url);
}
