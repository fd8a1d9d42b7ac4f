/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_PERSON_RECORD_H
#define WAYMARK_TRACK_PERSON_RECORD_H

#include "base/clock.h"
#include "crypto/id.h"

#include <jansson.h>

/*
 * What is known of a person: the text of "fields" in people/ (store/people.h), taken apart, changed
 * and put together again. Pure; one thread at a time. Whoever wants to read or write that text does
 * it here, or with person_marks.h for what is no value.
 *
 *   {"v":2,
 *    "values":{"company":{"value":"…","source":"form:contact","evidence":"declaration","time":µs}},
 *    "proposed":{"title":[{"value":"…","source":…,"evidence":…,"time":…}]},    oldest first
 *    "ids":{"salesforce_contact":{"value":"003…","source":"import","time":…}},
 *    "suppressed":{"bounced":{…},"opted_out":{…},"list:1f2e3d4c":{"source":"…","time":…}},
 *    "registered":{"source":"form:contact","time":…},
 *    "opens":{"value":"measure","source":…,"time":…}}
 *
 * "from":"<24 hex>" beside a value: it came with the person of that handle, whom a merge joined,
 * and goes when that is undone. The time of a value is that of the event which told of it, so that
 * person and time find it in the log. A text of before, {"company":"…"}, is read as values that
 * were imported; it has no number "v".
 */
enum {
	PERSON_VALUES_MAX = 100,
	PERSON_NAME_MAX_BYTES = 64,
	PERSON_VALUE_MAX_BYTES = 4096,
	PERSON_SOURCE_MAX_BYTES = 300,	 /* "form:" and a name */
	PERSON_PROPOSED_MAX = 4,	 /* of one field; then the oldest goes */
	PERSON_OFFERED_MAX_BYTES = 8192, /* of all values together that operators did not set */
	PERSON_RECORD_MAX_BYTES = 32768	 /* of the text */
};

/* Weakest first; up to a proof as in events, and stronger than all: an operator of ours. */
enum person_evidence {
	PERSON_EVIDENCE_NONE,
	PERSON_EVIDENCE_CLAIM,
	PERSON_EVIDENCE_DECLARATION,
	PERSON_EVIDENCE_PROOF,
	PERSON_EVIDENCE_OPERATOR
};

/* Spans that a record gives are borrowed from it until it changes; those it is given are copied. */
struct person_value {
	struct span name, value;
	struct span source; /* "form:<name>", "import", "api", "crm" */
	enum person_evidence evidence;
	usec_t time;
	struct handle from; /* zeros: the person's own */
};

struct person_record;

/*
 * @text as it is in people/; absent or empty: nothing is known. @changed: the time of values whose
 * own is not noted. Return: 0; PERSON_RECORD_E_DAMAGED: it is no such text; -ENOMEM.
 */
enum { PERSON_RECORD_E_DAMAGED = 1, PERSON_RECORD_E_LONG = 2, PERSON_RECORD_E_FULL = 3 };
int person_record_parse(struct span text, usec_t changed, struct person_record **ret_record);
void person_record_free(struct person_record *record); /* NULL allowed; wipes nothing */

/*
 * Append the text for people/; the same record gives the same text. When it would be too long,
 * proposed values go first, the oldest of all; then it is PERSON_RECORD_E_LONG. Return: 0; that;
 * -ENOMEM.
 */
int person_record_format(struct person_record *record, struct buffer *text);

/* The same for people to read, with times as text, as a new reference; NULL: out of memory. */
json_t *person_record_json(const struct person_record *record);

/* What must not be a field of a person: NULL, or what is wrong, for a sentence of the caller's.
 * An address in a name would get into the log, which names the fields that change. */
const char *person_name_refusal(struct span name);
const char *person_value_refusal(struct span value); /* too long, or not UTF-8 */

bool person_record_find(const struct person_record *record, struct span name,
			struct person_value *ret_value);
/* By name. A nonzero return of @each ends it and is returned. */
typedef int (*person_value_fn)(void *context, const struct person_value *value);
int person_record_each(const struct person_record *record, person_value_fn each, void *context);
int person_record_each_proposed(const struct person_record *record, person_value_fn each,
				void *context);

/*
 * An operator says so (or who may: it overwrites), and nothing else is proposed for that field any
 * more. An empty value takes the field away. @ret_changed: it was not so before; the same value by
 * the same or stronger evidence keeps its source and time. Return: 0; PERSON_RECORD_E_FULL: as many
 * as may are there; -ENOMEM.
 */
int person_record_set(struct person_record *record, const struct person_value *value,
		      bool *ret_changed);

/* Somebody who need not be the person says so (DESIGN.md 8). */
struct person_offer {
	bool confirmed;	 /* by a browser that proved to be the person's */
	bool overwrite;	 /* the form takes what is typed last */
	bool keep_first; /* the form never changes what is there; stronger than the others */
};
enum person_outcome {
	PERSON_UNCHANGED, /* it was so, the value is empty, or the first one is kept; stronger
			     evidence of the same value is noted */
	PERSON_FILLED,	  /* nothing was there */
	PERSON_REPLACED,
	PERSON_PROPOSED, /* noted beside what is there */
	PERSON_NO_ROOM	 /* the person's values are too many or too long already; not noted */
};
/* Return: 0; -ENOMEM. */
int person_record_offer(struct person_record *record, const struct person_value *value,
			const struct person_offer *offer, enum person_outcome *ret_outcome);

#endif
