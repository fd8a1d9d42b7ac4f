/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_HTML_LINKS_H
#define WAYMARK_TEXT_HTML_LINKS_H

#include "base/bytes.h"

/*
 * Every link of an HTML document as a span of its bytes: the WHATWG tokenizer (HTML
 * Standard 13.2.5) with as much of tree construction as decides how the tokenizer goes on (raw text
 * elements, foreign content). Found: href of <a> and <area>, also inside Outlook's conditional
 * comments
 * (<!--[if …]> … <![endif]-->), and href of VML elements (v:…) in those. Linear in time; memory is
 * what the caller's callback keeps. Any byte string is valid input.
 *
 * Works on bytes of any charset that is a superset of ASCII in which the ASCII bytes < > " ' = &
 * never occur inside another character as far as they matter; ISO-2022-JP is masked by
 * text/charset.h first (the mask has the same length, so spans carry over).
 */
enum html_place { HTML_BODY, HTML_CONDITIONAL_COMMENT, HTML_VML };

struct html_link {
	struct span value; /* raw bytes of the attribute value, without quotes, into the document */
	uint8_t quote;	   /* '"', '\'' or 0 for unquoted */
	bool has_reference; /* value holds '&', CR or NUL: decode it with html_decode_attribute() */
	enum html_place place;
	bool notrack;	   /* data-notrack on it or on an element around it */
	struct span label; /* raw value of data-track on the same tag; absent if none */
	uint8_t label_quote;
	size_t line;	  /* from 1, of the value's first byte */
	size_t tag_start; /* offset of the tag's '<' */
	size_t text_start,
		text_end; /* the anchor's content up to its end tag; equal when unknown */
};

/*
 * Call @found for each link in document order. A negative return of @found ends the walk and is
 * returned. Return: 0, or that.
 */
int html_links_find(struct span document, int (*found)(void *context, const struct html_link *link),
		    void *context);

/*
 * The value of an attribute as browsers see it: character references replaced (the "in attribute"
 * rules: "&copy=1" stays), CR LF and CR become LF, NUL becomes U+FFFD. Bytes above 0x7F pass as
 * they are; what references yield is UTF-8, so @value should be UTF-8 when has_reference is true
 * and a reference is not ASCII: *ret_non_ascii tells whether any reference yielded a non-ASCII
 * character.
 */
void html_decode_attribute(struct span value, struct buffer *to, bool *ret_non_ascii);

/* Append @value escaped for an attribute in @quote quotes: & " ' < >. */
void html_escape_attribute(struct span value, struct buffer *to);

/*
 * Where the body of @document begins: behind its <body> tag, else before the first thing that
 * browsers put into one. Return: 0; HTML_E_BODY: it has none; -ENOMEM.
 */
enum { HTML_E_BODY = 1 };
int html_body_start(struct span document, size_t *ret_at);

/* charset named by a <meta> in the first 1,024 bytes (HTML Standard 13.2.3.2); absent if none. */
struct span html_meta_charset(struct span document);

#endif
