/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_FOLD_INTERNAL_H
#define WAYMARK_SUMMARY_FOLD_INTERNAL_H

#include "summary/calendar.h"
#include "summary/fact.h"
#include "summary/fold.h"
#include "summary/memo.h"
#include "summary/person.h"
#include "summary/ring.h"
#include "summary/rules.h"
#include "summary/score.h"
#include "summary/session.h"
#include "summary/source.h"
#include "track/settle.h"

/* What the files of the fold share. */

/* The id of TOTAL_KIND_source. */
struct fold_source {
	enum source_class class;
	uint8_t what[4]; /* campaign id or text id */
	uint32_t medium;
};
enum { FOLD_SOURCE_BYTES = 9 };

/* What one event is to the fold, worked out once. */
struct fold_step {
	const struct fact *fact;
	const struct settle_verdict *verdict;
	uint16_t day;
	bool primary, browser; /* the fact's bits */
	bool machine;	       /* so far as is known */
	bool human_click;      /* a click, settled, of a person */
	bool theirs;	       /* primary, and no conflict: the person did it, or nobody */
};

/* A browser of the unit. Days are of views that no machine made. */
struct fold_browser {
	struct visitor_id visitor;
	struct session session;
	struct fold_source source;
	uint64_t sequence;	   /* of the session's first event */
	struct person_touch claim; /* a click that another unit counts; time 0: none */
	uint32_t tracker;	   /* of the session's first event */
	uint16_t day;		   /* likewise */
	uint32_t entry, exit;
	uint64_t visible_ms;
	uint16_t last_day;
	bool has_day;
	bool awaits_landing; /* a link was followed, and no page was seen since */
};

/* A page that was shown, by its view id, from its first event (a view, or a leave) on. */
struct fold_view {
	usec_t time;
	uint32_t page, tracker, visible_ms;
	uint16_t day;
	bool viewed;
};

/* What is remembered of one unit; what is older is forgotten, and counts as new when it comes. */
enum { FOLD_MET_MAX = 1 << 18, FOLD_VIEWS_MAX = 1 << 18, FOLD_LIST_MAX = 1 << 16 };

struct fold_rows { /* a growing array of rows of one size */
	void *rows;
	size_t count, capacity;
};

/* What verdict_rules_recorded_net() says of a network and the name that it was recorded with. */
struct fold_net {
	uint64_t network;
	uint32_t name, net;
};
enum { FOLD_NETS = 512 };

/* What is gathered for the summary. */
struct fold_person {
	struct person_summary summary;
	struct score score;
	struct ring touches, sessions, downloads, searches, submits;
	struct fold_rows pages, groups, responses, purchases;
};

struct fold {
	const struct fold_context *context;
	const struct fold_sink *sink;
	struct handle person;
	bool is_person, summarise;
	usec_t as_of, due;
	int error; /* sticky: -ENOMEM */

	struct fact *facts; /* of the stretch that is being gathered */
	struct settle_event *events;
	struct settle_verdict *verdicts;
	size_t count, capacity;

	struct memo met;   /* of the unit: see enum fold_met */
	struct memo known; /* of all units: what texts say, see fold_known.c */
	struct fold_net nets[FOLD_NETS];
	struct fold_rows browsers, views; /* struct fold_browser, struct fold_view */
	uint64_t view_count;		  /* all; the last FOLD_VIEWS_MAX have rows, in a ring */
	struct person_touch arrival;	  /* the last one; time 0: none */
	struct fold_person *summary;
};

/* First part of a key of fold.met; the kind of a total is in its upper half. */
enum fold_met { MET_ONCE, MET_BROWSER, MET_VIEW, MET_DAY, MET_PERSON };

/* fold.c */
void *fold_rows_add(struct fold *fold, struct fold_rows *rows, size_t size); /* zeros; NULL */

struct person_touch fold_touch_of_click(const struct fact *fact);

/* fold_count.c: what is counted where. @id is read in the kind's size. */
void fold_count(struct fold *fold, enum total_kind kind, const void *id, uint16_t day,
		enum total total, int64_t by);
void fold_count_text(struct fold *fold, enum total_kind kind, uint32_t text, uint16_t day,
		     enum total total, int64_t by); /* not when @text is 0 */
void fold_count_group(struct fold *fold, uint32_t page, uint16_t day, enum total total, int64_t by);
void fold_count_reasons(struct fold *fold, const struct fold_step *step, enum total total);
/* True when it is the first time for this unit. */
bool fold_once(struct fold *fold, enum total_kind kind, const void *id, enum total total);
void fold_source_id(const struct fold_source *source, uint8_t ret_id[FOLD_SOURCE_BYTES]);
struct fold_source fold_source_of_touch(const struct person_touch *touch);
void fold_count_fact(struct fold *fold, const struct fold_step *step);

/* fold_known.c: what follows from texts alone, looked up once. */
int fold_group(struct fold *fold, uint32_t page); /* or RULES_NONE */
enum source_class fold_referrer_class(struct fold *fold, uint32_t referrer, uint32_t tracker);
uint32_t fold_net(struct fold *fold, const struct fact *fact);

/* fold_visit.c: sessions, views, dwell. */
void fold_visit(struct fold *fold, const struct fold_step *step);
void fold_visit_end(struct fold *fold);

/* fold_person.c: the summary; nothing when none was asked for. */
int fold_person_new(struct fold_person **ret_summary);
void fold_person_free(struct fold_person *summary);
void fold_person_begin(struct fold *fold);
void fold_person_fact(struct fold *fold, const struct fold_step *step);
void fold_person_view(struct fold *fold, const struct fold_step *step);
void fold_person_dwell(struct fold *fold, const struct fold_view *view, uint32_t more_ms);
void fold_person_session(struct fold *fold, const struct fold_browser *browser);
void fold_person_touch(struct fold *fold, const struct person_touch *touch);
void fold_person_visits(struct fold *fold, const struct fold_step *step); /* by this for one */
void fold_person_converted(struct fold *fold, const struct fold_step *step);
void fold_person_end(struct fold *fold, struct person_summary *ret_person);

#endif
