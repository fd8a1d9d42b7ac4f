/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_HANDOVERS_H
#define WAYMARK_APP_HANDOVERS_H

#include "crypto/short_hash.h"
#include "crypto/token.h"
#include "text/address.h"
#include "text/url.h"

/*
 * The hand-overs that were made and not used yet (track/handover.h): who is handed over, by the
 * nonce of the link. Each is taken once. The table is of fixed size, and a new one takes the place
 * of the oldest in its way; after a restart it is empty. Who finds nothing here arrives at the page
 * all the same, as somebody new.
 *
 * In memory only, and only of browsers that consent to be tied to a person. Loop thread only.
 */
struct handover {
	struct token_nonce nonce;
	struct visitor_id visitor; /* of the first tracker; zeros: the row is free */
	/* What the browser that comes with the link must have in common with the one that asked. */
	uint64_t agent; /* handovers_agent() */
	struct address network;
	char origin[URL_HOST_MAX_BYTES + 16]; /* of the page that asked */
};

struct handovers {
	struct handover *rows; /* NULL until the first is put */
	struct short_hash_key key;
};

enum { HANDOVERS = 4096 };

/* Keep @handover under a new nonce, @ret_nonce. False: there is no memory for the table. */
bool handovers_put(struct handovers *handovers, const struct handover *handover,
		   struct token_nonce *ret_nonce);
/* Once. False: it was taken before, or gave way, or was made by another server. */
bool handovers_take(struct handovers *handovers, const struct token_nonce *nonce,
		    struct handover *ret_handover);
/* The browser wants to be forgotten, or is no longer to be tied to anybody. */
void handovers_forget(struct handovers *handovers, const struct visitor_id *visitor);
void handovers_finish(struct handovers *handovers);

/* A User-Agent, to be compared; each run of the server has its own numbers. */
uint64_t handovers_agent(struct handovers *handovers, struct span agent);

#endif
