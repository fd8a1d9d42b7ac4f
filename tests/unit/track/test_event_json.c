/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON form against the field table: what a type may carry comes out at the path of its row
 * with the value of its kind, and what DESIGN.md shows is always there, in its order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "track/event_json.h"
#include "world.h"

/* The example of DESIGN.md 6, key for key. */
static const char example[] =
	"{\"v\":1,\"id\":\"n1.1-42\",\"seq\":42,\"time\":\"2026-11-21T12:00:00.123456Z\","
	"\"type\":\"click\",\"tracker\":\"go.example.com\","
	"\"visitor\":\"000102030405060708090a0b0c0d0e0f\","
	"\"prospect\":\"0102030405060708090a0b0c\",\"evidence\":\"claim\","
	"\"link\":\"1112131415161718\",\"mailing\":\"2026-11\",\"campaign\":\"autumn\","
	"\"url\":\"https://www.example.com/p\",\"referrer\":null,\"ip\":\"203.0.113.0\","
	"\"agent\":\"Mozilla/5.0\",\"language\":\"ja\",\"consent\":\"identify\","
	"\"signals\":{\"method\":\"GET\",\"sec_fetch\":[\"cross-site\",\"navigate\",\"document\"],"
	"\"purpose\":null,\"net\":null,\"proxy\":false,\"trap\":false,\"late\":false},"
	"\"query\":null,\"verdict\":{\"class\":\"human\",\"reasons\":[]},\"props\":{}}";

static int find_name(void *context, enum name_kind kind, const void *id, struct arena *arena,
		     struct span *ret_name)
{
	(void)context;
	(void)id;
	if (kind != NAME_MAILING && kind != NAME_CAMPAIGN)
		return 1;
	*ret_name = arena_copy(arena, kind == NAME_MAILING ? SPAN("2026-11") : SPAN("autumn"));
	return 0;
}

static char *dump(const struct event *event, const struct event_json_options *options)
{
	json_t *json = event_json(event, options);
	char *text;

	assert_non_null(json);
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	assert_non_null(text);
	return text;
}

static void the_example_of_the_design_comes_out_as_it_stands(void **state)
{
	static const uint8_t ids[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	static const uint8_t link[] = {0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18};
	static const uint8_t ip[] = {203, 0, 113, 0};
	const struct event_json_options options = {.name = find_name, .node = "n1"};
	cleanup_free char *text = NULL;
	struct event event;
	usec_t time;

	(void)state;
	assert_int_equal(clock_parse("2026-11-21T12:00:00.123456Z", &time), 0);
	event_init(&event, EVENT_click, time);
	event.sequence = 42;
	event.incarnation = 1;
	event_set(&event, EVENT_FIELD_tracker, SPAN("go.example.com"));
	event_set(&event, EVENT_FIELD_visitor, span_of(ids, 16));
	event_set(&event, EVENT_FIELD_prospect, span_of(ids + 1, 12));
	event_set_choice(&event, EVENT_FIELD_evidence, 1);
	event_set(&event, EVENT_FIELD_link, span_of(link, 8));
	event_set(&event, EVENT_FIELD_mailing, span_of(link, 8));
	event_set(&event, EVENT_FIELD_campaign, span_of(link, 4));
	event_set(&event, EVENT_FIELD_url, SPAN("https://www.example.com/p"));
	event_set(&event, EVENT_FIELD_ip, span_of(ip, 4));
	event_set(&event, EVENT_FIELD_agent, SPAN("Mozilla/5.0"));
	event_set(&event, EVENT_FIELD_language, SPAN("ja"));
	event_set_choice(&event, EVENT_FIELD_consent, CONSENT_IDENTIFY);
	event_set_choice(&event, EVENT_FIELD_method, 1);
	event_set(&event, EVENT_FIELD_sec_fetch, SPAN("cross-site,navigate,document"));
	event_set_choice(&event, EVENT_FIELD_verdict, 1);
	text = dump(&event, &options);
	assert_string_equal(text, example);
}

static void an_empty_event_still_shows_every_key(void **state)
{
	const struct event_json_options options = {.node = "n1"};
	json_t *shown = json_loads(example, 0, NULL), *json, *value;
	const void *iterator;
	struct event event;
	const char *key;

	(void)state;
	event_init(&event, EVENT_account, 0);
	json = event_json(&event, &options);
	assert_non_null(json);
	assert_int_equal(json_object_size(json), json_object_size(shown));
	iterator = json_object_iter(json);
	json_object_foreach(shown, key, value)
	{
		assert_string_equal(json_object_iter_key((void *)(uintptr_t)iterator), key);
		iterator = json_object_iter_next(json, (void *)(uintptr_t)iterator);
		if (json_is_object(value))
			assert_int_equal(json_object_size(json_object_get(json, key)),
					 json_object_size(value));
	}
	assert_true(json_is_null(json_object_get(json, "visitor")));
	json_decref(json);
	json_decref(shown);
}

/* Bytes that a field of this kind may hold, of at most 16. */
static struct span sample(const struct event_field_row *row, uint8_t *room)
{
	size_t size = row->max_bytes < 16 ? row->max_bytes : 16;

	for (size_t i = 0; i < 16; i++)
		room[i] = (uint8_t)(i + 1);
	switch (row->kind) {
	case EVENT_KIND_TEXT:
		return SPAN("text \xE6\x97\xA5");
	case EVENT_KIND_LIST:
		return SPAN("one,two");
	case EVENT_KIND_JSON:
		return SPAN("{\"a\":[1,null]}");
	case EVENT_KIND_CHOICE:
		room[0] = 1;
		return span_of(room, 1);
	case EVENT_KIND_FLAGS:
		room[0] = 5;
		return span_of(room, 1);
	case EVENT_KIND_NUMBER:
		return span_of(room, 8);
	case EVENT_KIND_HEX:
	case EVENT_KIND_NAME:
	case EVENT_KIND_ADDRESS:
	case EVENT_KIND_SEALED:
		break;
	}
	return span_of(room, size);
}

/* What the kind shows of sample(), as compact JSON. */
static void expected(const struct event_field_row *row, struct span value, char *ret_text)
{
	struct address address = {.known = true};
	char text[64];

	switch (row->kind) {
	case EVENT_KIND_TEXT:
		strcpy(ret_text, "\"text \xE6\x97\xA5\"");
		return;
	case EVENT_KIND_LIST:
		strcpy(ret_text, "[\"one\",\"two\"]");
		return;
	case EVENT_KIND_JSON:
		strcpy(ret_text, "{\"a\":[1,null]}");
		return;
	case EVENT_KIND_CHOICE:
		sprintf(ret_text, "\"%s\"", row->choices[1]);
		return;
	case EVENT_KIND_NUMBER:
		sprintf(ret_text, "%llu", (unsigned long long)get_u64(value.data));
		return;
	case EVENT_KIND_SEALED:
		strcpy(ret_text, "{\"sealed\":true}");
		return;
	case EVENT_KIND_ADDRESS:
		memcpy(address.bytes, value.data, 16);
		address_format(&address, text);
		break;
	case EVENT_KIND_HEX:
	case EVENT_KIND_NAME:
		hex_format(value.data, value.size, text);
		break;
	case EVENT_KIND_FLAGS:
		return;
	}
	sprintf(ret_text, "\"%s\"", text);
}

static json_t *at_path(json_t *json, const char *path)
{
	const char *dot = strchr(path, '.');

	if (!dot)
		return json_object_get(json, path);
	return json_object_get(json_object_getn(json, path, (size_t)(dot - path)), dot + 1);
}

static void check_field(unsigned type, unsigned field)
{
	const struct event_json_options options = {.node = "n1"};
	const struct event_field_row *row = event_field_row(field);
	cleanup_free char *got = NULL;
	char want[256] = "";
	uint8_t room[16];
	struct event event;
	struct span value = sample(row, room);
	json_t *json;

	event_init(&event, (enum event_type)type, 0);
	event_set(&event, (enum event_field)field, value);
	json = event_json(&event, &options);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "type")),
			    event_type_row(type)->name);
	if (row->kind == EVENT_KIND_FLAGS) {
		assert_true(json_is_true(at_path(json, "signals.proxy")));
		assert_true(json_is_false(at_path(json, "signals.trap")));
		assert_true(json_is_true(at_path(json, "signals.late")));
	} else {
		expected(row, value, want);
		assert_non_null(at_path(json, row->json));
		got = json_dumps(at_path(json, row->json), JSON_COMPACT | JSON_ENCODE_ANY);
		assert_string_equal(got, want);
	}
	json_decref(json);
}

static void every_field_of_every_type_is_at_its_path(void **state)
{
	unsigned checked = 0;

	(void)state;
	for (unsigned type = 1; type < EVENT_TYPE_COUNT; type++)
		for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
			uint64_t bit = UINT64_C(1) << field;

			if (!event_type_row(type) || !event_field_row(field) ||
			    !((event_type_row(type)->required | event_type_row(type)->optional |
			       EVENT_HAS_IMPORT) &
			      bit))
				continue;
			check_field(type, field);
			checked++;
		}
	assert_true(checked > 300);
}

static void bytes_that_are_no_text_lose_no_event(void **state)
{
	const struct event_json_options options = {.node = "n1"};
	struct event event;
	json_t *json;

	(void)state;
	event_init(&event, EVENT_click, 0);
	event_set(&event, EVENT_FIELD_agent, SPAN("Caf\xE9 \xF0\x9F"));
	event_set(&event, EVENT_FIELD_props, SPAN("{\"a\":"));
	event_set(&event, EVENT_FIELD_reasons, SPAN("\xFF,b"));
	event_set(&event, EVENT_FIELD_ip, SPAN("xxx"));
	event_set(&event, EVENT_FIELD_evidence, SPAN("\xC8"));
	json = event_json(&event, &options);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "agent")),
			    "Caf\xEF\xBF\xBD \xEF\xBF\xBD");
	assert_string_equal(json_string_value(json_object_get(json, "props")), "{\"a\":");
	assert_true(json_is_null(json_object_get(json, "ip")));
	assert_true(json_is_null(json_object_get(json, "evidence")));
	json_decref(json);
}

static struct person_key key_of_person;

static int give_key(void *context, const struct handle *handle, struct person_key *ret_key)
{
	(void)context;
	if (handle->bytes[0] != 1)
		return 1;
	*ret_key = key_of_person;
	return 0;
}

static void seal_field(enum event_type type, enum event_field field, const char *text,
		       struct buffer *to)
{
	uint8_t context[EVENT_SEAL_CONTEXT_BYTES];

	event_seal_context(type, field, context);
	seal_append(&key_of_person, span_of(context, sizeof(context)), span_text(text), to);
	assert_int_equal(to->error, 0);
}

static void sealed_fields_open_for_their_person_only(void **state)
{
	const struct event_json_options options = {.reveal = give_key, .node = "n1"};
	cleanup_buffer struct buffer query = BUFFER_INIT, props = BUFFER_INIT, moved = BUFFER_INIT;
	cleanup_buffer struct buffer whole = BUFFER_INIT;
	uint8_t handle[12] = {1};
	struct event event;
	json_t *json;

	(void)state;
	assert_int_equal(crypto_init(), 0);
	person_key_random(&key_of_person);
	seal_field(EVENT_click, EVENT_FIELD_query_sealed, "a=1&b=2", &query);
	seal_field(EVENT_click, EVENT_FIELD_props_sealed, "{\"name\":\"x\"}", &props);
	seal_field(EVENT_open, EVENT_FIELD_ip_sealed, "203.0.113.9", &moved);
	seal_field(EVENT_click, EVENT_FIELD_ip_sealed, "\xCB\x01q\x09", &whole);
	event_init(&event, EVENT_click, 0);
	event_set(&event, EVENT_FIELD_prospect, span_of(handle, sizeof(handle)));
	event_set(&event, EVENT_FIELD_query_sealed, buffer_span(&query));
	event_set(&event, EVENT_FIELD_props_sealed, buffer_span(&props));
	event_set(&event, EVENT_FIELD_ip_sealed, buffer_span(&moved));
	json = event_json(&event, &options);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "query_sealed")), "a=1&b=2");
	assert_string_equal(json_string_value(at_path(json, "props_sealed.name")), "x");
	assert_true(json_is_true(at_path(json, "ip_sealed.sealed")));
	json_decref(json);
	event_set(&event, EVENT_FIELD_ip_sealed, buffer_span(&whole));
	json = event_json(&event, &options);
	assert_string_equal(json_string_value(json_object_get(json, "ip_sealed")), "203.1.113.9");
	json_decref(json);
	handle[0] = 2;
	json = event_json(&event, &options);
	assert_true(json_is_true(at_path(json, "query_sealed.sealed")));
	json_decref(json);
}

static size_t allocations_left;

static void *meagre_malloc(size_t size)
{
	return allocations_left-- == 0 ? NULL : malloc(size);
}

static void no_memory_gives_no_event_rather_than_half_of_one(void **state)
{
	const struct event_json_options options = {.name = find_name, .node = "n1"};
	struct event event;
	json_t *json = NULL;
	size_t allowed = 0;

	(void)state;
	event_init(&event, EVENT_click, 0);
	event_set(&event, EVENT_FIELD_sec_fetch, SPAN("a,b,c"));
	event_set(&event, EVENT_FIELD_props, SPAN("{\"a\":1}"));
	event_set(&event, EVENT_FIELD_agent, SPAN("\xFF"));
	event_set(&event, EVENT_FIELD_query_sealed, SPAN("x"));
	json_set_alloc_funcs(meagre_malloc, free);
	for (; !json && allowed < 1000; allowed++) {
		allocations_left = allowed;
		json = event_json(&event, &options);
		if (json && allocations_left > allowed) {
			/* A failing props is shown as text, so one missing allocation may pass. */
			json_decref(json);
			json = NULL;
		}
	}
	json_set_alloc_funcs(malloc, free);
	assert_true(allowed > 20 && allowed < 1000);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_design_comes_out_as_it_stands),
		cmocka_unit_test(an_empty_event_still_shows_every_key),
		cmocka_unit_test(every_field_of_every_type_is_at_its_path),
		cmocka_unit_test(bytes_that_are_no_text_lose_no_event),
		cmocka_unit_test(sealed_fields_open_for_their_person_only),
		cmocka_unit_test(no_memory_gives_no_event_rather_than_half_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
