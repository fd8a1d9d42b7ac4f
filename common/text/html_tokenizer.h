/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_HTML_TOKENIZER_H
#define WAYMARK_TEXT_HTML_TOKENIZER_H

#include "text/html_element.h"

/*
 * The WHATWG tokenizer (HTML Standard 13.2.5) over bytes, pull by pull: what a token is and where
 * it stands, and of attributes only what link finding and tree construction need. Every byte is
 * looked at a bounded number of times. The caller, who knows the tree, sets @text after the start
 * tag of an element whose content is no markup, and @foreign before each call.
 */
enum html_text {
	HTML_TEXT_MARKUP,
	HTML_TEXT_RAW, /* RCDATA and RAWTEXT: up to the end tag of the last start tag */
	HTML_TEXT_SCRIPT,
	HTML_TEXT_PLAIN /* up to the end of the document */
};

struct html_tokenizer {
	struct span document;
	size_t at;
	enum html_text text;
	bool foreign;	/* the current node is not an HTML element: CDATA sections exist */
	size_t last_at; /* the last start tag's name, as written */
	size_t last_size;
};

enum html_token_type {
	HTML_TOKEN_TEXT,
	HTML_TOKEN_START,
	HTML_TOKEN_END,
	HTML_TOKEN_COMMENT, /* text is what stands between the marks */
	HTML_TOKEN_DOCTYPE, /* text is what stands after the word */
	HTML_TOKEN_NOTHING  /* skipped: "</>", raw text, a tag that the document's end cuts */
};

struct html_attribute {
	struct span value; /* absent when the tag has no such attribute */
	uint8_t quote;
};

struct html_token {
	enum html_token_type type;
	size_t start, end; /* offsets in the document, end after the last byte */
	struct span text;
	/* Tags only. */
	enum html_kind kind;
	uint64_t name;	     /* hash of the lower-case name */
	uint64_t attributes; /* hash of all attributes in any order */
	bool vml;	     /* the name starts with "v:" */
	bool self_closing;
	bool notrack;		   /* has data-notrack */
	bool font_attributes;	   /* has color, face or size */
	bool hidden;		   /* type="hidden" */
	bool integration_encoding; /* encoding names HTML: annotation-xml holds HTML */
	struct html_attribute alt, href, track, type_attribute, encoding, charset, content,
		http_equiv;
};

void html_tokenizer_init(struct html_tokenizer *tokenizer, struct span document);

/* The next token; false at the end of the document. */
bool html_tokenizer_next(struct html_tokenizer *tokenizer, struct html_token *ret_token);

/* TAB, LF, FF, CR or SPACE. */
static inline bool html_space(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r' || byte == '\f';
}

#endif
