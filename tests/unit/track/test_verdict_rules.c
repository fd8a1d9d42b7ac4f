/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's own rules: what they change, and what a mistake in them is told as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "track/verdict.h"

static char path[] = "/tmp/waymark-verdict-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return close(mkstemp(path));
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static int load(const char *text, struct verdict_rules **ret_rules, struct error *error)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
	return verdict_rules_load(path, "", ret_rules, error);
}

static struct verdict_rules *make(const char *text)
{
	struct verdict_rules *rules = NULL;
	struct error error = {""};

	if (load(text, &rules, &error) != 0)
		fail_msg("%s", error.text);
	return rules;
}

static void weights_and_limits_are_the_operators(void **state)
{
	struct verdict_rules *rules = make("{\"weights\": {\"burst\": 100, \"no_language\": 0},\n"
					   " \"limits\": {\"burst_seconds\": 5},\n"
					   " \"expect_landing\": true}");

	(void)state;
	assert_int_equal(verdict_rules_weight(rules, VERDICT_RULE_burst), 100);
	assert_int_equal(verdict_rules_weight(rules, VERDICT_RULE_no_sec_fetch), 40);
	assert_int_equal(verdict_rules_limits(rules)->burst, 5 * USEC_PER_SEC);
	assert_int_equal(verdict_rules_limits(rules)->settle, 600 * USEC_PER_SEC);
	assert_true(verdict_rules_limits(rules)->expect_landing);
	assert_int_equal(verdict_rules_class(rules, VERDICT_BIT(no_language), 0), VERDICT_HUMAN);
	assert_int_equal(verdict_rules_class(rules, VERDICT_BIT(burst), 0), VERDICT_MACHINE);
	verdict_rules_free(rules);
}

static void weights_add_up(void **state)
{
	struct verdict_rules *rules = make("{}");

	(void)state;
	assert_int_equal(verdict_rules_class(rules, 0, 0), VERDICT_HUMAN);
	assert_int_equal(verdict_rules_class(rules,
					     VERDICT_BIT(no_language) | VERDICT_BIT(no_sec_fetch),
					     0),
			 VERDICT_UNKNOWN);
	assert_int_equal(verdict_rules_class(rules,
					     VERDICT_BIT(no_language) | VERDICT_BIT(after_sent), 0),
			 VERDICT_MACHINE);
	/* A proxy takes the headers away, and its browsers run no script. */
	assert_int_equal(verdict_rules_class(rules,
					     VERDICT_BIT(no_language) | VERDICT_BIT(no_sec_fetch) |
						     VERDICT_BIT(no_landing),
					     0),
			 VERDICT_UNKNOWN);
	assert_int_equal(verdict_rules_class(rules, VERDICT_BIT(after_sent) | VERDICT_BIT(landing),
					     0),
			 VERDICT_HUMAN);
	assert_int_equal(verdict_rules_class(rules, VERDICT_BIT(trap) | VERDICT_BIT(input), 0),
			 VERDICT_MACHINE);
	assert_true(verdict_rules_decisive(rules, VERDICT_BIT(input)));
	assert_false(verdict_rules_decisive(rules, VERDICT_BIT(landing)));
	verdict_rules_free(rules);
}

static void agents_and_networks_of_their_own(void **state)
{
	struct verdict_rules *rules =
		make("{\"agents\": [{\"contains\": \"AcmeView/\", \"class\": \"machine\"},\n"
		     "{\"is\": \"curl/8.0 (kiosk)\", \"class\": \"human\"},\n"
		     "{\"begins\": \"kiosk \", \"class\": \"machine\"}],\n"
		     "\"networks\": [{\"network\": \"203.0.113.0/24\", \"class\": \"probable\", "
		     "\"name\": \"acme\"}]}");
	struct verdict_agent agent;
	struct address address;
	uint32_t net;

	(void)state;
	verdict_read_agent(rules, SPAN("Mozilla/5.0 acmeview/1"), &agent);
	assert_true(agent.own);
	verdict_read_agent(rules, SPAN("curl/8.0 (kiosk)"), &agent);
	assert_false(agent.own || agent.known);
	verdict_read_agent(rules, SPAN("curl/8.0"), &agent);
	assert_true(agent.known);
	verdict_read_agent(rules, SPAN("Kiosk 1"), &agent);
	assert_true(agent.own);
	assert_int_equal(address_parse(SPAN("203.0.113.9"), &address), 0);
	net = verdict_rules_net(rules, &address);
	assert_true(span_equal(verdict_rules_net_name(rules, net), SPAN("acme")));
	assert_true(verdict_rules_net_reason(rules, net) == VERDICT_BIT(probable_net));
	address_truncate(&address);
	assert_int_equal(verdict_rules_recorded_net(rules, SPAN(""), &address), net);
	assert_int_equal(verdict_rules_recorded_net(rules, SPAN("acme"), NULL), net);
	assert_int_equal(verdict_rules_recorded_net(rules, SPAN("gone"), NULL), 0);
	/* The list that the program was built with is there, too. */
	assert_int_equal(address_parse(SPAN("40.107.1.2"), &address), 0);
	net = verdict_rules_net(rules, &address);
	assert_true(verdict_rules_net_reason(rules, net) == VERDICT_BIT(scanner_net));
	verdict_rules_free(rules);
}

static void the_digest_is_of_all_that_judges(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"weights\": {\"burst\": 56}}",
		"{\"limits\": {\"burst_links\": 4}}",
		"{\"expect_landing\": true}",
		"{\"agents\": [{\"contains\": \"a\", \"class\": \"machine\"}]}",
		"{\"agents\": [{\"begins\": \"a\", \"class\": \"machine\"}]}",
		"{\"networks\": [{\"network\": \"203.0.113.0/24\", \"class\": \"weak\", "
		"\"name\": \"a\"}]}",
	};
	enum { COUNT = sizeof(texts) / sizeof(texts[0]) };
	uint8_t digests[COUNT][VERDICT_RULES_DIGEST_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		struct verdict_rules *rules = make(texts[i]), *again = make(texts[i]);

		memcpy(digests[i], verdict_rules_digest(rules), sizeof(digests[i]));
		assert_memory_equal(verdict_rules_digest(again), digests[i], sizeof(digests[i]));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(digests[i], digests[j], sizeof(digests[i]));
		verdict_rules_free(rules);
		verdict_rules_free(again);
	}
}

static void a_mistake_is_told_with_line_and_key(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"{\"weights\":\n {\"bursts\": 1}}", ":2:13: weights.bursts: "},
		{"{\"weights\": {\"burst\": \"much\"}}", ":1:23: weights.burst: must be a whole"},
		{"{\"weights\": {\"burst\": 1001}}", "weights.burst: must be a whole number from"},
		{"{\"limits\": {\"burst_seconds\": 0}}", "limits.burst_seconds: must be"},
		{"{\"limits\": []}", "limits: must be an object"},
		{"{\n\"agents\": [\n{\"contains\": \"a\"}]}", ":3:1: agents[0].class: must be"},
		{"{\"agents\": [{\"class\": \"human\"}]}", "agents[0]: needs one of"},
		{"{\"agents\": [{\"is\": \"\", \"class\": \"human\"}]}", "agents[0]: needs one of"},
		{"{\"networks\": [{\"network\": \"10.0.0.1/8\"}]}", "networks[0]: \"10.0.0.1/8\""},
		{"{\"networks\": [{\"network\": \"10.0.0.0/8\", \"class\": \"bad\"}]}",
		 "networks[0]: \"bad\" is not a class"},
		{"{\"rules\": 1}", "rules: there is no such key"},
		{"{\"weights\": {}, \"weights\": {}}", "not valid JSON: duplicate"},
		{"[]", "must be an object"},
		{"{", "not valid JSON"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict_rules *rules = NULL;
		struct error error = {""};

		assert_int_equal(load(rows[i].text, &rules, &error), VERDICT_RULES_E_INVALID);
		if (!strstr(error.text, rows[i].says) || !strstr(error.text, path))
			fail_msg("%s: \"%s\"", rows[i].says, error.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_and_limits_are_the_operators),
		cmocka_unit_test(weights_add_up),
		cmocka_unit_test(agents_and_networks_of_their_own),
		cmocka_unit_test(the_digest_is_of_all_that_judges),
		cmocka_unit_test(a_mistake_is_told_with_line_and_key),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
