/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern is kept as the bytes that its path stands for, with the origin that it is of where the
 * operator wrote one. A prefix of bytes alone would take "/jobs-in-berlin" for a page below
 * "/jobs", which would be a surprise in the figures that nobody finds.
 *
 * Events are compared as they are recorded, after the page-URL rule: what one sees in the log is
 * what was judged. A star never crosses a slash, so going back to the last one is enough, and the
 * work for a page is at most its length times the pattern's.
 */
#include "track/page_pattern.h"

#include "text/url.h"

#include <errno.h>
#include <stdlib.h>

enum { ORIGIN_BYTES = URL_HOST_MAX_BYTES + 16 };

void page_pattern_finish(struct page_pattern *pattern)
{
	free(pattern->origin);
	buffer_finish(&pattern->path);
	*pattern = (struct page_pattern){0};
}

/* As a browser would write it, so that "/採用" is found in what browsers send. */
static bool parse(const char *text, struct buffer *written, struct buffer *location,
		  struct url *ret_url)
{
	enum url_refusal refusal;
	enum url_class class;

	if (text[0] == '/')
		buffer_append_text(written, "https://site");
	buffer_append_text(written, text);
	class = url_classify(buffer_span(written), true, location, &refusal);
	if (written->error || location->error || class == URL_NONE)
		return false;
	return url_parse(buffer_span(class == URL_EXACT ? written : location), ret_url) == 0 &&
	       !ret_url->has_userinfo && !ret_url->query.data && !ret_url->fragment.data;
}

int page_pattern_init(struct page_pattern *pattern, const char *text, bool stars)
{
	cleanup_buffer struct buffer written = BUFFER_INIT, location = BUFFER_INIT;
	char origin[ORIGIN_BYTES];
	struct url url;

	*pattern = (struct page_pattern){0};
	if (!parse(text, &written, &location, &url))
		return written.error || location.error ? -ENOMEM : PAGE_PATTERN_E_FORM;
	while (url.path.size > 0 && url.path.data[url.path.size - 1] == '/')
		url.path.size--;
	url_percent_decode(url.path, &pattern->path);
	pattern->has_stars = stars && span_find(url.path, '*', 0) < url.path.size;
	if (pattern->path.error)
		return pattern->path.error;
	if (text[0] == '/')
		return 0;
	url_origin(&url, origin);
	pattern->origin = strdup(origin);
	return pattern->origin ? 0 : -ENOMEM;
}

struct page_address page_address_of(struct span url)
{
	size_t slash = span_find(url, '/', span_find(url, ':', 0) + sizeof("://") - 1);

	return (struct page_address){
		.origin = span_slice(url, 0, slash),
		.path = span_slice(url, slash, span_find(url, '?', slash) - slash),
	};
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that stands at @at, which then is behind it. */
static uint8_t next_byte(struct span path, size_t *at)
{
	uint8_t c = path.data[(*at)++];
	int high, low;

	if (c != '%' || *at + 2 > path.size)
		return c;
	high = hex_digit(path.data[*at]);
	low = hex_digit(path.data[*at + 1]);
	if (high < 0 || low < 0)
		return c;
	*at += 2;
	return (uint8_t)(high * 16 + low);
}

static bool is_below(struct span path, struct span prefix)
{
	size_t at = 0;

	for (size_t i = 0; i < prefix.size; i++)
		if (at == path.size || next_byte(path, &at) != prefix.data[i])
			return false;
	return at == path.size || path.data[at] == '/';
}

static bool is_below_with_stars(struct span path, struct span prefix)
{
	size_t at = 0, i = 0, star = SIZE_MAX, star_at = 0;

	for (;;) {
		size_t next = at;

		if (i == prefix.size && (at == path.size || path.data[at] == '/'))
			return true;
		if (i < prefix.size && prefix.data[i] == '*') {
			star = i++;
			star_at = at;
			continue;
		}
		if (i < prefix.size && at < path.size && next_byte(path, &next) == prefix.data[i]) {
			at = next;
			i++;
			continue;
		}
		if (star == SIZE_MAX || star_at == path.size || path.data[star_at] == '/')
			return false;
		(void)next_byte(path, &star_at);
		at = star_at;
		i = star + 1;
	}
}

bool page_pattern_holds(const struct page_pattern *pattern, const struct page_address *page)
{
	struct span path = buffer_span(&pattern->path);

	if (pattern->origin && !span_equal(page->origin, span_text(pattern->origin)))
		return false;
	return pattern->has_stars ? is_below_with_stars(page->path, path)
				  : is_below(page->path, path);
}
