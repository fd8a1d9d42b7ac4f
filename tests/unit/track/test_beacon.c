/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of beacons: what is right is taken whole, what is wrong is named by its key, and nothing
 * that a page adds can spell an address past the redaction or break the JSON of a record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/event.h"
#include "track/beacon.h"

#include <jansson.h>
#include <stdio.h>

static void lines_are_told_apart(void **state)
{
	struct span body = SPAN("\n t=view \r\n\n\nt=leave\nlast"), line;
	const char *expected[] = {"t=view", "t=leave", "last"};
	size_t at = 0, count = 0;

	(void)state;
	while (beacon_next(body, &at, &line))
		assert_true(span_equal(line, span_text(expected[count++])));
	assert_int_equal(count, 3);
	at = 0;
	assert_false(beacon_next(SPAN(" \n\r\n"), &at, &line));
}

static const struct {
	const char *line;
	enum event_type type;
	const char *props;
} right[] = {
	{"t=view&u=https://www.example.com/a", EVENT_view, ""},
	{"u=http%3A%2F%2Fwww.example.com%2F&t=view&v=0123456789abcdef&k=load", EVENT_view,
	 "{\"view\":\"0123456789abcdef\",\"kind\":\"load\"}"},
	{"t=leave&u=HTTPS://www.example.com/&v=0123456789abcdef&w=1500&d=100&i=1&s=2", EVENT_leave,
	 "{\"view\":\"0123456789abcdef\",\"visible_ms\":1500,\"depth\":100,\"input\":true,"
	 "\"serial\":2}"},
	{"t=leave&u=https://a.example/&v=0123456789abcdef&w=0&i=0", EVENT_leave,
	 "{\"view\":\"0123456789abcdef\",\"visible_ms\":0,\"input\":false}"},
	/* Whoever leaves a page open for more than a week has still left it. */
	{"t=leave&u=https://a.example/&v=0123456789abcdef&w=604800001&d=7", EVENT_leave,
	 "{\"view\":\"0123456789abcdef\",\"visible_ms\":604800000,\"depth\":7}"},
	{"t=leave&u=https://a.example/&v=0123456789abcdef&w=9007199254740991", EVENT_leave,
	 "{\"view\":\"0123456789abcdef\",\"visible_ms\":604800000}"},
	{"t=event&n=signup", EVENT_event, ""},
	{"t=event&n=signup&p={\"plan\":\"pro\",\"seats\":3,\"price\":0.1}", EVENT_event,
	 "{\"props\":{\"plan\":\"pro\",\"seats\":3,\"price\":0.1}}"},
	{"t=event&n=a&p={}", EVENT_event, "{\"props\":{}}"},
	{"t=event&n=form&f=contact", EVENT_event, "{\"form\":\"contact\"}"},
	{"t=search&q=two+words", EVENT_search, "{\"term\":\"two words\"}"},
	{"t=search&q=%22%5C%0A%00%7F%E3%81%82", EVENT_search,
	 "{\"term\":\"\\\"\\\\   \xe3\x81\x82\"}"},
	{"t=download&u=https://www.example.com/a.pdf", EVENT_download, ""},
	/* The first of a key counts; unknown keys, long names and empty values say nothing. */
	{"t=event&n=a&n=b&n=&zz=1&view=1&v=&=&p=&%00=1&unknown=%FF", EVENT_event, ""},
};

static void right_lines_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
		cleanup_buffer struct buffer props = BUFFER_INIT;
		struct beacon_line line = {0};
		struct error error = {""};
		int code = beacon_parse(span_text(right[i].line), &arena, &line, &error);

		if (code)
			print_message("%s: %s\n", right[i].line, error.text);
		assert_int_equal(code, 0);
		assert_int_equal(line.type, right[i].type);
		beacon_props(&line, &props);
		assert_string_equal(buffer_text(&props), right[i].props);
	}
}

static const struct {
	const char *line, *names;
} wrong[] = {
	{"x", "t is one of"},
	{"t=click&u=https://www.example.com/", "t is one of"},
	{"t=account", "t is one of"},
	{"t=view", "u is missing, which view needs"},
	{"t=view&u=/a", "u is an absolute"},
	{"t=view&u=javascript:alert(1)", "u is an absolute"},
	{"t=leave&u=https://a.example/", "v is missing, which leave needs"},
	{"t=leave&v=0123456789abcdef", "u is missing"},
	{"t=event", "n is missing"},
	{"t=search&n=x", "q is missing"},
	{"t=download", "u is missing"},
	{"t=view&u=https://a.example/&v=0123456789ABCDEF", "v is 16 lower-case"},
	{"t=view&u=https://a.example/&v=0123456789abcde", "v is 16 lower-case"},
	{"t=view&u=https://a.example/&v=0123456789abcdef0", "v is longer than 16"},
	{"t=event&n=a&w=-1", "w is a whole number"},
	{"t=event&n=a&w=1.5", "w is a whole number"},
	{"t=event&n=a&w=01", "w is a whole number"},
	{"t=event&n=a&w=99999999999999999999", "w is a whole number"},
	{"t=event&n=a&d=101", "d is a whole number from 0 to 100"},
	{"t=event&n=a&i=2", "i is a whole number from 0 to 1"},
	{"t=event&n=a&k=reload", "k is one of"},
	{"t=event&n=a&p=[]", "p is a JSON object"},
	{"t=event&n=a&p={", "p is a JSON object"},
	{"t=event&n=a&p={\"a\":1,\"a\":2}", "p is a JSON object"},
	{"t=event&n=a&p={\"a\":\"%5Cu0000\"}", "p is a JSON object"},
	{"t=event&n=a&p={\"a\":1e999}", "p is a JSON object"},
	{"t=event&n=a&p={\"a\":[[[[[[[[1]]]]]]]]}", "p is a JSON object"},
};

static void wrong_lines_name_their_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
		struct beacon_line line = {0};
		struct error error = {""};
		int code = beacon_parse(span_text(wrong[i].line), &arena, &line, &error);

		if (code != BEACON_E_LINE || !strstr(error.text, wrong[i].names))
			print_message("%s: %d %s\n", wrong[i].line, code, error.text);
		assert_int_equal(code, BEACON_E_LINE);
		assert_non_null(strstr(error.text, wrong[i].names));
	}
}

static int parse_repeated(const char *before, char byte, size_t count, const char *after)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct beacon_line line = {0};
	struct error error;

	buffer_append_text(&text, before);
	for (size_t i = 0; i < count; i++)
		buffer_append_byte(&text, (uint8_t)byte);
	buffer_append_text(&text, after);
	return beacon_parse(buffer_span(&text), &arena, &line, &error);
}

static void lengths_are_bounded(void **state)
{
	(void)state;
	assert_int_equal(parse_repeated("t=event&n=", 'a', 255, ""), 0);
	assert_int_equal(parse_repeated("t=event&n=", 'a', 256, ""), BEACON_E_LINE);
	assert_int_equal(parse_repeated("t=view&u=https://", 'a', 8192 - 8, ""), 0);
	assert_int_equal(parse_repeated("t=view&u=https://", 'a', 8192 - 7, ""), BEACON_E_LINE);
	assert_int_equal(parse_repeated("t=event&n=a&p={\"a\":\"", 'a', 4096 - 8, "\"}"), 0);
	assert_int_equal(parse_repeated("t=event&n=a&p={\"a\":\"", 'a', 4096 - 7, "\"}"),
			 BEACON_E_LINE);
	assert_int_equal(parse_repeated("t=event&n=a", '&', 65536, ""), BEACON_E_LINE);
	assert_int_equal(parse_repeated("t=event&n=a&", '[', 60000, ""), 0);
	assert_int_equal(parse_repeated("t=event&n=a&p=", '[', 4096, ""), BEACON_E_LINE);
}

static void append_repeated(struct buffer *to, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_append_text(to, text);
}

/* What grows most when it is written again still fits the field, and is JSON. */
static void props_fit_the_event(void **state)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	cleanup_buffer struct buffer text = BUFFER_INIT, props = BUFFER_INIT;
	struct beacon_line line = {0};
	struct error error;
	json_t *read;

	(void)state;
	buffer_append_text(&text, "t=search&v=0123456789abcdef&w=604800000&d=100&i=0&s=1000000"
				  "&k=prerender&p={\"a\":[0.1");
	append_repeated(&text, ",1e9", 600);
	buffer_append_text(&text, "]}&f=");
	append_repeated(&text, "%22%22a@b.cc", 255 / 8);
	buffer_append_text(&text, "&q=");
	append_repeated(&text, "\\", 255);
	assert_int_equal(beacon_parse(buffer_span(&text), &arena, &line, &error), 0);
	beacon_props(&line, &props);
	assert_int_equal(props.error, 0);
	assert_true(props.size > 8000);
	assert_true(props.size <= event_field_row(EVENT_FIELD_props)->max_bytes);
	read = json_loadb((const char *)props.data, props.size, 0, NULL);
	assert_non_null(read);
	json_decref(read);
	/* Over the limit once it is written out. */
	buffer_clear(&text);
	buffer_append_text(&text, "t=event&n=a&p={\"a\":[0.1");
	append_repeated(&text, ",1e9", 1000);
	buffer_append_text(&text, "]}");
	assert_int_equal(beacon_parse(buffer_span(&text), &arena, &line, &error), BEACON_E_LINE);
}

static const struct {
	const char *line, *props;
} addresses[] = {
	{"t=search&q=ann%40example.com", "{\"term\":\"[email]\"}"},
	{"t=search&q=%22ann@example.com%22", "{\"term\":\"\\\"[email]\\\"\"}"},
	{"t=event&n=a&f=ann@example.com", "{\"form\":\"[email]\"}"},
	{"t=event&n=outbound&p={\"url\":\"https://a.example/reset?token=1%26mail=ann@b.example%23x\"}",
	 "{\"props\":{\"url\":\"https://a.example/reset\"}}"},
	{"t=event&n=outbound&p={\"url\":\"mailto:ann@example.com\"}",
	 "{\"props\":{\"url\":\"mailto:[email]\"}}"},
	{"t=event&n=a&p={\"mail\":\"ann@example.com\"}", "{\"props\":{\"mail\":\"[email]\"}}"},
	{"t=event&n=a&p={\"mail\":\"ann%5Cu0040example.com\"}",
	 "{\"props\":{\"mail\":\"[email]\"}}"},
	{"t=event&n=a&p={\"ann@example.com\":[{\"b\":\"to ann@example.com\"},null,true]}",
	 "{\"props\":{\"[email]\":[{\"b\":\"to [email]\"},null,true]}}"},
};

static void addresses_are_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
		cleanup_buffer struct buffer props = BUFFER_INIT;
		struct beacon_line line = {0};
		struct error error = {""};

		assert_int_equal(beacon_parse(span_text(addresses[i].line), &arena, &line, &error),
				 0);
		beacon_props(&line, &props);
		assert_string_equal(buffer_text(&props), addresses[i].props);
	}
}

/* As the pixel uses it: the query says what differs from the page that the browser names. */
static void what_is_there_before_stands_for_what_is_not_said(void **state)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	const struct beacon_line before = {
		.values[BEACON_TYPE] = SPAN("view"),
		.values[BEACON_URL] = SPAN("https://www.example.com/"),
	};
	struct beacon_line line = before;
	struct error error;

	(void)state;
	assert_int_equal(beacon_parse(span_of(NULL, 0), &arena, &line, &error), 0);
	assert_true(span_equal(line.values[BEACON_URL], SPAN("https://www.example.com/")));
	line = before;
	assert_int_equal(beacon_parse(SPAN("u=https://a.example/b&r=x"), &arena, &line, &error), 0);
	assert_true(span_equal(line.values[BEACON_URL], SPAN("https://a.example/b")));
	assert_true(span_equal(line.values[BEACON_REFERRER], SPAN("x")));
	assert_int_equal(line.type, EVENT_view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_told_apart),
		cmocka_unit_test(right_lines_are_taken),
		cmocka_unit_test(wrong_lines_name_their_key),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(props_fit_the_event),
		cmocka_unit_test(addresses_are_left_out),
		cmocka_unit_test(what_is_there_before_stands_for_what_is_not_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
