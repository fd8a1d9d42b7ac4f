/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_REWRITE_H
#define WAYMARK_TRACK_REWRITE_H

#include "crypto/token.h"
#include "track/tracker.h"

/*
 * A message in, the tracked message out. Only the bytes of link values change (and quotes around a
 * value that had none, where the new one needs them), and what an option adds. Pure: it mints
 * tokens and lists the links that the caller must register before the message is sent.
 *
 * A mail is a whole message of RFC 5322, headers and all. Its texts are those parts that are
 * text/html or text/plain and the message's own; where a text is encoded, it is encoded anew only
 * around its links. What is signed, encrypted, attached or embedded is left alone, and listed as a
 * link without an original whose place is "part".
 */
enum rewrite_form { REWRITE_AUTO, REWRITE_HTML, REWRITE_TEXT, REWRITE_MIME };

/* The names by which {{name}} is filled in for each recipient. */
struct merge_columns {
	const char *const *names; /* UTF-8 */
	bool *used;		  /* out, for each: the message has it */
	size_t count;
};

struct rewrite_options {
	const struct tracker_set *trackers;
	const struct tracker *tracker; /* whose address the links get: usually the primary */
	const struct keyring *keyring;
	enum rewrite_form form;
	struct span charset; /* label given by the caller; absent: from the document. Of a mail: for
				parts that name none */
	struct span campaign, mailing; /* names; absent or empty: tracker's campaign, no mailing */
	bool has_prospect;
	struct prospect_id prospect; /* --to */
	struct span field;   /* --field: a mailer's merge field (two-part links); else absent */
	bool self_contained; /* every link as /u/ */
	struct span utm;     /* query to add to destinations on listed sites; absent: nothing */
	bool open_pixel;     /* an image of the tracker's where the body of HTML begins */
	bool trap;	     /* a link there that no person sees */
	bool unsubscribe;    /* List-Unsubscribe (a mail's), and {{unsubscribe}} becomes the page */
	struct span list;    /* --unsubscribe: the list's name; empty: all that is sent */
	bool lenient;	/* a link of another person's is left and listed, instead of an error */
	bool addressed; /* a mail's To and Message-ID are each recipient's own */
	const struct merge_columns *merge; /* NULL: {{name}} stays as it is */
};

enum rewrite_outcome {
	REWRITE_TRACKED,
	REWRITE_TRACKED_SELF_CONTAINED, /* destination holds an address: it never enters state/ */
	REWRITE_OURS,			/* already tracked for this person: unchanged */
	REWRITE_LEFT,			/* reason says why */
	REWRITE_STRIPPED		/* by rewrite_strip(): the destination is back */
};
const char *rewrite_outcome_text(enum rewrite_outcome outcome); /* "tracked" … */

/*
 * One link of the message, in order. The spans of a link found in HTML or text point into the
 * message or into the result's arena.
 */
struct rewrite_link {
	enum rewrite_outcome outcome;
	const char *reason;	 /* REWRITE_LEFT: a constant sentence; else NULL */
	bool notable;		 /* a browser would have followed it, yet it was left alone */
	const char *warning;	 /* of a link that was tracked: a constant sentence; else NULL */
	size_t line;		 /* of the original */
	const char *place;	 /* "html", "comment", "vml", "text", "trap"; "part", "header" */
	struct span part;	 /* of a mail, "1.2"; else absent */
	bool trap;		 /* register it as one */
	struct span original;	 /* value as written; absent: it is no link of the message's */
	struct span url;	 /* the same as browsers see it */
	struct span anchor;	 /* HTML: what its element holds, as written; empty: not known */
	struct span destination; /* Location; absent when left, or ours and not self-contained */
	struct span tracked;	 /* the tracked URL, unescaped; absent when left */
	struct span label;
	struct link_id id; /* zeros when left or self-contained */
};

struct rewrite_result; /* owns everything below it */
const struct rewrite_link *rewrite_links(const struct rewrite_result *result, size_t *ret_count);
struct span rewrite_output(const struct rewrite_result *result);
void rewrite_result_free(struct rewrite_result *result); /* NULL allowed */

enum {
	REWRITE_E_FOREIGN_TOKEN = 1, /* another person's token; @error names the line */
	REWRITE_E_CHARSET = 2,	     /* a charset that must not be touched */
	REWRITE_E_OPTIONS = 3,	     /* nobody to track for, two of them, or a bad name or field */
	REWRITE_E_LIBRARY = 6,	     /* GMime cannot be loaded */
	REWRITE_E_MERGE = 7 /* {{name}} without a column, or where nothing can be filled in */
};

/*
 * Rewrite @message. Rewriting the output again gives the same bytes. A mail, HTML, text, or told
 * apart (REWRITE_AUTO): a mail begins with header fields that only mails have; HTML with '<', or it
 * holds "<html", "<!doctype", "<a ".
 */
int rewrite_message(struct span message, const struct rewrite_options *options,
		    struct rewrite_result **ret_result, struct error *error);

/* Whether @field may be one of a mailer's. Return: 0; REWRITE_E_OPTIONS with @error. */
int rewrite_check_field(struct span field, struct error *error);

/*
 * Take tracking out: each of our links becomes its destination, whoever it was for. @find looks a
 * link id up (0 found, appending to @to; positive: unknown, the link is left and reported).
 *
 * What stripping a rewritten message gives back is the original, byte for byte, but for links whose
 * value was written in a way that a destination does not remember: an '&' that was not written as
 * "&amp;" becomes it, other character references become the characters, a URL that a browser
 * would have requested differently stays as requested, and quotes that a --field needed stay. In a
 * part that is quoted-printable or base64 the text is the same; its lines may be broken elsewhere.
 */
int rewrite_strip(struct span message, const struct rewrite_options *options,
		  int (*find)(void *context, const struct link_id *id, struct buffer *to),
		  void *context, struct rewrite_result **ret_result, struct error *error);

/*
 * What one URL that we signed says, offline: for our-own-link checks, /c/ in both forms, /u/, /o/,
 * /s/; rewrite_explain_any(), for `link verify`: /h/, /staff/ and /v/, too, which are in no mail of
 * yours. Do not copy it: token.url points into itself.
 *
 * Return: 0; REWRITE_E_NOT_OURS: not an address of a tracker, or one that holds no token;
 * REWRITE_E_FORGED with @error saying which check failed.
 */
struct rewrite_explained {
	enum purpose purpose; /* of the (first) token */
	const struct tracker *tracker;
	struct token token, second; /* second: the prospect part of a two-part link */
	bool has_second, second_valid;
};
enum { REWRITE_E_NOT_OURS = 4, REWRITE_E_FORGED = 5 };
int rewrite_explain(const struct tracker_set *trackers, const struct keyring *keyring,
		    struct span url, struct rewrite_explained *ret_explained, struct error *error);
int rewrite_explain_any(const struct tracker_set *trackers, const struct keyring *keyring,
			struct span url, struct rewrite_explained *ret_explained,
			struct error *error);

#endif
