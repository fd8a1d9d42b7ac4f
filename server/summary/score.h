/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_SCORE_H
#define WAYMARK_SUMMARY_SCORE_H

#include "base/clock.h"
#include "store/event.h"
#include "summary/rules.h"

/*
 * The points of one person. Pure: it is fed what a person did, in the order of time, and sees
 * neither clock nor store. Fed are settled events of a human that are not excluded; the fold judges
 * that. What a known browser did by someone else's link (a conflict) is not fed either.
 *
 * Points of an event: by its form's, campaign's or event's own rule, else by its page group's, else
 * by its kind's. Then the daily caps: of the kind (for what is given, not for what is taken), and
 * of the group. Then the decay, in whole days of the calendar, so that a score changes at midnight
 * and not with every look at it. Sums are kept in thousandths.
 */
struct score_item {
	enum score_kind kind;
	uint16_t day; /* days since 1970 in the calendar of the summaries */
	uint64_t sequence;
	int group;     /* rules_group_of_page() of its page, or RULES_NONE */
	uint32_t text; /* text id of what it was about (page, file, name), kept for evidence; 0 */
	struct campaign_id campaign; /* zeros: none */
	struct form_id form;	     /* likewise */
	struct span name;	     /* of kind event; absent otherwise */
};

/* One event that gave or took points. */
struct score_evidence {
	uint64_t sequence;
	enum score_kind kind;
	uint16_t day;
	int group, category; /* or RULES_NONE */
	uint32_t text;
	int32_t points;	 /* as given that day, in thousandths */
	int32_t decayed; /* as they count now, in thousandths */
};

enum { SCORE_EVIDENCE_MAX = 10, SCORE_RECENT_DAYS = 30 };

struct score {
	/* Results; score_finish() sets total and by_category, the others are there before. */
	int32_t total;				   /* rounded, as people see it */
	int32_t by_category[RULES_CATEGORIES_MAX]; /* likewise; category_count of the rules */
	int64_t sum;				   /* in thousandths */
	int64_t recent;				   /* of @sum: from the last 30 days */
	uint32_t items;				   /* that gave or took points */
	uint32_t capped;			   /* that a daily cap left nothing of */
	uint32_t important;			   /* views of important groups, last 30 days */
	uint16_t first_day, last_day;		   /* of @items */
	uint16_t active_days;			   /* days of @items, last 30 days */
	struct score_evidence strongest[SCORE_EVIDENCE_MAX]; /* by @decayed, most first */
	unsigned strongest_count;

	/* Of score.c. */
	const struct summary_rules *rules;
	uint16_t today, day;
	int64_t category_sums[RULES_CATEGORIES_MAX];
	int32_t kind_spent[SCORE_KIND_COUNT], group_spent[RULES_GROUPS_MAX]; /* on @day */
};

/* @today: the day that is as_of, in the same calendar. */
void score_init(struct score *score, const struct summary_rules *rules, uint16_t today);
void score_add(struct score *score, const struct score_item *item);
void score_finish(struct score *score);

/*
 * How an event scores, RULES_NONE when its kind never does. @of_mailing: the click's link is one of
 * a mailing. A visit that begins is an item of its own, SCORE_session.
 */
int score_kind_of(enum event_type type, bool of_mailing);

#endif
