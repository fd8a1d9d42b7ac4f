/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_FORM_PAGE_H
#define WAYMARK_PUBLIC_FORM_PAGE_H

#include "public/texts.h"
#include "public/visit.h"
#include "track/form_answer.h"

/*
 * The page of a form at /f/<form>, by itself or in a frame on one of its sites. It works without
 * script: what is wrong is said by the server, in the page's language, at the top and beside each
 * field. Everything that an operator or a visitor wrote is escaped.
 */
enum form_page_state {
	FORM_PAGE_ASKS,	     /* with what is known, or with nothing */
	FORM_PAGE_FORGOTTEN, /* the same, after "Not you?" */
	FORM_PAGE_REFUSED,   /* with what was typed, and what is wrong with it */
	FORM_PAGE_SENT,	     /* thanks, and no fields */
	FORM_PAGE_CONFIRM    /* the same, and a mail is on its way */
};

struct form_page {
	const struct form *form;
	const struct tracker *tracker;
	const char *css; /* the form's, or "" when its site is not in the configuration any more */
	enum language language;
	enum form_page_state state;
	bool framed; /* shown in a frame: without what only a page of its own needs */
	bool known;  /* values come from what is known: "Not you?" */
	/* By the index of the field. What was typed or is known; absent: nothing. */
	struct span values[FORM_FIELDS_MAX];
	enum form_reason reasons[FORM_FIELDS_MAX]; /* of FORM_PAGE_REFUSED */
	char view[TOKEN_FORM_VIEW_CHARS + 1];	   /* when the form was shown, signed */
};

/* The words of /f/<form>?done=…: "forgotten", "sent", "confirm"; else FORM_PAGE_ASKS. */
enum form_page_state form_page_done(struct span word);
/* "/f/<form>?done=…", for whoever is to see it next; @state is one of those three. */
void form_page_address(const struct form *form, enum form_page_state state, enum language language,
		       struct buffer *to);

/*
 * An empty form as @visit asks for it: language and frame from the request (@lang: what it asks for
 * by "lang"), its view signed now.
 */
void form_page_init(struct form_page *page, const struct visit *visit, const struct form *form,
		    struct span lang);

void form_page_append(const struct form_page *page, struct buffer *to);

/* Answer with @html: for this browser only, fetching nothing but the form's style, framed by its
 * sites only. */
enum handled form_page_reply(struct request *request, unsigned counter, unsigned status,
			     const struct form_page *page, const struct buffer *html);

/* The names of hidden fields. */
#define FORM_PAGE_VIEW "waymark-signed"
#define FORM_PAGE_LANG "waymark-lang"

#endif
