/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTML and the plain text beside it (multipart/alternative): a reader sees one of them, a filter
 * compares both. Whether they say the same is asked of their words, by the share of one's that the
 * other has, and of the places that their links lead to.
 *
 * Words are runs of letters and digits in any case; in scripts that write no spaces, pairs of
 * characters. They are compared as sorted hashes, so that no choice of words makes this slow.
 */
#include "track/mail_lint_internal.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <errno.h>

enum {
	WORDS_MIN = 10,		 /* fewer say too little */
	TEXT_SHARE_PERCENT = 50, /* of the text's words, so many are in the HTML */
	HTML_SHARE_PERCENT = 10, /* and of the HTML's in the text, when it has … */
	HTML_WORDS_MIN = 50
};

#define HASH_START 14695981039346656037u
#define HASH_STEP  1099511628211u

static void add_word(struct buffer *hashes, uint64_t hash)
{
	buffer_append(hashes, &hash, sizeof(hash));
}

static int compare_hashes(const void *left, const void *right)
{
	uint64_t a, b;

	memcpy(&a, left, sizeof(a));
	memcpy(&b, right, sizeof(b));
	return a < b ? -1 : a > b;
}

static uint64_t *hashes_of(const struct buffer *hashes)
{
	return (uint64_t *)(void *)hashes->data;
}

static size_t word_count(const struct buffer *hashes)
{
	return hashes->size / sizeof(uint64_t);
}

/* Sorted, each once. */
static void sort_words(struct buffer *hashes)
{
	size_t count = word_count(hashes), kept = 0;
	uint64_t *words = hashes_of(hashes);

	if (count == 0)
		return;
	qsort(words, count, sizeof(*words), compare_hashes);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || words[i] != words[i - 1])
			words[kept++] = words[i];
	hashes->size = kept * sizeof(*words);
}

static bool is_word_byte(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters of alphabets; what is above is written without spaces, or is no letter. */
static bool is_letter(uint32_t c)
{
	return is_word_byte(c) || (c >= 0xC0 && c < 0x0E00 && c != 0xD7 && c != 0xF7) ||
	       (c >= 0x1E00 && c < 0x2000) || (c >= 0xAC00 && c < 0xD7A4);
}

static bool is_ideograph(uint32_t c)
{
	return (c >= 0x0E00 && c < 0x1000) || (c >= 0x3041 && c < 0xAC00) ||
	       (c >= 0xF900 && c < 0xFB00) || c >= 0x20000;
}

/* The end of the word without white space at @at that is a URL; @at when it is none. */
static size_t skip_url(struct span text, size_t at)
{
	size_t end = at;

	if (!span_starts_nocase(span_slice(text, at, 4), SPAN("http")))
		return at;
	while (end < text.size && text.data[end] > ' ' && text.data[end] != '>')
		end++;
	return memmem(text.data + at, end - at, "://", 3) ? end : at;
}

static void list_words(struct span text, struct buffer *hashes)
{
	uint64_t hash = HASH_START;
	uint32_t before = 0;
	size_t letters = 0;

	for (size_t at = 0; at < text.size;) {
		size_t url = letters == 0 ? skip_url(text, at) : at;
		uint32_t c;

		if (url > at) {
			at = url;
			continue;
		}
		c = utf8_next(text, &at);
		if (is_letter(c)) {
			hash = (hash ^ (c < 0x80 ? c | 32 : c)) * HASH_STEP;
			letters++;
		} else if (letters > 0) {
			add_word(hashes, hash);
			hash = HASH_START;
			letters = 0;
		}
		if (is_ideograph(c) && is_ideograph(before))
			add_word(hashes, ((HASH_START ^ before) * HASH_STEP ^ c) * HASH_STEP);
		before = c;
	}
	if (letters > 0)
		add_word(hashes, hash);
	sort_words(hashes);
}

/* How much of @part's words @whole has, of a hundred. */
static unsigned share_of(const struct buffer *part, const struct buffer *whole)
{
	size_t count = word_count(part), found = 0, at = 0;

	for (size_t i = 0; i < count; i++) {
		while (at < word_count(whole) && hashes_of(whole)[at] < hashes_of(part)[i])
			at++;
		found += at < word_count(whole) && hashes_of(whole)[at] == hashes_of(part)[i];
	}
	return count == 0 ? 100 : (unsigned)(100 * found / count);
}

static void judge_words(struct mail_lint *lint, const struct mail_lint_text *html,
			const struct mail_lint_text *text)
{
	struct mail_finding finding = {
		.code = MAIL_LINT_PARTS_DIFFER,
		.link = MAIL_LINT_NO_LINK,
		.place = "text",
		.part = text->text->path,
	};
	cleanup_buffer struct buffer of_html = BUFFER_INIT, of_text = BUFFER_INIT;
	cleanup_buffer struct buffer about = BUFFER_INIT;
	unsigned in_html, in_text;

	list_words(buffer_span(&html->shown), &of_html);
	list_words(buffer_span(&text->shown), &of_text);
	if (of_html.error || of_text.error) {
		lint->failure = -ENOMEM;
		return;
	}
	in_html = share_of(&of_text, &of_html);
	in_text = share_of(&of_html, &of_text);
	if (word_count(&of_text) >= WORDS_MIN && in_html < TEXT_SHARE_PERCENT)
		buffer_printf(&about, "%u %% of the text's words are in the HTML", in_html);
	else if (word_count(&of_html) >= HTML_WORDS_MIN && in_text < HTML_SHARE_PERCENT)
		buffer_printf(&about, "%u %% of the HTML's words are in the text", in_text);
	else
		return;
	finding.about = buffer_span(&about);
	mail_lint_add(lint, finding);
}

/* Where a link leads that readers can follow; absent: nowhere, or nobody knows. */
static struct span place_of(const struct rewrite_link *link)
{
	struct span nowhere = {.data = NULL};
	struct url url;

	if (!link->original.data)
		return nowhere;
	if (link->outcome != REWRITE_LEFT)
		return link->destination.data ? link->destination : link->url;
	if (!link->notable || url_has_merge_tag(link->url) || url_parse(link->url, &url) != 0)
		return nowhere;
	return link->url;
}

static int compare_places(const void *left, const void *right)
{
	const struct rewrite_link *const *a = left, *const *b = right;
	struct span one = place_of(*a), other = place_of(*b);
	size_t size = one.size < other.size ? one.size : other.size;
	int order = size > 0 ? memcmp(one.data, other.data, size) : 0;

	if (order != 0)
		return order;
	if (one.size != other.size)
		return one.size < other.size ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

/* The links of @text that lead somewhere, by where, each place once: the first link there. */
static size_t list_places(const struct mail_lint *lint, const struct mail_lint_text *text,
			  const struct rewrite_link **ret_places)
{
	size_t count = 0, kept = 0;

	for (size_t i = text->first_link; i < text->end_link; i++)
		if (place_of(&lint->links[i]).data)
			ret_places[count++] = &lint->links[i];
	qsort(ret_places, count, sizeof(*ret_places), compare_places);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !span_equal(place_of(ret_places[i]), place_of(ret_places[i - 1])))
			ret_places[kept++] = ret_places[i];
	return kept;
}

/* Mark the first link to each of @places that is not among @others; both are sorted. */
static void mark_missing(const struct mail_lint *lint, const struct rewrite_link **places,
			 size_t count, const struct rewrite_link **others, size_t other_count,
			 bool *marks)
{
	size_t other = 0;

	for (size_t i = 0; i < count; i++) {
		struct span place = place_of(places[i]);

		while (other < other_count && !span_equal(place, place_of(others[other])) &&
		       compare_places(&others[other], &places[i]) < 0)
			other++;
		if (other == other_count || !span_equal(place, place_of(others[other])))
			marks[places[i] - lint->links] = true;
	}
}

static void say_marked(struct mail_lint *lint, const struct mail_lint_text *text, const bool *marks,
		       enum mail_lint_code code)
{
	for (size_t i = text->first_link; i < text->end_link; i++)
		if (marks[i])
			mail_lint_add_link(lint, code, i, (struct span){.data = NULL});
}

static void judge_places(struct mail_lint *lint, const struct mail_lint_text *html,
			 const struct mail_lint_text *text)
{
	size_t room = html->end_link - html->first_link + text->end_link - text->first_link + 1;
	cleanup_free const struct rewrite_link **of_html = calloc(2 * room, sizeof(*of_html));
	cleanup_free bool *marks = calloc(lint->link_count + 1, sizeof(*marks));
	const struct rewrite_link **of_text = of_html + room;
	size_t html_count, text_count;

	if (!of_html || !marks) {
		lint->failure = -ENOMEM;
		return;
	}
	html_count = list_places(lint, html, of_html);
	text_count = list_places(lint, text, of_text);
	mark_missing(lint, of_html, html_count, of_text, text_count, marks);
	mark_missing(lint, of_text, text_count, of_html, html_count, marks);
	say_marked(lint, html, marks, MAIL_LINT_ONLY_IN_HTML);
	say_marked(lint, text, marks, MAIL_LINT_ONLY_IN_TEXT);
}

/* The plain text beside @html: the first of its alternative. */
static const struct mail_lint_text *find_text(const struct mail_lint *lint,
					      const struct mail_lint_text *html)
{
	for (size_t i = 0; i < lint->text_count; i++)
		if (!lint->texts[i].text->html && lint->texts[i].alternative == html->alternative)
			return &lint->texts[i];
	return NULL;
}

void mail_lint_judge_parts(struct mail_lint *lint)
{
	const struct mail_lint_text *html = lint->texts, *end = html + lint->text_count, *text;

	while (html < end && !html->text->html)
		html++;
	if (!lint->is_mail || html == end)
		return;
	text = html->alternative > 0 ? find_text(lint, html) : NULL;
	if (!text) {
		mail_lint_add(lint, (struct mail_finding){
					    .code = MAIL_LINT_NO_TEXT_PART,
					    .link = MAIL_LINT_NO_LINK,
					    .place = "html",
					    .part = html->text->path,
				    });
		return;
	}
	judge_words(lint, html, text);
	judge_places(lint, html, text);
}
