/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_FORM_POST_H
#define WAYMARK_PUBLIC_FORM_POST_H

#include "public/visit_event.h"
#include "track/form_answer.h"

#include <jansson.h>

/*
 * One post to a form, on its way from the request to its events and its answer; private to the
 * form_post files. Lives as long as the call of the handler, but for what lies in the request's
 * arena.
 */
enum form_refusal {
	FORM_REFUSAL_NONE,
	FORM_REFUSAL_FIELDS,   /* the reasons of the fields say why */
	FORM_REFUSAL_TOO_FAST, /* sooner after the form was shown than a person types */
	FORM_REFUSAL_NO_VIEW   /* it does not say when it was shown, or that is too long ago */
};

struct form_post {
	struct request *request;
	const struct form *form;
	struct visit visit; /* as somebody without a cookie, where that is not to be read */
	struct form_body body;
	struct form_answer answer;
	bool trusted;		    /* sent by a page of ours: its browser is known by its cookie */
	struct span view;	    /* the signed view, as it came */
	enum form_refusal refusal;  /* not asked for where the honeypot was filled */
	struct span success, error; /* where to go then; empty: to our own page */
	struct span key;	    /* by which the post is known when it comes again; absent */
	bool late;		    /* it has waited for the first of the same posts long enough */
	struct span mail, mail_to;  /* a mail that is to follow, in the request's arena; absent */
};

/* Names of parameters that are ours, beside those of form_page.h. */
#define FORM_POST_SUCCESS "waymark-success"
#define FORM_POST_ERROR	  "waymark-error"
#define FORM_POST_KEY	  "waymark-key"

/* Where the post leads: what it asks for itself, if a site of the form's has it, or else what the
 * form says, likewise. */
void form_post_set_locations(struct form_post *post);

/* form_post_guard.c: is it a person who posts, and for the first time? Sets refusal and key. */
void form_post_guard(struct form_post *post);
/* Also gives the browser the cookie that the first one of the same posts gave it. */
enum post_seen form_post_seen(struct form_post *post);

/*
 * form_post_event.c: the events of a post, one ticket. What was typed is sealed for the person whom
 * it names, else for the one whose browser it is, else for one of whom nothing else is known.
 *
 * Return: 0; FORM_POST_E_FAILED: it cannot be recorded now, which has been counted.
 */
enum { FORM_POST_E_FAILED = 1 };
int form_post_take(struct form_post *post, struct event_ticket **ret_ticket);
/*
 * Is whoever posts asked to look for a mail? It says nothing of the address: one that must get none
 * is thanked for as any other.
 */
bool form_post_confirms(const struct form_post *post);
/* The event of a post that was refused or fell into the trap; NULL: there is none. */
struct event_ticket *form_post_refused(struct form_post *post);

/* form_post_person.c: what the post makes of the person's record. */
struct form_post_person {
	struct prospect_id id;
	bool named;	/* by an address in the post */
	bool erased;	/* that nobody may be known by any more */
	bool confirmed; /* the browser has proved to be the person's */
};
/*
 * Queue what changes of the record of person->id, with its event; finds person->erased. @known:
 * what ties the browser to anybody; NULL: nothing.
 *
 * Return: 0; negative errno.
 */
int form_post_keep(const struct form_post *post, struct form_post_person *person,
		   const struct binding *known, struct event_ticket *ticket);
/* The values as a JSON object, by the names of the form's fields; @keys: of the person's fields,
 * without those that are never to be shown again. NULL: out of memory. */
json_t *form_post_values(const struct form_post *post, bool keys);

/* Why it was refused, without anything that was typed: "company:missing,email:free_mail", or "*:"
 * and a word about all of it. */
void form_post_append_refusal(const struct form_post *post, struct buffer *to);

/* form_post_answer.c: once @ticket (NULL: there is none) is durable or its time is up. */
enum handled form_post_thank(struct form_post *post, struct event_ticket *ticket);
enum handled form_post_refuse(struct form_post *post, struct event_ticket *ticket);
/* What is no post to a form, or cannot be taken now: JSON or a page, as it asks for. */
enum handled form_post_fail(struct request *request, unsigned counter, unsigned status,
			    const char *title, const char *sentence);

#endif
