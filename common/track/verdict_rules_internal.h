/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_VERDICT_RULES_INTERNAL_H
#define WAYMARK_TRACK_VERDICT_RULES_INTERNAL_H

#include "track/scanner_networks.h"
#include "track/verdict_rules.h"

/* What the rules are made of, for the files that make them and read agents by them. */
enum own_match { OWN_CONTAINS, OWN_BEGINS, OWN_IS };

struct own_agent {
	enum own_match match;
	bool machine; /* else a person's, whatever the lists say */
	char *text;
};

struct verdict_rules {
	int weights[VERDICT_RULE_COUNT];
	uint64_t certain, decisive; /* the rules that are so by stage and weight */
	struct verdict_limits limits;
	struct own_agent *agents;
	size_t agent_count;
	struct scanner_networks *networks;
	uint8_t digest[VERDICT_RULES_DIGEST_BYTES];
};

/* Pieces of agents that the program brings beside the public lists, for the digest. */
struct span verdict_agent_pieces(void);

/*
 * The operator's file into @rules, whose networks are not finished yet. Return: 0;
 * VERDICT_RULES_E_INVALID with @error naming file, line and key; negative errno.
 */
int verdict_file_load(struct verdict_rules *rules, const char *path, struct error *error);

#endif
