/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_PERSON_H
#define WAYMARK_SUMMARY_PERSON_H

#include "crypto/id.h"
#include "store/schema.h"
#include "summary/source.h"

#include "base/clock.h"

struct score;

/*
 * What is known of one person (or one browser that is nobody's), as fold.h makes it of their
 * facts. Everything that it points to belongs to the fold until the next fold_begin(). Text ids are
 * of data/summary/, 0: none; ids of zeros: none; sequences name the event that proves it.
 *
 * Interactions are what they did themselves: clicks judged human, and views, searches, downloads,
 * named events, form posts, logins, purchases, confirmations that no machine made; nothing that is
 * excluded, and no conflict. What came to them (sent, open, bounce) is none, and neither is leaving
 * a page.
 */
struct person_moment {
	usec_t time; /* 0: there is none */
	uint64_t sequence;
	enum event_type type;
	uint32_t page, name; /* name: event name, search term or product */
	struct campaign_id campaign;
	struct mailing_id mailing;
	struct link_id link;
	struct form_id form;
};

/* PERSON_COUNT(name, sentence) */
#define PERSON_COUNTS(COUNT)                                       \
	COUNT(clicks, "links followed, judged human")              \
	COUNT(clicks_machine, "by scanners of their mail")         \
	COUNT(clicks_unknown, "nothing tells, or not settled yet") \
	COUNT(opens, "direct or by proxy")                         \
	COUNT(sent, "mails to them")                               \
	COUNT(views, "pages, not by machines")                     \
	COUNT(sessions, "visits that began then")                  \
	COUNT(visible_ms, "milliseconds that pages were visible")  \
	COUNT(downloads, "files fetched")                          \
	COUNT(searches, "searches on the site")                    \
	COUNT(events, "events that the site named")                \
	COUNT(submits, "forms taken")                              \
	COUNT(logins, "logins")                                    \
	COUNT(purchases, "purchases")

struct person_counts {
#define COUNT(name, sentence) uint64_t name;
	PERSON_COUNTS(COUNT)
#undef COUNT
};

/* The last 7 and 30 times 24 hours before as_of, and all that is kept. */
enum person_window { PERSON_WINDOW_7, PERSON_WINDOW_30, PERSON_WINDOW_ALL, PERSON_WINDOW_COUNT };

/* One arrival: by a link of ours, by an address with utm_* or a click id, from another site. */
struct person_touch {
	usec_t time;
	uint64_t sequence;
	enum source_class source;
	struct campaign_id campaign;
	struct mailing_id mailing;
	struct link_id link;
	uint32_t page, referrer, utm[5], click_ids; /* page: the first one that they saw then */
};

struct person_session {
	usec_t first, last;
	uint64_t sequence; /* of its first event */
	uint32_t views, events, entry, exit, visible_ms;
	struct campaign_id campaign;
	struct visitor_id visitor;
};

/* What a campaign got from them; conversions: submits and purchases, by the last touch. */
struct person_response {
	struct campaign_id campaign;
	struct mailing_id mailing; /* the last one */
	uint32_t sent, bounces, opens, clicks, submits, purchases;
	usec_t first_sent, first_response, last_response; /* 0: none; opens are no response */
};

struct person_page {
	uint32_t page, views;
	uint64_t visible_ms;
	usec_t last;
};
struct person_group {
	uint16_t group; /* its number in the rules */
	uint32_t views;
	uint64_t visible_ms;
	usec_t last;
};
struct person_purchase {
	uint16_t day;
	uint32_t product, currency, purchases;
	uint64_t items;
	int64_t amount;
	uint64_t sequence; /* of the last */
};

/* @count rows, and @left_out more that there is no room for. */
#define PERSON_LIST(type)                \
	struct {                         \
		const struct type *rows; \
		size_t count, left_out;  \
	}

struct person_summary {
	bool is_person;
	struct handle person;	   /* zeros when it is none */
	struct visitor_id visitor; /* the browser of a unit that is none; else zeros */
	uint32_t browsers;	   /* of which there are facts */
	bool settled;		   /* nothing in it waits for a verdict */

	struct person_moment first, last; /* interactions */
	struct person_counts windows[PERSON_WINDOW_COUNT];
	struct person_touch first_touch, last_touch; /* time 0: none */

	/* The most recent ones, oldest first. */
	PERSON_LIST(person_touch) touches;
	PERSON_LIST(person_session) sessions;
	PERSON_LIST(person_moment) downloads, searches, submits; /* page: of a download the file */
	PERSON_LIST(person_response) responses;
	PERSON_LIST(person_purchase) purchases; /* one for a day, product and currency */

	/* The most seen ones first. */
	PERSON_LIST(person_page) pages;
	PERSON_LIST(person_group) groups;

	const struct score *score;
};

enum {
	PERSON_TOUCHES_MAX = 100,
	PERSON_SESSIONS_MAX = 50,
	PERSON_RESPONSES_MAX = 500,
	PERSON_PAGES_MAX = 100,
	PERSON_GROUPS_MAX = 100,
	PERSON_MOMENTS_MAX = 50,
	PERSON_PURCHASES_MAX = 200
};

#endif
