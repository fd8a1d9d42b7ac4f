/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DELIVER_VALUE_H
#define WAYMARK_SUMMARY_DELIVER_VALUE_H

#include "summary/calendar.h"
#include "summary/company.h"
#include "summary/likelihood.h"
#include "summary/person.h"

#include <jansson.h>

/* Who somebody is, as people/ knows them. Spans are borrowed. */
struct deliver_identity {
	bool known;	/* false: erased, or not there */
	bool erased;	/* of who is not known: the log says so; else people/ lost them */
	bool merged;	/* is @into since then, and has no summary of its own */
	bool held_back; /* must not be delivered: crm.share_field */
	bool opted_out, bounced;
	struct span address;		    /* absent: only their id is known */
	const json_t *fields;		    /* object of texts; NULL: none */
	struct span lead, contact, account; /* ids in the CRM; absent: none */
	struct span registered; /* who told us of them: "form:contact"; absent: nobody */
	usec_t registered_at;
	const json_t *left; /* names of lists; NULL: none */
	struct handle into;
};

/* Where texts and names come from; each answer is good until the next question. */
struct deliver_names {
	struct span (*text)(void *context, uint32_t id);
	struct span (*name)(void *context, enum name_kind kind, const void *id);
	void *context;
};

/* Someone whom sales should have spoken to. */
struct deliver_follow_up {
	bool overdue;
	uint64_t sequence; /* of what they did; 0: their score asks for it */
	usec_t time;
	uint16_t due_day;
	enum event_type type;
	uint32_t page;
	struct form_id form;
};

/* What one row is about; @response of members and @follow_up of tasks alone. */
struct deliver_item {
	struct handle person;
	const struct person_summary *summary;
	const struct deliver_identity *identity;
	const struct deliver_names *names;
	const struct summary_rules *rules;
	const struct calendar *calendar;
	const char *const *statuses; /* CRM's word for each enum deliver_stage */
	struct company company;
	struct span account; /* where a contact is made that the CRM does not have; or absent */
	enum grade grade;
	struct likelihood likelihood;
	const struct person_response *response;
	struct deliver_follow_up follow_up;
	bool guard; /* against formulas: csv_row.h */
};

/* How far somebody came with a campaign. */
enum deliver_stage {
	DELIVER_STAGE_NONE, /* only opens or bounces: no member */
	DELIVER_STAGE_SENT,
	DELIVER_STAGE_CLICKED,
	DELIVER_STAGE_RESPONDED, /* a form or a purchase */
	DELIVER_STAGE_COUNT
};
enum deliver_stage deliver_stage_of(const struct person_response *response);
const char *deliver_stage_text(enum deliver_stage stage);

/* Company, grade, likelihood and follow-up of an item whose other members are set. @today: in its
 * calendar. */
void deliver_item_judge(struct deliver_item *item, uint16_t today);
/* The value of a person's field, or of one made here (grade.h); absent: none. @context: the item.
 */
struct span deliver_field(void *context, const char *field);

enum deliver_type {
	DELIVER_TYPE_NUMBER,
	DELIVER_TYPE_TIME,
	DELIVER_TYPE_DAY,
	DELIVER_TYPE_FLAG,
	DELIVER_TYPE_TEXT,
	DELIVER_TYPE_LONG
};

/* Files by what a row of theirs is about. */
enum {
	DELIVER_RECORD = 1,
	DELIVER_SUMMARY = 2,
	DELIVER_MEMBER = 4,
	DELIVER_TASK = 8,
	DELIVER_ONLY_CONTACT = 16
};

struct deliver_value {
	const char *name;
	const char *column; /* NULL: of no file by default */
	const char *label;
	enum deliver_type type;
	unsigned files; /* DELIVER_RECORD and so on */
	uint16_t length;
};

extern const struct deliver_value deliver_values[];
extern const size_t deliver_value_count;
const struct deliver_value *deliver_value_find(struct span name); /* NULL: there is none */

/*
 * The value of @item as text, appended: a number in digits, a time as 2026-11-21T12:00:00.000Z, a
 * day as 2026-11-21, true or false. Nothing appended: there is none.
 */
void deliver_value_write(const struct deliver_value *value, const struct deliver_item *item,
			 struct buffer *to);

/* "mail: autumn", "search: https://www.example.com": how somebody came. For NDJSON, too. */
void deliver_touch_write(const struct deliver_item *item, const struct person_touch *touch,
			 struct buffer *to);
/* "2026-11-21T12:00:00.000Z". */
void deliver_time_write(usec_t time, struct buffer *to);

#endif
