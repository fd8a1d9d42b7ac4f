/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes a link on /privacy is what it says to be, and a mistake is told by its key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include "track/disclosure.h"

static const struct {
	const char *privacy, *key; /* of the mistake; NULL: none */
} rows[] = {
	{"{}", NULL},
	{"{\"contact\": \"privacy@example.com\"}", NULL},
	{"{\"contact\": \"https://www.example.com/contact?a=b\"}", NULL},
	{"{\"contact\": \"http://www.example.com/\"}", NULL},
	{"{\"contact\": \"javascript:alert(1)\"}", "privacy.contact"},
	{"{\"contact\": \"data:text/html,x@y\"}", NULL}, /* an odd address behind mailto: */
	{"{\"contact\": \"a@example.com?bcc=b@example.com\"}", "privacy.contact"},
	{"{\"contact\": \"a@example.com\\u0022\"}", "privacy.contact"},
	{"{\"contact\": \"our office\"}", "privacy.contact"},
	{"{\"policy\": \"https://www.example.com/privacy\"}", NULL},
	{"{\"policy\": \"/privacy\"}", "privacy.policy"},
	{"{\"policy\": \"javascript:alert(1)\"}", "privacy.policy"},
};

static void links_are_what_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *config = NULL;
		struct error error = {""};
		char text[512];
		int code;

		(void)snprintf(text, sizeof(text),
			       "{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
			       "[\"https://www.example.com\"]}], \"privacy\": %s}",
			       rows[i].privacy);
		assert_int_equal(config_parse("waymark.json", span_text(text), &config, &error), 0);
		code = disclosure_check(config, &error);
		assert_int_equal(code, rows[i].key ? DISCLOSURE_E_INVALID : 0);
		if (rows[i].key)
			assert_non_null(strstr(error.text, rows[i].key));
		config_free(config);
	}
}

static void somebody_is_always_answerable(void **state)
{
	struct world world;

	(void)state;
	world_make(&world);
	assert_string_equal(disclosure_operator(world.config, world.trackers->primary),
			    "www.example.com");
	free(world.config->privacy_operator);
	world.config->privacy_operator = strdup("Example K.K.");
	assert_string_equal(disclosure_operator(world.config, world.trackers->primary),
			    "Example K.K.");
	world_finish(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_what_they_say),
		cmocka_unit_test(somebody_is_always_answerable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
