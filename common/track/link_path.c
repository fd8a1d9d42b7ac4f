/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which paths the links of a former system may have. What this program answers itself, or may come
 * to, is not for them: its own links would be dead. Two folders are in both: /l/, whose paths are
 * slugs on either side, and /e/, below which this program has nothing (its own is /e alone).
 */
#include "track/link_path.h"

#include "text/url.h"

/* The first parts of paths that are this program's own; a test compares them with its routes. */
static const char *const own_parts[] = {".well-known", "api",	  "banner.js", "c",
					"consent",     "e.gif",	  "f",	       "favicon.ico",
					"h",	       "healthz", "l",	       "o",
					"p",	       "privacy", "readyz",    "metrics",
					"robots.txt",  "s",	  "staff",     "t",
					"t.js",	       "tag",	  "u",	       "v"};

static bool is_own(struct span part)
{
	for (size_t i = 0; i < sizeof(own_parts) / sizeof(own_parts[0]); i++)
		if (span_equal(part, span_text(own_parts[i])))
			return true;
	return false;
}

static bool is_slug_byte(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || memchr("._~-/", byte, 5);
}

/* What RFC 3986 lets a path hold unencoded, but for the star, which is a pattern's. */
static bool is_path_byte(uint8_t byte)
{
	return is_slug_byte(byte) || memchr("!$&'()+,;=:@", byte, 12);
}

static bool is_pattern(struct span slug)
{
	return slug.size >= 2 && memcmp(slug.data + slug.size - 2, "/*", 2) == 0;
}

/* A client takes "." and ".." out of a path before it asks, so that such a one is never met. */
static bool holds_dots(struct span path)
{
	for (size_t at = 0, end; at <= path.size; at = end + 1) {
		struct span part;

		end = span_find(path, '/', at);
		part = span_slice(path, at, end - at);
		if (span_equal(part, SPAN(".")) || span_equal(part, SPAN("..")))
			return true;
	}
	return false;
}

static const char *refuse_path(struct span path, bool pattern)
{
	size_t end = span_find(path, '/', 1);
	struct span first = span_slice(path, 1, end - 1);

	if (first.size == 0)
		return "must name something behind its first slash";
	if (is_own(first))
		return "is an address of the tracker's own";
	if (span_equal(first, SPAN("e")) && end + 1 >= path.size && !pattern)
		return "is an address of the tracker's own";
	return NULL;
}

const char *link_path_refusal(struct span slug)
{
	bool pattern = is_pattern(slug), path = slug.size > 0 && slug.data[0] == '/';
	struct span fixed = span_slice(slug, 0, slug.size - (pattern ? 2 : 0));

	for (size_t i = 0; i < fixed.size; i++)
		if (!(path || pattern ? is_path_byte(fixed.data[i]) : is_slug_byte(fixed.data[i])))
			return path || pattern
				       ? "may hold only A-Z a-z 0-9 . _ ~ - / ! $ & ' ( ) + , ; = "
					 ": @, and a star as the whole of its last part"
				       : "may hold only A-Z a-z 0-9 . _ ~ - and /";
	if (pattern && fixed.size == 0)
		return "must name something before its star";
	if (holds_dots(fixed))
		return "holds a part that is . or .., which no client asks for";
	return path ? refuse_path(fixed, pattern) : NULL;
}

int link_path_read(struct span path, struct buffer *ret_slug)
{
	size_t end = 0;

	while (end < path.size && path.data[end] != '?' && path.data[end] != '#')
		end++;
	path = span_slice(path, 0, end);
	if (path.size == 0 || path.data[0] != '/')
		return LINK_PATH_E_FORM;
	if (span_starts(path, SPAN("/l/")))
		path = span_slice(path, 3, path.size);
	url_percent_decode(path, ret_slug);
	return 0;
}

void link_path_format(struct span slug, struct buffer *to)
{
	if (slug.size == 0 || slug.data[0] != '/')
		buffer_append_text(to, "/l/");
	buffer_append_span(to, slug);
}

bool link_path_is_redirect(struct span path)
{
	struct span first;

	if (path.size < 2 || span_equal(path, SPAN("/e")))
		return false;
	first = span_slice(path, 1, span_find(path, '/', 1) - 1);
	if (first.size == 1 && memchr("clu", first.data[0], 3))
		return true;
	return !is_own(first);
}
