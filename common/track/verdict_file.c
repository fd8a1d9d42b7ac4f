/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's own rules: weights of rules, limits, agents and networks of their own.
 *
 *   {"weights": {"burst": 80},
 *    "limits": {"burst_seconds": 5},
 *    "expect_landing": true,
 *    "agents": [{"contains": "AcmeView/", "class": "machine"}],
 *    "networks": [{"network": "203.0.113.0/24", "class": "probable", "name": "acme"}]}
 *
 * A name that no rule or limit has is refused, so that one that somebody mistyped is not missed in
 * silence.
 */
#include "base/cleanup.h"
#include "config/json_document.h"
#include "track/verdict_rules_internal.h"

#include <errno.h>
#include <stdlib.h>

enum { AGENTS_MAX = 10000, AGENT_MAX_BYTES = 512, WEIGHT_MAX = 1000 };

static int find_object(const struct json_document *document, const char *key, json_t **ret_object)
{
	*ret_object = json_object_get(document->root, key);
	if (*ret_object && !json_is_object(*ret_object))
		return json_document_refuse(document, key, "must be an object");
	return 0;
}

static int read_weights(const struct json_document *document, struct verdict_rules *rules)
{
	const char *names[VERDICT_RULE_COUNT + 1];
	size_t count = 0;
	json_t *object;
	int code = find_object(document, "weights", &object);

	if (code || !object)
		return code;
	for (int i = 0; i < VERDICT_RULE_COUNT; i++)
		if (verdict_rule_row(i)->name)
			names[count++] = verdict_rule_row(i)->name;
	names[count] = NULL;
	code = json_document_keys(document, object, "weights", names);
	for (int i = 0; !code && i < VERDICT_RULE_COUNT; i++) {
		int32_t weight = rules->weights[i];

		if (!verdict_rule_row(i)->name)
			continue;
		code = json_document_number(document, object, "weights", verdict_rule_row(i)->name,
					    -WEIGHT_MAX, WEIGHT_MAX, &weight);
		rules->weights[i] = weight;
	}
	return code;
}

struct limit_row {
	const char *key;
	size_t offset;
	int32_t minimum, maximum;
	uint64_t unit;
};

static const struct limit_row limit_rows[] = {
#define VERDICT_LIMIT(member, key, minimum, maximum, default, unit, ...) \
	{key, offsetof(struct verdict_limits, member), minimum, maximum, unit},
#include "track/verdict_rules_table.h"
};

enum { LIMIT_COUNT = sizeof(limit_rows) / sizeof(limit_rows[0]) };

static int read_limits(const struct json_document *document, struct verdict_rules *rules)
{
	const char *names[LIMIT_COUNT + 1] = {NULL};
	json_t *object;
	int code = find_object(document, "limits", &object);

	if (code || !object)
		return code;
	for (size_t i = 0; i < LIMIT_COUNT; i++)
		names[i] = limit_rows[i].key;
	code = json_document_keys(document, object, "limits", names);
	for (size_t i = 0; !code && i < LIMIT_COUNT; i++) {
		const struct limit_row *row = &limit_rows[i];
		int32_t number = -1;

		code = json_document_number(document, object, "limits", row->key, row->minimum,
					    row->maximum, &number);
		if (!code && number >= 0)
			*(uint64_t *)(void *)((char *)&rules->limits + row->offset) =
				(uint64_t)number * row->unit;
	}
	return code;
}

static int read_match(const struct json_document *document, const json_t *object, const char *where,
		      struct own_agent *agent)
{
	static const char *const names[] = {"contains", "begins", "is"};
	struct span text = {0};
	size_t matches = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int code = json_document_text(document, object, where, names[i], &text);

		if (code)
			return code;
		if (!json_object_get(object, names[i]))
			continue;
		matches++;
		agent->match = (enum own_match)i;
	}
	if (matches != 1 || text.size == 0 || text.size > AGENT_MAX_BYTES)
		return json_document_refuse(document, where,
					    "needs one of \"contains\", \"begins\" and \"is\", a "
					    "text of 1 to %d bytes",
					    AGENT_MAX_BYTES);
	agent->text = span_dup(text);
	return agent->text ? 0 : -ENOMEM;
}

static int read_agent(const struct json_document *document, const json_t *object, const char *where,
		      struct verdict_rules *rules)
{
	static const char *const names[] = {"contains", "begins", "is", "class", NULL};
	struct own_agent agent = {0};
	struct span class = {0};
	char place[JSON_DOCUMENT_WHERE_BYTES];
	int code = json_document_keys(document, object, where, names);

	if (!code)
		code = json_document_text(document, object, where, "class", &class);
	if (code)
		return code;
	agent.machine = span_equal(class, SPAN("machine"));
	json_document_join(where, "class", place);
	if (!agent.machine && !span_equal(class, SPAN("human")))
		return json_document_refuse(document, place, "must be \"machine\" or \"human\"");
	code = read_match(document, object, where, &agent);
	if (!code)
		rules->agents[rules->agent_count++] = agent;
	return code;
}

static int read_agents(const struct json_document *document, struct verdict_rules *rules)
{
	json_t *list, *item;
	size_t index;
	int code = json_document_list(document, document->root, "", "agents", AGENTS_MAX, &list);

	if (code || !list)
		return code;
	rules->agents = calloc(json_array_size(list) + 1, sizeof(*rules->agents));
	if (!rules->agents)
		return -ENOMEM;
	json_array_foreach(list, index, item)
	{
		char where[JSON_DOCUMENT_WHERE_BYTES];

		json_document_item("", "agents", index, where);
		code = read_agent(document, item, where, rules);
		if (code)
			return code;
	}
	return 0;
}

static int read_network(const struct json_document *document, const json_t *object,
			const char *where, struct verdict_rules *rules)
{
	static const char *const names[] = {"network", "class", "name", NULL};
	struct span network = SPAN(""), class = SPAN(""), name = SPAN("");
	struct error sentence = {0};
	int code = json_document_keys(document, object, where, names);

	if (!code)
		code = json_document_text(document, object, where, "network", &network);
	if (!code)
		code = json_document_text(document, object, where, "class", &class);
	if (!code)
		code = json_document_text(document, object, where, "name", &name);
	if (code)
		return code;
	code = scanner_networks_add(rules->networks, network, class, name, &sentence);
	return code > 0 ? json_document_refuse(document, where, "%s", sentence.text) : code;
}

static int read_networks(const struct json_document *document, struct verdict_rules *rules)
{
	json_t *list, *item;
	size_t index;
	int code = json_document_list(document, document->root, "", "networks",
				      SCANNER_NETWORKS_MAX, &list);

	if (code || !list)
		return code;
	json_array_foreach(list, index, item)
	{
		char where[JSON_DOCUMENT_WHERE_BYTES];

		json_document_item("", "networks", index, where);
		code = read_network(document, item, where, rules);
		if (code)
			return code;
	}
	return 0;
}

static int read_all(const struct json_document *document, struct verdict_rules *rules)
{
	static const char *const names[] = {"weights", "limits",   "expect_landing",
					    "agents",  "networks", NULL};
	int code = json_document_keys(document, document->root, "", names);

	if (!code)
		code = read_weights(document, rules);
	if (!code)
		code = read_limits(document, rules);
	if (!code)
		code = json_document_bool(document, document->root, "", "expect_landing",
					  &rules->limits.expect_landing);
	if (!code)
		code = read_agents(document, rules);
	if (!code)
		code = read_networks(document, rules);
	return code;
}

int verdict_file_load(struct verdict_rules *rules, const char *path, struct error *error)
{
	cleanup(json_document_finish) struct json_document document;
	int code = json_document_load(&document, path, error);

	if (!code)
		code = read_all(&document, rules);
	return code > 0 ? VERDICT_RULES_E_INVALID : code;
}
