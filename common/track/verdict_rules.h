/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_VERDICT_RULES_H
#define WAYMARK_TRACK_VERDICT_RULES_H

#include "base/clock.h"
#include "config/config.h"
#include "text/address.h"

/*
 * The rules by which human and machine are told apart (DESIGN.md 7), as they are in force: the rows
 * of verdict_rules_table.h with their weights, the operator's own rules (verdict.rules_file) and
 * the networks of scanners (verdict.networks_file, or the list that the program was built with).
 * Immutable once made; any thread may read it.
 */
struct verdict_rules;

enum verdict_class { VERDICT_UNKNOWN, VERDICT_HUMAN, VERDICT_MACHINE }; /* order of the choices */

enum verdict_rule {
#define VERDICT_RULE(number, name, ...) VERDICT_RULE_##name = (number),
#include "track/verdict_rules_table.h"
	VERDICT_RULE_COUNT /* one past the highest; numbers between may be unused */
};
#define VERDICT_BIT(name) (UINT64_C(1) << VERDICT_RULE_##name)

enum verdict_stage { VERDICT_REQUEST, VERDICT_LATER, VERDICT_PERSON };

/* What is fixed of a rule; name is NULL for a number that no rule has. */
struct verdict_rule_row {
	const char *name, *why, *source;
	int weight; /* before the operator changes it */
	enum verdict_stage stage;
};
const struct verdict_rule_row *verdict_rule_row(enum verdict_rule rule);

enum { VERDICT_MACHINE_WEIGHT = 100, VERDICT_DECISIVE_WEIGHT = -1000 };
enum { VERDICT_REASONS_BYTES = 320, VERDICT_RULES_DIGEST_BYTES = 16 };
enum { VERDICT_RULES_E_INVALID = 1 };

/* What the rules of stage LATER count with, by the rows of VERDICT_LIMIT; times in microseconds. */
struct verdict_limits {
#define VERDICT_LIMIT(member, ...) uint64_t member;
#include "track/verdict_rules_table.h"
	bool expect_landing; /* every site runs the snippet: a click without a page is doubted */
};

/*
 * By @config; NULL: as the program was built. Return: 0; VERDICT_RULES_E_INVALID with @error naming
 * file, line and key; negative errno.
 */
int verdict_rules_new(const struct config *config, struct verdict_rules **ret_rules,
		      struct error *error);
/* The same by the names of the two files, "": none, and the list that the program has. */
int verdict_rules_load(const char *rules_file, const char *networks_file,
		       struct verdict_rules **ret_rules, struct error *error);
void verdict_rules_free(struct verdict_rules *rules); /* NULL allowed */

int verdict_rules_weight(const struct verdict_rules *rules, enum verdict_rule rule);
const struct verdict_limits *verdict_rules_limits(const struct verdict_rules *rules);

/* Changes when anything does that a verdict depends on, the lists of agents included. */
const uint8_t *verdict_rules_digest(const struct verdict_rules *rules);

/* Whether one of stage REQUEST is a machine by itself, so that nothing is weighed against it. */
bool verdict_rules_certain(const struct verdict_rules *rules, uint64_t reasons);
/* Whether one of stage PERSON speaks for a person so that nothing is waited for. */
bool verdict_rules_decisive(const struct verdict_rules *rules, uint64_t reasons);
int verdict_rules_sum(const struct verdict_rules *rules, uint64_t reasons);
/* What the weights of @reasons come to; @extra is added (that of its_click). */
enum verdict_class verdict_rules_class(const struct verdict_rules *rules, uint64_t reasons,
				       int extra);
/* The names of @reasons, joined by ','. */
void verdict_reasons_text(uint64_t reasons, char ret_text[VERDICT_REASONS_BYTES]);

/*
 * Networks of scanners. A number stands for a name of the list and is good as long as @rules are;
 * 0: none. Of two networks that hold an address the smaller one counts.
 */
uint32_t verdict_rules_net(const struct verdict_rules *rules, const struct address *address);
/* Of an event: by the name that it was recorded with, else by its truncated address, where the
 * whole of what was kept of it lies in a listed network. */
uint32_t verdict_rules_recorded_net(const struct verdict_rules *rules, struct span name,
				    const struct address *truncated);
struct span verdict_rules_net_name(const struct verdict_rules *rules, uint32_t net);
/* The bit of its class: scanner_net, probable_net or weak_net; 0 for 0. */
uint64_t verdict_rules_net_reason(const struct verdict_rules *rules, uint32_t net);

#endif
