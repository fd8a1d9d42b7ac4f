/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_HTML_STACK_H
#define WAYMARK_TEXT_HTML_STACK_H

#include "text/html_element.h"

/*
 * The stack of open elements and the list of active formatting elements (HTML Standard 13.2.4.2 and
 * 13.2.4.3) without the tree that they would point into. Both are bounded like a browser's tree is:
 * at the limit the innermost element closes for the next one. So each operation is bounded too, and
 * a document costs time in proportion to its size.
 */
enum { HTML_STACK_MAX = 512, HTML_FORMATTING_MAX = 256 };

enum html_space_name { HTML_NS_HTML, HTML_NS_SVG, HTML_NS_MATH };

/* A search down the stack ends at an element that bounds its scope. */
enum html_scope {
	HTML_SCOPE_DEFAULT,
	HTML_SCOPE_LIST_ITEM,
	HTML_SCOPE_BUTTON,
	HTML_SCOPE_TABLE,
	HTML_SCOPE_SELECT
};
enum { HTML_BOUND_SPECIAL = 0x80 };

struct html_open {
	uint64_t name;	 /* hash, for kinds that are not in the table */
	uint32_t serial; /* of this stack, never reused */
	uint16_t kind;	 /* enum html_kind */
	uint8_t space;	 /* enum html_space_name */
	uint8_t bounds; /* 1 << enum html_scope and HTML_BOUND_SPECIAL; html_stack_push() sets it */
	bool notrack;	/* has data-notrack */
	bool holds_html; /* annotation-xml whose encoding is HTML */
};

struct html_formatting {
	struct html_open element; /* kind HTML_TAG_OTHER: a marker */
	uint64_t attributes;
	size_t slot; /* where the element is on the stack while it is open */
};

struct html_stack {
	struct html_open open[HTML_STACK_MAX]; /* [0] is <html>, [depth - 1] the current node */
	size_t depth;
	struct html_formatting formatting[HTML_FORMATTING_MAX];
	size_t formatting_count;
	uint32_t serial;
	uint16_t counts[HTML_KINDS]; /* open HTML elements of each kind */
	size_t notrack;		     /* open elements with data-notrack */
};

void html_stack_init(struct html_stack *stack);
/* Push an element; its serial is set here. */
void html_stack_push(struct html_stack *stack, struct html_open element);
void html_stack_pop(struct html_stack *stack);
/* Pop until @depth elements are left. */
void html_stack_pop_to(struct html_stack *stack, size_t depth);
/* Pop up to and including the topmost HTML element of @kind; nothing when none is open. */
void html_stack_pop_kind(struct html_stack *stack, enum html_kind kind);
/* Take out one element, wherever it is; nothing when it is not open. */
void html_stack_remove(struct html_stack *stack, uint32_t serial);

/* The current node; NULL on an empty stack. */
const struct html_open *html_stack_current(const struct html_stack *stack);
bool html_stack_current_is(const struct html_stack *stack, enum html_kind kind);
bool html_stack_in_scope(const struct html_stack *stack, enum html_kind kind,
			 enum html_scope scope);
/* Pop elements whose end tags are implied, except @but; @thoroughly also parts of tables. */
void html_stack_imply(struct html_stack *stack, enum html_kind but, bool thoroughly);

static inline bool html_open_special(const struct html_open *element)
{
	return element->bounds & HTML_BOUND_SPECIAL;
}

/* The element bounds every scope but those of table and select. */
static inline bool html_open_scope(const struct html_open *element)
{
	return element->bounds & 1 << HTML_SCOPE_DEFAULT;
}

static inline bool html_open_is(const struct html_open *element, enum html_kind kind)
{
	return element->kind == kind && element->space == HTML_NS_HTML;
}

/* Formatting (html_formatting.c). */
void html_formatting_push(struct html_stack *stack, uint64_t attributes); /* the current node */
void html_formatting_mark(struct html_stack *stack);
void html_formatting_clear(struct html_stack *stack); /* up to the last marker */
void html_formatting_reconstruct(struct html_stack *stack);
/* The last entry of @kind after the last marker; NULL when there is none. */
const struct html_formatting *html_formatting_find(const struct html_stack *stack,
						   enum html_kind kind);
/* The elements in the slots @from to @to moved down by @by. */
void html_formatting_moved(struct html_stack *stack, size_t from, size_t to, size_t by);
bool html_formatting_is_open(const struct html_stack *stack, const struct html_formatting *entry);
/* Drop the entry of @serial; false when there is none. */
bool html_formatting_forget(struct html_stack *stack, uint32_t serial);

/*
 * The adoption agency algorithm (13.2.6.4.7) for an end tag of @kind (html_adoption.c).
 * Return: whether it applied; false asks for the rules of any other end tag.
 */
bool html_stack_adopt(struct html_stack *stack, enum html_kind kind);

#endif
