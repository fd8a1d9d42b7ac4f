/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_RULES_H
#define WAYMARK_SUMMARY_RULES_H

#include "base/error.h"
#include "crypto/id.h"
#include "track/page_pattern.h"

/*
 * What is worth how much: the summary rules, from the file that summary.rules_file names
 * (deploy/guides/salesforce.md describes it, deploy/examples/summary-rules.json is one). Without a
 * file the points are Account Engagement's own defaults, and nothing else is set. Immutable once
 * loaded.
 *
 * SCORE_KIND(name, points, sentence): what scores, and what it is worth by default. Opens do not
 * score: mail programs make them.
 */
#define SCORE_KINDS(SCORE_KIND)                                               \
	SCORE_KIND(click, 3, "a tracked link of a mail was followed")         \
	SCORE_KIND(redirect, 3, "a tracked link outside a mail was followed") \
	SCORE_KIND(view, 1, "a page was shown")                               \
	SCORE_KIND(session, 3, "a visit began")                               \
	SCORE_KIND(download, 3, "a file was fetched")                         \
	SCORE_KIND(search, 3, "the site's search was used")                   \
	SCORE_KIND(submit, 50, "a form was taken")                            \
	SCORE_KIND(submit_error, -5, "a form was refused")                    \
	SCORE_KIND(event, 0, "something the site named")                      \
	SCORE_KIND(login, 0, "the site's own login")                          \
	SCORE_KIND(confirm, 0, "an address was proved by a mailed link")      \
	SCORE_KIND(purchase, 0, "something was bought")                       \
	SCORE_KIND(unsubscribe, 0, "a person left a list")

enum score_kind {
#define SCORE_KIND(name, points, sentence) SCORE_##name,
	SCORE_KINDS(SCORE_KIND)
#undef SCORE_KIND
		SCORE_KIND_COUNT
};

enum {
	RULES_CATEGORIES_MAX = 50,
	RULES_GROUPS_MAX = 100,
	RULES_PAGES_MAX = 1000, /* of all groups together */
	RULES_NAMED_MAX = 1000,
	RULES_AGES = 3650, /* days for which the decay is kept; older points count like that */
	RULES_NONE = -1
};

/* Points by kind; what is not set is asked of the next wider rule. */
struct rules_points {
	int32_t points[SCORE_KIND_COUNT];
	uint32_t set; /* bit per kind */
};

struct rules_page {
	struct page_pattern pattern;
	int group;
};

/* Pages that belong together. */
struct rules_group {
	char *name;
	struct rules_points points;
	int32_t daily_cap; /* most that its pages can give or take on a day; 0: none */
	int category;	   /* index, or RULES_NONE */
	bool important;	   /* a visit there speaks for buying: likelihood.h */
};

/* A form, campaign or event of the site by its name. */
struct rules_named {
	char *name;
	uint8_t id[8]; /* of form or campaign, zero-padded */
	struct rules_points points;
	int category;
};

struct rules_named_list {
	struct rules_named *items;
	size_t count;
};

struct summary_rules {
	int32_t points[SCORE_KIND_COUNT];
	int32_t daily_caps[SCORE_KIND_COUNT]; /* most that a kind can give on a day; 0: none */
	int32_t half_life_days;		      /* 0: points do not fade */
	uint32_t decay[RULES_AGES + 1];	      /* what is left after so many days, of 2^31 */
	char **categories;
	size_t category_count;
	struct rules_group *groups;
	size_t group_count;
	struct rules_page *pages; /* of the groups, the most specific first */
	size_t page_count;
	struct rules_named_list forms, campaigns, events;
	struct company_rules *companies; /* company.h */
	struct grade_rules *grades;	 /* grade.h */
	struct follow_up {
		bool wanted;
		int32_t due_days; /* from what somebody did to when sales should have spoken */
		int32_t score;	  /* from this score on; 0: only forms and purchases ask for one */
		char *done_field; /* the person's field that says when sales last did; NULL: none */
	} follow_up;
	char groups_digest[65]; /* of all that totals depend on: the groups' names and pages */
};

/*
 * From the file at @path; NULL or "": the defaults. Return: 0; RULES_E_INVALID with @error, which
 * names file, line, column and key; -ENOMEM.
 */
enum { RULES_E_INVALID = 1 };
int rules_load(const char *path, struct summary_rules **ret_rules, struct error *error);
/* The same from memory; @path is for messages. */
int rules_parse(const char *path, struct span text, struct summary_rules **ret_rules,
		struct error *error);
void rules_free(struct summary_rules *rules); /* NULL allowed */
void cleanup_rules(struct summary_rules **rules);

/*
 * The group of a page's address as events hold it, RULES_NONE when it is in none. Of several the
 * most specific wins: the longest page, then one of a site before one of any. Some
 * nanoseconds a page of the rules: whoever asks for one often keeps the answer.
 */
int rules_group_of_page(const struct summary_rules *rules, struct span url);

const char *score_kind_text(enum score_kind kind);

#endif
