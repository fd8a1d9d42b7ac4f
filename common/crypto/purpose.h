/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_PURPOSE_H
#define WAYMARK_CRYPTO_PURPOSE_H

/*
 * Everything that a key of ours authenticates, numbered once and never reused (DESIGN.md 4). The
 * number is part of the subkey, so a token of one purpose never verifies under another. Purposes
 * 1 to 6 use the empty host, so that mailed links survive a new tracker host; the others are bound
 * to one tracker's host.
 */
enum purpose {
	PURPOSE_CLICK = 1,	    /* /c/<token> */
	PURPOSE_LINK_PART = 2,	    /* /c/<link part>/… */
	PURPOSE_PROSPECT_PART = 3,  /* /c/…/<prospect part> */
	PURPOSE_SELF_CONTAINED = 4, /* /u/<token>, its destination inside */
	PURPOSE_OPEN = 5,	    /* /o/<token>.gif */
	PURPOSE_SUBSCRIPTION = 6,   /* /s/<token> */
	PURPOSE_VISITOR = 7,	    /* the cookie */
	PURPOSE_FORM_VIEW = 8,	    /* hidden field of a hosted form */
	PURPOSE_LOGIN = 9,	    /* login proof minted by the site */
	PURPOSE_HANDOVER = 10,	    /* /h/<token>, from one tracker of the owner to another */
	PURPOSE_STAFF = 11,	    /* /staff/<token>, and the cookie that it sets */
	PURPOSE_HELD_CLICK = 12,    /* cookie of a click that waits for the browser's consent */
	/* 13 is kept for the session of an administrator. */
	PURPOSE_CONFIRM = 14, /* /v/<token>, mailed after a declaration */
	PURPOSE_COUNT = 15    /* one past the last that is defined */
};

#define PURPOSE_FIRST		  PURPOSE_CLICK
#define PURPOSE_LAST_WITHOUT_HOST PURPOSE_SUBSCRIPTION

#endif
