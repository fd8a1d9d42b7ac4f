/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_TEXTS_H
#define WAYMARK_PUBLIC_TEXTS_H

#include "http/request.h"

/*
 * What our pages say, in the visitor's language. The table of all texts is texts_table.h; a page
 * names a text by its id and gives values for the words in braces.
 */
enum language { LANGUAGE_EN, LANGUAGE_JA, LANGUAGE_COUNT };

enum text_id {
#define TEXT(id, ...) TEXT_##id,
#include "public/texts_table.h"
#undef TEXT
	TEXT_COUNT
};

struct text_value {
	const char *name; /* as in the braces; NULL ends the values */
	const char *value;
};

const char *language_tag(enum language language); /* "en", "ja" */
/* By its tag; LANGUAGE_COUNT when we have no such language. */
enum language language_find(struct span tag);
/* @asked, what the page was asked for in (lang=ja), else what the browser would rather read. */
enum language language_choose(struct span asked, const struct request *request);

/* The text as it stands in the table. */
const char *text_get(enum text_id id, enum language language);
/* The text with its values, all escaped for HTML. @values may be NULL. */
void text_append(struct buffer *to, enum text_id id, enum language language,
		 const struct text_value *values);

#endif
