/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links and names as folds: the newest event speaks, slugs follow it, and a fold of the whole log
 * gives what the folding of each event gave.
 */
#include "fixture.h"
#include "store/link_repoint.h"

static const struct link_id one = {"linkid01"}, other = {"linkid02"};

static void expect(struct fixture *fixture, const struct link_id *id, const char *destination,
		   const char *slug)
{
	struct link link;

	assert_int_equal(link_find(fixture->store, id, &fixture->arena, &link), 0);
	assert_memory_equal(link.id.bytes, id->bytes, sizeof(id->bytes));
	assert_true(span_equal(link.destination, span_text(destination)));
	assert_true(span_equal(link.slug, span_text(slug)));
}

static void expect_slug(struct fixture *fixture, const char *slug, const struct link_id *id)
{
	struct link link;
	int r = link_find_slug(fixture->store, span_text(slug), &fixture->arena, &link);

	assert_int_equal(r, id ? 0 : STORE_E_NOT_FOUND);
	if (id)
		assert_memory_equal(link.id.bytes, id->bytes, sizeof(id->bytes));
}

static void test_all_fields_come_back(void **state)
{
	static const struct mailing_id mailing = {"mailing1"};
	static const struct campaign_id campaign = {"camp"};
	struct fixture *fixture = *state;
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	struct event event;
	struct link link;
	uint64_t sequence;

	fixture_open(fixture);
	event_init(&event, EVENT_link, 1700000000000000);
	event_set(&event, EVENT_FIELD_link, span_of(one.bytes, 8));
	event_set(&event, EVENT_FIELD_destination, SPAN("https://www.example.com/?a=b"));
	event_set(&event, EVENT_FIELD_url, SPAN("https://www.example.com/"));
	event_set(&event, EVENT_FIELD_mailing, span_of(mailing.bytes, 8));
	event_set(&event, EVENT_FIELD_campaign, span_of(campaign.bytes, 4));
	event_set(&event, EVENT_FIELD_label, SPAN("top"));
	event_set(&event, EVENT_FIELD_slug, SPAN("spring"));
	event_set(&event, EVENT_FIELD_pass, SPAN("a,b"));
	event_set_choice(&event, EVENT_FIELD_signals, SIGNAL_TRAP);
	assert_int_equal(event_ticket_add(ticket, &event), 0);
	sequence = store_now(fixture, ticket);
	assert_int_equal(link_find(fixture->store, &one, &fixture->arena, &link), 0);
	assert_true(span_equal(link.url, SPAN("https://www.example.com/")));
	assert_true(span_equal(link.label, SPAN("top")));
	assert_true(span_equal(link.pass, SPAN("a,b")));
	assert_memory_equal(link.mailing.bytes, mailing.bytes, 8);
	assert_memory_equal(link.campaign.bytes, campaign.bytes, 4);
	assert_true(link.created == 1700000000000000);
	assert_true(link.event == sequence);
	assert_int_equal(link.flags, LINK_FLAG_TRAP);
}

static void test_repointing_and_slugs(void **state)
{
	struct fixture *fixture = *state;
	struct link link;
	usec_t created;

	fixture_open(fixture);
	(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "spring"));
	assert_int_equal(link_find(fixture->store, &one, &fixture->arena, &link), 0);
	created = link.created;
	(void)store_now(fixture, link_ticket("linkid01", "https://b.example.com/", "summer"));
	expect(fixture, &one, "https://b.example.com/", "summer");
	expect_slug(fixture, "summer", &one);
	expect_slug(fixture, "spring", NULL);
	assert_int_equal(link_find(fixture->store, &one, &fixture->arena, &link), 0);
	assert_true(link.created == created);
	assert_null(link.url.data);
	/* Another link takes the slug; the first one giving it up must not take it away. */
	(void)store_now(fixture, link_ticket("linkid02", "https://c.example.com/", "summer"));
	expect_slug(fixture, "summer", &other);
	(void)store_now(fixture, link_ticket("linkid01", "https://b.example.com/", NULL));
	expect_slug(fixture, "summer", &other);
	expect_slug(fixture, "", NULL);
	expect_slug(fixture, "nobody", NULL);
}

static void expect_asked(struct fixture *fixture, const char *asked, const struct link_id *id)
{
	struct link link;
	int r = link_find_asked(fixture->store, span_text(asked), &fixture->arena, &link);

	assert_int_equal(r, id ? 0 : STORE_E_NOT_FOUND);
	if (id)
		assert_memory_equal(link.id.bytes, id->bytes, sizeof(id->bytes));
}

static void test_a_pattern_stands_for_what_is_below_it(void **state)
{
	static const struct link_id last = {"linkid03"};
	struct fixture *fixture = *state;

	fixture_open(fixture);
	(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "/e/1/x/*"));
	(void)store_now(fixture, link_ticket("linkid02", "https://b.example.com/", "/e/1/x/y/*"));
	(void)store_now(fixture, link_ticket("linkid03", "https://c.example.com/", "/e/1/x/y/z"));
	expect_asked(fixture, "/e/1/x/7", &one);
	expect_asked(fixture, "/e/1/x/y/z", &last);
	expect_asked(fixture, "/e/1/x/y/8", &other);
	expect_asked(fixture, "/e/1/x/y/z/8", &other);
	expect_asked(fixture, "/e/1/x/y", &one);
	expect_asked(fixture, "/e/1/x/", &one);
	expect_asked(fixture, "/e/1/x/2/3/4/5", &one);
	expect_asked(fixture, "/e/1/x/2/3/4/5/6", NULL);
	expect_asked(fixture, "/e/1/x", NULL);
	expect_asked(fixture, "/e/1", NULL);
	expect_asked(fixture, "/", NULL);
	expect_asked(fixture, "", NULL);
	/* Only whoever asks for a redirect is led by a pattern. */
	expect_slug(fixture, "/e/1/x/7", NULL);
}

static void test_a_long_path_is_looked_up_where_it_can_be(void **state)
{
	struct fixture *fixture = *state;
	char asked[3000] = "/e/1/";

	fixture_open(fixture);
	(void)store_now(fixture, link_ticket("linkid01", "https://a.example.com/", "/e/1/*"));
	memset(asked + 5, 'x', sizeof(asked) - 6);
	expect_asked(fixture, asked, &one);
	asked[1000] = asked[2000] = asked[2500] = '/';
	expect_asked(fixture, asked, &one);
	asked[2600] = '/';
	expect_asked(fixture, asked, NULL);
}

struct changes {
	unsigned count, stop_at;
	char from[4][64], to[4][64], why[4][64];
};

static void keep(char *to, struct span text)
{
	memcpy(to, text.data ? text.data : (const uint8_t *)"", text.size);
	to[text.size] = '\0';
}

static int take_change(void *context, const struct link_repoint *change)
{
	struct changes *changes = context;

	if (changes->count < 4) {
		keep(changes->from[changes->count], change->from);
		keep(changes->to[changes->count], change->to);
		keep(changes->why[changes->count], change->reason);
	}
	assert_true(change->time > 0);
	changes->count++;
	return changes->count == changes->stop_at ? 77 : 0;
}

static void test_where_a_link_led_before_is_kept(void **state)
{
	struct fixture *fixture = *state;
	struct changes changes = {0}, few = {.stop_at = 3};
	struct span first;
	char text[64];

	fixture_open(fixture);
	(void)store_now(fixture, link_ticket("linkid01", "https://0.example.com/", "spring"));
	assert_int_equal(link_repoint_first(fixture->store, &one, &fixture->arena, &first),
			 STORE_E_NOT_FOUND);
	for (unsigned i = 1; i < 40; i++) {
		(void)snprintf(text, sizeof(text), "https://%u.example.com/", i);
		(void)store_now(fixture, link_ticket("linkid01", text, "spring"));
		(void)store_now(fixture, link_ticket("linkid01", text, "spring"));
	}
	(void)store_now(fixture, link_ticket("linkid02", "https://x.example.com/", NULL));
	assert_int_equal(link_repoint_first(fixture->store, &one, &fixture->arena, &first), 0);
	assert_true(span_equal(first, SPAN("https://0.example.com/")));
	assert_int_equal(link_repoint_each(fixture->store, &one, take_change, &changes), 0);
	assert_int_equal(changes.count, 39);
	assert_string_equal(changes.from[1], "https://1.example.com/");
	assert_string_equal(changes.to[1], "https://2.example.com/");
	assert_int_equal(link_repoint_each(fixture->store, &one, take_change, &few), 77);
	assert_int_equal(few.count, 3);
	changes.count = 0;
	assert_int_equal(link_repoint_each(fixture->store, &other, take_change, &changes), 0);
	assert_int_equal(changes.count, 0);
	expect(fixture, &one, "https://39.example.com/", "spring");
}

static void test_unknown_links_are_not_found(void **state)
{
	static char slug[600];
	struct fixture *fixture = *state;
	struct link link;

	fixture_open(fixture);
	assert_int_equal(link_find(fixture->store, &one, &fixture->arena, &link),
			 STORE_E_NOT_FOUND);
	/* Longer than any key may be. */
	memset(slug, 's', sizeof(slug) - 1);
	expect_slug(fixture, slug, NULL);
}

struct seen {
	unsigned count;
	int stop_at;
	struct link_id last;
};

static int see(void *context, const struct link *link)
{
	struct seen *seen = context;

	if (seen->count > 0)
		assert_true(memcmp(seen->last.bytes, link->id.bytes, 8) < 0);
	seen->last = link->id;
	seen->count++;
	return seen->stop_at && seen->count == (unsigned)seen->stop_at ? 77 : 0;
}

static void test_each_link_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	struct seen all = {0}, some = {.stop_at = 300};

	fixture_open(fixture);
	for (unsigned i = 0; i < 1000; i++) {
		uint8_t id[8] = {(uint8_t)(i * 7),
				 (uint8_t)i,
				 (uint8_t)(i >> 8),
				 0xFF,
				 0xFF,
				 0xFF,
				 0xFF,
				 0xFF};
		struct event event;

		event_init(&event, EVENT_link, 1);
		event_set(&event, EVENT_FIELD_link, span_of(id, 8));
		event_set(&event, EVENT_FIELD_destination, SPAN("https://www.example.com/"));
		assert_int_equal(event_ticket_add(ticket, &event), 0);
	}
	(void)store_now(fixture, ticket);
	assert_int_equal(link_each(fixture->store, see, &all), 0);
	assert_int_equal(all.count, 1000);
	assert_int_equal(link_each(fixture->store, see, &some), 77);
	assert_int_equal(some.count, 300);
}

static void test_names_by_kind(void **state)
{
	static const struct {
		enum name_kind kind;
		const char *name;
	} names[] = {
		{NAME_CAMPAIGN, "autumn"},
		{NAME_MAILING, "2026-11"},
		{NAME_LIST, "news"},
		{NAME_FORM, "contact"},
	};
	struct fixture *fixture = *state;
	struct span name;

	fixture_open(fixture);
	for (size_t i = 0; i < 4; i++) {
		struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
		struct event event;
		uint8_t id[8];

		id_of_name(names[i].kind, span_text(names[i].name), id);
		assert_int_equal(name_find(fixture->store, names[i].kind, id, &fixture->arena,
					   &name),
				 STORE_E_NOT_FOUND);
		event_init(&event, EVENT_name, 1);
		event_set_choice(&event, EVENT_FIELD_kind, (uint8_t)names[i].kind);
		event_set(&event, EVENT_FIELD_name_id,
			  span_of(id, name_kind_id_bytes(names[i].kind)));
		event_set(&event, EVENT_FIELD_name, span_text(names[i].name));
		assert_int_equal(event_ticket_add(ticket, &event), 0);
		(void)store_now(fixture, ticket);
		assert_int_equal(name_find(fixture->store, names[i].kind, id, &fixture->arena,
					   &name),
				 0);
		assert_true(span_equal(name, span_text(names[i].name)));
		assert_string_equal(name_kind_text(names[i].kind),
				    event_field_row(EVENT_FIELD_kind)->choices[names[i].kind]);
	}
}

#define ON_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STORE(test_all_fields_come_back),
		ON_STORE(test_repointing_and_slugs),
		ON_STORE(test_a_pattern_stands_for_what_is_below_it),
		ON_STORE(test_a_long_path_is_looked_up_where_it_can_be),
		ON_STORE(test_where_a_link_led_before_is_kept),
		ON_STORE(test_unknown_links_are_not_found),
		ON_STORE(test_each_link_in_order),
		ON_STORE(test_names_by_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
