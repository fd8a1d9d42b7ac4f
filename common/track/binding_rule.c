/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of DESIGN.md 5: a click is a claim, a form post a declaration, a login or a confirmed
 * mail link a proof, and stronger evidence wins.
 *
 * A claim says least, since mails are passed on: it ties only a browser that is nobody's, and gives
 * way to whatever is said by more than a link. A browser whose person has told who they are is
 * never given to another person with its history: a second person who tells so begins anew, under
 * another visitor id. A declaration changes nothing about a browser that was proved to be somebody
 * else's: people register colleagues, and typing an address is not owning it.
 *
 * The id of an erased person's browser stays nobody's: a claim finds it so, and whoever says more
 * in that browser begins anew.
 */
#include "track/binding_rule.h"

enum { EVIDENCE_COUNT = EVIDENCE_PROOF + 1 };

/* clang-format off */
#define NOTHING	 BINDING_NOTHING
#define BIND	 BINDING_BIND
#define CONFLICT BINDING_CONFLICT
#define ANEW	 BINDING_NEW_VISITOR

/* [what is known][the same person?][what is new: none, claim, declaration, proof] */
static const uint8_t table[EVIDENCE_COUNT][2][EVIDENCE_COUNT] = {
	[EVIDENCE_NONE] =	 {{NOTHING, BIND,     BIND,     BIND},
				  {NOTHING, BIND,     BIND,     BIND}},
	[EVIDENCE_CLAIM] =	 {{NOTHING, CONFLICT, BIND,     BIND},
				  {NOTHING, NOTHING,  BIND,     BIND}},
	[EVIDENCE_DECLARATION] = {{NOTHING, CONFLICT, ANEW,     ANEW},
				  {NOTHING, NOTHING,  NOTHING,  BIND}},
	[EVIDENCE_PROOF] =	 {{NOTHING, CONFLICT, CONFLICT, ANEW},
				  {NOTHING, NOTHING,  NOTHING,  NOTHING}},
};
/* clang-format on */

enum binding_action binding_rule(const struct binding_situation *situation)
{
	if (situation->evidence == EVIDENCE_CLAIM &&
	    (!situation->navigation || situation->machine || situation->quarantined ||
	     situation->undone))
		return BINDING_NOTHING;
	if (situation->retired)
		return situation->evidence > EVIDENCE_CLAIM ? BINDING_NEW_VISITOR : BINDING_NOTHING;
	return (enum binding_action)
		table[situation->known][situation->same_person][situation->evidence];
}

bool binding_rule_leaked(unsigned browsers, unsigned networks)
{
	return browsers >= BINDING_LEAK_BROWSERS ||
	       (browsers >= BINDING_LEAK_BROWSERS_APART && networks >= BINDING_LEAK_NETWORKS);
}
