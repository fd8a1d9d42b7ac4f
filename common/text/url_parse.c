/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking an absolute http(s) URL apart the way browsers do (URL Standard 4.4).
 *
 * The standard's state machine, with no base URL and only special schemes, comes down to this:
 * after "http:" any number of slashes and backslashes is skipped; the authority runs to the next
 * slash, backslash, "?" or "#"; its last "@" ends the userinfo; the first ":" outside of brackets
 * starts the port. Hence one pass per piece, and pieces are slices of the input.
 *
 * Where browsers and libraries disagree (FACTS: "http://evil\@ok/"), this file follows browsers:
 * the backslash ends the authority.
 */
#include "text/url_pieces.h"

#include <stdio.h>

static bool is_alpha(uint8_t byte)
{
	return (byte | 32) >= 'a' && (byte | 32) <= 'z';
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_slash(uint8_t byte)
{
	return byte == '/' || byte == '\\';
}

struct span url_trim(struct span url)
{
	while (url.size > 0 && url.data[0] <= ' ') {
		url.data++;
		url.size--;
	}
	while (url.size > 0 && url.data[url.size - 1] <= ' ')
		url.size--;
	return url;
}

/* The size of the scheme before ':', or 0 when @url does not begin with one. */
static size_t scheme_size(struct span url)
{
	size_t i = 0;

	if (url.size == 0 || !is_alpha(url.data[0]))
		return 0;
	while (i < url.size && (is_alpha(url.data[i]) || is_digit(url.data[i]) ||
				url.data[i] == '+' || url.data[i] == '-' || url.data[i] == '.'))
		i++;
	return i < url.size && url.data[i] == ':' ? i : 0;
}

static enum url_refusal split_scheme(struct span url, bool *ret_https, size_t *ret_size)
{
	size_t size = scheme_size(url);
	struct span scheme = span_slice(url, 0, size);

	if (url.size == 0)
		return URL_EMPTY;
	if (url.data[0] == '#')
		return URL_FRAGMENT;
	if (size == 0)
		return URL_RELATIVE;
	if (!span_equal_nocase(scheme, SPAN("http")) && !span_equal_nocase(scheme, SPAN("https")))
		return URL_SCHEME;
	*ret_https = size == 5;
	*ret_size = size + 1;
	return URL_OK;
}

static enum url_refusal parse_port(struct span text, struct url_pieces *pieces)
{
	unsigned port = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (!is_digit(text.data[i]))
			return URL_PORT;
		port = port * 10 + (text.data[i] - '0');
		if (port > UINT16_MAX)
			return URL_PORT;
	}
	if (text.size > 0) {
		pieces->has_port = true;
		pieces->port = (uint16_t)port;
	}
	return URL_OK;
}

static enum url_refusal split_authority(struct span authority, struct url_pieces *pieces)
{
	size_t at = authority.size, host = 0, end;
	bool in_brackets = false;

	while (at > 0 && authority.data[at - 1] != '@')
		at--;
	if (at > 0) {
		pieces->userinfo = span_slice(authority, 0, at - 1);
		host = at;
	}
	for (end = host; end < authority.size; end++) {
		uint8_t byte = authority.data[end];

		if (byte == '[')
			in_brackets = true;
		else if (byte == ']')
			in_brackets = false;
		else if (byte == ':' && !in_brackets)
			break;
	}
	if (end == host)
		return URL_HOST;
	pieces->host = span_slice(authority, host, end - host);
	return end < authority.size
		       ? parse_port(span_slice(authority, end + 1, authority.size), pieces)
		       : URL_OK;
}

enum url_refusal url_split(struct span url, struct url_pieces *ret_pieces)
{
	struct url_pieces pieces = {0};
	enum url_refusal refusal;
	size_t at, end;

	refusal = split_scheme(url, &pieces.https, &at);
	if (refusal != URL_OK)
		return refusal;
	pieces.port = pieces.https ? 443 : 80;
	while (at < url.size && is_slash(url.data[at]))
		at++;
	for (end = at; end < url.size && !is_slash(url.data[end]); end++)
		if (url.data[end] == '?' || url.data[end] == '#')
			break;
	refusal = split_authority(span_slice(url, at, end - at), &pieces);
	if (refusal != URL_OK)
		return refusal;
	for (at = end; end < url.size && url.data[end] != '?' && url.data[end] != '#';)
		end++;
	pieces.path = span_slice(url, at, end - at);
	if (end < url.size && url.data[end] == '?') {
		at = end + 1;
		end = span_find(url, '#', at);
		pieces.query = span_slice(url, at, end - at);
	}
	if (end < url.size)
		pieces.fragment = span_slice(url, end + 1, url.size);
	*ret_pieces = pieces;
	return URL_OK;
}

int url_parse(struct span url, struct url *ret_url)
{
	struct url_pieces pieces;
	struct url result;
	int error;

	url = url_trim(url);
	for (size_t i = 0; i < url.size; i++)
		if (url.data[i] == '\t' || url.data[i] == '\r' || url.data[i] == '\n')
			return URL_E_INVALID;
	if (url_split(url, &pieces) != URL_OK)
		return URL_E_INVALID;
	result = (struct url){
		.https = pieces.https,
		.port = pieces.port,
		.path = pieces.path,
		.query = pieces.query,
		.fragment = pieces.fragment,
		.has_userinfo = pieces.userinfo.data != NULL,
	};
	error = url_host_parse(pieces.host, result.host, sizeof(result.host),
			       &result.host_is_address);
	if (error)
		return error;
	*ret_url = result;
	return 0;
}

void url_origin(const struct url *url, char ret_origin[URL_HOST_MAX_BYTES + 16])
{
	const char *scheme = url->https ? "https" : "http";

	if (url->port == (url->https ? 443 : 80))
		(void)snprintf(ret_origin, URL_HOST_MAX_BYTES + 16, "%s://%s", scheme, url->host);
	else
		(void)snprintf(ret_origin, URL_HOST_MAX_BYTES + 16, "%s://%s:%u", scheme, url->host,
			       url->port);
}
