/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_HTML_ELEMENT_H
#define WAYMARK_TEXT_HTML_ELEMENT_H

#include "base/bytes.h"

/*
 * Element names as numbers, with what tree construction does with each. The rows are in
 * html_element_table.h; a name that is not there is HTML_TAG_OTHER and told apart by its hash
 * alone.
 */
enum html_kind {
	HTML_TAG_OTHER,
#define HTML_ELEMENT(kind, name, start, end, properties) HTML_TAG_##kind,
#include "text/html_element_table.h"
#undef HTML_ELEMENT
	HTML_KINDS
};

/* What a start tag does under "in body" (HTML Standard 13.2.6.4.7). */
enum html_start {
	HTML_START_GENERIC, /* reconstruct the formatting, insert */
	HTML_START_ANCHOR,
	HTML_START_FORMAT,
	HTML_START_NOBR,
	HTML_START_BLOCK, /* close an open <p>, insert */
	HTML_START_HEADING,
	HTML_START_ITEM, /* li, dd, dt */
	HTML_START_VOID, /* never stays open */
	HTML_START_HR,
	HTML_START_RUBY_BASE,
	HTML_START_RUBY_TEXT,
	HTML_START_PRE,
	HTML_START_XMP,
	HTML_START_SVG,
	HTML_START_MATH,
	HTML_START_HTML,
	HTML_START_HEAD_CHILD, /* by the rules of "in head" */
	HTML_START_BODY,
	HTML_START_FORM,
	HTML_START_TABLE,
	HTML_START_INPUT,
	HTML_START_PARAM,
	HTML_START_BUTTON,
	HTML_START_MARKER, /* object and its like bound the formatting inside them */
	HTML_START_IFRAME,
	HTML_START_SELECT,
	HTML_START_OPTION,
	HTML_START_RAW,
	HTML_START_FRAMESET,
	HTML_START_TEXTAREA,
	HTML_START_PLAINTEXT,
	HTML_START_IGNORED
};

/* What an end tag does under "in body". */
enum html_end {
	HTML_END_GENERIC,
	HTML_END_FORMAT,
	HTML_END_BLOCK,
	HTML_END_P,
	HTML_END_LI,
	HTML_END_ITEM,
	HTML_END_HEADING,
	HTML_END_BR,
	HTML_END_BODY,
	HTML_END_HTML,
	HTML_END_FORM,
	HTML_END_MARKER,
	HTML_END_TEMPLATE
};

enum {
	HTML_SPECIAL = 1,    /* the "special" category, as an HTML element */
	HTML_SCOPE = 2,	     /* bounds every scope, as an HTML element */
	HTML_IMPLIED = 4,    /* its end tag may be implied */
	HTML_TABLE_PART = 8, /* caption, col, colgroup, rows, cells and their groups */
	HTML_BREAKOUT = 16,  /* its start tag ends foreign content */
	HTML_MATH_TEXT = 32, /* as a MathML element: a text integration point */
	HTML_SVG_HTML = 64
}; /* as an SVG element: an HTML integration point */

struct html_element {
	const char *name;
	uint8_t start, end, properties;
};

/* The row of @kind; HTML_TAG_OTHER has a generic one. */
const struct html_element *html_element_get(enum html_kind kind);

/* The kind of a lower-case name. */
enum html_kind html_element_find(struct span name);

#endif
