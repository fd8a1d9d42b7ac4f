/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_FACT_H
#define WAYMARK_SUMMARY_FACT_H

#include "base/clock.h"
#include "crypto/id.h"
#include "store/schema.h"

/*
 * What the summaries need of an event that counts: its clear fields, decoded, with raw signals and
 * never a verdict, so that history can be judged again. Texts are ids of text_ids.h; 0: none.
 *
 * A fact lies under a subject. An event with a visitor has a fact under the visitor. An event that
 * is about a person by itself (a click by their link, an open, a mail that was sent, a login, a
 * form post …) has one under the person. One that has both has two of the same sequence:
 * FACT_BROWSER marks the visitor's, FACT_PRIMARY the one that totals count, which is the person's.
 * When both come into one unit they are one fact with both bits. What has neither lies under an
 * anonymous subject and is primary. Sessions, dwell and visitors are counted from facts with
 * FACT_BROWSER, all else from those with FACT_PRIMARY.
 */
enum fact_bit {
	FACT_PRIMARY = 1 << 0,	  /* totals count this copy */
	FACT_BROWSER = 1 << 1,	  /* what the visitor's browser did; see above */
	FACT_EXCLUDED = 1 << 2,	  /* internal network, staff, page: counts in "excluded" alone */
	FACT_LATE = 1 << 3,	  /* answered before it was recorded */
	FACT_LANGUAGE = 1 << 4,	  /* Accept-Language was there */
	FACT_SEC_FETCH = 1 << 5,  /* one of Sec-Fetch-* was there */
	FACT_NAVIGATION = 1 << 6, /* Sec-Fetch-Mode navigate and Sec-Fetch-Dest document */
	FACT_HTTPS = 1 << 7,	  /* the tracker is asked over https */
	FACT_HEAD = 1 << 8,
	FACT_PREFETCH = 1 << 9, /* Sec-Purpose, Purpose or X-Moz said so */
	FACT_TRAP = 1 << 10,
	FACT_PROXY = 1 << 11,	 /* came through a trusted proxy */
	FACT_INPUT = 1 << 12,	 /* a trusted pointer, key or scroll input happened */
	FACT_CONFLICT = 1 << 13, /* a known browser, and someone else's link or address */
	FACT_IMPORTED = 1 << 14, /* of another system */
	FACT_REPORTED = 1 << 15, /* told by the site's server, not seen by the tracker */
	FACT_ANONYMOUS = 1 << 16 /* of the class that the log keeps for a shorter time */
};

/* What fact.click_ids says is there, in the address or the query. */
enum fact_click_id {
	CLICK_ID_GOOGLE = 1 << 0, /* gclid, gbraid, wbraid, dclid */
	CLICK_ID_META = 1 << 1,	  /* fbclid */
	CLICK_ID_MICROSOFT = 1 << 2,
	CLICK_ID_TIKTOK = 1 << 3,
	CLICK_ID_X = 1 << 4,
	CLICK_ID_LINKEDIN = 1 << 5,
	CLICK_ID_YANDEX = 1 << 6
};

enum { UTM_SOURCE, UTM_MEDIUM, UTM_CAMPAIGN, UTM_TERM, UTM_CONTENT, UTM_COUNT };

struct fact {
	uint64_t sequence;
	usec_t time;
	enum event_type type;
	uint32_t bits;	      /* of enum fact_bit */
	uint8_t evidence;     /* enum evidence */
	uint8_t method;	      /* index of the choices of "method" */
	uint32_t agent;	      /* User-Agent */
	uint32_t net;	      /* name of the scanner network that the address was in */
	uint64_t network;     /* truncated address: v4 in the low 32 bits, v6's first 8 bytes */
	struct handle person; /* whom the event itself names; zeros: nobody */
	struct visitor_id visitor; /* zeros: none */
	struct link_id link;	   /* this and the next four: zeros: none */
	struct mailing_id mailing;
	struct campaign_id campaign;
	struct form_id form;
	struct list_id list;
	uint32_t tracker;  /* its host */
	uint32_t page;	   /* page or destination without query; of a download: the file */
	uint32_t referrer; /* origin, or what full_referrers lets be kept */
	uint32_t name;	   /* of an event; the term of a search; the reason of a bounce or error */
	uint32_t utm[UTM_COUNT];
	uint32_t click_ids;  /* of enum fact_click_id */
	uint64_t view;	     /* of a page view and what belongs to it */
	uint32_t visible_ms; /* of a leave, cumulative, as is @depth (0 to 100) */
	uint32_t depth;
	uint32_t product, order, currency; /* of a purchase */
	int64_t amount;			   /* in the currency's smallest unit */
	uint32_t count;			   /* of items; 0: not said */
};

/* Under whom facts lie, and how they are ordered on disk. */
enum subject_kind { SUBJECT_ANONYMOUS, SUBJECT_VISITOR, SUBJECT_PERSON };
enum { SUBJECT_BYTES = 17 };

struct subject {
	uint8_t bytes[SUBJECT_BYTES]; /* kind 1 ‖ id 16 (a handle's last four are zeros) */
};

static inline struct subject subject_of_visitor(const struct visitor_id *visitor)
{
	struct subject subject = {{SUBJECT_VISITOR}};

	memcpy(subject.bytes + 1, visitor, sizeof(*visitor));
	return subject;
}

static inline struct subject subject_of_person(const struct handle *person)
{
	struct subject subject = {{SUBJECT_PERSON}};

	memcpy(subject.bytes + 1, person, sizeof(*person));
	return subject;
}

static inline enum subject_kind subject_kind(const struct subject *subject)
{
	return (enum subject_kind)subject->bytes[0];
}

/* Order of facts in a unit: time, then sequence, then the person's copy before the visitor's. */
static inline int fact_compare(const struct fact *a, const struct fact *b)
{
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	return (int)(a->bits & FACT_BROWSER) - (int)(b->bits & FACT_BROWSER);
}

/*
 * Facts on disk: each says what differs from the one before it in its row, and the first from what
 * fact_origin() gives for their subject.
 *
 * fact_append() writes @fact behind @before. fact_read() reads the next at *@at into @fact, which
 * holds the one before. Return of fact_read(): 0; FACT_E_END; FACT_E_FORM.
 */
enum { FACT_E_END = 1, FACT_E_FORM = 2, FACT_MAX_BYTES = 384 };
void fact_origin(const struct subject *subject, struct fact *ret_fact);
void fact_append(const struct fact *before, const struct fact *fact, struct buffer *to);
int fact_read(struct span row, size_t *at, struct fact *fact);

#endif
