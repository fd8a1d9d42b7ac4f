/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping file: what it changes of the columns, and how its mistakes are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "summary/deliver_mapping.h"

#include <stdio.h>
#include <stdlib.h>

static struct deliver_mapping *parse(const char *text)
{
	struct deliver_mapping *mapping = NULL;
	struct error error = {0};

	if (deliver_mapping_parse("map.json", span_text(text), &mapping, &error) != 0)
		fail_msg("%s", error.text);
	return mapping;
}

static bool has(const struct deliver_mapping *mapping, enum deliver_object object, const char *name)
{
	const struct deliver_columns *columns = &mapping->columns[object];

	for (size_t i = 0; i < columns->count; i++)
		if (strcmp(columns->items[i].name, name) == 0)
			return true;
	return false;
}

static void without_a_file_the_table_is_the_mapping(void **state)
{
	struct deliver_mapping *mapping = NULL;
	struct error error;

	(void)state;
	assert_int_equal(deliver_mapping_load(NULL, &mapping, &error), 0);
	assert_true(has(mapping, DELIVER_LEAD, "Waymark_Id__c"));
	assert_true(has(mapping, DELIVER_CONTACT, "Email"));
	assert_false(has(mapping, DELIVER_LEAD, "Waymark_Pages__c"));
	assert_true(has(mapping, DELIVER_INTERACTIONS, "Waymark_Pages__c"));
	assert_true(has(mapping, DELIVER_CAMPAIGN_MEMBER, "Status"));
	assert_true(has(mapping, DELIVER_TASK_OBJECT, "ActivityDate"));
	assert_string_equal(mapping->statuses[DELIVER_STAGE_RESPONDED], "Responded");
	assert_true(mapping->guard);
	for (size_t i = 0; i < deliver_value_count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(deliver_values[i].name, deliver_values[j].name);
	deliver_mapping_free(mapping);
}

static void a_file_adds_changes_and_removes(void **state)
{
	struct deliver_mapping *mapping =
		parse("{\"Lead\": {\"Waymark_Grade__c\": null, \"Fit__c\": \"grade\","
		      " \"Waymark_Score__c\": \"likelihood\","
		      " \"LastName\": {\"field\": \"last_name\", \"else\": \"-\"},"
		      " \"LeadSource\": {\"text\": \"Web\"}},"
		      " \"status\": {\"clicked\": \"Clicked\"}, \"default_object\": \"Contact\","
		      " \"guard_formulas\": false}");

	(void)state;
	assert_false(has(mapping, DELIVER_LEAD, "Waymark_Grade__c"));
	assert_true(has(mapping, DELIVER_CONTACT, "Waymark_Grade__c"));
	assert_true(has(mapping, DELIVER_LEAD, "Fit__c"));
	assert_true(has(mapping, DELIVER_LEAD, "LastName"));
	assert_string_equal(mapping->statuses[DELIVER_STAGE_CLICKED], "Clicked");
	assert_string_equal(mapping->statuses[DELIVER_STAGE_SENT], "Sent");
	assert_true(mapping->contacts);
	assert_false(mapping->guard);
	deliver_mapping_free(mapping);
}

static void mistakes_are_told(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"{\"Leed\": {}}", "map.json:1:10: Leed: there is no such key here"},
		{"{\"Lead\": {\"A__c\": \"scroe\"}}", "Lead.A__c: there is no value \"scroe\""},
		{"{\"Lead\": {\"A__c\": \"task_due\"}}", "is no value of this object"},
		{"{\"Lead\": {\"A,b\": \"score\"}}", "is not the name of a field"},
		{"{\"Lead\": {\"A__c\": null}}", "there is no such column to leave out"},
		{"{\"Lead\": {\"A__c\": {}}}", "must have a \"field\""},
		{"{\"Lead\": {\"A__c\": {\"text\": \"a\", \"else\": \"b\"}}}",
		 "must have a \"field\""},
		{"{\"Lead\": {\"A__c\": 1}}", "must be an object"},
		{"{\"status\": {\"bought\": \"x\"}}", "status.bought: there is no such key here"},
		{"{\"default_object\": \"Account\"}", "default_object: must be Lead or Contact"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct deliver_mapping *mapping = NULL;
		struct error error = {0};

		if (deliver_mapping_parse("map.json", span_text(rows[i].text), &mapping, &error) !=
			    DELIVER_MAPPING_E_INVALID ||
		    !strstr(error.text, rows[i].sentence))
			fail_msg("%s: %s", rows[i].text, error.text);
	}
}

static void the_example_is_valid(void **state)
{
	const char *source = getenv("WAYMARK_SOURCE");
	struct deliver_mapping *mapping = NULL;
	struct error error = {0};
	char path[512];

	(void)state;
	if (!source)
		skip();
	(void)snprintf(path, sizeof(path), "%s/deploy/examples/salesforce-mapping.json", source);
	if (deliver_mapping_load(path, &mapping, &error) != 0)
		fail_msg("%s", error.text);
	assert_true(has(mapping, DELIVER_LEAD, "Company"));
	assert_true(has(mapping, DELIVER_TASK_OBJECT, "Priority"));
	deliver_mapping_free(mapping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_file_the_table_is_the_mapping),
		cmocka_unit_test(a_file_adds_changes_and_removes),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(the_example_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
