/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk gives what the reader gives, event by event and field by field, and numbers texts: one
 * number is one text, whatever came between. More texts than it keeps, some of them twice in one
 * slice, end slices and displace each other, and nothing else.
 */
#include "store/fixture.h"

#include "base/encode.h"
#include "store/event_walk.h"

enum { EVENTS = 60000, TICKET_EVENTS = 500, TEXT_BYTES = 96 };

/* What the reader gave, one after the other, for the walk to be compared with. */
struct known {
	struct buffer log; /* sequence 8 ‖ type 1 ‖ per field: size 4 ‖ bytes */
	size_t at;
	uint64_t events, shared;
	char (*texts)[TEXT_BYTES]; /* by number */
	uint32_t numbers;
	uint64_t stop; /* after so many events; 0: never */
};

static void put(struct buffer *to, const struct event *event)
{
	uint8_t head[9], size[4];

	put_u64(head, event->sequence);
	head[8] = (uint8_t)event->type;
	buffer_append(to, head, sizeof(head));
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		put_u32(size, event->fields[field].data ? (uint32_t)event->fields[field].size
							: UINT32_MAX);
		buffer_append(to, size, sizeof(size));
		if (event->fields[field].data)
			buffer_append_span(to, event->fields[field]);
	}
}

static int read_event(void *context, const struct event *event, struct span record)
{
	struct known *known = context;

	(void)record;
	put(&known->log, event);
	return 0;
}

static void check_number(struct known *known, struct span text, uint32_t number)
{
	char *before = known->texts[number % EVENTS];

	assert_true(text.size < TEXT_BYTES - 1);
	if (before[0] == 0) {
		before[0] = (char)text.size;
		memcpy(before + 1, text.data, text.size);
	}
	assert_int_equal(before[0], text.size);
	assert_memory_equal(before + 1, text.data, text.size);
	known->shared++;
	if (number > known->numbers)
		known->numbers = number;
}

static int walk_event(void *context, const struct event *event,
		      const struct event_walk_numbers *numbers)
{
	cleanup_buffer struct buffer now = BUFFER_INIT;
	struct known *known = context;

	put(&now, event);
	assert_int_equal(now.error, 0);
	assert_true(known->at + now.size <= known->log.size);
	assert_memory_equal(now.data, known->log.data + known->at, now.size);
	known->at += now.size;
	for (unsigned field = 1; field < EVENT_WALK_FIELDS; field++)
		if (numbers->of[field])
			check_number(known, event->fields[field], numbers->of[field]);
	return ++known->events == known->stop ? 77 : 0;
}

/* @pages: so many of them come again and again, and each of them twice in a row. */
static void fill(struct fixture *fixture, unsigned pages)
{
	for (unsigned i = 0; i < EVENTS; i += TICKET_EVENTS) {
		struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);

		assert_non_null(ticket);
		for (unsigned n = i; n < i + TICKET_EVENTS; n++) {
			struct event event;
			char url[TEXT_BYTES];

			(void)snprintf(url, sizeof(url), "https://www.example.com/page/%u",
				       n / 2 * 7919 % pages);
			event_init(&event, EVENT_view, 1000000 + n);
			event_set(&event, EVENT_FIELD_tracker, SPAN("go.example.com"));
			event_set(&event, EVENT_FIELD_url, span_text(url));
			if (n % 3)
				event_set(&event, EVENT_FIELD_agent, SPAN("Mozilla/5.0 (X11)"));
			assert_int_equal(event_ticket_add(ticket, &event), 0);
		}
		(void)store_now(fixture, ticket);
	}
}

static void compare(struct fixture *fixture, unsigned pages)
{
	struct known known = {.texts = calloc(EVENTS, TEXT_BYTES)};
	struct event_walk *walk;
	uint64_t last;

	assert_non_null(known.texts);
	fixture_open(fixture);
	fill(fixture, pages);
	assert_int_equal(event_reader_each(fixture->store, 0, read_event, &known, &last), 0);
	assert_int_equal(known.log.error, 0);
	assert_int_equal(event_walk_new(fixture->store, &walk), 0);
	/* In two parts, and the numbers go on. */
	known.stop = EVENTS / 3;
	assert_int_equal(event_walk_each(walk, 0, walk_event, &known, &last), 77);
	assert_int_equal(last, EVENTS / 3);
	assert_int_equal(event_walk_each(walk, last, walk_event, &known, &last), 0);
	assert_true(last >= EVENTS);
	assert_int_equal(known.at, known.log.size);
	assert_true(known.shared > EVENTS);
	assert_true(known.numbers >= pages || pages > EVENT_WALK_TEXTS);
	event_walk_free(walk);
	buffer_finish(&known.log);
	free(known.texts);
}

static void few_texts(void **state)
{
	compare(*state, 300);
}

static void more_texts_than_are_kept(void **state)
{
	compare(*state, 9000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(few_texts, fixture_new, fixture_free),
		cmocka_unit_test_setup_teardown(more_texts_than_are_kept, fixture_new,
						fixture_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
