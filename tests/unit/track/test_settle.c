/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scanners as they are reported, second by second, and people beside them: old browsers, browsers
 * inside of programs, people who click quickly, and those behind a company's proxy. No person's
 * click comes out as a machine's, and no machine's as a person's. It is long because of these
 * scenes, each of which is a test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "track/settle.h"

enum { EVENTS = 64, HEADERS = SETTLE_LANGUAGE | SETTLE_SEC_FETCH | SETTLE_HTTPS };

static const usec_t start = (usec_t)1790000000 * USEC_PER_SEC;
static struct verdict_rules *rules;

/* What is sent is told in this order; times in milliseconds from @start. */
struct scene {
	struct settle_event events[EVENTS];
	struct settle_verdict verdicts[EVENTS];
	size_t count;
};

static const struct verdict_agent chrome = {.modern = true};
static const struct verdict_agent old_safari = {0}; /* sends no Sec-Fetch-*, and need not */
static const struct verdict_agent in_app = {0};	    /* a program's own window */
static const struct verdict_agent curl = {.known = true, .open = VERDICT_OPEN_PREFETCH};
static const struct verdict_agent gmail = {.known = true, .open = VERDICT_OPEN_PROXY};
static const struct verdict_agent apple = {.bare = true, .open = VERDICT_OPEN_PREFETCH};

static int set_up(void **state)
{
	struct error error = {""};

	(void)state;
	return verdict_rules_new(NULL, &rules, &error);
}

static int tear_down(void **state)
{
	(void)state;
	verdict_rules_free(rules);
	return 0;
}

static struct settle_event *add(struct scene *scene, enum event_type type, unsigned ms,
				const struct verdict_agent *agent)
{
	struct settle_event *event = &scene->events[scene->count++];

	assert_true(scene->count <= EVENTS);
	*event = (struct settle_event){
		.time = start + (usec_t)ms * USEC_PER_MS,
		.sequence = scene->count,
		.type = type,
		.bits = HEADERS,
		.agent = agent,
		.agent_id = 1,
		.network = 1,
	};
	event->mailing.bytes[0] = 1;
	return event;
}

/* A click on link @link; each browser that keeps no cookie comes as another one. */
static struct settle_event *click(struct scene *scene, unsigned ms, uint8_t link, uint8_t visitor,
				  const struct verdict_agent *agent)
{
	struct settle_event *event = add(scene, EVENT_click, ms, agent);

	event->link.bytes[0] = link;
	event->visitor.bytes[0] = visitor;
	return event;
}

static void view(struct scene *scene, unsigned ms, uint8_t visitor, uint64_t view)
{
	struct settle_event *event = add(scene, EVENT_view, ms, &chrome);

	event->visitor.bytes[0] = visitor;
	event->view = view;
}

static void leave(struct scene *scene, unsigned ms, uint8_t visitor, uint64_t view,
		  uint32_t visible_ms, bool input)
{
	struct settle_event *event = add(scene, EVENT_leave, ms, &chrome);

	event->visitor.bytes[0] = visitor;
	event->view = view;
	event->visible_ms = visible_ms;
	event->bits |= input ? SETTLE_INPUT : 0;
}

static void settle_at(struct scene *scene, unsigned minutes)
{
	settle(rules, scene->events, scene->count, start + minutes * 60 * USEC_PER_SEC,
	       scene->verdicts);
}

static void expect(const struct scene *scene, size_t index, enum verdict_class class,
		   const char *reasons)
{
	char text[VERDICT_REASONS_BYTES];

	verdict_reasons_text(scene->verdicts[index].reasons, text);
	assert_string_equal(text, reasons);
	assert_int_equal(scene->verdicts[index].class, class);
}

static void a_click_waits_and_then_is_a_persons(void **state)
{
	struct scene scene = {0};

	(void)state;
	click(&scene, 0, 1, 1, &chrome);
	settle_at(&scene, 9);
	assert_false(scene.verdicts[0].settled);
	assert_int_equal(scene.verdicts[0].due, start + 600 * USEC_PER_SEC);
	settle_at(&scene, 10);
	assert_true(scene.verdicts[0].settled);
	assert_int_equal(scene.verdicts[0].due, 0);
	expect(&scene, 0, VERDICT_HUMAN, "");
}

static void a_hand_settles_at_once(void **state)
{
	struct scene scene = {0};

	(void)state;
	click(&scene, 0, 1, 1, &chrome);
	view(&scene, 300, 1, 7);
	leave(&scene, 4000, 1, 7, 3500, true);
	settle_at(&scene, 1);
	for (size_t i = 0; i < scene.count; i++)
		assert_true(scene.verdicts[i].settled);
	expect(&scene, 0, VERDICT_HUMAN, "landing,input");
	expect(&scene, 1, VERDICT_HUMAN, "input");
}

static void a_gateway_opens_every_link_within_milliseconds(void **state)
{
	struct scene scene = {0};

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		click(&scene, 40000 + 80 * i, (uint8_t)(1 + i), (uint8_t)(1 + i), &chrome);
	settle_at(&scene, 20);
	for (size_t i = 0; i < scene.count; i++)
		expect(&scene, i, VERDICT_MACHINE, "burst_fast");
}

static void a_burst_is_folded_back_to_its_first_click(void **state)
{
	struct scene scene = {0};

	(void)state;
	click(&scene, 0, 1, 1, &chrome);
	click(&scene, 4000, 2, 2, &chrome);
	settle_at(&scene, 0);
	settle(rules, scene.events, 2, start + 4 * USEC_PER_SEC, scene.verdicts);
	expect(&scene, 0, VERDICT_HUMAN, "");
	click(&scene, 9000, 3, 3, &chrome);
	click(&scene, 30000, 4, 4, &chrome);
	settle_at(&scene, 20);
	for (size_t i = 0; i < 3; i++)
		expect(&scene, i, VERDICT_UNKNOWN, "burst");
	expect(&scene, 3, VERDICT_HUMAN, "");
}

static void the_same_link_thrice_is_no_burst(void **state)
{
	struct scene scene = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		click(&scene, 300 * i, 1, 1, &chrome);
	settle_at(&scene, 20);
	for (size_t i = 0; i < scene.count; i++)
		expect(&scene, i, VERDICT_HUMAN, "");
}

static void a_mail_of_two_links_has_no_burst_of_three(void **state)
{
	struct scene scene = {0};

	(void)state;
	click(&scene, 0, 1, 1, &chrome);
	click(&scene, 200, 2, 2, &chrome);
	settle_at(&scene, 20);
	expect(&scene, 0, VERDICT_UNKNOWN, "pair_fast");
	expect(&scene, 1, VERDICT_UNKNOWN, "pair_fast");
}

/* A burst of ordinary requests by a library: what browsers send along is missing. */
static void a_gateway_without_a_browsers_headers_is_a_machine(void **state)
{
	struct scene scene = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		click(&scene, 3000 * i, (uint8_t)(1 + i), (uint8_t)(1 + i), &chrome)->bits =
			SETTLE_HTTPS;
	settle_at(&scene, 20);
	for (size_t i = 0; i < scene.count; i++)
		expect(&scene, i, VERDICT_MACHINE, "no_sec_fetch,no_language,burst");
}

static void a_scanner_that_runs_scripts_proves_nothing(void **state)
{
	struct scene scene = {0};

	(void)state;
	for (uint8_t i = 1; i <= 3; i++)
		click(&scene, 100u * i, i, i, &chrome);
	for (uint8_t i = 1; i <= 3; i++)
		view(&scene, 600u + 100u * i, i, i);
	for (uint8_t i = 1; i <= 3; i++)
		leave(&scene, 6000u + i, i, i, 5000, false);
	settle_at(&scene, 20);
	for (size_t i = 0; i < 3; i++)
		expect(&scene, i, VERDICT_UNKNOWN, "burst_fast,landing");
	for (size_t i = 3; i < scene.count; i++)
		expect(&scene, i, VERDICT_UNKNOWN, "its_click");
}

static void a_person_who_opens_three_links_in_tabs_is_one(void **state)
{
	struct scene scene = {0};

	(void)state;
	for (uint8_t i = 1; i <= 3; i++)
		click(&scene, 2000u * i, i, 1, &chrome);
	for (uint8_t i = 1; i <= 3; i++)
		view(&scene, 7000u + i, 1, i);
	leave(&scene, 20000, 1, 1, 9000, true);
	settle_at(&scene, 20);
	for (size_t i = 0; i < 3; i++)
		expect(&scene, i, VERDICT_HUMAN, "burst,landing,input");
	/* Without a hand that moved, the page that was seen is what speaks for them. */
	scene.events[6].bits &= ~(uint32_t)SETTLE_INPUT;
	settle_at(&scene, 20);
	for (size_t i = 0; i < 3; i++)
		expect(&scene, i, VERDICT_HUMAN, "burst,landing");
}

static void a_quick_person_without_pages_of_ours_is_no_machine(void **state)
{
	struct scene scene = {0};

	(void)state;
	for (uint8_t i = 1; i <= 4; i++)
		click(&scene, 900u * i, i, 1, &chrome);
	settle_at(&scene, 20);
	for (size_t i = 0; i < scene.count; i++)
		assert_int_not_equal(scene.verdicts[i].class, VERDICT_MACHINE);
}

static void old_browsers_and_those_inside_of_programs_are_people(void **state)
{
	struct scene scene = {0};

	(void)state;
	click(&scene, 0, 1, 1, &old_safari)->bits = SETTLE_LANGUAGE | SETTLE_HTTPS;
	click(&scene, 60000, 2, 2, &in_app)->bits = SETTLE_HTTPS;
	settle_at(&scene, 30);
	expect(&scene, 0, VERDICT_HUMAN, "");
	expect(&scene, 1, VERDICT_HUMAN, "");
}

/* The gateway and the reader leave a company by the same address. */
static void a_person_behind_the_address_of_a_scanner(void **state)
{
	struct scene scene = {0};

	(void)state;
	click(&scene, 0, 1, 0, &curl);
	click(&scene, 120000, 1, 1, &chrome);
	settle_at(&scene, 20);
	expect(&scene, 0, VERDICT_MACHINE, "known_agent");
	assert_true(scene.verdicts[0].settled);
	expect(&scene, 1, VERDICT_UNKNOWN, "machine_address");
	view(&scene, 121000, 1, 9);
	leave(&scene, 125000, 1, 9, 3000, false);
	settle_at(&scene, 20);
	expect(&scene, 1, VERDICT_HUMAN, "machine_address,landing");
}

static void a_browser_that_loads_ahead_makes_nobody_suspect(void **state)
{
	struct scene scene = {0};
	struct settle_event *ahead;

	(void)state;
	ahead = add(&scene, EVENT_probe, 0, &chrome);
	ahead->bits |= SETTLE_PREFETCH;
	click(&scene, 2000, 1, 1, &chrome);
	settle_at(&scene, 20);
	expect(&scene, 0, VERDICT_MACHINE, "prefetch");
	expect(&scene, 1, VERDICT_HUMAN, "");
}

static void seconds_after_sending_is_too_soon(void **state)
{
	struct scene scene = {0};

	(void)state;
	add(&scene, EVENT_sent, 0, NULL)->bits = SETTLE_NO_HEADERS;
	click(&scene, 1500, 1, 1, &chrome);
	click(&scene, 30000, 1, 2, &chrome);
	settle_at(&scene, 20);
	expect(&scene, 0, VERDICT_UNKNOWN, "");
	assert_true(scene.verdicts[0].settled);
	expect(&scene, 1, VERDICT_UNKNOWN, "after_sent");
	expect(&scene, 2, VERDICT_HUMAN, "");
}

/* Reported: a duplicate twelve seconds later, from another system and address. */
static void a_gateway_repeats_a_persons_click(void **state)
{
	struct scene scene = {0};
	struct settle_event *repeated;

	(void)state;
	click(&scene, 0, 1, 1, &chrome);
	view(&scene, 500, 1, 3);
	leave(&scene, 9000, 1, 3, 8000, false);
	repeated = click(&scene, 12000, 1, 2, &chrome);
	repeated->network = 2;
	repeated->agent_id = 2;
	settle_at(&scene, 20);
	expect(&scene, 0, VERDICT_HUMAN, "landing");
	expect(&scene, 3, VERDICT_UNKNOWN, "second_click,no_landing");
}

static void a_phone_and_then_a_computer_are_not_called_machines(void **state)
{
	struct scene scene = {0};
	struct settle_event *computer;

	(void)state;
	click(&scene, 0, 1, 1, &chrome);
	computer = click(&scene, 50000, 1, 2, &chrome);
	computer->network = 2;
	computer->agent_id = 2;
	settle_at(&scene, 20);
	expect(&scene, 0, VERDICT_UNKNOWN, "second_click");
	expect(&scene, 1, VERDICT_UNKNOWN, "second_click");
}

static void around_a_trap_link_all_links_are_suspect(void **state)
{
	struct scene scene = {0};
	struct settle_event *trap;

	(void)state;
	click(&scene, 0, 1, 1, &chrome);
	trap = click(&scene, 8000, 9, 2, &chrome);
	trap->bits |= SETTLE_TRAP;
	trap->network = 2;
	click(&scene, 60000, 1, 3, &chrome);
	settle_at(&scene, 20);
	expect(&scene, 0, VERDICT_UNKNOWN, "near_trap");
	expect(&scene, 1, VERDICT_MACHINE, "trap");
	expect(&scene, 2, VERDICT_HUMAN, "");
}

static void a_click_without_its_page_is_doubted_where_others_show_theirs(void **state)
{
	struct scene scene = {0};

	(void)state;
	click(&scene, 0, 1, 1, &chrome);
	click(&scene, 120000, 1, 2, &chrome);
	view(&scene, 120500, 2, 1);
	click(&scene, 180000, 1, 0, &chrome);
	settle_at(&scene, 20);
	expect(&scene, 0, VERDICT_UNKNOWN, "no_landing");
	expect(&scene, 1, VERDICT_HUMAN, "");
	expect(&scene, 3, VERDICT_HUMAN, ""); /* without consent no page can answer for it */
}

static void a_certain_machine_stays_one_whatever_its_page_says(void **state)
{
	struct scene scene = {0};

	(void)state;
	click(&scene, 0, 1, 1, &curl);
	view(&scene, 500, 1, 1);
	leave(&scene, 5000, 1, 1, 4000, true);
	settle_at(&scene, 0);
	expect(&scene, 0, VERDICT_MACHINE, "known_agent");
	settle_at(&scene, 20);
	expect(&scene, 0, VERDICT_MACHINE, "known_agent,landing,input");
}

static void a_login_proves_the_browser_and_a_form_declares_it(void **state)
{
	struct scene scene = {0};
	struct settle_event *login;

	(void)state;
	click(&scene, 0, 1, 1, &chrome)->bits = SETTLE_HTTPS;
	login = add(&scene, EVENT_login, 60000, &chrome);
	login->visitor.bytes[0] = 1;
	settle_at(&scene, 2);
	expect(&scene, 0, VERDICT_HUMAN, "no_sec_fetch,no_language,proof");
	expect(&scene, 1, VERDICT_HUMAN, "");
	assert_true(scene.verdicts[0].settled && scene.verdicts[1].settled);
	scene.events[1].type = EVENT_submit;
	settle_at(&scene, 2);
	expect(&scene, 0, VERDICT_UNKNOWN, "no_sec_fetch,no_language,declaration");
	assert_false(scene.verdicts[0].settled);
	assert_true(scene.verdicts[1].settled);
}

static void opens_are_told_apart(void **state)
{
	struct scene scene = {0};

	(void)state;
	add(&scene, EVENT_open, 0, &chrome);
	add(&scene, EVENT_open, 1, &gmail);
	add(&scene, EVENT_open, 2, &apple);
	add(&scene, EVENT_open, 3, &curl);
	add(&scene, EVENT_open, 4, NULL);
	settle_at(&scene, 0);
	for (size_t i = 0; i < scene.count; i++)
		assert_true(scene.verdicts[i].settled);
	assert_int_equal(scene.verdicts[0].open, VERDICT_OPEN_DIRECT);
	assert_int_equal(scene.verdicts[1].open, VERDICT_OPEN_PROXY);
	assert_int_equal(scene.verdicts[1].class, VERDICT_HUMAN);
	for (size_t i = 2; i < scene.count; i++)
		assert_int_equal(scene.verdicts[i].open, VERDICT_OPEN_PREFETCH);
}

static void imported_events_are_not_judged_by_headers_that_they_never_had(void **state)
{
	struct scene scene = {0};

	(void)state;
	add(&scene, EVENT_view, 0, &chrome)->bits = SETTLE_NO_HEADERS;
	add(&scene, EVENT_view, 1, NULL)->bits = SETTLE_NO_HEADERS;
	add(&scene, EVENT_view, 2, &curl)->bits = SETTLE_NO_HEADERS;
	settle_at(&scene, 20);
	expect(&scene, 0, VERDICT_HUMAN, "");
	expect(&scene, 1, VERDICT_HUMAN, "");
	expect(&scene, 2, VERDICT_MACHINE, "known_agent");
}

/* What is settled stays, whatever comes behind: judged at its time and at the end it is the same.
 */
static void what_is_settled_stays(void **state)
{
	(void)state;
	srandom(7);
	for (int round = 0; round < 3000; round++) {
		static const enum event_type types[] = {EVENT_click, EVENT_view,   EVENT_leave,
							EVENT_probe, EVENT_submit, EVENT_login};
		struct scene scene = {0};
		struct settle_verdict last[EVENTS];
		unsigned ms = 0;

		for (int i = 0; i < 24; i++) {
			struct settle_event *event;
			long pick = random();

			ms += (unsigned)(random() % 3 ? random() % 9000 : random() % 1500000);
			event = add(&scene, types[pick % 6], ms, pick & 64 ? &chrome : &in_app);
			event->visitor.bytes[0] = (uint8_t)(pick >> 8 & 3);
			event->link.bytes[0] = (uint8_t)(pick >> 10 & 3);
			event->network = (uint64_t)(pick >> 12 & 1) + 1;
			event->agent_id = (uint32_t)(pick >> 13 & 1) + 1;
			event->view = (uint64_t)(pick >> 14 & 3);
			event->visible_ms = (uint32_t)(pick >> 16 & 2047);
			event->bits ^= pick & 1 << 20 ? SETTLE_LANGUAGE : 0;
			event->bits |= (pick & 7 << 21) == 0 ? SETTLE_INPUT : 0;
			event->bits |= (pick & 15 << 24) == 0 ? SETTLE_HEAD : 0;
		}
		settle(rules, scene.events, scene.count, UINT64_MAX, last);
		for (size_t i = 0; i < scene.count; i++) {
			settle(rules, scene.events, scene.count,
			       scene.events[i].time + (usec_t)600 * USEC_PER_SEC, scene.verdicts);
			for (size_t j = 0; j <= i; j++) {
				assert_true(scene.verdicts[j].settled);
				assert_int_equal(scene.verdicts[j].class, last[j].class);
				assert_int_equal(scene.verdicts[j].reasons, last[j].reasons);
			}
		}
	}
}

/* A scanner of ten thousand clicks takes no longer than as many people. */
static void any_unit_is_settled_in_linear_time(void **state)
{
	struct settle_event *events = calloc(SETTLE_MAX_EVENTS, sizeof(*events));
	struct settle_verdict *verdicts = calloc(SETTLE_MAX_EVENTS, sizeof(*verdicts));
	usec_t began = clock_monotonic();

	(void)state;
	for (size_t i = 0; i < SETTLE_MAX_EVENTS; i++) {
		events[i] = (struct settle_event){
			.time = start + i * 1000,
			.sequence = i + 1,
			.type = i % 3 ? EVENT_click : EVENT_view,
			.bits = HEADERS,
			.agent = &chrome,
			.agent_id = (uint32_t)i % 7 + 1,
			.network = i % 5 + 1,
			.view = i % 11,
		};
		events[i].visitor.bytes[0] = (uint8_t)(i % 2);
		events[i].link.bytes[0] = (uint8_t)(i % 200 + 1);
	}
	for (int round = 0; round < 20; round++)
		settle(rules, events, SETTLE_MAX_EVENTS, UINT64_MAX, verdicts);
	print_message("%.0f ns an event in a unit of %d\n",
		      (double)(clock_monotonic() - began) * 1000 / 20 / SETTLE_MAX_EVENTS,
		      SETTLE_MAX_EVENTS);
	assert_int_equal(verdicts[1].class, VERDICT_MACHINE);
	free(events);
	free(verdicts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_click_waits_and_then_is_a_persons),
		cmocka_unit_test(a_hand_settles_at_once),
		cmocka_unit_test(a_gateway_opens_every_link_within_milliseconds),
		cmocka_unit_test(a_burst_is_folded_back_to_its_first_click),
		cmocka_unit_test(the_same_link_thrice_is_no_burst),
		cmocka_unit_test(a_mail_of_two_links_has_no_burst_of_three),
		cmocka_unit_test(a_gateway_without_a_browsers_headers_is_a_machine),
		cmocka_unit_test(a_scanner_that_runs_scripts_proves_nothing),
		cmocka_unit_test(a_person_who_opens_three_links_in_tabs_is_one),
		cmocka_unit_test(a_quick_person_without_pages_of_ours_is_no_machine),
		cmocka_unit_test(old_browsers_and_those_inside_of_programs_are_people),
		cmocka_unit_test(a_person_behind_the_address_of_a_scanner),
		cmocka_unit_test(a_browser_that_loads_ahead_makes_nobody_suspect),
		cmocka_unit_test(seconds_after_sending_is_too_soon),
		cmocka_unit_test(a_gateway_repeats_a_persons_click),
		cmocka_unit_test(a_phone_and_then_a_computer_are_not_called_machines),
		cmocka_unit_test(around_a_trap_link_all_links_are_suspect),
		cmocka_unit_test(a_click_without_its_page_is_doubted_where_others_show_theirs),
		cmocka_unit_test(a_certain_machine_stays_one_whatever_its_page_says),
		cmocka_unit_test(a_login_proves_the_browser_and_a_form_declares_it),
		cmocka_unit_test(opens_are_told_apart),
		cmocka_unit_test(imported_events_are_not_judged_by_headers_that_they_never_had),
		cmocka_unit_test(what_is_settled_stays),
		cmocka_unit_test(any_unit_is_settled_in_linear_time),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
