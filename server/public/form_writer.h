/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_FORM_WRITER_H
#define WAYMARK_PUBLIC_FORM_WRITER_H

#include "public/form_page.h"
#include "text/html_escape.h"

/* What form_page.c and form_fields.c write a page with. */
struct writer {
	const struct form_page *page;
	const struct form *form;
	struct buffer *to;
};

static inline void put(struct writer *writer, const char *html)
{
	buffer_append_text(writer->to, html);
}

static inline void put_escaped(struct writer *writer, const char *text)
{
	html_escape(span_text(text), writer->to);
}

static inline void say(struct writer *writer, enum text_id id)
{
	text_append(writer->to, id, writer->page->language, NULL);
}

/* <element>text</element>, where @element may have attributes. */
static inline void element(struct writer *writer, const char *element, enum text_id id)
{
	size_t name = strcspn(element, " ");

	buffer_printf(writer->to, "<%s>", element);
	say(writer, id);
	buffer_printf(writer->to, "</%.*s>\n", (int)name, element);
}

/* In the page's language; the form has put the other one in where there is none. */
static inline const char *text_of(const struct writer *writer, const struct form_text *text)
{
	return text->in[writer->page->language];
}

static inline bool is_wrong(const struct writer *writer, size_t field)
{
	return writer->page->state == FORM_PAGE_REFUSED &&
	       writer->page->reasons[field] != FORM_REASON_NONE;
}

/* form_fields.c. What is wrong with a field, as a sentence. */
void form_fields_append_reason(struct writer *writer, size_t index);
/* A field with its label, hint and error. */
void form_fields_append(struct writer *writer, size_t index);

#endif
