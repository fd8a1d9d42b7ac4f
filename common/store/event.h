/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_EVENT_H
#define WAYMARK_STORE_EVENT_H

#include "base/bytes.h"
#include "base/clock.h"
#include "store/schema.h"

/*
 * One event, as fields to be encoded or as a view of a decoded record. Spans are borrowed: while
 * encoding from the caller, after decoding from the record. Small values (numbers, choices) that
 * the setters make live in @scratch, so a struct event must not be copied after use.
 */
struct event {
	enum event_type type;
	usec_t time;
	uint64_t sequence;		       /* 0 until stored */
	uint16_t incarnation;		       /* set by the writer */
	struct span fields[EVENT_FIELD_COUNT]; /* by field id; data NULL: absent */
	struct span shared; /* decoded as it is stored: names of its texts (schema.h) */
	uint8_t scratch[EVENT_FIELD_COUNT][8];
};

enum {
	EVENT_E_FORM = 1,    /* not a record, cut short, fields out of order or over their length */
	EVENT_E_VERSION = 2, /* a newer record version */
	EVENT_RECORD_MAX_BYTES = 65536
};

void event_init(struct event *event, enum event_type type, usec_t time);

/*
 * Set a field. Text from outside goes through event_set_text(), which makes it valid UTF-8 of at
 * most the field's length in @to (grown as needed, must outlive the encoding; one buffer may serve
 * all fields of the event, and only those); nothing is refused. An absent span leaves it absent.
 */
void event_set(struct event *event, enum event_field field, struct span value);
void event_set_text(struct event *event, enum event_field field, struct span text,
		    struct buffer *to);
void event_set_number(struct event *event, enum event_field field, uint64_t value);
void event_set_choice(struct event *event, enum event_field field, uint8_t value);

uint64_t event_number(const struct event *event, enum event_field field); /* 0 when absent */
uint8_t event_choice(const struct event *event, enum event_field field);  /* 0 when absent */

/* Append the record. A field that the type does not allow, or a missing required one, is our bug:
 * assertion. Over-long values are -EMSGSIZE in to->error. */
void event_encode(const struct event *event, struct buffer *to);
/*
 * A view of @record; sequence is 0, which only its key knows. Unknown fields are skipped; sizes of
 * known ones are as their kind says, but text may be anything, and a choice may lie beyond its
 * list.
 *
 * Return: 0; EVENT_E_FORM; EVENT_E_VERSION (also for a type that this version does not know).
 */
int event_decode(struct span record, struct event *ret_event);

enum event_kind {
	EVENT_KIND_TEXT,
	EVENT_KIND_HEX,
	EVENT_KIND_LIST,
	EVENT_KIND_NAME,
	EVENT_KIND_CHOICE,
	EVENT_KIND_ADDRESS,
	EVENT_KIND_NUMBER,
	EVENT_KIND_FLAGS,
	EVENT_KIND_JSON,
	EVENT_KIND_SEALED
};

/* The tables of schema.h at run time. NULL when there is no such row. */
struct event_field_row {
	const char *name, *json, *sentence;
	enum event_kind kind;
	uint32_t max_bytes;
	const char *const *choices; /* CHOICE: NULL-terminated; else NULL */
};
struct event_type_row {
	const char *name, *sentence;
	uint64_t required, optional;
};
const struct event_field_row *event_field_row(unsigned field);
const struct event_type_row *event_type_row(unsigned type);
/* By name; 0 when there is none. */
enum event_type event_type_find(struct span name);

/*
 * The record form that all three environments share: fields in ascending id order.
 * record_next(): @at starts behind the header; 0 with a field, RECORD_END at the end, EVENT_E_FORM.
 */
enum { RECORD_END = 3 };
void record_append(struct buffer *to, uint8_t field, struct span value);
/*
 * A row of one byte of version and such fields, those of @count by their ids, each of at most
 * @max_bytes of it; others are of a newer version. Return: 0; -EBADMSG: it is not such a row.
 */
int record_read_row(struct span row, const uint32_t *max_bytes, size_t count,
		    struct span *ret_fields);
int record_next_any(struct span record, size_t *at, uint8_t *ret_field, struct span *ret_value);

/* Most values are short, and a log has hundreds of millions of them. */
static inline int record_next(struct span record, size_t *at, uint8_t *ret_field,
			      struct span *ret_value)
{
	size_t here = *at;

	if (record.size < here || record.size - here < 2 || record.data[here] == 0 ||
	    record.data[here + 1] >= 0x80 || record.data[here + 1] > record.size - here - 2)
		return record_next_any(record, at, ret_field, ret_value);
	*ret_field = record.data[here];
	*ret_value = span_of(record.data + here + 2, record.data[here + 1]);
	*at = here + 2 + ret_value->size;
	return 0;
}

#endif
