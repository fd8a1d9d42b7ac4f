/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_BINDING_RULE_H
#define WAYMARK_TRACK_BINDING_RULE_H

#include "store/schema.h"

#include <stdbool.h>

/*
 * What new evidence does to a browser of which something may be known (DESIGN.md 5). Pure: whoever
 * asks looks up what is known, and does what the rule says.
 */
enum binding_action {
	BINDING_NOTHING,    /* it is known already, or it may not bind */
	BINDING_BIND,	    /* tie the browser to the person; weaker evidence ends with that */
	BINDING_CONFLICT,   /* somebody else's link: the browser keeps its person and its history */
	BINDING_NEW_VISITOR /* two known people: from here on the browser has another visitor id */
};

struct binding_situation {
	enum evidence known; /* of the binding that holds; EVIDENCE_NONE: the browser is nobody's */
	bool same_person;    /* as the one it is tied to */
	enum evidence evidence; /* the new one */
	/*
	 * Of a claim: only a person who navigates can make one, and not by a link that has leaked,
	 * nor by one by which this browser had made a claim that was undone.
	 */
	bool navigation, machine, quarantined, undone;
	bool retired; /* the browser was that of a person who is erased: its id binds no more */
};

enum binding_action binding_rule(const struct binding_situation *situation);

/*
 * Has the link of one person leaked? @browsers: how many different ones have claimed that person by
 * it, or came into conflict by it; @networks: how many different ones those came from, IPv4 by /24,
 * IPv6 by /48.
 *
 * Eight browsers in four networks are more than the devices of one person, who rarely opens one
 * link with more than three; a mail that was passed on within one office stays below, since its
 * readers share a network. So many as BINDING_LEAK_BROWSERS are no person's wherever they are,
 * which also holds where addresses are not kept, and bounds what has to be remembered.
 */
enum { BINDING_LEAK_BROWSERS_APART = 8, BINDING_LEAK_NETWORKS = 4, BINDING_LEAK_BROWSERS = 32 };
bool binding_rule_leaked(unsigned browsers, unsigned networks);

#endif
