/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules are the rows of verdict_rules_table.h, changed by the operator's file, and lists. A verdict
 * is a sum of weights: whoever reads a reason can look up what it adds, and an operator can change
 * one without writing a program.
 *
 * What certainly names a machine in the request itself is not weighed against anything: no page
 * that was seen afterwards makes a HEAD request a person's.
 */
#include "track/verdict_rules.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "crypto/digest.h"
#include "track/agent_list.h"
#include "track/verdict_rules_internal.h"

#include "scanner_networks_default.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

/* Raise it when the same rules come to judge otherwise. */
static const char program[] = "verdicts 1";

static const struct verdict_rule_row rows[VERDICT_RULE_COUNT] = {
#define REQUEST VERDICT_REQUEST
#define LATER	VERDICT_LATER
#define PERSON	VERDICT_PERSON
#define VERDICT_RULE(number, name, weight, stage, why, source) \
	[number] = {#name, why, source, weight, stage},
#include "track/verdict_rules_table.h"
#undef REQUEST
#undef LATER
#undef PERSON
};

const struct verdict_rule_row *verdict_rule_row(enum verdict_rule rule)
{
	return &rows[rule];
}

void verdict_rules_free(struct verdict_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->agent_count; i++)
		free(rules->agents[i].text);
	free(rules->agents);
	scanner_networks_free(rules->networks);
	free(rules);
}

static void cleanup_rules(struct verdict_rules **rules)
{
	verdict_rules_free(*rules);
}

static void cleanup_digest(struct digest **digest)
{
	digest_free(*digest);
}

/* A line of @text into @digest. Lines say what they are, so no two sets of rules run together. */
static void __attribute__((format(printf, 2, 3))) note(struct buffer *text, const char *format, ...)
{
	char line[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	buffer_append_text(text, line);
	buffer_append_byte(text, '\n');
}

static void describe(const struct verdict_rules *rules, struct buffer *to)
{
	note(to, "%s %s", program, agent_list_sources());
	buffer_append_span(to, verdict_agent_pieces());
	for (int i = 0; i < VERDICT_RULE_COUNT; i++)
		if (rows[i].name)
			note(to, "weight %s %d", rows[i].name, rules->weights[i]);
#define VERDICT_LIMIT(member, key, ...) \
	note(to, "limit %s %llu", key, (unsigned long long)rules->limits.member);
#include "track/verdict_rules_table.h"
	note(to, "expect_landing %d", rules->limits.expect_landing);
	for (size_t i = 0; i < rules->agent_count; i++) {
		note(to, "agent %d %d %zu", rules->agents[i].match, rules->agents[i].machine,
		     strlen(rules->agents[i].text));
		buffer_append_text(to, rules->agents[i].text);
	}
	scanner_networks_describe(rules->networks, to);
}

static int make_digest(struct verdict_rules *rules)
{
	cleanup(cleanup_digest) struct digest *digest = digest_new();
	cleanup_buffer struct buffer text = BUFFER_INIT;
	char hex[DIGEST_TEXT_BYTES];

	if (!digest)
		return -ENOMEM;
	describe(rules, &text);
	if (text.error)
		return text.error;
	digest_add(digest, buffer_span(&text));
	digest_finish(digest, hex);
	return hex_parse(span_of(hex, 2 * sizeof(rules->digest)), rules->digest,
			 sizeof(rules->digest));
}

static void set_defaults(struct verdict_rules *rules)
{
	for (int i = 0; i < VERDICT_RULE_COUNT; i++)
		rules->weights[i] = rows[i].weight;
#define VERDICT_LIMIT(member, key, minimum, maximum, default, unit, ...) \
	rules->limits.member = (uint64_t)(default) * (unit);
#include "track/verdict_rules_table.h"
}

/* Whoever judges asks for every event which of its reasons need no weighing. */
static void find_unweighed(struct verdict_rules *rules)
{
	for (unsigned rule = 0; rule < VERDICT_RULE_COUNT; rule++) {
		uint64_t bit = UINT64_C(1) << rule;

		if (!rows[rule].name)
			continue;
		if (rows[rule].stage == VERDICT_REQUEST &&
		    rules->weights[rule] >= VERDICT_MACHINE_WEIGHT)
			rules->certain |= bit;
		if (rows[rule].stage == VERDICT_PERSON &&
		    rules->weights[rule] <= VERDICT_DECISIVE_WEIGHT)
			rules->decisive |= bit;
	}
}

static int load_networks(struct verdict_rules *rules, const char *path, struct error *error)
{
	if (*path)
		return scanner_networks_load(rules->networks, path, error);
	return scanner_networks_parse(rules->networks, "deploy/scanner-networks.txt",
				      span_of(scanner_networks_default,
					      sizeof(scanner_networks_default) - 1),
				      error);
}

int verdict_rules_new(const struct config *config, struct verdict_rules **ret_rules,
		      struct error *error)
{
	return verdict_rules_load(config ? config->verdict_rules_file : "",
				  config ? config->verdict_networks_file : "", ret_rules, error);
}

int verdict_rules_load(const char *rules_file, const char *networks_file,
		       struct verdict_rules **ret_rules, struct error *error)
{
	cleanup(cleanup_rules) struct verdict_rules *rules = calloc(1, sizeof(*rules));
	int code;

	if (!rules)
		return -ENOMEM;
	rules->networks = scanner_networks_new();
	if (!rules->networks)
		return -ENOMEM;
	set_defaults(rules);
	code = load_networks(rules, networks_file, error);
	if (!code && *rules_file)
		code = verdict_file_load(rules, rules_file, error);
	if (code)
		return code < 0 ? code : VERDICT_RULES_E_INVALID;
	scanner_networks_finish(rules->networks);
	find_unweighed(rules);
	code = make_digest(rules);
	if (code)
		return code;
	*ret_rules = take_ptr(rules);
	return 0;
}

int verdict_rules_weight(const struct verdict_rules *rules, enum verdict_rule rule)
{
	return rules->weights[rule];
}

const struct verdict_limits *verdict_rules_limits(const struct verdict_rules *rules)
{
	return &rules->limits;
}

const uint8_t *verdict_rules_digest(const struct verdict_rules *rules)
{
	return rules->digest;
}

bool verdict_rules_certain(const struct verdict_rules *rules, uint64_t reasons)
{
	return reasons & rules->certain;
}

bool verdict_rules_decisive(const struct verdict_rules *rules, uint64_t reasons)
{
	return reasons & rules->decisive;
}

int verdict_rules_sum(const struct verdict_rules *rules, uint64_t reasons)
{
	int sum = 0;

	for (; reasons; reasons &= reasons - 1)
		sum += rules->weights[__builtin_ctzll(reasons)];
	return sum;
}

enum verdict_class verdict_rules_class(const struct verdict_rules *rules, uint64_t reasons,
				       int extra)
{
	int sum = verdict_rules_sum(rules, reasons) + extra;

	if (sum >= VERDICT_MACHINE_WEIGHT || verdict_rules_certain(rules, reasons))
		return VERDICT_MACHINE;
	return sum > 0 ? VERDICT_UNKNOWN : VERDICT_HUMAN;
}

void verdict_reasons_text(uint64_t reasons, char ret_text[VERDICT_REASONS_BYTES])
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (; reasons; reasons &= reasons - 1) {
		const char *name = rows[__builtin_ctzll(reasons)].name;
		size_t length = name ? strlen(name) : 0;

		if (!name || used + length + 2 > VERDICT_REASONS_BYTES)
			continue;
		if (used > 0)
			ret_text[used++] = ',';
		memcpy(ret_text + used, name, length + 1);
		used += length;
	}
}

uint32_t verdict_rules_net(const struct verdict_rules *rules, const struct address *address)
{
	return scanner_networks_find(rules->networks, address, 128);
}

/* What is kept of an address is its /24 or /48: only a network at least as large holds all of it.
 */
uint32_t verdict_rules_recorded_net(const struct verdict_rules *rules, struct span name,
				    const struct address *truncated)
{
	uint32_t net = name.size > 0 ? scanner_networks_named(rules->networks, name) : 0;

	if (net || !truncated || !truncated->known)
		return net;
	return scanner_networks_find(rules->networks, truncated,
				     address_is_v4(truncated) ? 96 + 24 : 48);
}

struct span verdict_rules_net_name(const struct verdict_rules *rules, uint32_t net)
{
	return scanner_networks_name(rules->networks, net);
}

uint64_t verdict_rules_net_reason(const struct verdict_rules *rules, uint32_t net)
{
	static const uint64_t reasons[] = {
		[SCANNER_CERTAIN] = VERDICT_BIT(scanner_net),
		[SCANNER_PROBABLE] = VERDICT_BIT(probable_net),
		[SCANNER_WEAK] = VERDICT_BIT(weak_net),
	};

	return net ? reasons[scanner_networks_class(rules->networks, net)] : 0;
}
