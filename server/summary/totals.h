/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_TOTALS_H
#define WAYMARK_SUMMARY_TOTALS_H

#include "base/bytes.h"

/* clang-format off */
/*
 * What summaries add up, by day: a row of counters for each thing of a kind that something happened
 * to on that day. Days are those of summary.time_zone, counted from 1970-01-01 (calendar.h). Text
 * ids are of data/summary/; ids of events are as in the log.
 *
 * On disk: key = kind 1 ‖ id (of the kind's size) ‖ day 2; value = the counters as signed LEB128 in
 * the order of their numbers, without zeros at the end. Append only.
 *
 * Unit: a person with all browsers that are bound to them now, else a browser, else what came
 * without a cookie from one network with one agent on one day. What is counted "once" is counted
 * once for each unit and id. An event that is excluded counts as such and nowhere else.
 */
/* KIND(number, name, id_bytes, sentence) */
#define TOTAL_KINDS(KIND)                                                                          \
	KIND(0, all, 0, "everything")                                                              \
	KIND(1, tracker, 4, "host of a tracker: text id")                                          \
	KIND(2, campaign, 4, "campaign id")                                                        \
	KIND(3, mailing, 8, "mailing id")                                                          \
	KIND(4, link, 8, "link id")                                                                \
	KIND(5, page, 4, "page or file, its URL without query: text id")                           \
	KIND(6, group, 2, "page group: its number in the rules")                                   \
	KIND(7, form, 8, "form id")                                                                \
	KIND(8, source, 9, "how they came: class 1 (source.h), what it names 4, utm_medium 4; "    \
			   "what it names: campaign id of an own link, else text id")              \
	KIND(9, product, 8, "product and currency: text ids")                                      \
	KIND(10, currency, 4, "currency: text id")                                                 \
	KIND(11, campaign_sale, 8, "campaign id and currency's text id")                           \
	KIND(12, list, 4, "subscription list id")                                                  \
	KIND(13, term, 4, "what the site's search was asked for: text id")                         \
	KIND(14, name, 4, "event that the site named: text id")                                    \
	KIND(15, reason, 1, "rule that spoke of a machine: its bit in the verdict's reasons")      \
	KIND(16, gap, 2, "days since a browser's last day of views: 0 none before, 65535 or more") \

/* Where the id of a kind holds a text id: TEXT(name, offset). A text that stands nowhere is removed
 * (text_sweep.h). */
#define TOTAL_KIND_TEXTS(TEXT)                                                                     \
	TEXT(tracker, 0)                                                                           \
	TEXT(page, 0)                                                                              \
	TEXT(source, 1)                                                                            \
	TEXT(source, 5)                                                                            \
	TEXT(product, 0)                                                                           \
	TEXT(product, 4)                                                                           \
	TEXT(currency, 0)                                                                          \
	TEXT(campaign_sale, 4)                                                                     \
	TEXT(term, 0)                                                                              \
	TEXT(name, 0)

/*
 * TOTAL(number, name, sentence). A conversion is a submit or a purchase, of no machine; campaign,
 * mailing, link and source have those of who came by them last, at most 30 days before.
 */
#define TOTALS(TOTAL)                                                                              \
	TOTAL(0, clicks, "links followed: human, machine, unknown and pending")                    \
	TOTAL(1, clicks_human, "by people")                                                        \
	TOTAL(2, clicks_machine, "by scanners and other programs")                                 \
	TOTAL(3, clicks_unknown, "settled, and nothing tells")                                     \
	TOTAL(4, clicks_pending, "not settled yet")                                                \
	TOTAL(5, clickers, "units, once, on the day of their first human click")                   \
	TOTAL(6, opens_direct, "mails opened, by the reader's own program")                        \
	TOTAL(7, opens_proxy, "through an image proxy")                                            \
	TOTAL(8, opens_prefetch, "fetched by a machine, read or not")                              \
	TOTAL(9, openers, "units, once, on the day of their first open, direct or by proxy")       \
	TOTAL(10, sent, "mails that went out")                                                     \
	TOTAL(11, bounces, "mails that came back")                                                 \
	TOTAL(12, unsubscribes, "people who left a list")                                          \
	TOTAL(13, resubscribes, "people who came back to a list")                                  \
	TOTAL(14, views, "pages shown, not to machines, each view once")                           \
	TOTAL(15, views_machine, "pages shown to machines")                                        \
	TOTAL(16, visitors, "browsers with views, once a day (and id)")                            \
	TOTAL(17, new_visitors, "browsers, once, on their first day of views")                     \
	TOTAL(18, sessions, "visits, on the day that they begin")                                  \
	TOTAL(19, bounced_sessions, "visits of one view and nothing else")                         \
	TOTAL(20, visible_ms, "milliseconds that pages were visible, on the view's day")           \
	TOTAL(21, downloads, "files fetched")                                                      \
	TOTAL(22, searches, "searches on the site")                                                \
	TOTAL(23, events, "events that the site named")                                            \
	TOTAL(24, submits, "forms taken")                                                          \
	TOTAL(25, submitters, "units, once, on the day of their first submit")                     \
	TOTAL(26, submit_errors, "forms refused")                                                  \
	TOTAL(27, logins, "logins on the site")                                                    \
	TOTAL(28, purchases, "purchases reported")                                                 \
	TOTAL(29, items, "pieces bought")                                                          \
	TOTAL(30, amount, "money, in the currency's smallest unit; only where the id names it")    \
	TOTAL(31, conflicts, "clicks on someone else's link by a known browser")                   \
	TOTAL(32, probes, "HEAD and prefetch requests of links")                                   \
	TOTAL(33, excluded, "events that do not count: internal networks, staff, pages")           \
	TOTAL(34, entries, "visits whose first page this is, on the day that they begin")          \
	TOTAL(35, exits, "visits whose last page this is, on the day that they begin")             \
	TOTAL(36, conversions, "submits and purchases")                                            \
	TOTAL(37, confirms, "addresses proved by a mailed link")

enum total_kind {
#define KIND(number, name, ...) TOTAL_KIND_##name = (number),
	TOTAL_KINDS(KIND)
#undef KIND
	TOTAL_KIND_COUNT
};

enum total {
#define TOTAL(number, name, ...) TOTAL_##name = (number),
	TOTALS(TOTAL)
#undef TOTAL
	TOTAL_COUNT
};
/* clang-format on */

enum { TOTAL_ID_MAX_BYTES = 9, TOTAL_KEY_MAX_BYTES = 1 + TOTAL_ID_MAX_BYTES + 2 };

struct total_kind_row {
	const char *name, *sentence;
	uint8_t id_bytes;
};
const struct total_kind_row *total_kind_row(enum total_kind kind);
/* Sums of what people read: one that is beyond all measure stays at the limit. */
static inline int64_t total_add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}
const char *total_name(enum total total); /* as in --json: "clicks_human" */
const char *total_sentence(enum total total);

#endif
