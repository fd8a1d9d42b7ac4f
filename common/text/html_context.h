/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_HTML_CONTEXT_H
#define WAYMARK_TEXT_HTML_CONTEXT_H

#include "base/bytes.h"

/*
 * In the middle of what a byte of an HTML document stands, by the tokenizer and tree of the link
 * finder (html_links.h): how text that is put there must be written. Linear in the document.
 */
enum html_context {
	HTML_CONTEXT_TEXT, /* between tags; also in <title> and <textarea> */
	HTML_CONTEXT_TAG,
	HTML_CONTEXT_COMMENT, /* or a declaration, or a tag that the end cuts */
	HTML_CONTEXT_RAW      /* in <style>, <script> and others, where no reference is read */
};

struct html_where {
	size_t at; /* of the document */
	enum html_context context;
	size_t start; /* of the token: of a tag its '<' */
};

/* Fill in the rest of @wheres, which are in ascending order. Return: 0; -ENOMEM. */
int html_context_find(struct span document, struct html_where *wheres, size_t count);

/*
 * The attribute whose value the byte at @at of @tag (from its '<') is in: its name, as written, and
 * where its value begins. False: it is in no value.
 */
bool html_context_attribute(struct span tag, size_t at, struct span *ret_name, size_t *ret_value);

#endif
