/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration that is right loads with every default; one with a key missing, doubled,
 * mistyped, unknown or out of range is refused with its file, line, column and key.
 * It is long because each way of being wrong has its row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/config_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACKER "{\"url\": \"https://go.example.com\", \"sites\": [\"https://www.example.com\"]}"
#define MINIMAL "{\"trackers\": [" TRACKER "]}"

static struct config *parse(const char *text)
{
	struct config *config = NULL;
	struct error error = {{0}};

	if (config_parse("wm/waymark.json", span_text(text), &config, &error))
		fail_msg("%s\n%s", error.text, text);
	return config;
}

static void refuse(const char *text, const char *expected)
{
	struct config *config = NULL;
	struct error error = {{0}};

	assert_int_equal(config_parse("wm/waymark.json", span_text(text), &config, &error),
			 CONFIG_E_INVALID);
	assert_null(config);
	if (expected)
		assert_string_equal(error.text, expected);
}

static void a_minimal_configuration_gets_every_default(void **state)
{
	struct config *config = parse(MINIMAL);

	(void)state;
	assert_int_equal(config->tracker_count, 1);
	assert_string_equal(config->trackers[0].url, "https://go.example.com");
	assert_int_equal(config->trackers[0].sites.count, 1);
	assert_false(config->trackers[0].primary);
	assert_string_equal(config->trackers[0].campaign, "website");
	assert_string_equal(config->trackers[0].fallback, "");
	assert_string_equal(config->listen, "127.0.0.1:8080");
	assert_int_equal(config->trusted_proxies.count, 2);
	assert_string_equal(config->trusted_proxies.items[1], "::1/128");
	assert_string_equal(config->data_dir, "wm/data");
	assert_string_equal(config->keys_file, "wm/keys.json");
	assert_string_equal(config->tokens_file, "wm/tokens.json");
	assert_int_equal(config->consent_default, CONSENT_PENDING);
	assert_true(config->consent_gpc);
	assert_false(config->consent_dnt);
	assert_int_equal(config->ip, IP_TRUNCATED);
	assert_int_equal(config->retention_days, 400);
	assert_int_equal(config->connections, 10000);
	assert_int_equal(config->full_referrers.count, 0);
	assert_int_equal(config->page_query.count, 16);
	config_free(config);
	config_free(NULL);
}

static void values_are_taken(void **state)
{
	struct config *config = parse(
		"{\"trackers\": [" TRACKER ", {\"url\": \"http://localhost:8080\", "
		"\"sites\": [\"http://localhost:1\", \"http://localhost:2\"], \"primary\": true, "
		"\"campaign\": \"\\u65e5\", \"fallback\": \"http://localhost:1/x\"}],"
		"\"consent\": {\"dnt\": true, \"default\": \"identify\"}, \"data_dir\": \"/var/x\","
		"\"limits\": {\"connections\": 16}, \"ip\": \"none\", \"keys_file\": \"k/../keys\","
		"\"disk_reserve_percent\": 0, \"\\u006eode\": \"abc123\"}");

	(void)state;
	assert_int_equal(config->tracker_count, 2);
	assert_true(config->trackers[1].primary);
	assert_string_equal(config->trackers[1].sites.items[1], "http://localhost:2");
	assert_string_equal(config->trackers[1].campaign, "\xE6\x97\xA5");
	assert_true(config->consent_dnt);
	assert_true(config->consent_gpc);
	assert_int_equal(config->consent_default, CONSENT_IDENTIFY);
	assert_string_equal(config->data_dir, "/var/x");
	assert_string_equal(config->keys_file, "wm/k/../keys");
	assert_int_equal(config->connections, 16);
	assert_int_equal(config->ip, IP_NONE);
	assert_int_equal(config->disk_reserve_percent, 0);
	assert_string_equal(config->node, "abc123");
	config_free(config);
}

static void a_key_without_effect_is_known_when_it_is_set(void **state)
{
	static const struct {
		const char *consent;
		const char *keys[3]; /* without effect */
	} rows[] = {
		{"{}", {NULL}},
		{"{\"hold_click_minutes\": 1}", {NULL}},
		{"{\"default\": \"measure\", \"hold_click_minutes\": 0}", {NULL}},
		{"{\"default\": \"measure\", \"hold_click_minutes\": 1}",
		 {"consent.hold_click_minutes"}},
		{"{\"default\": \"measure\", \"hold_click_minutes\": 1, "
		 "\"country_file\": \"c.mmdb\", \"countries\": [\"DE=pending\"]}",
		 {NULL}},
		{"{\"default\": \"identify\", \"hold_click_minutes\": 1, "
		 "\"country_file\": \"c.mmdb\", \"countries\": [\"DE=denied\"]}",
		 {"consent.hold_click_minutes"}},
		{"{\"default\": \"denied\", \"hold_click_minutes\": 60, "
		 "\"country_file\": \"c.mmdb\"}",
		 {"consent.hold_click_minutes", "consent.country_file"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		struct config *config;
		const char *key, *why;
		size_t at = 0, count = 0;

		(void)snprintf(text, sizeof(text), "{\"trackers\": [%s], \"consent\": %s}", TRACKER,
			       rows[i].consent);
		config = parse(text);
		while ((key = config_next_without_effect(config, &at, &why)) != NULL) {
			assert_non_null(rows[i].keys[count]);
			assert_string_equal(key, rows[i].keys[count++]);
			assert_true(*why);
		}
		assert_null(rows[i].keys[count]);
		config_free(config);
	}
}

static void relative_paths_start_at_the_files_folder(void **state)
{
	static const char *const rows[][2] = {
		{"waymark.json", "./data"},
		{"./waymark.json", "./data"},
		{"/waymark.json", "/data"},
		{"/etc/waymark/waymark.json", "/etc/waymark/data"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct config *config = NULL;

		assert_int_equal(config_parse(rows[i][0], SPAN(MINIMAL), &config, NULL), 0);
		assert_string_equal(config->data_dir, rows[i][1]);
		config_free(config);
	}
}

static void complaints_name_line_column_and_key(void **state)
{
	static const char *const rows[][2] = {
		{"{\n  \"trackers\": [" TRACKER "],\n  \"listne\": \"x\"\n}",
		 "wm/waymark.json:3:3: listne: unknown key; `waymark config reference` lists them "
		 "all"},
		{"{\"trackers\": [" TRACKER "],\n\"consent\": {\n\t\"gcp\": true}}",
		 "wm/waymark.json:3:2: consent.gcp: unknown key; `waymark config reference` lists "
		 "them all"},
		{"{\"consent.gpc\": true, \"trackers\": [" TRACKER "]}",
		 "wm/waymark.json:1:2: consent.gpc: unknown key; `waymark config reference` lists "
		 "them all"},
		{"{\"trackers\": [{\"url\": \"x\", \"sites\": [\"y\"], \"site\": 1}]}",
		 "wm/waymark.json:1:44: trackers[0].site: unknown key; `waymark config reference` "
		 "lists them all"},
		{"{\"trackers\": [" TRACKER "],\n\"consent\": {\"gpc\": 1}}",
		 "wm/waymark.json:2:20: consent.gpc: must be true or false, not a whole number"},
		{"{\"trackers\": [" TRACKER "],\n\"consent\": []}",
		 "wm/waymark.json:2:12: consent: must be an object"},
		{"{\"trackers\": {}}", "wm/waymark.json:1:14: trackers: must be a list of objects"},
		{"{\"trackers\": []}", "wm/waymark.json:1:14: trackers: must not be empty"},
		{"{\"trackers\": [\"x\"]}", "wm/waymark.json:1:15: trackers[0]: must be an object"},
		{"{\n}", "wm/waymark.json:1:1: trackers: is missing and has no default"},
		{"\n []", "wm/waymark.json:2:2: the configuration: must be an object"},
		{"{\"trackers\": [" TRACKER ",\n {\"sites\": [\"x\"]}]}",
		 "wm/waymark.json:2:2: trackers[1].url: is missing and has no default"},
		{"{\"trackers\": [\n{\"url\": \"x\"}]}",
		 "wm/waymark.json:2:1: trackers[0].sites: is missing and has no default"},
		{"{\"trackers\": [{\"url\": \"x\", \"sites\":\n[\"y\",\n 7]}]}",
		 "wm/waymark.json:3:2: trackers[0].sites[1]: must be a text, not a whole number"},
		{"{\"trackers\": [{\"url\": \"x\", \"sites\": []}]}",
		 "wm/waymark.json:1:37: trackers[0].sites: must not be empty"},
		{"{\"trackers\": [{\"url\": \"\", \"sites\": [\"x\"]}]}",
		 "wm/waymark.json:1:23: trackers[0].url: must not be empty"},
		{"{\"trackers\": [" TRACKER "],\n\"retention_days\": 0}",
		 "wm/waymark.json:2:19: retention_days: must be from 1 to 36500 days, not 0"},
		{"{\"trackers\": [" TRACKER "],\n\"retention_days\": -1}",
		 "wm/waymark.json:2:19: retention_days: must be from 1 to 36500 days, not -1"},
		{"{\"trackers\": [" TRACKER "],\n\"retention_days\": 4e2}",
		 "wm/waymark.json:2:19: retention_days: must be a whole number of days, not a "
		 "number with a fraction or exponent"},
		{"{\"trackers\": [" TRACKER "],\n\"retention_days\": \"400\"}",
		 "wm/waymark.json:2:19: retention_days: must be a whole number of days, not a text"},
		{"{\"trackers\": [" TRACKER "],\n\"ip\": \"full\"}",
		 "wm/waymark.json:2:7: ip: must be one of none|truncated|sealed, not \"full\""},
		{"{\"trackers\": [" TRACKER "],\n\"ip\": null}",
		 "wm/waymark.json:2:7: ip: must be one of none|truncated|sealed, not null"},
		{"{\"trackers\": [" TRACKER "],\n\"listen\": \"a\\nb\"}",
		 "wm/waymark.json:2:11: listen: must not hold the control character U+000A"},
		{"{\"trackers\": [" TRACKER "],\n\"node\": \"N 1\"}",
		 "wm/waymark.json:2:9: node: must be 1 to 16 of a-z and 0-9, not \"N 1\""},
		{"{\"trackers\": [" TRACKER "],\n\"node\": \"a2345678901234567\"}",
		 "wm/waymark.json:2:9: node: must be 1 to 16 of a-z and 0-9, not "
		 "\"a2345678901234567\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		refuse(rows[i][0], rows[i][1]);
}

static void doubled_keys_name_the_second(void **state)
{
	static const char *const rows[][2] = {
		{"{\"trackers\": [" TRACKER "],\n\"ip\": \"none\",\n  \"ip\": \"none\"}",
		 "wm/waymark.json:3:3: ip: is there twice"},
		{"{\"trackers\": [" TRACKER "],\n \"trackers\": [" TRACKER "]}",
		 "wm/waymark.json:2:2: trackers: is there twice"},
		{"{\"trackers\": [" TRACKER "], \"consent\": {},\n \"consent\": {}}",
		 "wm/waymark.json:2:2: consent: is there twice"},
		{"{\"trackers\": [" TRACKER "], \"consent\": {\"dnt\": true,\n\"dnt\": true}}",
		 "wm/waymark.json:2:1: consent.dnt: is there twice"},
		{"{\"trackers\": [{\"url\": \"x\", \"sites\": [\"y\"],\n\"\\u0075rl\": \"z\"}]}",
		 "wm/waymark.json:2:1: trackers[0].url: is there twice"},
		{"{\"trackers\": [" TRACKER "], \"limits\": {\"connections\": 16},\n"
		 " \"limits\": {\"queue_bulk\": 64}}",
		 "wm/waymark.json:2:2: limits: is there twice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		refuse(rows[i][0], rows[i][1]);
}

static void text_that_is_not_json_names_its_place(void **state)
{
	static const char *const rows[][2] = {
		{"", "wm/waymark.json:1:1: not valid JSON: '[' or '{' expected near end of file"},
		{"{\n  \"a\": tru\n}",
		 "wm/waymark.json:2:8: not valid JSON: invalid token near 'tru'"},
		{"{\n  \"a\": 1,\n}",
		 "wm/waymark.json:3:1: not valid JSON: string or '}' expected near '}'"},
		{MINIMAL "\nx", "wm/waymark.json:2:1: not valid JSON: end of file expected near "
				"'x'"},
		{"{\"a\": \"\\u0000\"}", NULL},
		{"{\"a\": \"\xFF\"}", NULL},
		{"\xEF\xBB\xBF" MINIMAL, NULL},
		{"{'a': 1}", NULL},
		{"{\"a\": 1} // no", NULL},
		{"{\"a\": 99999999999999999999}", NULL},
	};
	struct config *config = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		refuse(rows[i][0], rows[i][1]);
	assert_int_equal(config_parse("x", SPAN("{\"a\": \"\0\"}"), &config, NULL),
			 CONFIG_E_INVALID);
}

/* @row's key with a value of the wrong type, alone, doubled and nested, each refused. */
static void append_member(struct buffer *to, const struct config_row *row, const char *value,
			  unsigned times)
{
	struct span group = config_row_group(row);
	const char *name = row->key + (group.size ? group.size + 1 : 0);

	buffer_append_text(to, "{\"trackers\": [" TRACKER "], ");
	if (group.size > 0)
		buffer_printf(to, "\"%.*s\": {", (int)group.size, (const char *)group.data);
	for (unsigned i = 0; i < times; i++)
		buffer_printf(to, "%s\"%s\": %s", i ? ", " : "", name, value);
	buffer_append_text(to, group.size > 0 ? "}}" : "}");
}

static bool is_right(const struct config_row *row, const char *value)
{
	switch (row->kind) {
	case CONFIG_TEXT_KIND:
		return value[0] == '"';
	case CONFIG_NUMBER_KIND:
		return value[0] == '5';
	case CONFIG_BOOL_KIND:
		return value[0] == 't';
	case CONFIG_TEXTS_KIND:
		return value[0] == '[' && value[1] == '"';
	case CONFIG_CHOICE_KIND:
		break;
	}
	return false;
}

static void every_key_mistyped_or_doubled_is_refused(void **state)
{
	static const char *const values[] = {"\"b1\"",	"500",	"true", "null", "{}",
					     "[\"x\"]", "[[]]", "1.5",	"\"\"", "[null]"};

	(void)state;
	for (const struct config_row *row = config_rows; row->key; row++) {
		for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
			bool empty_is_right = row->text && !*row->text;
			bool right = is_right(row, values[i]) &&
				     (strcmp(values[i], "\"\"") != 0 || empty_is_right);

			for (unsigned times = 1; times <= 2; times++) {
				cleanup_buffer struct buffer text = BUFFER_INIT;
				struct config *config = NULL;
				struct error error = {{0}};
				int code;

				append_member(&text, row, values[i], times);
				/* Percentages and minutes end below 500. */
				if (row->kind == CONFIG_NUMBER_KIND && row->maximum < 500)
					right = false;
				code = config_parse("c", buffer_span(&text), &config, &error);
				assert_int_equal(code, right && times == 1 ? 0 : CONFIG_E_INVALID);
				if (code)
					assert_non_null(strstr(error.text, row->key));
				config_free(config);
			}
		}
	}
}

static void numbers_hold_their_bounds(void **state)
{
	(void)state;
	for (const struct config_row *row = config_rows; row->key; row++) {
		long long tries[] = {(long long)row->minimum - 1, row->minimum, row->maximum,
				     (long long)row->maximum + 1};

		for (size_t i = 0; row->kind == CONFIG_NUMBER_KIND && i < 4; i++) {
			cleanup_buffer struct buffer text = BUFFER_INIT;
			struct config *config = NULL;
			char number[24];
			bool right = i == 1 || i == 2;

			(void)snprintf(number, sizeof(number), "%lld", tries[i]);
			append_member(&text, row, number, 1);
			assert_int_equal(config_parse("c", buffer_span(&text), &config, NULL),
					 right ? 0 : CONFIG_E_INVALID);
			if (right)
				assert_int_equal(*(uint32_t *)config_member(row, config), tries[i]);
			config_free(config);
		}
	}
}

static void lengths_are_bounded(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct config *config = NULL;

	(void)state;
	buffer_append_text(&text, "{\"trackers\": [");
	for (int i = 0; i < CONFIG_TRACKERS_MAX + 1; i++)
		buffer_printf(&text, "%s" TRACKER, i ? "," : "");
	buffer_append_text(&text, "]}");
	refuse(buffer_text(&text),
	       "wm/waymark.json:1:14: trackers: must be a list of at most 100, not 101");
	buffer_clear(&text);
	buffer_append_text(&text, "{\"trackers\": [" TRACKER "], \"node\": \"");
	for (int i = 0; i < CONFIG_TEXT_MAX_BYTES + 1; i++)
		buffer_append_byte(&text, 'x');
	buffer_append_text(&text, "\"}");
	refuse(buffer_text(&text), NULL);
	buffer_clear(&text);
	for (int i = 0; i < CONFIG_FILE_MAX_BYTES + 1; i++)
		buffer_append_byte(&text, ' ');
	assert_int_equal(config_parse("c", buffer_span(&text), &config, NULL), CONFIG_E_INVALID);
	text.data[0] = '{';
	for (size_t i = 1; i < text.size; i++)
		text.data[i] = '[';
	text.size--;
	assert_int_equal(config_parse("c", buffer_span(&text), &config, NULL), CONFIG_E_INVALID);
}

static void later_checks_name_the_place_too(void **state)
{
	struct config *config = parse("{\n \"trackers\": [" TRACKER ",\n  {\"url\": \"x\",\n"
				      "\"sites\": [\"a\",\n\t\"b\"]}],\n\"consent\": {}}");
	struct error error = {{0}};
	unsigned line, column;

	(void)state;
	assert_int_equal(config_error(config, &error, "trackers[1].sites[1]", "no %s", "host"),
			 CONFIG_E_INVALID);
	assert_string_equal(error.text, "wm/waymark.json:5:2: trackers[1].sites[1]: no host");
	config_place(config, "trackers[1].fallback", &line, &column);
	assert_int_equal(line, 3);
	assert_int_equal(column, 3);
	config_place(config, "consent.default", &line, &column);
	assert_int_equal(line, 6);
	assert_int_equal(column, 12);
	config_place(config, "listen", &line, &column);
	assert_int_equal(line, 1);
	assert_int_equal(column, 1);
	config_place(config, "trackers[7]", &line, &column);
	assert_int_equal(line, 2);
	assert_int_equal(column, 14);
	config_free(config);
}

static void example_and_initial_load(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	char first[] = "https://www.example.com", second[] = "https://\"x\"";
	char *items[] = {first, second};
	struct config_texts sites = {.items = items, .count = 2};
	struct config *config;

	(void)state;
	config_print_example(&text);
	config = parse(buffer_text(&text));
	for (const struct config_row *row = config_rows; row->key; row++) {
		size_t skip = config_row_group(row).size;

		assert_non_null(strstr(buffer_text(&text), row->key + skip + (skip > 0)));
	}
	assert_int_equal(config->retention_days, 400);
	config_free(config);
	buffer_clear(&text);
	assert_int_equal(config_print_initial(&text, "https://go.example.com", &sites,
					      CONSENT_MEASURE, "unix:/run/w.sock", "127.0.0.1:9"),
			 0);
	config = parse(buffer_text(&text));
	assert_string_equal(config->trackers[0].sites.items[1], second);
	assert_string_equal(config->listen, "unix:/run/w.sock");
	assert_string_equal(config->admin_listen, "127.0.0.1:9");
	assert_int_equal(config->consent_default, CONSENT_MEASURE);
	config_free(config);
	second[8] = (char)0xFF;
	buffer_clear(&text);
	assert_int_not_equal(config_print_initial(&text, "https://go.example.com", &sites,
						  CONSENT_MEASURE, "x", "y"),
			     0);
}

static void the_reference_has_every_key_and_keeps_its_width(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	size_t line = 0;

	(void)state;
	config_print_reference(&text);
	for (const struct config_row *row = config_rows; row->key; row++)
		assert_non_null(strstr(buffer_text(&text), row->key));
	for (const struct config_row *row = tracker_rows; row->key; row++)
		assert_non_null(strstr(buffer_text(&text), row->key));
	for (size_t i = 0; i < text.size; i++) {
		line = text.data[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 80);
	}
}

static void find(const char *option, const char *expected)
{
	char *path = NULL;

	assert_int_equal(config_find(option, &path, NULL), 0);
	assert_string_equal(path, expected);
	free(path);
}

static void the_configuration_is_found_in_order(void **state)
{
	char folder[] = "/tmp/waymark-XXXXXX", *path = NULL, *before = getcwd(NULL, 0);
	bool system_wide = access("/etc/waymark/waymark.json", F_OK) == 0;
	struct error error = {{0}};
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(unsetenv("WAYMARK_CONFIG"), 0);
	if (!system_wide) {
		assert_int_equal(config_find(NULL, &path, &error), CONFIG_E_ABSENT);
		assert_non_null(strstr(error.text, "waymark init"));
	}
	file = fopen("waymark.json", "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	find(NULL, "waymark.json");
	assert_int_equal(setenv("WAYMARK_CONFIG", "", 1), 0);
	find(NULL, "waymark.json");
	assert_int_equal(setenv("WAYMARK_CONFIG", "/else/w.json", 1), 0);
	find(NULL, "/else/w.json");
	find("given.json", "given.json");
	assert_int_equal(unsetenv("WAYMARK_CONFIG"), 0);
	assert_int_equal(unlink("waymark.json"), 0);
	assert_int_equal(chdir(before), 0);
	assert_int_equal(rmdir(folder), 0);
	free(before);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	struct config *config = NULL;
	struct error error = {{0}};

	(void)state;
	assert_int_equal(config_load("/nowhere/w.json", &config, &error), CONFIG_E_ABSENT);
	assert_string_equal(error.text, "/nowhere/w.json: cannot open the configuration: "
					"No such file or directory");
	assert_int_equal(config_load("/", &config, &error), CONFIG_E_INVALID);
	assert_string_equal(error.text, "/: cannot read the configuration: Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minimal_configuration_gets_every_default),
		cmocka_unit_test(values_are_taken),
		cmocka_unit_test(a_key_without_effect_is_known_when_it_is_set),
		cmocka_unit_test(relative_paths_start_at_the_files_folder),
		cmocka_unit_test(complaints_name_line_column_and_key),
		cmocka_unit_test(doubled_keys_name_the_second),
		cmocka_unit_test(text_that_is_not_json_names_its_place),
		cmocka_unit_test(every_key_mistyped_or_doubled_is_refused),
		cmocka_unit_test(numbers_hold_their_bounds),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(later_checks_name_the_place_too),
		cmocka_unit_test(example_and_initial_load),
		cmocka_unit_test(the_reference_has_every_key_and_keeps_its_width),
		cmocka_unit_test(the_configuration_is_found_in_order),
		cmocka_unit_test(a_file_that_cannot_be_read_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
