/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose mails are tracked, which of them, and how; and which rules are no rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/milter_rules.h"

#include <stdio.h>

#define TEN	  "0123456789"
#define HUNDRED	  TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG_NAME HUNDRED HUNDRED HUNDRED

static struct config *parse(const char *milter)
{
	static const char form[] = "{\"trackers\": [{\"url\": \"http://localhost:8080\", "
				   "\"sites\": [\"http://localhost:8090\"]}], \"milter\": {%s}}";
	struct config *config = NULL;
	struct error error = {""};
	char text[1024];

	(void)snprintf(text, sizeof(text), form, milter);
	if (config_parse("waymark.json", span_text(text), &config, &error) != 0)
		fail_msg("%s", error.text);
	return config;
}

static struct milter_rules *rules_of(const char *milter)
{
	struct config *config = parse(milter);
	struct milter_rules *rules = NULL;
	struct error error = {""};

	if (milter_rules_new(config, &rules, &error) != 0)
		fail_msg("%s", error.text);
	config_free(config);
	return rules;
}

static void mistakes_name_their_place(void **state)
{
	static const struct {
		const char *milter, *says;
	} rows[] = {
		{"\"senders\": [\"a@example.com\", \"news\"]",
		 "waymark.json:1:126: milter.senders[1]: must be"},
		{"\"senders\": [\"@\"]", "milter.senders[0]: must be an address"},
		{"\"senders\": [\"a @example.com\"]", "milter.senders[0]: must be an address"},
		{"\"senders\": [\"a@example.com=\"]", "milter.senders[0]: the campaign is no name"},
		{"\"senders\": [\"a@example.com=b@example.com\"]", "campaign holds an e-mail"},
		{"\"clients\": [\"192.0.2.1/24\"]", "milter.clients[0]: must be a network"},
		{"\"add\": [\"utm\", \"pixel\"]", "milter.add[1]: must be open-pixel, trap, utm"},
		{"\"add\": [\"unsubscribe=\"]", "milter.add[0]: the list is no name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *config = parse(rows[i].milter);
		struct milter_rules *rules = NULL;
		struct error error = {""};

		assert_int_equal(milter_rules_new(config, &rules, &error), CONFIG_E_INVALID);
		if (!strstr(error.text, rows[i].says))
			fail_msg("'%s' is not in '%s'", rows[i].says, error.text);
		assert_null(rules);
		config_free(config);
	}
}

static bool trusts(const struct milter_rules *rules, const char *client, bool has_logged_in)
{
	struct address address = {.known = false};

	if (client)
		assert_int_equal(address_parse(span_text(client), &address), 0);
	return milter_rules_trust(rules, &address, has_logged_in);
}

static void only_our_own_are_trusted(void **state)
{
	struct milter_rules *rules = rules_of("");

	(void)state;
	assert_true(trusts(rules, "127.0.0.1", false));
	assert_true(trusts(rules, "::1", false));
	assert_false(trusts(rules, "192.0.2.1", false));
	assert_false(trusts(rules, NULL, false));
	assert_true(trusts(rules, "192.0.2.1", true));
	milter_rules_free(rules);
	rules = rules_of("\"clients\": [\"192.0.2.0/24\"]");
	assert_true(trusts(rules, "192.0.2.1", false));
	assert_false(trusts(rules, "127.0.0.1", false));
	milter_rules_free(rules);
	rules = rules_of("\"clients\": []");
	assert_false(trusts(rules, "127.0.0.1", false));
	milter_rules_free(rules);
}

static void a_sender_has_a_campaign(void **state)
{
	static const struct {
		const char *sender, *campaign; /* NULL: is not tracked */
	} rows[] = {
		{"news@example.com", "autumn"},
		{"News@EXAMPLE.com", "autumn"},
		{"other@example.com", "rest=more"},
		{"a=b+c@example.com", "rest=more"},
		{"x@sub.example.com", NULL},
		{"x@example.org", ""},
		{"news@example.com.org", NULL},
		{"example.com", NULL},
		{"", NULL},
		{"bounce+a=example.net@v.example", "verp"},
	};
	struct milter_rules *rules =
		rules_of("\"senders\": [\"NEWS@example.com=autumn\", \"@example.com=rest=more\", "
			 "\"@example.org\", \"bounce+a=example.net@v.example=verp\"]");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct milter_mail mail = MILTER_MAIL_INIT;
		struct milter_choice choice = {.utm = false};
		struct error error = {""};
		int r;

		milter_mail_set_sender(&mail, rows[i].sender);
		r = milter_rules_choose(rules, &mail, &choice, &error);
		assert_int_equal(r, rows[i].campaign ? 0 : MILTER_RULES_E_NONE);
		if (rows[i].campaign)
			assert_string_equal(buffer_text(&choice.campaign), rows[i].campaign);
		milter_choice_finish(&choice);
		milter_mail_clear(&mail);
	}
	milter_rules_free(rules);
}

static int choose(const struct milter_rules *rules, const char *campaign, const char *add,
		  struct milter_choice *ret_choice, struct error *error)
{
	struct milter_mail mail = MILTER_MAIL_INIT;
	int r;

	memset(ret_choice, 0, sizeof(*ret_choice));
	if (campaign)
		milter_mail_add_field(&mail, "X-Waymark-Campaign", campaign);
	if (add)
		milter_mail_add_field(&mail, "X-Waymark-Add", add);
	r = milter_rules_choose(rules, &mail, ret_choice, error);
	milter_mail_clear(&mail);
	return r;
}

static void what_a_mail_says_goes_before(void **state)
{
	struct milter_rules *rules = rules_of("\"add\": [\"utm\", \"unsubscribe=all news\"]");
	struct milter_choice choice;
	struct error error = {""};

	(void)state;
	assert_int_equal(choose(rules, " =?UTF-8?Q?=E7=A7=8B?=", NULL, &choice, &error), 0);
	assert_string_equal(buffer_text(&choice.campaign), "秋");
	assert_string_equal(buffer_text(&choice.list), "all news");
	assert_true(choice.utm && choice.unsubscribe && !choice.open_pixel && !choice.trap);
	milter_choice_finish(&choice);

	assert_int_equal(choose(rules, "", " open-pixel ,, trap,unsubscribe", &choice, &error), 0);
	assert_int_equal(choice.campaign.size + choice.list.size, 0);
	assert_true(!choice.utm && choice.unsubscribe && choice.open_pixel && choice.trap);
	milter_choice_finish(&choice);

	assert_int_equal(choose(rules, "a", "", &choice, &error), 0);
	assert_true(!choice.utm && !choice.unsubscribe);
	milter_choice_finish(&choice);

	assert_int_equal(choose(rules, NULL, "utm", &choice, &error), MILTER_RULES_E_NONE);
	assert_int_equal(choose(rules, LONG_NAME, NULL, &choice, &error), MILTER_RULES_E_FIELD);
	assert_non_null(strstr(error.text, "X-Waymark-Campaign: is no name"));
	assert_int_equal(choose(rules, "a", "utm=x", &choice, &error), MILTER_RULES_E_FIELD);
	assert_non_null(strstr(error.text, "X-Waymark-Add: must be"));
	milter_rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_name_their_place),
		cmocka_unit_test(only_our_own_are_trusted),
		cmocka_unit_test(a_sender_has_a_campaign),
		cmocka_unit_test(what_a_mail_says_goes_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
