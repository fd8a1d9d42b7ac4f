/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a destination: left byte for byte, written as a browser would request it (URL
 * Standard 4.5 with the percent-encode sets of 1.3), or refused with the reason.
 *
 * A destination of printable ASCII that browsers follow is never touched, however odd it looks:
 * servers see a difference between "%7E" and "~", and the browser that reads Location does the
 * normalising itself, as it would have done with the link in the mail.
 */
#include "text/url_pieces.h"

#include "base/encode.h"

#include <errno.h>

/* The percent-encode sets beyond controls, space and what is not ASCII. */
static const char fragment_set[] = "\"<>`";
static const char query_set[] = "\"#<>'"; /* of special schemes */
static const char path_set[] = "\"#<>?^`{}";
static const char userinfo_set[] = "\"#<>?^`{}/:;=@[\\]|";

const char *url_refusal_text(enum url_refusal refusal)
{
	static const char *const texts[] = {
		[URL_OK] = "it is fine",
		[URL_EMPTY] = "it is empty",
		[URL_FRAGMENT] = "it points inside the document",
		[URL_RELATIVE] = "it does not begin with http:// or https://",
		[URL_SCHEME] = "its scheme is not http or https",
		[URL_HOST] = "its host is missing or not valid",
		[URL_PORT] = "its port is not a number from 0 to 65535",
		[URL_TOO_LONG] = "it is longer than 8192 bytes",
		[URL_CHARSET] = "it is not ASCII, and the document is not UTF-8",
	};

	return texts[refusal];
}

static void append_encoded(struct buffer *to, struct span text, const char *set)
{
	for (size_t at = 0; at < text.size;) {
		uint8_t byte = text.data[at];
		uint8_t bytes[4];
		struct buffer code = {.data = bytes, .capacity = sizeof(bytes), .limit = 4};

		if (byte > ' ' && byte < 0x7F && !strchr(set, byte)) {
			buffer_append_byte(to, byte);
			at++;
			continue;
		}
		utf8_append(&code, utf8_next(text, &at));
		for (size_t i = 0; i < code.size; i++)
			buffer_printf(to, "%%%02X", bytes[i]);
	}
}

/* Whether @segment is @dots dots, each written "." or "%2e". */
static bool is_dots(struct span segment, size_t dots)
{
	while (dots > 0) {
		size_t size = span_starts(segment, SPAN("."))		 ? 1
			      : span_starts_nocase(segment, SPAN("%2e")) ? 3
									 : 0;

		if (size == 0)
			return false;
		segment = span_slice(segment, size, segment.size);
		dots--;
	}
	return segment.size == 0;
}

static bool is_slash(uint8_t byte)
{
	return byte == '/' || byte == '\\';
}

/* Each segment is written with its slash in front; ".." takes the last one off again. */
static void append_path(struct buffer *to, struct span path)
{
	size_t root = to->size, at = path.size > 0 && is_slash(path.data[0]) ? 1 : 0;

	for (;;) {
		size_t end = at;
		struct span segment;
		bool last;

		while (end < path.size && !is_slash(path.data[end]))
			end++;
		segment = span_slice(path, at, end - at);
		last = end == path.size;
		if (is_dots(segment, 2))
			while (to->size > root && to->data[--to->size] != '/')
				;
		if (!is_dots(segment, 1) && !is_dots(segment, 2)) {
			buffer_append_byte(to, '/');
			append_encoded(to, segment, path_set);
		} else if (last) {
			buffer_append_byte(to, '/');
		}
		if (last)
			return;
		at = end + 1;
	}
}

static void append_userinfo(struct buffer *to, struct span userinfo)
{
	size_t colon = span_find(userinfo, ':', 0);
	struct span password = span_slice(userinfo, colon + 1, userinfo.size);

	if (colon == 0 && password.size == 0)
		return;
	append_encoded(to, span_slice(userinfo, 0, colon), userinfo_set);
	if (password.size > 0) {
		buffer_append_byte(to, ':');
		append_encoded(to, password, userinfo_set);
	}
	buffer_append_byte(to, '@');
}

static void serialise(const struct url_pieces *pieces, const char *host, struct buffer *to)
{
	buffer_append_text(to, pieces->https ? "https://" : "http://");
	append_userinfo(to, pieces->userinfo);
	buffer_append_text(to, host);
	if (pieces->has_port && pieces->port != (pieces->https ? 443 : 80))
		buffer_printf(to, ":%u", pieces->port);
	append_path(to, pieces->path);
	if (pieces->query.data) {
		buffer_append_byte(to, '?');
		append_encoded(to, pieces->query, query_set);
	}
	if (pieces->fragment.data) {
		buffer_append_byte(to, '#');
		append_encoded(to, pieces->fragment, fragment_set);
	}
}

static bool is_printable_ascii(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] <= ' ' || text.data[i] >= 0x7F)
			return false;
	return true;
}

static bool has_high_byte(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] >= 0x80)
			return true;
	return false;
}

/* @url without TAB, CR and LF in @bytes, and trimmed; false when it is too long. */
static bool clean(struct span url, uint8_t bytes[URL_MAX_BYTES], struct span *ret_clean)
{
	size_t size = 0;

	url = url_trim(url);
	for (size_t i = 0; i < url.size; i++) {
		uint8_t byte = url.data[i];

		if (byte == '\t' || byte == '\r' || byte == '\n')
			continue;
		if (size == URL_MAX_BYTES)
			return false;
		bytes[size++] = byte;
	}
	*ret_clean = span_of(bytes, size);
	return true;
}

/* Everything but the writing: the pieces (slices of @bytes) and the host as it will be written. */
static enum url_refusal judge(struct span url, bool utf8, uint8_t bytes[URL_MAX_BYTES],
			      struct url_pieces *ret_pieces, char ret_host[URL_MAX_BYTES])
{
	enum url_refusal refusal;
	struct span cleaned;
	bool is_address;

	if (!clean(url, bytes, &cleaned))
		return URL_TOO_LONG;
	refusal = url_split(cleaned, ret_pieces);
	if (refusal != URL_OK)
		return refusal;
	if (!utf8 && has_high_byte(cleaned))
		return URL_CHARSET;
	return url_host_parse(ret_pieces->host, ret_host, URL_MAX_BYTES, &is_address) ? URL_HOST
										      : URL_OK;
}

enum url_class url_classify(struct span url, bool utf8, struct buffer *ret_location,
			    enum url_refusal *ret_refusal)
{
	cleanup_buffer struct buffer location = {.limit = URL_MAX_BYTES};
	uint8_t bytes[URL_MAX_BYTES];
	char host[URL_MAX_BYTES];
	struct url_pieces pieces;

	*ret_refusal = judge(url, utf8, bytes, &pieces, host);
	if (*ret_refusal != URL_OK)
		return URL_NONE;
	if (is_printable_ascii(url) &&
	    (span_starts_nocase(url, SPAN("http://")) || span_starts_nocase(url, SPAN("https://"))))
		return URL_EXACT;
	serialise(&pieces, host, &location);
	if (location.error == -EMSGSIZE) {
		*ret_refusal = URL_TOO_LONG;
		return URL_NONE;
	}
	if (location.error && !ret_location->error)
		ret_location->error = location.error;
	buffer_append_span(ret_location, buffer_span(&location));
	return URL_SERIALISED;
}
