/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consent by country: what is listed for the country of an address holds, everything else leaves
 * the default. The database is written by tests/lib/mmdb.py, from the format's description.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include "scene.h"
#include "track/country.h"

static char folder[] = "/tmp/waymark-country-XXXXXX", file[64];

static int set_up(void **state)
{
	const char *source = getenv("WAYMARK_SOURCE");
	char command[512];

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(file, sizeof(file), "%s/countries.mmdb", folder);
	(void)snprintf(command, sizeof(command),
		       "python3 '%s/tests/lib/mmdb.py' %s 203.0.113.0/24=DE 198.51.100.0/24=JP "
		       "192.0.2.0/25=FR 192.0.2.128/25= 2001:db8::/32=DE 2001:db9::/32=US",
		       source ? source : ".", file);
	/* NOLINTNEXTLINE(cert-env33-c): a fixed command line of this test. */
	assert_int_equal(system(command), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static struct config *configure(const char *path, const char *countries)
{
	struct config *config = NULL;
	struct error error = {""};
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
		       "[\"https://www.example.com\"]}], \"consent\": {\"country_file\": \"%s\", "
		       "\"countries\": %s}}",
		       path, countries);
	if (config_parse("waymark.json", span_text(text), &config, &error))
		fail_msg("%s", error.text);
	return config;
}

static struct country_table *open_table(const char *countries)
{
	struct config *config = configure(file, countries);
	struct country_table *table = NULL;
	struct error error = {""};

	if (country_table_new(config, &table, &error) || country_table_open(table, config, &error))
		fail_msg("%s", error.text);
	config_free(config);
	return table;
}

static void what_is_listed_holds(void **state)
{
	static const struct {
		const char *address;
		int consent; /* -1: the default */
	} rows[] = {
		{"203.0.113.9", CONSENT_PENDING},
		{"198.51.100.1", CONSENT_IDENTIFY},
		{"192.0.2.1", CONSENT_DENIED}, /* by EU */
		{"192.0.2.200", -1},
		{"8.8.8.8", -1},
		{"2001:db8::1", CONSENT_PENDING},
		{"2001:db9::1", -1},
		{"::1", -1},
	};
	struct country_table *table =
		open_table("[\"EU=denied\", \"DE=pending\", \"JP=identify\"]");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum consent consent = CONSENT_MEASURE;
		struct address address;

		assert_int_equal(address_parse(span_text(rows[i].address), &address), 0);
		assert_int_equal(country_table_consent(table, &address, &consent),
				 rows[i].consent >= 0);
		assert_int_equal(consent, rows[i].consent >= 0 ? rows[i].consent : CONSENT_MEASURE);
	}
	country_table_free(table);
}

static void an_address_that_is_not_known_has_no_country(void **state)
{
	struct country_table *table = open_table("[\"DE=pending\"]");
	const struct address nobody = {.known = false};
	char code[COUNTRY_CODE_BYTES];
	enum consent consent;

	(void)state;
	assert_false(country_table_consent(table, &nobody, &consent));
	assert_false(country_table_find(table, &nobody, code));
	assert_false(country_table_consent(NULL, &nobody, &consent));
	assert_true(country_table_built(table) > 0);
	country_table_free(table);
}

static void a_mistake_is_told_by_its_key(void **state)
{
	static const struct {
		const char *countries, *key;
	} rows[] = {
		{"[\"DE\"]", "consent.countries[0]"},
		{"[\"DE=\"]", "consent.countries[0]"},
		{"[\"de=pending\"]", "consent.countries[0]"},
		{"[\"DEU=pending\"]", "consent.countries[0]"},
		{"[\"DE=Pending\"]", "consent.countries[0]"},
		{"[\"DE=pending \"]", "consent.countries[0]"},
		{"[\"\\u00c4\\u00c4=pending\"]", "consent.countries[0]"},
		{"[\"DE=pending\", \"DE=denied\"]", "consent.countries[1]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *config = configure(file, rows[i].countries);
		struct country_table *table = NULL;
		struct error error = {""};

		assert_int_equal(country_table_new(config, &table, &error), COUNTRY_E_INVALID);
		assert_non_null(strstr(error.text, rows[i].key));
		assert_null(table);
		config_free(config);
	}
}

static void a_file_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *path, *word;
	} rows[] = {{"/nowhere/c.mmdb", "No such file"},
		    {"/proc/self/cmdline", "consent.country_file"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *config = configure(rows[i].path, "[\"DE=pending\"]");
		struct country_table *table = NULL;
		struct error error = {""};

		assert_int_equal(country_table_new(config, &table, &error), 0);
		assert_int_equal(country_table_open(table, config, &error), COUNTRY_E_INVALID);
		assert_non_null(strstr(error.text, rows[i].word));
		country_table_free(table);
		config_free(config);
	}
}

static void a_list_needs_a_file_and_asks_for_it_late(void **state)
{
	struct config *config = configure("", "[\"DE=pending\"]");
	struct country_table *table = NULL;
	struct error error = {""};
	enum consent consent;
	struct address address;

	(void)state;
	assert_int_equal(country_table_new(config, &table, &error), COUNTRY_E_INVALID);
	assert_non_null(strstr(error.text, "needs consent.country_file"));
	config_free(config);
	config = configure(file, "[\"DE=pending\"]");
	assert_int_equal(country_table_new(config, &table, &error), 0);
	assert_int_equal(address_parse(SPAN("203.0.113.9"), &address), 0);
	assert_false(country_table_consent(table, &address, &consent));
	assert_int_equal(country_table_open(NULL, config, &error), 0);
	country_table_free(table);
	config_free(config);
}

static void without_a_list_there_is_no_table(void **state)
{
	struct config *config = configure("", "[]");
	struct country_table *table = (struct country_table *)1;

	(void)state;
	assert_int_equal(country_table_new(config, &table, NULL), 0);
	assert_null(table);
	config_free(config);
}

/* The country speaks where the default would, and only there. */
static void the_country_comes_before_the_default_and_behind_a_choice(void **state)
{
	struct country_table *table = open_table("[\"DE=denied\"]");
	struct identity identity;
	struct scene scene;

	(void)state;
	scene_make(&scene, "identify");
	scene.request.countries = table;
	assert_int_equal(address_parse(SPAN("203.0.113.9"), &scene.request.client), 0);
	identity = resolve(&scene, EVENT_click);
	assert_int_equal(identity.consent, CONSENT_DENIED);
	assert_int_equal(identity.reason, CONSENT_BY_COUNTRY);
	assert_false(identity.set_cookie);
	send_cookie(&scene, 7, 1, VISITOR_BY_NAVIGATION);
	identity = resolve(&scene, EVENT_click);
	assert_int_equal(identity.reason, CONSENT_BY_COUNTRY);
	scene.request.cookie_count = 0;
	send_cookie(&scene, 7, 1, VISITOR_CONSENT_MEASURE | VISITOR_BY_NAVIGATION);
	identity = resolve(&scene, EVENT_click);
	assert_int_equal(identity.consent, CONSENT_MEASURE);
	assert_int_equal(identity.reason, CONSENT_BY_COOKIE);
	assert_int_equal(identity_choose(&scene.request, CONSENT_PENDING, &identity),
			 CONSENT_MEASURE);
	assert_int_equal(identity.consent, CONSENT_DENIED);
	assert_int_equal(identity.reason, CONSENT_BY_COUNTRY);
	scene.request.cookie_count = 0;
	assert_int_equal(address_parse(SPAN("8.8.8.8"), &scene.request.client), 0);
	identity = resolve(&scene, EVENT_click);
	assert_int_equal(identity.consent, CONSENT_IDENTIFY);
	assert_int_equal(identity.reason, CONSENT_BY_DEFAULT);
	scene_finish(&scene);
	country_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_listed_holds),
		cmocka_unit_test(an_address_that_is_not_known_has_no_country),
		cmocka_unit_test(a_mistake_is_told_by_its_key),
		cmocka_unit_test(a_file_that_is_none_is_refused),
		cmocka_unit_test(a_list_needs_a_file_and_asks_for_it_late),
		cmocka_unit_test(without_a_list_there_is_no_table),
		cmocka_unit_test(the_country_comes_before_the_default_and_behind_a_choice),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
