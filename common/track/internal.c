/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages are kept as the bytes that their path stands for, with the origin that they are of where
 * the configuration says one. A page is compared segment by segment: "/jobs" holds "/jobs",
 * "/jobs/" and "/jobs/42", and not "/jobs-in-berlin", which would be a surprise in the figures that
 * nobody finds.
 *
 * Events are compared as they are recorded, after the page-URL rule: what one sees in the log is
 * what was judged.
 */
#include "track/internal.h"

#include "base/cleanup.h"
#include "text/url.h"
#include "track/network_list.h"

#include <errno.h>
#include <stdio.h>

enum { KEY_TEXT_BYTES = 64, ORIGIN_BYTES = URL_HOST_MAX_BYTES + 16 };

struct internal_page {
	char *origin;	    /* NULL: of any site */
	struct buffer path; /* decoded, without a slash at its end: empty for all of an origin */
};

void internal_finish(struct internal *internal)
{
	for (size_t i = 0; i < internal->page_count; i++) {
		free(internal->pages[i].origin);
		buffer_finish(&internal->pages[i].path);
	}
	free(internal->pages);
	free(internal->networks);
	*internal = (struct internal){0};
}

/* As a browser would write it, so that "/採用" is found in what browsers send. */
static bool parse_page(const char *text, struct buffer *written, struct buffer *location,
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

static int load_page(const struct config *config, size_t index, struct internal_page *page,
		     struct error *error)
{
	cleanup_buffer struct buffer written = BUFFER_INIT, location = BUFFER_INIT;
	const char *text = config->internal_pages.items[index];
	char key[KEY_TEXT_BYTES], origin[ORIGIN_BYTES];
	struct url url;

	if (!parse_page(text, &written, &location, &url)) {
		(void)snprintf(key, sizeof(key), "internal.pages[%zu]", index);
		return config_error(config, error, key,
				    "\"%s\" is not a page; write a path like /careers or an "
				    "address like https://jobs.example.com/, without query and "
				    "fragment",
				    text);
	}
	while (url.path.size > 0 && url.path.data[url.path.size - 1] == '/')
		url.path.size--;
	url_percent_decode(url.path, &page->path);
	if (page->path.error)
		return page->path.error;
	if (text[0] == '/')
		return 0;
	url_origin(&url, origin);
	page->origin = strdup(origin);
	return page->origin ? 0 : -ENOMEM;
}

int internal_init(struct internal *internal, const struct config *config, struct error *error)
{
	size_t count = config->internal_pages.count;
	int r;

	*internal = (struct internal){0};
	r = network_list_load(config, "internal.networks", &config->internal_networks,
			      &internal->networks, &internal->network_count, error);
	if (r != 0)
		return r;
	internal->pages = calloc(count ? count : 1, sizeof(*internal->pages));
	if (!internal->pages)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < count; i++) {
		internal->page_count++;
		r = load_page(config, i, &internal->pages[i], error);
	}
	return r;
}

bool internal_holds_address(const struct internal *internal, const struct address *address)
{
	return network_list_holds(internal->networks, internal->network_count, address);
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

static bool path_is_below(struct span path, struct span prefix)
{
	size_t at = 0;

	for (size_t i = 0; i < prefix.size; i++)
		if (at == path.size || next_byte(path, &at) != prefix.data[i])
			return false;
	return at == path.size || path.data[at] == '/';
}

bool internal_holds_page(const struct internal *internal, struct span url)
{
	size_t slash;
	struct span origin, path;

	if (internal->page_count == 0)
		return false;
	slash = span_find(url, '/', span_find(url, ':', 0) + sizeof("://") - 1);
	origin = span_slice(url, 0, slash);
	path = span_slice(url, slash, span_find(url, '?', slash) - slash);
	for (size_t i = 0; i < internal->page_count; i++) {
		const struct internal_page *page = &internal->pages[i];

		if (page->origin && !span_equal(origin, span_text(page->origin)))
			continue;
		if (path_is_below(path, buffer_span(&page->path)))
			return true;
	}
	return false;
}

struct span internal_text(unsigned reasons)
{
	static const char *const texts[] = {"",		  "network",
					    "staff",	  "network,staff",
					    "page",	  "network,page",
					    "staff,page", "network,staff,page"};

	return span_text(texts[reasons & (INTERNAL_NETWORK | INTERNAL_STAFF | INTERNAL_PAGE)]);
}
