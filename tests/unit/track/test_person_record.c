/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person's record: its text, values that operators set, and values that anybody may offer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "track/person_record.h"

static const usec_t noon = 1763726400000000;

static struct person_record *record_of(const char *text)
{
	struct person_record *record = NULL;

	assert_int_equal(person_record_parse(span_text(text), noon, &record), 0);
	return record;
}

static void assert_text(struct person_record *record, const char *text)
{
	cleanup_buffer struct buffer formatted = BUFFER_INIT;

	assert_int_equal(person_record_format(record, &formatted), 0);
	assert_string_equal(buffer_text(&formatted), text);
}

static struct person_value value_of(const char *name, const char *value, const char *source,
				    enum person_evidence evidence)
{
	return (struct person_value){.name = span_text(name),
				     .value = span_text(value),
				     .source = span_text(source),
				     .evidence = evidence,
				     .time = noon};
}

static bool set(struct person_record *record, const char *name, const char *value)
{
	struct person_value set = value_of(name, value, "import", PERSON_EVIDENCE_OPERATOR);
	bool changed = false;

	assert_int_equal(person_record_set(record, &set, &changed), 0);
	return changed;
}

static enum person_outcome offer(struct person_record *record, const char *name, const char *value,
				 struct person_offer how)
{
	struct person_value offered =
		value_of(name, value, "form:contact",
			 how.confirmed ? PERSON_EVIDENCE_PROOF : PERSON_EVIDENCE_DECLARATION);
	enum person_outcome outcome = PERSON_NO_ROOM;

	assert_int_equal(person_record_offer(record, &offered, &how, &outcome), 0);
	return outcome;
}

static void assert_value(const struct person_record *record, const char *name, const char *value)
{
	struct person_value found = {0};

	assert_true(person_record_find(record, span_text(name), &found));
	assert_true(span_equal(found.value, span_text(value)));
}

static int count_one(void *context, const struct person_value *value)
{
	size_t *count = context;

	assert_true(value->name.size > 0);
	++*count;
	return 0;
}

static size_t proposed_count(const struct person_record *record)
{
	size_t count = 0;

	assert_int_equal(person_record_each_proposed(record, count_one, &count), 0);
	return count;
}

static void nothing_is_an_empty_record(void **state)
{
	struct person_record *record = record_of("");
	struct person_value found;

	(void)state;
	assert_false(person_record_find(record, SPAN("company"), &found));
	assert_text(record, "{\"v\":2}");
	person_record_free(record);
	person_record_free(NULL);
}

static void a_text_of_before_was_imported(void **state)
{
	struct person_record *record = record_of("{\"v\":\"five\",\"company\":\"Nord\"}");
	struct person_value found = {0};

	(void)state;
	assert_true(person_record_find(record, SPAN("company"), &found));
	assert_true(span_equal(found.value, SPAN("Nord")));
	assert_true(span_equal(found.source, SPAN("import")));
	assert_int_equal(found.evidence, PERSON_EVIDENCE_OPERATOR);
	assert_int_equal(found.time, noon);
	assert_value(record, "v", "five");
	assert_text(record, "{\"v\":2,\"values\":{"
			    "\"company\":{\"evidence\":\"operator\",\"source\":\"import\",\"time\":"
			    "1763726400000000,\"value\":\"Nord\"},"
			    "\"v\":{\"evidence\":\"operator\",\"source\":\"import\",\"time\":"
			    "1763726400000000,\"value\":\"five\"}}}");
	person_record_free(record);
}

static void what_is_no_record_is_damaged(void **state)
{
	static const char *const texts[] = {
		"nonsense",
		"[]",
		"{\"company\":5}",
		"{\"v\":3}",
		"{\"v\":2,\"values\":[]}",
		"{\"v\":2,\"values\":{\"a\":\"b\"}}",
		"{\"v\":2,\"values\":{\"a\":{}}}",
		"{\"v\":2,\"proposed\":{\"a\":{}}}",
		"{\"v\":2,\"proposed\":{\"a\":[{}]}}",
		"{\"v\":2,\"ids\":{\"salesforce_lead\":{}}}",
		"{\"v\":2,\"suppressed\":{\"bounced\":1}}",
		"{\"v\":2,\"registered\":1}",
		"{\"v\":2,\"opens\":{}}",
	};
	struct person_record *record = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(person_record_parse(span_text(texts[i]), noon, &record),
				 PERSON_RECORD_E_DAMAGED);
	assert_null(record);
}

static void a_text_is_read_as_it_was_written(void **state)
{
	struct person_record *record = record_of("");
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct person_record *again;

	(void)state;
	assert_true(set(record, "city", "K\xC3\xB6ln"));
	assert_true(set(record, "note", "two\nlines \"quoted\""));
	assert_int_equal(offer(record, "city", "Bonn", (struct person_offer){0}), PERSON_PROPOSED);
	assert_int_equal(person_record_format(record, &text), 0);
	again = record_of(buffer_text(&text));
	assert_text(again, buffer_text(&text));
	assert_value(again, "note", "two\nlines \"quoted\"");
	assert_int_equal(proposed_count(again), 1);
	person_record_free(again);
	person_record_free(record);
}

static void the_same_again_changes_nothing(void **state)
{
	struct person_record *record = record_of("");

	(void)state;
	assert_true(set(record, "company", "Nord"));
	assert_false(set(record, "company", "Nord"));
	assert_true(set(record, "company",
			"S\xC3\xBC"
			"d"));
	assert_true(set(record, "company", ""));
	assert_false(set(record, "company", ""));
	assert_text(record, "{\"v\":2}");
	person_record_free(record);
}

static void an_operator_vouches_for_what_was_typed(void **state)
{
	struct person_record *record = record_of("");
	struct person_value found = {0};

	(void)state;
	assert_int_equal(offer(record, "company", "Nord", (struct person_offer){0}), PERSON_FILLED);
	assert_true(set(record, "company", "Nord"));
	assert_true(person_record_find(record, SPAN("company"), &found));
	assert_int_equal(found.evidence, PERSON_EVIDENCE_OPERATOR);
	person_record_free(record);
}

static void a_stranger_fills_what_is_empty_and_changes_nothing(void **state)
{
	struct person_record *record = record_of("");

	(void)state;
	assert_true(set(record, "company", "Nord"));
	assert_int_equal(offer(record, "company", "Evil", (struct person_offer){0}),
			 PERSON_PROPOSED);
	assert_int_equal(offer(record, "company", "Nord", (struct person_offer){0}),
			 PERSON_UNCHANGED);
	assert_int_equal(offer(record, "company", "", (struct person_offer){0}), PERSON_UNCHANGED);
	assert_int_equal(offer(record, "title", "CTO", (struct person_offer){0}), PERSON_FILLED);
	assert_value(record, "company", "Nord");
	assert_value(record, "title", "CTO");
	assert_int_equal(proposed_count(record), 1);
	/* What an operator decides settles it. */
	assert_false(set(record, "company", "Nord"));
	assert_int_equal(proposed_count(record), 0);
	person_record_free(record);
}

static void who_may_replace(void **state)
{
	static const struct {
		struct person_offer how;
		enum person_outcome outcome;
	} rows[] = {
		{{.confirmed = true}, PERSON_REPLACED},
		{{.overwrite = true}, PERSON_REPLACED},
		{{.keep_first = true}, PERSON_UNCHANGED},
		{{.confirmed = true, .overwrite = true, .keep_first = true}, PERSON_UNCHANGED},
		{{0}, PERSON_PROPOSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct person_record *record = record_of("");

		set(record, "title", "CTO");
		assert_int_equal(offer(record, "title", "CEO", rows[i].how), rows[i].outcome);
		assert_value(record, "title", rows[i].outcome == PERSON_REPLACED ? "CEO" : "CTO");
		assert_int_equal(proposed_count(record), rows[i].outcome == PERSON_PROPOSED);
		person_record_free(record);
	}
}

static void a_proof_vouches_for_what_was_typed_before(void **state)
{
	struct person_record *record = record_of("");
	struct person_value found = {0};

	(void)state;
	assert_int_equal(offer(record, "city", "Bonn", (struct person_offer){0}), PERSON_FILLED);
	assert_int_equal(offer(record, "city", "Bonn", (struct person_offer){.confirmed = true}),
			 PERSON_UNCHANGED);
	assert_true(person_record_find(record, SPAN("city"), &found));
	assert_int_equal(found.evidence, PERSON_EVIDENCE_PROOF);
	person_record_free(record);
}

static void proposals_are_bounded_and_the_newest_stay(void **state)
{
	struct person_record *record = record_of("");
	struct person_record *copy;
	cleanup_buffer struct buffer text = BUFFER_INIT;
	char value[16];

	(void)state;
	set(record, "company", "Nord");
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(value, sizeof(value), "Evil %d", i % 10);
		assert_int_equal(offer(record, "company", value, (struct person_offer){0}),
				 PERSON_PROPOSED);
	}
	assert_int_equal(proposed_count(record), PERSON_PROPOSED_MAX);
	assert_int_equal(person_record_format(record, &text), 0);
	assert_null(strstr(buffer_text(&text), "Evil 5"));
	assert_non_null(strstr(buffer_text(&text), "Evil 9"));
	copy = record_of(buffer_text(&text));
	assert_value(copy, "company", "Nord");
	person_record_free(copy);
	person_record_free(record);
}

static void proposals_make_way_for_values(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct person_record *record = record_of("");
	static char value[PERSON_VALUE_MAX_BYTES + 1];
	char name[16];

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	for (char i = 0; i < 7; i++) {
		(void)snprintf(name, sizeof(name), "field %d", i);
		assert_true(set(record, name, value));
	}
	for (char i = 0; i < 4; i++) {
		value[0] = (char)('a' + i);
		assert_int_equal(offer(record, "field 1", value, (struct person_offer){0}),
				 PERSON_PROPOSED);
	}
	assert_int_equal(person_record_format(record, &text), 0);
	assert_true(text.size <= PERSON_RECORD_MAX_BYTES);
	assert_int_equal(proposed_count(record), 0);
	buffer_clear(&text);
	assert_true(set(record, "one more", value));
	assert_int_equal(person_record_format(record, &text), PERSON_RECORD_E_LONG);
	person_record_free(record);
}

static void strangers_never_take_the_room_of_operators(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct person_record *record = record_of("");
	static char value[PERSON_VALUE_MAX_BYTES + 1];
	enum person_outcome outcome = PERSON_FILLED;
	char name[16];
	int filled = 0;

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	for (int i = 0; i < 10; i++) {
		(void)snprintf(name, sizeof(name), "field %d", i);
		outcome = offer(record, name, value, (struct person_offer){0});
		filled += outcome == PERSON_FILLED;
	}
	assert_int_equal(outcome, PERSON_NO_ROOM);
	assert_int_equal(filled, 1);
	for (int i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "ours %d", i);
		assert_true(set(record, name, value));
	}
	assert_int_equal(person_record_format(record, &text), 0);
	person_record_free(record);
}

static void values_are_counted(void **state)
{
	struct person_record *record = record_of("");
	struct person_value value;
	char name[16];
	bool changed;

	(void)state;
	for (int i = 0; i < PERSON_VALUES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "field %d", i);
		assert_true(set(record, name, "x"));
	}
	value = value_of("one more", "x", "import", PERSON_EVIDENCE_OPERATOR);
	assert_int_equal(person_record_set(record, &value, &changed), PERSON_RECORD_E_FULL);
	assert_int_equal(offer(record, "one more", "x", (struct person_offer){0}), PERSON_NO_ROOM);
	assert_true(set(record, "field 7", ""));
	assert_true(set(record, "one more", "x"));
	person_record_free(record);
}

static int note_name(void *context, const struct person_value *value)
{
	buffer_append_span(context, value->name);
	return span_equal(value->name, SPAN("b")) ? 7 : 0;
}

static void values_come_by_name_until_somebody_stops(void **state)
{
	cleanup_buffer struct buffer names = BUFFER_INIT;
	struct person_record *record = record_of("{\"c\":\"3\",\"a\":\"1\",\"b\":\"2\"}");

	(void)state;
	assert_int_equal(person_record_each(record, note_name, &names), 7);
	assert_string_equal(buffer_text(&names), "ab");
	person_record_free(record);
}

static void what_people_read_has_times(void **state)
{
	struct person_record *record = record_of("{\"a\":\"1\"}");
	json_t *json;
	char *text;

	(void)state;
	assert_int_equal(offer(record, "a", "2", (struct person_offer){0}), PERSON_PROPOSED);
	json = person_record_json(record);
	text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(
		text,
		"{\"proposed\":{\"a\":[{\"evidence\":\"declaration\",\"source\":\"form:contact\","
		"\"time\":\"2025-11-21T12:00:00.000000Z\",\"value\":\"2\"}]},"
		"\"values\":{\"a\":{\"evidence\":\"operator\",\"source\":\"import\","
		"\"time\":\"2025-11-21T12:00:00.000000Z\",\"value\":\"1\"}}}");
	free(text);
	json_decref(json);
	person_record_free(record);
}

static void names_and_values_are_refused(void **state)
{
	static char longest[PERSON_VALUE_MAX_BYTES + 1];

	(void)state;
	assert_null(person_name_refusal(SPAN("company")));
	assert_null(person_name_refusal(SPAN("\xE4\xBC\x9A\xE7\xA4\xBE")));
	assert_non_null(person_name_refusal(SPAN("")));
	assert_non_null(person_name_refusal(SPAN("a\nb")));
	assert_non_null(person_name_refusal(SPAN("mail of a@example.com")));
	assert_non_null(person_name_refusal(span_of(longest, PERSON_NAME_MAX_BYTES + 1)));
	memset(longest, 'x', sizeof(longest));
	assert_null(person_value_refusal(span_of(longest, PERSON_VALUE_MAX_BYTES)));
	assert_non_null(person_value_refusal(span_of(longest, PERSON_VALUE_MAX_BYTES + 1)));
	assert_non_null(person_value_refusal(SPAN("a\0b")));
	assert_non_null(person_value_refusal(SPAN("\xFF")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_an_empty_record),
		cmocka_unit_test(a_text_of_before_was_imported),
		cmocka_unit_test(what_is_no_record_is_damaged),
		cmocka_unit_test(a_text_is_read_as_it_was_written),
		cmocka_unit_test(the_same_again_changes_nothing),
		cmocka_unit_test(an_operator_vouches_for_what_was_typed),
		cmocka_unit_test(a_stranger_fills_what_is_empty_and_changes_nothing),
		cmocka_unit_test(who_may_replace),
		cmocka_unit_test(a_proof_vouches_for_what_was_typed_before),
		cmocka_unit_test(proposals_are_bounded_and_the_newest_stay),
		cmocka_unit_test(proposals_make_way_for_values),
		cmocka_unit_test(strangers_never_take_the_room_of_operators),
		cmocka_unit_test(values_are_counted),
		cmocka_unit_test(values_come_by_name_until_somebody_stops),
		cmocka_unit_test(what_people_read_has_times),
		cmocka_unit_test(names_and_values_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
