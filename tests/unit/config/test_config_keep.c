/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration that replaces another one in a running server keeps what a restart alone changes,
 * names it, and takes everything else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config_rows.h"

#include <string.h>

#define TRACKER \
	"\"trackers\": [{\"url\": \"http://localhost\", \"sites\": [\"http://localhost:1\"]}]"

static struct config *parse(const char *text)
{
	struct config *config = NULL;
	struct error error = {{0}};

	if (config_parse("wm/waymark.json", span_text(text), &config, &error))
		fail_msg("%s\n%s", error.text, text);
	return config;
}

static void expect_kept(const char *new, const char *running, const char *names)
{
	cleanup_buffer struct buffer changed = BUFFER_INIT;
	struct config *config = parse(new), *old = parse(running);

	assert_int_equal(config_keep_fixed(config, old, &changed), 0);
	buffer_append_text(&changed, "");
	assert_string_equal(changed.size ? buffer_text(&changed) : "", names);
	for (const struct config_row *row = config_rows; row->key; row++) {
		if (!config_row_is_fixed(row))
			continue;
		if (row->kind == CONFIG_TEXT_KIND)
			assert_string_equal(*(char **)config_member(row, config),
					    *(char **)config_member(row, old));
		if (row->kind == CONFIG_NUMBER_KIND)
			assert_int_equal(*(uint32_t *)config_member(row, config),
					 *(uint32_t *)config_member(row, old));
	}
	config_free(config);
	config_free(old);
}

static void what_a_restart_changes_is_kept_and_named(void **state)
{
	(void)state;
	expect_kept("{" TRACKER "}", "{" TRACKER "}", "");
	expect_kept("{" TRACKER ", \"listen\": \"127.0.0.1:1\"}", "{" TRACKER "}", "listen");
	expect_kept("{" TRACKER "}", "{" TRACKER ", \"data_dir\": \"/x\"}", "data_dir");
	expect_kept("{" TRACKER ", \"limits\": {\"connections\": 16, \"queue_bulk\": 64}}",
		    "{" TRACKER ", \"limits\": {\"queue_clicks\": 64}, \"node\": \"n7\"}",
		    "node, limits.connections, limits.queue_clicks, limits.queue_bulk");
}

static void all_else_is_taken(void **state)
{
	cleanup_buffer struct buffer changed = BUFFER_INIT;
	struct config *old = parse("{" TRACKER ", \"full_referrers\": [\"http://localhost\"]}");
	struct config *config = parse("{" TRACKER ", \"commit_wait_ms\": 7, \"page_query\": [],"
				      "\"consent\": {\"gpc\": false}, \"ip\": \"none\"}");

	(void)state;
	assert_int_equal(config_keep_fixed(config, old, &changed), 0);
	assert_int_equal(changed.size, 0);
	assert_int_equal(config->commit_wait_ms, 7);
	assert_int_equal(config->page_query.count, 0);
	assert_int_equal(config->full_referrers.count, 0);
	assert_false(config->consent_gpc);
	assert_int_equal(config->ip, IP_NONE);
	config_free(config);
	config_free(old);
}

static void the_reference_says_which(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	const char *at;

	(void)state;
	config_print_reference(&text);
	at = strstr(buffer_text(&text), "\n  listen\n");
	assert_non_null(at);
	assert_non_null(strstr(at, ", changed by a restart\n"));
	assert_null(memmem(at, (size_t)(strstr(at, "\n  trusted_proxies\n") - at),
			   "\"127.0.0.1:8080\"\n", 17));
	at = strstr(at, "\n  trusted_proxies\n");
	assert_null(memmem(at, (size_t)(strstr(at, "\n  data_dir\n") - at), "restart", 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_restart_changes_is_kept_and_named),
		cmocka_unit_test(all_else_is_taken),
		cmocka_unit_test(the_reference_says_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
