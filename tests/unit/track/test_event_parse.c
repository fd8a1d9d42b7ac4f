/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back from JSON: whatever event_json() shows of an event that may be imported gives the
 * same record, for every field of every type; everything else is refused with its key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "track/event_json.h"
#include "track/event_parse.h"
#include "world.h"

static struct world world;
static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	world_make_with(&world,
			"{\"trackers\": [{\"url\": \"https://go.example.com\",\n"
			"  \"sites\": [\"https://www.example.com\"], \"campaign\": \"w\"}],\n"
			"  \"ip\": \"sealed\"}");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_finish(&arena);
	world_finish(&world);
	return 0;
}

static struct event_parse_options options_of(bool drop_sealed)
{
	return (struct event_parse_options){
		.config = world.config,
		.tracker = "go.example.com",
		.now = clock_wall(),
		.drop_sealed = drop_sealed,
	};
}

static int parse_text(const char *text, struct event_parsed *ret_parsed, struct error *error)
{
	const struct event_parse_options options = options_of(false);
	json_t *json = json_loads(text, 0, NULL);
	int code;

	assert_non_null(json);
	*error = (struct error){0};
	code = event_parse(json, &options, &arena, ret_parsed, error);
	json_decref(json);
	return code;
}

static const char *const names[] = {"autumn", "2026-11", "news", "contact"};

static struct span sample_name(enum event_field field, uint8_t *room)
{
	enum name_kind kind = field == EVENT_FIELD_campaign  ? NAME_CAMPAIGN
			      : field == EVENT_FIELD_mailing ? NAME_MAILING
			      : field == EVENT_FIELD_list    ? NAME_LIST
							     : NAME_FORM;

	id_of_name(kind, span_text(names[kind - 1]), room);
	return span_of(room, name_kind_id_bytes(kind));
}

/* A value that the rules leave as it is. */
static struct span sample(enum event_field field, uint8_t *room)
{
	static const uint8_t network[] = {203, 0, 113, 0};

	for (size_t i = 0; i < 16; i++)
		room[i] = (uint8_t)(i + 1);
	switch (event_field_row(field)->kind) {
	case EVENT_KIND_TEXT:
		if (field == EVENT_FIELD_url)
			return SPAN("https://www.example.com/a/[email]/b?utm_source=x");
		if (field == EVENT_FIELD_referrer)
			return SPAN("https://mail.example.com");
		if (field == EVENT_FIELD_query)
			return SPAN("utm_term=a&gclid=b");
		return SPAN("text \xE6\x97\xA5");
	case EVENT_KIND_LIST:
		return SPAN("one,two");
	case EVENT_KIND_JSON:
		return SPAN("{\"a\":[1,null,{\"b\":\"[email]\"}]}");
	case EVENT_KIND_NAME:
		return sample_name(field, room);
	case EVENT_KIND_ADDRESS:
		return span_of(network, sizeof(network));
	case EVENT_KIND_FLAGS:
		room[0] = 5;
		return span_of(room, 1);
	default:
		return span_of(room, event_field_row(field)->max_bytes);
	}
}

static int find_name(void *context, enum name_kind kind, const void *id, struct arena *name_arena,
		     struct span *ret_name)
{
	(void)context;
	(void)id;
	*ret_name = arena_copy(name_arena, span_text(names[kind - 1]));
	return 0;
}

/* The event that a conflict is about is named outside, also where the log does not need to. */
static struct span expected(const struct event *event, unsigned field)
{
	if (event->type == EVENT_conflict && field == EVENT_FIELD_refers &&
	    !event->fields[field].data)
		return SPAN("n1.0-41");
	return event->fields[field];
}

static void check_round_trip(const struct event *event)
{
	const struct event_json_options shown = {.node = "n1", .name = find_name};
	const struct event_parse_options options = options_of(false);
	json_t *json = event_json(event, &shown);
	struct event_parsed parsed;
	struct error error = {0};

	assert_non_null(json);
	if (event_parse(json, &options, &arena, &parsed, &error) != 0)
		fail_msg("%s: %s", event_type_row(event->type)->name, error.text);
	json_decref(json);
	assert_int_equal(parsed.event.type, event->type);
	assert_true(parsed.event.time == event->time);
	assert_true(span_equal(parsed.id, SPAN("n1.0-42")));
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++)
		if (!span_equal(parsed.event.fields[field], expected(event, field)) ||
		    !parsed.event.fields[field].data != !expected(event, field).data)
			fail_msg("%s: %s differs", event_type_row(event->type)->name,
				 event_field_row(field)->name);
	arena_reset(&arena);
}

/* Required fields always, and of the others those with @bit set in @mask. */
static void make_event(struct event *event, unsigned type, uint64_t mask, uint8_t room[][16])
{
	const struct event_type_row *row = event_type_row(type);

	event_init(event, (enum event_type)type, 1700000000123456);
	event->sequence = 42;
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		uint64_t bit = UINT64_C(1) << field;

		if (!event_field_row(field) || !((row->required | (row->optional & mask)) & bit) ||
		    event_field_row(field)->kind == EVENT_KIND_SEALED ||
		    field == EVENT_FIELD_stored)
			continue;
		event_set(event, (enum event_field)field,
			  sample((enum event_field)field, room[field]));
	}
}

static bool is_imported(unsigned type)
{
	static const unsigned kept_apart[] = {EVENT_bind,     EVENT_unbind, EVENT_merge,
					      EVENT_prospect, EVENT_name,   EVENT_link,
					      EVENT_form,     EVENT_access, EVENT_erase,
					      EVENT_account};

	for (size_t i = 0; i < sizeof(kept_apart) / sizeof(kept_apart[0]); i++)
		if (kept_apart[i] == type)
			return false;
	return true;
}

static void every_field_of_every_type_comes_back(void **state)
{
	uint8_t room[EVENT_FIELD_COUNT][16];
	unsigned checked = 0;

	(void)state;
	for (unsigned type = 1; type < EVENT_TYPE_COUNT; type++) {
		struct event event;

		if (!event_type_row(type) || !is_imported(type))
			continue;
		make_event(&event, type, UINT64_MAX, room);
		check_round_trip(&event);
		make_event(&event, type, 0, room);
		check_round_trip(&event);
		for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
			make_event(&event, type, UINT64_C(1) << field, room);
			check_round_trip(&event);
			checked++;
		}
	}
	assert_true(checked > 500);
}

static void types_of_one_log_name_the_place(void **state)
{
	unsigned refused = 0;

	(void)state;
	for (unsigned type = 1; type < EVENT_TYPE_COUNT; type++) {
		struct event_parsed parsed;
		struct error error;
		char text[128];

		if (!event_type_row(type) || is_imported(type))
			continue;
		(void)snprintf(text, sizeof(text),
			       "{\"type\":\"%s\",\"time\":\"2026-01-01T00:00:00Z\"}",
			       event_type_row(type)->name);
		assert_int_equal(parse_text(text, &parsed, &error), EVENT_PARSE_E_TYPE);
		assert_true(strlen(error.text) > 10);
		refused++;
	}
	assert_int_equal(refused, 10);
}

#define EVENT(rest) "{\"type\":\"click\",\"time\":\"2026-01-01T00:00:00Z\",\"id\":\"1\"" rest "}"

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"[]", "must be an object"},
		{"{}", "type: is missing"},
		{"{\"type\":\"clack\"}", "type: there are no events of type 'clack'"},
		{"{\"type\":7}", "type: is missing, or no text"},
		{"{\"type\":\"click\"}", "time: is missing"},
		{"{\"type\":\"click\",\"time\":\"yesterday\"}", "time: must be like"},
		{"{\"type\":\"click\",\"time\":\"2026-01-01T00:00:00\"}", "time: must be like"},
		{"{\"type\":\"click\",\"time\":1700000000}", "time: must be a text"},
		{"{\"type\":\"click\",\"time\":\"2999-01-01T00:00:00Z\"}", "lies in the future"},
		{"{\"type\":\"sent\",\"time\":\"2026-01-01T00:00:00Z\"}", "prospect: is missing"},
		{EVENT(",\"colour\":1"), "colour: there is no such key"},
		{EVENT(",\"signals.method\":\"GET\""), NULL},
		{EVENT(",\"signals\":{\"colour\":null}"), "signals.colour: there is no such key"},
		{EVENT(",\"signals\":[]"), "signals: must be an object"},
		{EVENT(",\"signals\":{\"trap\":1}"), "signals.trap: must be true or false"},
		{EVENT(",\"signals\":{\"method\":\"PUT\"}"), "signals.method: is none of"},
		{EVENT(",\"signals\":{\"sec_fetch\":[\"a,b\"]}"), "without a comma"},
		{EVENT(",\"signals\":{\"sec_fetch\":[1]}"), "without a comma"},
		{EVENT(",\"v\":2"), "v: must be 1"},
		{EVENT(",\"seq\":\"1\""), "seq: must be a number"},
		{EVENT(",\"visitor\":\"abc\""), "visitor: must be hexadecimal"},
		{EVENT(",\"link\":\"00000000000000000\""), "link: must be hexadecimal"},
		{EVENT(",\"url\":\"ftp://x/\""), "url: is no http"},
		{EVENT(",\"url\":7"), "url: must be a text"},
		{EVENT(",\"ip\":\"300.0.0.1\""), "ip: is no IP address"},
		{EVENT(",\"campaign\":\"\""), "campaign: must be a name"},
		{EVENT(",\"campaign\":\"for a@example.com\""), "campaign: holds an e-mail"},
		{EVENT(",\"slug\":\"a@example.com\""), "slug: holds an e-mail"},
		{EVENT(",\"list\":\"news\""), "list: events of type click do not have it"},
		{EVENT(",\"props\":[]"), "props: must be an object"},
		{EVENT(",\"query_sealed\":{\"sealed\":true}"), "export with --reveal"},
		{EVENT(",\"query_sealed\":7"), "query_sealed: must be a text"},
		{EVENT(",\"stored\":-1"), "stored: must be a whole number"},
		{EVENT(",\"account\":{\"lost\":1}"), "account.lost: events of type click"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event_parsed parsed;
		struct error error;
		int code = parse_text(rows[i].text, &parsed, &error);

		if (!rows[i].sentence) {
			assert_int_equal(code, 0);
			continue;
		}
		assert_int_equal(code, EVENT_PARSE_E_FORM);
		if (!strstr(error.text, rows[i].sentence))
			fail_msg("%s: '%s', not '%s'", rows[i].text, error.text, rows[i].sentence);
	}
}

static struct span field_of(const char *rest, enum event_field field)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	static struct event_parsed parsed;
	struct error error;

	buffer_printf(&text, "{\"type\":\"click\",\"time\":\"2026-01-01T00:00:00Z\",%s}", rest);
	if (parse_text(buffer_text(&text), &parsed, &error) != 0)
		fail_msg("%s", error.text);
	return parsed.event.fields[field];
}

static void what_must_not_enter_the_log_is_cut(void **state)
{
	struct span value;

	(void)state;
	value = field_of("\"url\":\"https://u:p@x.example/a%40b.example/c?id=7&utm_id=8#f\"",
			 EVENT_FIELD_url);
	assert_true(span_equal(value, SPAN("https://x.example/[email]/c?utm_id=8")));
	value = field_of("\"referrer\":\"https://mail.example.com/inbox?a=b\"",
			 EVENT_FIELD_referrer);
	assert_true(span_equal(value, SPAN("https://mail.example.com")));
	value = field_of("\"referrer\":\"android-app://x\"", EVENT_FIELD_referrer);
	assert_null(value.data);
	value = field_of("\"query\":\"user=a@b.example&gclid=x\"", EVENT_FIELD_query);
	assert_true(span_equal(value, SPAN("gclid=x")));
	value = field_of("\"agent\":\"bot (a@example.com)\"", EVENT_FIELD_agent);
	assert_true(span_equal(value, SPAN("bot ([email])")));
	value = field_of("\"ip\":\"203.0.113.7\"", EVENT_FIELD_ip);
	assert_true(value.size == 4 && value.data[3] == 0);
	value = field_of("\"props\":{\"a@example.com\":[\"b@example.com\",{\"c\":1}]}",
			 EVENT_FIELD_props);
	assert_true(span_equal(value, SPAN("{\"[email]\":[\"[email]\",{\"c\":1}]}")));
	value = field_of("\"verdict\":{\"reasons\":\"a,b\"}", EVENT_FIELD_reasons);
	assert_true(span_equal(value, SPAN("a,b")));
}

static void sealed_fields_are_clear_or_left_out(void **state)
{
	const struct event_parse_options options = options_of(true);
	struct event_parsed parsed;
	struct error error;
	json_t *json;

	(void)state;
	assert_int_equal(parse_text(EVENT(",\"query_sealed\":\"a=1\",\"ip_sealed\":\"203.0.113.9\","
					  "\"props_sealed\":{\"a\":\"b@c.example\"}"),
				    &parsed, &error),
			 0);
	assert_true(parsed.clear ==
		    (EVENT_HAS(query_sealed) | EVENT_HAS(ip_sealed) | EVENT_HAS(props_sealed)));
	assert_true(span_equal(parsed.event.fields[EVENT_FIELD_query_sealed], SPAN("a=1")));
	assert_true(span_equal(parsed.event.fields[EVENT_FIELD_props_sealed],
			       SPAN("{\"a\":\"b@c.example\"}")));
	assert_int_equal(parsed.event.fields[EVENT_FIELD_ip_sealed].data[3], 9);
	json = json_loads(EVENT(",\"query_sealed\":{\"sealed\":true}"), 0, NULL);
	assert_int_equal(event_parse(json, &options, &arena, &parsed, &error), 0);
	assert_null(parsed.event.fields[EVENT_FIELD_query_sealed].data);
	assert_int_equal(parsed.clear, 0);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_every_type_comes_back),
		cmocka_unit_test(types_of_one_log_name_the_place),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(what_must_not_enter_the_log_is_cut),
		cmocka_unit_test(sealed_fields_are_clear_or_left_out),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
