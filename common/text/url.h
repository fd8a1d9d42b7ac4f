/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_URL_H
#define WAYMARK_TEXT_URL_H

#include "base/bytes.h"

/*
 * URLs as browsers read them: the WHATWG URL Standard for absolute http and https URLs
 * (https://url.spec.whatwg.org/, sections 4.4 and 4.5), hosts by UTS 46 non-transitional (libidn2),
 * registrable domains by the public suffix list (libpsl). Pure functions; linear time.
 */
enum { URL_MAX_BYTES = 8192, URL_HOST_MAX_BYTES = 255 };

enum url_class {
	URL_EXACT, /* printable ASCII, "http://" or "https://", browsers follow it: goes byte for
		      byte */
	URL_SERIALISED, /* a browser follows it, but what it requests is written differently */
	URL_NONE	/* not an absolute http(s) URL, or browsers refuse it */
};

enum url_refusal { /* why URL_NONE; url_refusal_text() says it in words */
		   URL_OK,
		   URL_EMPTY,
		   URL_FRAGMENT, /* "#…" */
		   URL_RELATIVE, /* also "//host/…" */
		   URL_SCHEME,	 /* mailto:, tel:, javascript:, … */
		   URL_HOST,	 /* no host, or one that is not valid */
		   URL_PORT,
		   URL_TOO_LONG,
		   URL_CHARSET /* non-ASCII query in a charset that we do not encode */
};
const char *url_refusal_text(enum url_refusal refusal);

/*
 * Classify one destination as it stands in a document (after character references). For URL_EXACT
 * the destination is @url itself. For URL_SERIALISED the WHATWG serialisation is appended to
 * @ret_location (which may then be sent as Location). @utf8: @url's bytes are UTF-8 and so is the
 * document, hence the query; false: bytes above 0x7F make it URL_NONE/URL_CHARSET.
 * Leading and trailing C0 controls and spaces, and TAB CR LF anywhere, are removed first, as
 * browsers do. More than URL_MAX_BYTES then, or as the result, is URL_TOO_LONG.
 */
enum url_class url_classify(struct span url, bool utf8, struct buffer *ret_location,
			    enum url_refusal *ret_refusal);

/* The pieces of an absolute http(s) URL after WHATWG parsing. */
struct url {
	bool https;
	char host[URL_HOST_MAX_BYTES + 1]; /* serialised: lower-case A-label, dotted IPv4, [v6] */
	bool host_is_address;
	uint16_t port; /* the scheme's own when none is written; 0 only as written */
	struct span path, query,
		fragment; /* slices of the input as written, without ? and #; absent if none */
	bool has_userinfo;
};
/*
 * Return: 0; URL_E_INVALID when browsers refuse @url, when it is not absolute http(s), when it
 * holds TAB, CR or LF (slices of the input could not leave them out), or when its host is longer
 * than URL_HOST_MAX_BYTES, which no name server knows.
 */
enum { URL_E_INVALID = 1 };
int url_parse(struct span url, struct url *ret_url);

/* "https://www.example.com" or with ":port" where it is not the scheme's own. */
void url_origin(const struct url *url, char ret_origin[URL_HOST_MAX_BYTES + 16]);

/*
 * The registrable domain (public suffix plus one label) of a lower-case A-label host, pointing into
 * @host; addresses, localhost and public suffixes themselves have none: NULL.
 */
const char *url_registrable_domain(const char *host, bool host_is_address);
/* Is what follows the first dot of such a domain a suffix of the list's ("com", not "js")? */
bool url_suffix_is_listed(const char *domain);

/*
 * Merge tags of mailers ({{ }} *| |* %% %% <% %> [[ ]] ${ } #{ } [a-z:_] {a.b}): such a link is
 * left alone. Restates what mailers document; see tests for each form.
 */
bool url_has_merge_tag(struct span url);

/* An e-mail address in the clear, or percent-encoded, anywhere in @url. */
bool url_holds_address(struct span url);

/* Decode %XX once; '+' stays. Malformed escapes stay as they are. Appends. */
void url_percent_decode(struct span text, struct buffer *to);
/*
 * Append @url with the pairs of @query ("a=b&c=d") before its fragment; a name that @url's query
 * has already is left out. Byte for byte @url otherwise. Return: whether anything was added.
 */
bool url_append_query(struct span url, struct span query, struct buffer *to);
/* Whether @url carries a signature over itself, which anything that is added would break. */
bool url_is_signed(struct span url);
/*
 * Iterate name=value pairs of a query, still encoded; empty ones are skipped, and the value of one
 * without '=' is absent. @at starts at 0; false at the end.
 */
bool url_query_next(struct span query, size_t *at, struct span *ret_name, struct span *ret_value);

#endif
