/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one request says about who sent it. A machine is called one for what it says or does; what
 * is merely missing makes it unknown; and hardly any person's browser is called a machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "track/verdict.h"
#include "world.h"

static const char chrome[] = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, "
			     "like Gecko) Chrome/126.0.0.0 Safari/537.36";
static const char firefox[] =
	"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
static const char old_safari[] =
	"Mozilla/5.0 (iPhone; CPU iPhone OS 15_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
	"Gecko) Version/15.6 Mobile/15E148 Safari/604.1";
static const char new_safari[] =
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
	"Version/17.5 Safari/605.1.15";

static struct verdict_rules *rules;

static struct verdict_signals browser(const char *agent)
{
	struct verdict_signals signals = {
		.accept_language = SPAN("ja,en;q=0.8"),
		.sec_fetch_site = SPAN("cross-site"),
		.sec_fetch_mode = SPAN("navigate"),
		.sec_fetch_dest = SPAN("document"),
		.https = true,
	};

	verdict_read_agent(rules, span_text(agent), &signals.agent);
	return signals;
}

static void check(const struct verdict_signals *signals, enum verdict_class class,
		  const char *reasons)
{
	struct verdict verdict;

	verdict_of_request(rules, signals, &verdict);
	assert_string_equal(verdict.reasons_text, reasons);
	assert_int_equal(verdict.class, class);
}

static void an_ordinary_browser_is_human(void **state)
{
	static const char *const agents[] = {chrome, firefox, old_safari, new_safari};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct verdict_signals signals = browser(agents[i]);

		check(&signals, VERDICT_HUMAN, "");
	}
}

static void what_a_machine_does_names_it(void **state)
{
	struct verdict_signals signals = browser(chrome);

	(void)state;
	signals.head = true;
	check(&signals, VERDICT_MACHINE, "head");
	signals = browser(chrome);
	signals.purpose = SPAN("prefetch;prerender");
	check(&signals, VERDICT_MACHINE, "prefetch");
	signals = browser(chrome);
	signals.trap = true;
	check(&signals, VERDICT_MACHINE, "trap");
	signals = browser("");
	check(&signals, VERDICT_MACHINE, "no_agent");
	signals = browser("cURL/8.0");
	signals.head = true;
	check(&signals, VERDICT_MACHINE, "head,known_agent");
}

static void what_is_missing_is_only_a_doubt(void **state)
{
	struct verdict_signals signals = browser(chrome);

	(void)state;
	signals.sec_fetch_site = signals.sec_fetch_mode = signals.sec_fetch_dest =
		(struct span){.data = NULL};
	check(&signals, VERDICT_UNKNOWN, "no_sec_fetch");
	signals.https = false;
	check(&signals, VERDICT_HUMAN, "");
	signals = browser(firefox);
	signals.accept_language = (struct span){.data = NULL};
	check(&signals, VERDICT_UNKNOWN, "no_language");
	signals = browser("Mozilla/5.0");
	check(&signals, VERDICT_UNKNOWN, "bare_agent");
}

static void an_old_safari_without_fetch_metadata_is_no_machine(void **state)
{
	struct verdict_signals signals = {.https = true};

	(void)state;
	check(&signals, VERDICT_HUMAN, "");
	verdict_read_agent(rules, span_text(new_safari), &signals.agent);
	check(&signals, VERDICT_UNKNOWN, "no_sec_fetch,no_language");
}

static void names_that_hold_a_machines_word_are_no_machines(void **state)
{
	static const char *const agents[] = {
		"Mozilla/5.0 (Linux; Android 12; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) "
		"Chrome/126.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (Linux; Android 12; X; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
		"Chrome/126.0.0.0 Mobile Safari/537.36 CamScanner/6.1"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct verdict_signals signals = browser(agents[i]);

		check(&signals, VERDICT_HUMAN, "");
	}
}

static void a_prefetch_is_known_by_its_purpose(void **state)
{
	(void)state;
	assert_true(verdict_is_prefetch(SPAN("prefetch")));
	assert_true(verdict_is_prefetch(SPAN("Prefetch")));
	assert_true(verdict_is_prefetch(SPAN("prefetch;prerender")));
	assert_true(verdict_is_prefetch(SPAN(" prefetch ; anonymous-client-ip")));
	assert_false(verdict_is_prefetch(SPAN("")));
	assert_false(verdict_is_prefetch(SPAN("preview")));
	assert_false(verdict_is_prefetch(SPAN("prefetched")));
	assert_false(verdict_is_prefetch((struct span){.data = NULL}));
}

static void agents_of_any_length_and_bytes_are_judged(void **state)
{
	static uint8_t bytes[1 << 20];
	struct verdict_signals signals = browser(NULL);
	struct verdict verdict;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	verdict_read_agent(rules, span_of(bytes, sizeof(bytes)), &signals.agent);
	verdict_of_request(rules, &signals, &verdict);
	memset(bytes, '9', sizeof(bytes));
	memcpy(bytes, "Mozilla/5.0 (X11) Chrome/", 25);
	verdict_read_agent(rules, span_of(bytes, sizeof(bytes)), &signals.agent);
	verdict_of_request(rules, &signals, &verdict);
	assert_int_equal(verdict.class, VERDICT_HUMAN);
}

/* Agents that a compiled list brings along: found by it, they say nothing of those that are not. */
struct brought {
	char **agents;
	size_t count;
};

static int compare_agents(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_brought(struct brought *brought)
{
	const char *build = getenv("WAYMARK_BUILD");
	char path[1024];
	json_t *list, *row, *agent;
	size_t i, j;

	(void)snprintf(path, sizeof(path),
		       "%s/static/packages/node_modules/crawler-user-agents/"
		       "crawler-user-agents.json",
		       build ? build : ".");
	list = json_load_file(path, 0, NULL);
	assert_non_null(list);
	json_array_foreach(list, i, row)
		json_array_foreach(json_object_get(row, "instances"), j, agent)
	{
		brought->agents = reallocarray(brought->agents, brought->count + 1, sizeof(char *));
		brought->agents[brought->count++] = strdup(json_string_value(agent));
	}
	qsort(brought->agents, brought->count, sizeof(char *), compare_agents);
	json_decref(list);
}

static void forget_brought(struct brought *brought)
{
	for (size_t i = 0; i < brought->count; i++)
		free(brought->agents[i]);
	free(brought->agents);
}

static bool is_brought(const struct brought *brought, const char *agent)
{
	return brought->count > 0 &&
	       bsearch(&agent, brought->agents, brought->count, sizeof(char *), compare_agents);
}

/* How many of the agents in a corpus, but for those that are brought, are called machines, of
 * *ret_count. */
static size_t count_machines(FILE *file, const struct brought *brought, size_t *ret_count)
{
	size_t machines = 0;
	char line[16384];

	*ret_count = 0;
	while (fgets(line, sizeof(line), file)) {
		struct verdict_signals signals;
		struct verdict verdict;

		line[strcspn(line, "\r\n")] = '\0';
		if (!line[0] || is_brought(brought, line))
			continue;
		signals = browser(line);
		verdict_of_request(rules, &signals, &verdict);
		machines += verdict.class == VERDICT_MACHINE;
		++*ret_count;
	}
	rewind(file);
	return machines;
}

static void expect_found(FILE *file, const struct brought *brought, const char *what)
{
	size_t count, found = count_machines(file, brought, &count);

	print_message("machines found by their agent alone, %s: %zu of %zu, %.1f %%\n", what, found,
		      count, 100.0 * (double)found / (double)count);
	assert_true(found * 100 >= count * 95);
}

static void real_agents_are_told_apart(void **state)
{
	FILE *bots = corpus_open("ua_bots.txt"), *humans = corpus_open("ua_humans.txt");
	struct brought none = {0}, brought = {0};
	size_t count, found;

	(void)state;
	if (!bots || !humans)
		return;
	read_brought(&brought);
	assert_true(brought.count > 1000);
	expect_found(bots, &none, "all");
	expect_found(bots, &brought, "without those that a compiled list brings along");
	found = count_machines(humans, &none, &count);
	print_message("persons called machines: %zu of %zu, %.2f %%\n", found, count,
		      100.0 * (double)found / (double)count);
	assert_true(found * 1000 <= count * 5);
	forget_brought(&brought);
	(void)fclose(bots);
	(void)fclose(humans);
}

static int set_up(void **state)
{
	struct error error = {""};

	(void)state;
	return verdict_rules_new(NULL, &rules, &error);
}

static int tear_down(void **state)
{
	(void)state;
	verdict_rules_free(rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_browser_is_human),
		cmocka_unit_test(what_a_machine_does_names_it),
		cmocka_unit_test(what_is_missing_is_only_a_doubt),
		cmocka_unit_test(an_old_safari_without_fetch_metadata_is_no_machine),
		cmocka_unit_test(names_that_hold_a_machines_word_are_no_machines),
		cmocka_unit_test(a_prefetch_is_known_by_its_purpose),
		cmocka_unit_test(agents_of_any_length_and_bytes_are_judged),
		cmocka_unit_test(real_agents_are_told_apart),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
