/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fold counts, by short stories of one unit: facts with their times in seconds behind one
 * morning, told in order, and what totals and summary say of them afterwards. All of them are
 * imported facts, so that nothing is missing of their requests; a trap makes a machine. It is
 * long because each story is a case of its own, and all are told with the same few words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "summary/calendar.h"
#include "summary/fact.h"
#include "summary/fold.h"
#include "summary/person.h"
#include "summary/score.h"
#include "track/settle.h"

enum { DAY = 20500, COUNTS_MAX = 4096, TRACKER = 1, PAGE = 10, HOUR = 3600 };
#define MORNING ((usec_t)DAY * USEC_PER_DAY + 8 * 3600 * USEC_PER_SEC)

struct counted {
	enum total_kind kind;
	uint8_t id[TOTAL_ID_MAX_BYTES];
	uint16_t day;
	enum total total;
	int64_t sum;
};

struct scene {
	struct verdict_rules *verdicts;
	struct calendar *calendar;
	struct fold_context context;
	struct fold_sink sink;
	struct fold *fold;
	struct counted counts[COUNTS_MAX];
	size_t count;
	uint64_t sequence;
	struct person_summary person;
	usec_t due;
};

static struct span text_of(void *context, uint32_t id)
{
	static const char *const texts[] = {[0] = "",
					    [TRACKER] = "go.example.com",
					    [2] = "https://www.google.com",
					    [3] = "https://www.example.com",
					    [4] = "https://t.co",
					    [5] = "newsletter"};

	(void)context;
	return id < sizeof(texts) / sizeof(texts[0]) ? span_text(texts[id])
						     : SPAN("https://www.example.com/page");
}

static const struct verdict_agent *agent_of(void *context, uint32_t id)
{
	static const struct verdict_agent agent;

	(void)context;
	(void)id;
	return &agent;
}

static void take_count(void *context, enum total_kind kind, struct span id, uint16_t day,
		       enum total total, int64_t by)
{
	struct scene *scene = context;
	struct counted *row = scene->counts;

	assert_int_equal(id.size, total_kind_row(kind)->id_bytes);
	while (row < scene->counts + scene->count &&
	       !(row->kind == kind && row->day == day && row->total == total &&
		 memcmp(row->id, id.data, id.size) == 0))
		row++;
	if (row == scene->counts + scene->count) {
		assert_true(scene->count++ < COUNTS_MAX);
		*row = (struct counted){.kind = kind, .day = day, .total = total};
		memcpy(row->id, id.data, id.size);
	}
	/* As tally.c does. */
	row->sum = (int64_t)((uint64_t)row->sum + (uint64_t)by);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct error error;

	assert_non_null(scene);
	assert_int_equal(verdict_rules_new(NULL, &scene->verdicts, &error), 0);
	assert_int_equal(calendar_open("UTC", &scene->calendar, &error), 0);
	scene->context = (struct fold_context){
		.verdicts = scene->verdicts,
		.calendar = scene->calendar,
		.as_of = MORNING + 100 * USEC_PER_DAY,
		.agent = agent_of,
		.text = text_of,
	};
	scene->sink = (struct fold_sink){.count = take_count, .context = scene};
	assert_int_equal(fold_new(&scene->context, &scene->sink, &scene->fold), 0);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	fold_free(scene->fold);
	calendar_close(scene->calendar);
	verdict_rules_free(scene->verdicts);
	free(scene);
	return 0;
}

static void begin(struct scene *scene)
{
	struct handle handle;

	memset(&handle, 7, sizeof(handle));
	scene->count = 0;
	fold_begin(scene->fold, &handle, true);
}

/* Of browser 1, if nothing else is said. */
static struct fact fact_at(struct scene *scene, unsigned second, enum event_type type)
{
	struct fact fact = {
		.sequence = ++scene->sequence,
		.time = MORNING + second * USEC_PER_SEC,
		.type = type,
		.bits = FACT_PRIMARY | FACT_BROWSER | FACT_IMPORTED,
		.tracker = TRACKER,
		.page = PAGE,
	};

	memset(&fact.visitor, 1, sizeof(fact.visitor));
	return fact;
}

static void tell(struct scene *scene, struct fact fact)
{
	assert_int_equal(fold_add(scene->fold, &fact), 0);
}

static void view(struct scene *scene, unsigned second, uint32_t page, uint64_t id)
{
	struct fact fact = fact_at(scene, second, EVENT_view);

	fact.page = page;
	fact.view = id;
	tell(scene, fact);
}

static void leave(struct scene *scene, unsigned second, uint64_t id, uint32_t visible_ms)
{
	struct fact fact = fact_at(scene, second, EVENT_leave);

	fact.page = 99;
	fact.view = id;
	fact.visible_ms = visible_ms;
	tell(scene, fact);
}

static struct fact click_at(struct scene *scene, unsigned second, uint8_t campaign)
{
	struct fact fact = fact_at(scene, second, EVENT_click);

	memset(&fact.campaign, campaign, sizeof(fact.campaign));
	memset(&fact.mailing, campaign, sizeof(fact.mailing));
	memset(&fact.link, campaign, sizeof(fact.link));
	return fact;
}

static void end(struct scene *scene)
{
	assert_int_equal(fold_end(scene->fold, &scene->person, &scene->due), 0);
}

static int64_t sum(const struct scene *scene, enum total_kind kind, const void *id, int day,
		   enum total total)
{
	int64_t sum = 0;

	for (size_t i = 0; i < scene->count; i++) {
		const struct counted *row = &scene->counts[i];

		if (row->kind == kind && row->total == total && (day < 0 || row->day == day) &&
		    (!id || memcmp(row->id, id, total_kind_row(kind)->id_bytes) == 0))
			sum += row->sum;
	}
	return sum;
}

static int64_t all(const struct scene *scene, enum total total)
{
	return sum(scene, TOTAL_KIND_all, NULL, -1, total);
}

static void a_view_that_is_sent_twice_is_one(void **state)
{
	struct scene *scene = *state;

	begin(scene);
	view(scene, 0, PAGE, 5);
	view(scene, 1, PAGE, 5);
	leave(scene, 20, 5, 9000);
	leave(scene, 30, 5, 19000);
	leave(scene, 31, 5, 12000);
	view(scene, 40, PAGE, 0);
	view(scene, 41, PAGE, 0);
	end(scene);
	assert_int_equal(all(scene, TOTAL_views), 3);
	assert_int_equal(all(scene, TOTAL_visible_ms), 19000);
	assert_int_equal(scene->person.windows[PERSON_WINDOW_ALL].visible_ms, 19000);
	assert_int_equal(scene->person.pages.count, 1);
	assert_int_equal(scene->person.pages.rows[0].views, 3);
	assert_int_equal(scene->person.pages.rows[0].visible_ms, 19000);
	assert_int_equal(sum(scene, TOTAL_KIND_page, "\0\0\0\x0a", DAY, TOTAL_visible_ms), 19000);
	assert_int_equal(sum(scene, TOTAL_KIND_page, "\0\0\0\x63", -1, TOTAL_visible_ms), 0);
}

static void a_leave_without_its_view_stands_for_it(void **state)
{
	struct scene *scene = *state;

	begin(scene);
	leave(scene, 0, 5, 700);
	view(scene, 1, PAGE, 5);
	leave(scene, 2, 5, 1000);
	leave(scene, 3, 0, 5000);
	end(scene);
	assert_int_equal(all(scene, TOTAL_views), 1);
	assert_int_equal(all(scene, TOTAL_visible_ms), 1000);
	assert_int_equal(sum(scene, TOTAL_KIND_page, "\0\0\0\x63", DAY, TOTAL_visible_ms), 1000);
	assert_int_equal(all(scene, TOTAL_sessions), 1);
	assert_int_equal(all(scene, TOTAL_bounced_sessions), 1);
}

static void visits_end_by_a_pause_or_another_campaign(void **state)
{
	struct scene *scene = *state;

	begin(scene);
	view(scene, 0, PAGE, 1);
	view(scene, 1800, 11, 2);
	tell(scene, click_at(scene, 1900, 4));
	view(scene, 1901, 12, 3);
	tell(scene, click_at(scene, 2000, 4));
	tell(scene, click_at(scene, 2001, 5));
	view(scene, 2002, 12, 4);
	view(scene, 3803, 13, 5);
	end(scene);
	assert_int_equal(all(scene, TOTAL_sessions), 4);
	assert_int_equal(all(scene, TOTAL_bounced_sessions), 3);
	assert_int_equal(sum(scene, TOTAL_KIND_campaign, "\4\4\4\4", DAY, TOTAL_sessions), 1);
	assert_int_equal(sum(scene, TOTAL_KIND_campaign, "\4\4\4\4", DAY, TOTAL_views), 1);
	assert_int_equal(sum(scene, TOTAL_KIND_page, "\0\0\0\x0a", DAY, TOTAL_entries), 1);
	assert_int_equal(sum(scene, TOTAL_KIND_page, "\0\0\0\x0b", DAY, TOTAL_exits), 1);
	assert_int_equal(scene->person.sessions.count, 4);
	assert_int_equal(scene->person.sessions.rows[0].views, 2);
	assert_int_equal(scene->person.sessions.rows[3].entry, 13);
}

static void two_facts_of_one_event_are_one(void **state)
{
	struct scene *scene = *state;
	struct fact fact;

	begin(scene);
	fact = click_at(scene, 0, 4);
	fact.bits = FACT_PRIMARY | FACT_IMPORTED;
	tell(scene, fact);
	fact.bits = FACT_BROWSER | FACT_IMPORTED;
	tell(scene, fact);
	end(scene);
	assert_int_equal(all(scene, TOTAL_clicks), 1);
	assert_int_equal(all(scene, TOTAL_clicks_human), 1);
	assert_int_equal(all(scene, TOTAL_clickers), 1);
	assert_int_equal(all(scene, TOTAL_sessions), 0);
	assert_int_equal(scene->person.touches.count, 1);
}

static void the_browsers_copy_is_how_they_came_and_no_click(void **state)
{
	struct scene *scene = *state;
	struct fact fact;

	begin(scene);
	fact = click_at(scene, 0, 4);
	fact.bits = FACT_BROWSER | FACT_IMPORTED | FACT_CONFLICT;
	tell(scene, fact);
	view(scene, 1, PAGE, 1);
	end(scene);
	assert_int_equal(all(scene, TOTAL_clicks), 0);
	assert_int_equal(all(scene, TOTAL_sessions), 1);
	assert_int_equal(sum(scene, TOTAL_KIND_campaign, "\4\4\4\4", DAY, TOTAL_sessions), 1);
	assert_int_equal(scene->person.windows[PERSON_WINDOW_ALL].clicks, 0);
	assert_int_equal(scene->person.first.type, EVENT_view);
	assert_int_equal(scene->person.touches.count, 1);
	assert_int_equal(scene->person.last_touch.source, SOURCE_MAIL);
}

static void a_link_that_showed_no_page_is_no_visit(void **state)
{
	struct scene *scene = *state;

	begin(scene);
	tell(scene, click_at(scene, 0, 4));
	leave(scene, 10, 9, 500);
	tell(scene, click_at(scene, 20, 4));
	end(scene);
	assert_int_equal(all(scene, TOTAL_clicks), 2);
	assert_int_equal(all(scene, TOTAL_sessions), 0);
	assert_int_equal(scene->person.sessions.count, 0);
}

static void the_persons_copy_is_a_click_and_no_visit(void **state)
{
	struct scene *scene = *state;
	struct fact fact;

	begin(scene);
	fact = click_at(scene, 0, 4);
	fact.bits = FACT_PRIMARY | FACT_IMPORTED | FACT_CONFLICT;
	tell(scene, fact);
	end(scene);
	assert_int_equal(all(scene, TOTAL_clicks), 1);
	assert_int_equal(all(scene, TOTAL_conflicts), 1);
	assert_int_equal(all(scene, TOTAL_sessions), 0);
	assert_int_equal(scene->person.touches.count, 0);
	assert_int_equal(scene->person.last.time, 0);
}

static void machines_count_as_machines(void **state)
{
	struct scene *scene = *state;
	struct fact fact;

	begin(scene);
	fact = click_at(scene, 0, 4);
	fact.bits |= FACT_TRAP;
	tell(scene, fact);
	fact = fact_at(scene, 1, EVENT_view);
	fact.bits |= FACT_TRAP;
	tell(scene, fact);
	fact.sequence = ++scene->sequence;
	fact.type = EVENT_download;
	tell(scene, fact);
	end(scene);
	assert_int_equal(all(scene, TOTAL_clicks), 1);
	assert_int_equal(all(scene, TOTAL_clicks_machine), 1);
	assert_int_equal(all(scene, TOTAL_clickers), 0);
	assert_int_equal(all(scene, TOTAL_views), 0);
	assert_int_equal(all(scene, TOTAL_views_machine), 1);
	assert_int_equal(all(scene, TOTAL_downloads), 0);
	assert_int_equal(all(scene, TOTAL_sessions), 0);
	assert_int_equal(sum(scene, TOTAL_KIND_reason, "\2", DAY, TOTAL_clicks_machine), 1);
	assert_int_equal(scene->person.windows[PERSON_WINDOW_ALL].clicks_machine, 1);
	assert_int_equal(scene->person.last.time, 0);
}

static void a_click_is_pending_until_it_is_settled(void **state)
{
	struct scene *scene = *state;

	scene->context.as_of = MORNING + 60 * USEC_PER_SEC;
	begin(scene);
	tell(scene, click_at(scene, 0, 4));
	end(scene);
	assert_int_equal(all(scene, TOTAL_clicks), 1);
	assert_int_equal(all(scene, TOTAL_clicks_pending), 1);
	assert_int_equal(all(scene, TOTAL_clicks_human), 0);
	assert_true(scene->due > scene->context.as_of);
	assert_false(scene->person.settled);
	scene->context.as_of = scene->due;
	begin(scene);
	tell(scene, click_at(scene, 0, 4));
	end(scene);
	assert_int_equal(all(scene, TOTAL_clicks_human), 1);
	assert_int_equal(scene->due, 0);
	assert_true(scene->person.settled);
}

static void what_is_excluded_counts_as_that_alone(void **state)
{
	struct scene *scene = *state;
	struct fact fact;

	begin(scene);
	fact = fact_at(scene, 0, EVENT_view);
	fact.bits |= FACT_EXCLUDED;
	tell(scene, fact);
	end(scene);
	assert_int_equal(scene->count, 2);
	assert_int_equal(all(scene, TOTAL_excluded), 1);
	assert_int_equal(sum(scene, TOTAL_KIND_tracker, "\0\0\0\1", DAY, TOTAL_excluded), 1);
}

static void browsers_are_counted_by_day(void **state)
{
	struct scene *scene = *state;

	begin(scene);
	view(scene, 0, PAGE, 1);
	view(scene, 10, 11, 2);
	view(scene, 20, PAGE, 3);
	view(scene, 24 * HOUR, PAGE, 4);
	view(scene, 10 * 24 * HOUR, PAGE, 5);
	end(scene);
	assert_int_equal(all(scene, TOTAL_visitors), 3);
	assert_int_equal(all(scene, TOTAL_new_visitors), 1);
	assert_int_equal(sum(scene, TOTAL_KIND_page, "\0\0\0\x0a", DAY, TOTAL_visitors), 1);
	assert_int_equal(sum(scene, TOTAL_KIND_page, "\0\0\0\x0a", -1, TOTAL_visitors), 3);
	assert_int_equal(sum(scene, TOTAL_KIND_gap, "\0\0", DAY, TOTAL_visitors), 1);
	assert_int_equal(sum(scene, TOTAL_KIND_gap, "\0\1", DAY + 1, TOTAL_visitors), 1);
	assert_int_equal(sum(scene, TOTAL_KIND_gap, "\0\x09", DAY + 10, TOTAL_visitors), 1);
}

static void a_conversion_is_owed_to_the_last_arrival(void **state)
{
	struct scene *scene = *state;
	struct fact fact;

	begin(scene);
	tell(scene, click_at(scene, 0, 4));
	view(scene, 2, PAGE, 1);
	tell(scene, click_at(scene, 10000, 5));
	fact = fact_at(scene, 10060, EVENT_submit);
	memset(&fact.form, 3, sizeof(fact.form));
	tell(scene, fact);
	fact = fact_at(scene, 10000 + 30 * 24 * HOUR, EVENT_purchase);
	fact.product = 20;
	fact.currency = 21;
	fact.amount = 1980;
	fact.count = 2;
	tell(scene, fact);
	fact = fact_at(scene, 10001 + 30 * 24 * HOUR, EVENT_submit);
	tell(scene, fact);
	end(scene);
	assert_int_equal(all(scene, TOTAL_conversions), 3);
	assert_int_equal(all(scene, TOTAL_submits), 2);
	assert_int_equal(all(scene, TOTAL_submitters), 1);
	assert_int_equal(all(scene, TOTAL_items), 2);
	assert_int_equal(sum(scene, TOTAL_KIND_campaign, "\4\4\4\4", -1, TOTAL_conversions), 0);
	assert_int_equal(sum(scene, TOTAL_KIND_campaign, "\5\5\5\5", -1, TOTAL_conversions), 2);
	assert_int_equal(sum(scene, TOTAL_KIND_link, "\5\5\5\5\5\5\5\5", -1, TOTAL_submits), 1);
	assert_int_equal(sum(scene, TOTAL_KIND_source, "\1\5\5\5\5\0\0\0\0", -1, TOTAL_conversions),
			 2);
	assert_int_equal(sum(scene, TOTAL_KIND_campaign_sale, "\5\5\5\5\0\0\0\x15", -1,
			     TOTAL_amount),
			 1980);
	assert_int_equal(sum(scene, TOTAL_KIND_product, "\0\0\0\x14\0\0\0\x15", -1, TOTAL_items),
			 2);
	assert_int_equal(scene->person.responses.count, 2);
	assert_int_equal(scene->person.responses.rows[1].submits, 1);
	assert_int_equal(scene->person.responses.rows[1].purchases, 1);
	assert_int_equal(scene->person.purchases.rows[0].amount, 1980);
}

static void money_beyond_all_measure_stays_at_the_limit(void **state)
{
	struct scene *scene = *state;
	struct fact fact;

	begin(scene);
	for (int i = 0; i < 3; i++) {
		fact = fact_at(scene, i * 60, EVENT_purchase);
		fact.product = 20;
		fact.currency = 21;
		fact.amount = INT64_MAX - 1;
		tell(scene, fact);
	}
	end(scene);
	assert_int_equal(scene->person.purchases.count, 1);
	assert_int_equal(scene->person.purchases.rows[0].purchases, 3);
	assert_true(scene->person.purchases.rows[0].amount == INT64_MAX);
}

static void an_arrival_is_told_by_its_address_or_the_page_before(void **state)
{
	struct scene *scene = *state;
	struct fact fact;

	begin(scene);
	fact = fact_at(scene, 0, EVENT_view);
	fact.referrer = 2;
	tell(scene, fact);
	fact = fact_at(scene, 10, EVENT_view);
	fact.referrer = 3;
	tell(scene, fact);
	tell(scene, click_at(scene, 20, 4));
	fact = fact_at(scene, 21, EVENT_view);
	fact.utm[UTM_SOURCE] = 5;
	tell(scene, fact);
	fact = fact_at(scene, 4000, EVENT_view);
	fact.utm[UTM_SOURCE] = 5;
	tell(scene, fact);
	end(scene);
	assert_int_equal(scene->person.touches.count, 3);
	assert_int_equal(scene->person.first_touch.source, SOURCE_SEARCH);
	assert_int_equal(scene->person.touches.rows[1].source, SOURCE_MAIL);
	assert_int_equal(scene->person.last_touch.source, SOURCE_UTM);
	assert_int_equal(sum(scene, TOTAL_KIND_source, "\5\0\0\0\2\0\0\0\0", DAY, TOTAL_sessions),
			 1);
	assert_int_equal(sum(scene, TOTAL_KIND_source, "\3\0\0\0\5\0\0\0\0", DAY, TOTAL_sessions),
			 1);
}

static void windows_end_with_as_of(void **state)
{
	struct scene *scene = *state;
	const struct person_counts *windows = scene->person.windows;

	scene->context.as_of = MORNING + 30 * USEC_PER_DAY;
	begin(scene);
	view(scene, 0, PAGE, 1);
	view(scene, 1, PAGE, 2);
	view(scene, 23 * 24 * HOUR, PAGE, 3);
	view(scene, 23 * 24 * HOUR + 1, PAGE, 4);
	end(scene);
	assert_int_equal(windows[PERSON_WINDOW_ALL].views, 4);
	assert_int_equal(windows[PERSON_WINDOW_30].views, 3);
	assert_int_equal(windows[PERSON_WINDOW_7].views, 1);
	assert_int_equal(windows[PERSON_WINDOW_30].sessions, 1);
}

static void what_came_to_them_is_no_interaction(void **state)
{
	struct scene *scene = *state;
	struct fact fact;

	begin(scene);
	view(scene, 0, PAGE, 1);
	for (int i = 0; i < 2; i++) {
		fact = click_at(scene, 100, 4);
		fact.type = i == 0 ? EVENT_sent : EVENT_open;
		fact.bits = FACT_PRIMARY | FACT_IMPORTED;
		tell(scene, fact);
	}
	leave(scene, 200, 1, 1000);
	end(scene);
	assert_int_equal(scene->person.last.type, EVENT_view);
	assert_int_equal(scene->person.last.sequence, scene->sequence - 3);
	assert_int_equal(scene->person.responses.rows[0].sent, 1);
	assert_int_equal(scene->person.responses.rows[0].opens, 1);
	assert_int_equal(scene->person.responses.rows[0].first_response, 0);
	assert_int_equal(all(scene, TOTAL_openers), 1);
}

static void lists_keep_the_most_recent(void **state)
{
	struct scene *scene = *state;

	begin(scene);
	for (unsigned i = 0; i < 257; i++) {
		tell(scene, click_at(scene, i * HOUR, (uint8_t)(1 + i % 200)));
		view(scene, i * HOUR + 1, PAGE, 1 + i);
	}
	end(scene);
	assert_int_equal(scene->person.touches.count, PERSON_TOUCHES_MAX);
	assert_int_equal(scene->person.touches.left_out, 157);
	for (unsigned i = 0; i < PERSON_TOUCHES_MAX; i++)
		assert_int_equal(scene->person.touches.rows[i].time,
				 MORNING + (157 + i) * HOUR * USEC_PER_SEC);
	assert_int_equal(scene->person.sessions.rows[0].first,
			 MORNING + (257 - PERSON_SESSIONS_MAX) * HOUR * USEC_PER_SEC);
}

static void the_same_facts_give_the_same(void **state)
{
	struct scene *scene = *state;
	struct counted *before;
	size_t count = 0;

	before = calloc(COUNTS_MAX, sizeof(*before));
	assert_non_null(before);
	for (int round = 0; round < 3; round++) {
		scene->sequence = 0;
		begin(scene);
		for (unsigned i = 0; i < 5000; i++) {
			view(scene, i * 700, PAGE + i % 7, 1 + i * 2654435761u % 999);
			leave(scene, i * 700 + 10, 1 + i * 2654435761u % 999, i);
		}
		end(scene);
		if (round > 0) {
			assert_int_equal(scene->count, count);
			assert_memory_equal(scene->counts, before, count * sizeof(*before));
		}
		count = scene->count;
		memcpy(before, scene->counts, count * sizeof(*before));
	}
	free(before);
}

static void the_score_sees_what_people_did(void **state)
{
	struct scene *scene = *state;
	struct summary_rules *rules = NULL;
	struct error error;
	struct fold *fold;
	struct fact fact;

	assert_int_equal(rules_load(NULL, &rules, &error), 0);
	scene->context.rules = rules;
	scene->context.as_of = MORNING + USEC_PER_DAY;
	assert_int_equal(fold_new(&scene->context, NULL, &fold), 0);
	fold_free(scene->fold);
	scene->fold = fold;
	begin(scene);
	tell(scene, click_at(scene, 0, 4)); /* 3, and 3 for the visit */
	view(scene, 1, PAGE, 1);	    /* 1 */
	view(scene, 2, PAGE, 1);	    /* sent twice: 0 */
	fact = fact_at(scene, 3, EVENT_submit);
	tell(scene, fact); /* 50 */
	fact = click_at(scene, 4, 4);
	fact.bits |= FACT_CONFLICT;
	tell(scene, fact);
	fact = click_at(scene, 4000, 4);
	fact.bits |= FACT_TRAP;
	tell(scene, fact);
	end(scene);
	assert_non_null(scene->person.score);
	assert_int_equal(scene->person.score->total, 57);
	rules_free(rules);
	scene->context.rules = NULL;
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_view_that_is_sent_twice_is_one),
		STORY(a_leave_without_its_view_stands_for_it),
		STORY(visits_end_by_a_pause_or_another_campaign),
		STORY(two_facts_of_one_event_are_one),
		STORY(the_browsers_copy_is_how_they_came_and_no_click),
		STORY(a_link_that_showed_no_page_is_no_visit),
		STORY(the_persons_copy_is_a_click_and_no_visit),
		STORY(machines_count_as_machines),
		STORY(a_click_is_pending_until_it_is_settled),
		STORY(what_is_excluded_counts_as_that_alone),
		STORY(browsers_are_counted_by_day),
		STORY(a_conversion_is_owed_to_the_last_arrival),
		STORY(money_beyond_all_measure_stays_at_the_limit),
		STORY(an_arrival_is_told_by_its_address_or_the_page_before),
		STORY(windows_end_with_as_of),
		STORY(what_came_to_them_is_no_interaction),
		STORY(lists_keep_the_most_recent),
		STORY(the_same_facts_give_the_same),
		STORY(the_score_sees_what_people_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
