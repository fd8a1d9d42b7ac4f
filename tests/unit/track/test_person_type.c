/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of fields: what fits, how it is kept, and what people.fields must be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "track/person_type.h"

static void values_are_kept_in_one_way(void **state)
{
	static const struct {
		enum person_type type;
		const char *value, *kept; /* NULL: refused */
	} rows[] = {
		{PERSON_TYPE_text, " any = thing\n", " any = thing\n"},
		{PERSON_TYPE_number, " 12 ", "12"},
		{PERSON_TYPE_number, "+007.50", "7.50"},
		{PERSON_TYPE_number, "-0.5", "-0.5"},
		{PERSON_TYPE_number, "0", "0"},
		{PERSON_TYPE_number, "000", "0"},
		{PERSON_TYPE_number, "", ""},
		{PERSON_TYPE_number, "1,000", NULL},
		{PERSON_TYPE_number, "1.", NULL},
		{PERSON_TYPE_number, ".5", NULL},
		{PERSON_TYPE_number, "1.2.3", NULL},
		{PERSON_TYPE_number, "1e3", NULL},
		{PERSON_TYPE_number, "-", NULL},
		{PERSON_TYPE_flag, "Yes", "true"},
		{PERSON_TYPE_flag, "0", "false"},
		{PERSON_TYPE_flag, "maybe", NULL},
		{PERSON_TYPE_date, "2026-02-28", "2026-02-28"},
		{PERSON_TYPE_date, "2026-11-21T12:00:00Z", "2026-11-21"},
		{PERSON_TYPE_date, "2026-02-30", NULL},
		{PERSON_TYPE_date, "21.11.2026", NULL},
		{PERSON_TYPE_date, "2026-11", NULL},
		{PERSON_TYPE_url, "https://www.example.com/x", "https://www.example.com/x"},
		{PERSON_TYPE_url, "javascript:alert(1)", NULL},
		{PERSON_TYPE_url, "www.example.com", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer kept = BUFFER_INIT;
		int r = person_type_read(rows[i].type, span_text(rows[i].value), &kept);

		if (r != (rows[i].kept ? 0 : PERSON_TYPE_E_FORM))
			fail_msg("%s %s: %d", person_type_text(rows[i].type), rows[i].value, r);
		if (rows[i].kept)
			assert_string_equal(buffer_text(&kept), rows[i].kept);
	}
}

static int check(const char *fields, struct error *error, struct config **ret_config)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct config *config = NULL;
	int r;

	buffer_printf(&text,
		      "{\"trackers\": [{\"url\": \"http://localhost:8080\", \"sites\": "
		      "[\"http://localhost:8090\"]}], \"people\": {\"fields\": %s}}",
		      fields);
	assert_int_equal(config_parse("waymark.json", buffer_span(&text), &config, error), 0);
	r = person_types_check(config, error);
	if (ret_config)
		*ret_config = config;
	else
		config_free(config);
	return r;
}

static void fields_have_the_type_that_is_written(void **state)
{
	struct error error = {""};
	struct config *config;

	(void)state;
	assert_int_equal(check("[\"employees=number\", \"a=b=date\"]", &error, &config), 0);
	assert_int_equal(person_type_of(config, SPAN("employees")), PERSON_TYPE_number);
	assert_int_equal(person_type_of(config, SPAN("a=b")), PERSON_TYPE_date);
	assert_int_equal(person_type_of(config, SPAN("a")), PERSON_TYPE_text);
	config_free(config);
}

static void what_is_no_type_is_named(void **state)
{
	static const char *const items[] = {"\"employees\"", "\"=number\"", "\"employees=float\"",
					    "\"a@example.com=text\""};

	(void)state;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		struct error error = {""};
		char list[64];

		(void)snprintf(list, sizeof(list), "[\"x=text\", %s]", items[i]);
		assert_int_not_equal(check(list, &error, NULL), 0);
		assert_non_null(strstr(error.text, "people.fields[1]"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_kept_in_one_way),
		cmocka_unit_test(fields_have_the_type_that_is_written),
		cmocka_unit_test(what_is_no_type_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
