/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record holds beside values, and two records that become one and two again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "track/person_marks.h"

static const usec_t noon = 1763726400000000;
static const struct list_id news = {{1, 2, 3, 4}}, offers = {{5, 6, 7, 8}};
static const struct handle other = {{0xAB, 0xCD}};

static struct person_record *record_of(const char *text)
{
	struct person_record *record = NULL;

	assert_int_equal(person_record_parse(span_text(text), noon, &record), 0);
	return record;
}

static bool set_external(struct person_record *record, const char *value)
{
	bool changed = false;

	assert_int_equal(person_record_set_external(record, PERSON_EXTERNAL_salesforce_contact,
						    span_text(value), SPAN("import"), noon,
						    &changed),
			 0);
	return changed;
}

static bool set_mailing(struct person_record *record, enum person_mailing what,
			const struct list_id *list, bool is_so)
{
	bool changed = false;

	assert_int_equal(person_record_set_mailing(record, what, list, is_so, SPAN("import"), noon,
						   &changed),
			 0);
	return changed;
}

static bool registers(struct person_record *record)
{
	bool changed = false;

	assert_int_equal(person_record_register(record, SPAN("form:contact"), noon, &changed), 0);
	return changed;
}

static bool set_opens(struct person_record *record, const char *choice)
{
	bool changed = false;

	assert_int_equal(person_record_set_opens(record, span_text(choice), SPAN("import"), noon,
						 &changed),
			 0);
	return changed;
}

static bool opens_are(const struct person_record *record, const char *choice)
{
	struct span is = person_record_opens(record);

	return choice ? span_equal(is, span_text(choice)) && is.data : !is.data;
}

static bool contact_is(const struct person_record *record, const char *id)
{
	return span_equal(person_record_external(record, PERSON_EXTERNAL_salesforce_contact),
			  span_text(id));
}

static void ids_elsewhere(void **state)
{
	struct person_record *record = record_of("");

	(void)state;
	assert_int_equal(person_external_of_text(SPAN("salesforce_account")),
			 PERSON_EXTERNAL_salesforce_account);
	assert_int_equal(person_external_of_text(SPAN("salesforce")), PERSON_EXTERNAL_COUNT);
	assert_string_equal(person_external_text(PERSON_EXTERNAL_salesforce_lead),
			    "salesforce_lead");
	assert_true(set_external(record, "003A"));
	assert_false(set_external(record, "003A"));
	assert_true(contact_is(record, "003A"));
	assert_true(set_external(record, "003B"));
	assert_true(set_external(record, ""));
	assert_false(set_external(record, ""));
	assert_true(contact_is(record, ""));
	person_record_free(record);
}

static int count_list(void *context, const struct list_id *list, usec_t time)
{
	unsigned *lists = context;

	assert_int_equal(time, noon);
	*lists += list->bytes[0];
	return 0;
}

static void who_gets_no_mail(void **state)
{
	struct person_record *record = record_of("");
	struct person_value noted = {0};
	unsigned lists = 0;

	(void)state;
	assert_int_equal(person_record_mailing(record, &news), PERSON_MAY_BE_MAILED);
	assert_true(set_mailing(record, PERSON_UNSUBSCRIBED, &news, true));
	assert_false(set_mailing(record, PERSON_UNSUBSCRIBED, &news, true));
	assert_true(person_record_noted(record, PERSON_UNSUBSCRIBED, &news, &noted));
	assert_true(span_equal(noted.source, SPAN("import")));
	assert_int_equal(noted.time, noon);
	assert_false(person_record_noted(record, PERSON_UNSUBSCRIBED, &offers, &noted));
	assert_false(person_record_noted(record, PERSON_OPTED_OUT, NULL, &noted));
	assert_true(set_mailing(record, PERSON_UNSUBSCRIBED, &offers, true));
	assert_int_equal(person_record_mailing(record, &news), PERSON_UNSUBSCRIBED);
	assert_int_equal(person_record_mailing(record, NULL), PERSON_MAY_BE_MAILED);
	assert_true(set_mailing(record, PERSON_BOUNCED, NULL, true));
	assert_int_equal(person_record_mailing(record, &offers), PERSON_BOUNCED);
	assert_true(set_mailing(record, PERSON_OPTED_OUT, NULL, true));
	assert_int_equal(person_record_mailing(record, NULL), PERSON_OPTED_OUT);
	assert_int_equal(person_record_each_list(record, count_list, &lists), 0);
	assert_int_equal(lists, 6);
	assert_true(set_mailing(record, PERSON_OPTED_OUT, NULL, false));
	assert_true(set_mailing(record, PERSON_BOUNCED, NULL, false));
	assert_true(set_mailing(record, PERSON_UNSUBSCRIBED, &news, false));
	assert_false(set_mailing(record, PERSON_UNSUBSCRIBED, &news, false));
	assert_int_equal(person_record_mailing(record, &news), PERSON_MAY_BE_MAILED);
	person_record_free(record);
}

static void lists_are_bounded_and_the_two_others_fit(void **state)
{
	struct person_record *record = record_of("");
	struct list_id list = {{0}};
	bool changed;

	(void)state;
	for (uint8_t i = 0; i < PERSON_LISTS_MAX; i++) {
		list.bytes[3] = i;
		assert_true(set_mailing(record, PERSON_UNSUBSCRIBED, &list, true));
	}
	assert_int_equal(person_record_set_mailing(record, PERSON_UNSUBSCRIBED, &news, true,
						   SPAN("import"), noon, &changed),
			 PERSON_RECORD_E_FULL);
	list.bytes[3] = 7;
	assert_false(set_mailing(record, PERSON_UNSUBSCRIBED, &list, true));
	assert_true(set_mailing(record, PERSON_OPTED_OUT, NULL, true));
	assert_int_equal(person_record_mailing(record, &news), PERSON_OPTED_OUT);
	person_record_free(record);
}

static void a_registration_is_noted_once(void **state)
{
	struct person_record *record = record_of(""), *known = record_of("");
	struct person_value value;

	(void)state;
	assert_false(person_record_registered(record, &value));
	assert_true(registers(record));
	assert_false(registers(record));
	assert_true(person_record_registered(record, &value));
	assert_true(span_equal(value.source, SPAN("form:contact")));
	assert_int_equal(value.time, noon);
	set_external(known, "003A");
	assert_false(registers(known));
	person_record_free(record);
	person_record_free(known);
}

static void the_choice_about_opens(void **state)
{
	struct person_record *record = record_of("");

	(void)state;
	assert_true(opens_are(record, NULL));
	assert_true(set_opens(record, "identify"));
	assert_false(set_opens(record, "identify"));
	assert_true(opens_are(record, "identify"));
	assert_true(set_opens(record, ""));
	assert_false(set_opens(record, ""));
	assert_true(opens_are(record, NULL));
	person_record_free(record);
}

static char *text_of(struct person_record *record)
{
	struct buffer text = BUFFER_INIT;
	char *copy;

	assert_int_equal(person_record_format(record, &text), 0);
	copy = span_dup(buffer_span(&text));
	buffer_finish(&text);
	return copy;
}

static void assert_value(const struct person_record *record, const char *name, const char *value)
{
	struct person_value found = {0};

	assert_int_equal(person_record_find(record, span_text(name), &found), value != NULL);
	if (value)
		assert_true(span_equal(found.value, span_text(value)));
}

static int count_one(void *context, const struct person_value *value)
{
	size_t *count = context;

	(void)value;
	++*count;
	return 0;
}

static size_t proposed_count(const struct person_record *record)
{
	size_t count = 0;

	assert_int_equal(person_record_each_proposed(record, count_one, &count), 0);
	return count;
}

static struct person_record *somebody(void)
{
	struct person_record *record =
		record_of("{\"company\":\"Nord\",\"city\":\"Bonn\",\"title\":\"CTO\"}");

	set_external(record, "003B");
	set_mailing(record, PERSON_UNSUBSCRIBED, &news, true);
	set_opens(record, "denied");
	return record;
}

static void a_merge_adds_what_is_lacking_and_changes_nothing(void **state)
{
	struct person_record *record = record_of("{\"company\":\"S\",\"title\":\"CTO\"}");
	struct person_record *theirs = somebody();
	struct person_value found = {0};

	(void)state;
	set_opens(record, "identify");
	assert_int_equal(person_record_merge(record, theirs, &other), 0);
	assert_value(record, "company", "S");
	assert_value(record, "title", "CTO");
	assert_value(record, "city", "Bonn");
	assert_true(person_record_find(record, SPAN("city"), &found));
	assert_memory_equal(&found.from, &other, sizeof(other));
	assert_int_equal(proposed_count(record), 1);
	assert_true(contact_is(record, "003B"));
	assert_int_equal(person_record_mailing(record, &news), PERSON_UNSUBSCRIBED);
	assert_true(opens_are(record, "denied"));
	person_record_free(theirs);
	person_record_free(record);
}

static void undoing_a_merge_gives_the_same_text(void **state)
{
	struct person_record *record = record_of("{\"company\":\"S\"}"), *theirs = somebody();
	char *before, *theirs_before, *after, *theirs_after;

	(void)state;
	registers(theirs);
	set_opens(record, "measure");
	before = text_of(record);
	theirs_before = text_of(theirs);
	assert_int_equal(person_record_merge(record, theirs, &other), 0);
	assert_int_equal(person_record_unmerge(record, &other), 0);
	after = text_of(record);
	theirs_after = text_of(theirs);
	assert_string_equal(after, before);
	assert_string_equal(theirs_after, theirs_before);
	free(before);
	free(after);
	free(theirs_before);
	free(theirs_after);
	person_record_free(theirs);
	person_record_free(record);
}

static void offer(struct person_record *record, const char *name, const char *text)
{
	const struct person_value value = {.name = span_text(name),
					   .value = span_text(text),
					   .source = SPAN("form:contact"),
					   .evidence = PERSON_EVIDENCE_DECLARATION,
					   .time = noon};
	const struct person_offer how = {0};
	enum person_outcome outcome;

	assert_int_equal(person_record_offer(record, &value, &how, &outcome), 0);
	assert_int_equal(outcome, PERSON_PROPOSED);
}

/* Neither the same words nor more than may be there take away what was proposed before. */
static void what_was_proposed_before_a_merge_stays(void **state)
{
	struct person_record *record = record_of("{\"company\":\"S\",\"city\":\"Ulm\"}");
	struct person_record *theirs = somebody();
	static const char *const values[] = {"1", "2", "3", "4"};
	char *before, *after;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		offer(record, "company", values[i]);
	offer(record, "city", "Bonn");
	offer(theirs, "city", "5");
	before = text_of(record);
	assert_int_equal(person_record_merge(record, theirs, &other), 0);
	assert_int_equal(proposed_count(record), 6);
	assert_int_equal(person_record_unmerge(record, &other), 0);
	after = text_of(record);
	assert_string_equal(after, before);
	free(before);
	free(after);
	person_record_free(theirs);
	person_record_free(record);
}

static void what_is_set_after_a_merge_stays(void **state)
{
	struct person_record *record = record_of(""), *theirs = somebody();
	struct person_value city = {.name = SPAN("city"),
				    .value = SPAN("Bonn"),
				    .source = SPAN("import"),
				    .evidence = PERSON_EVIDENCE_OPERATOR,
				    .time = noon};
	bool changed = false;

	(void)state;
	assert_int_equal(person_record_merge(record, theirs, &other), 0);
	/* The same words, and now the survivor's own. */
	assert_int_equal(person_record_set(record, &city, &changed), 0);
	assert_true(changed);
	assert_true(set_external(record, "003B"));
	assert_true(set_mailing(record, PERSON_UNSUBSCRIBED, &news, true));
	assert_int_equal(person_record_unmerge(record, &other), 0);
	assert_value(record, "city", "Bonn");
	assert_value(record, "company", NULL);
	assert_true(contact_is(record, "003B"));
	assert_int_equal(person_record_mailing(record, &news), PERSON_UNSUBSCRIBED);
	assert_true(opens_are(record, NULL));
	person_record_free(theirs);
	person_record_free(record);
}

static void only_the_one_that_is_undone_goes(void **state)
{
	static const struct handle third = {{0x77}};
	struct person_record *record = record_of(""), *theirs = somebody();
	struct person_record *more = record_of("{\"phone\":\"1\",\"city\":\"Ulm\"}");

	(void)state;
	assert_int_equal(person_record_merge(record, theirs, &other), 0);
	assert_int_equal(person_record_merge(record, more, &third), 0);
	assert_int_equal(person_record_unmerge(record, &other), 0);
	assert_value(record, "phone", "1");
	assert_value(record, "city", NULL);
	assert_int_equal(proposed_count(record), 1);
	person_record_free(more);
	person_record_free(theirs);
	person_record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_elsewhere),
		cmocka_unit_test(who_gets_no_mail),
		cmocka_unit_test(lists_are_bounded_and_the_two_others_fit),
		cmocka_unit_test(a_registration_is_noted_once),
		cmocka_unit_test(the_choice_about_opens),
		cmocka_unit_test(a_merge_adds_what_is_lacking_and_changes_nothing),
		cmocka_unit_test(undoing_a_merge_gives_the_same_text),
		cmocka_unit_test(what_was_proposed_before_a_merge_stays),
		cmocka_unit_test(what_is_set_after_a_merge_stays),
		cmocka_unit_test(only_the_one_that_is_undone_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
