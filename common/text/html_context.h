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
 * The attributes of @tag, which begins with its '<' and may go on behind its end. Asked in
 * ascending order of bytes, all answers together are linear in the tag, however many there are.
 */
struct html_attributes {
	struct span tag, name;
	size_t at;	   /* behind what was read */
	size_t value, end; /* of the last value */
};
void html_attributes_init(struct html_attributes *attributes, struct span tag);

/*
 * The attribute whose value the byte at @at is in: its name, as written, and where its value
 * begins. False: it is in no value.
 */
bool html_attributes_find(struct html_attributes *attributes, size_t at, struct span *ret_name,
			  size_t *ret_value);

#endif
