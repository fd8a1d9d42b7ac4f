/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_PERSON_TYPE_H
#define WAYMARK_TRACK_PERSON_TYPE_H

#include "config/config.h"

/*
 * Fields of people that have a type: people.fields, "employees=number". What does not fit is
 * refused, and what fits is written in one way, so that whoever compares or sorts need not guess.
 * All others are texts.
 */
enum person_type {
	PERSON_TYPE_text,
	PERSON_TYPE_number, /* digits, with a sign and a fraction: "-12.5" */
	PERSON_TYPE_flag,   /* "true" or "false", from yes and no, 1 and 0 */
	PERSON_TYPE_date,   /* "2026-11-21", from a whole time as well */
	PERSON_TYPE_url,    /* http or https */
	PERSON_TYPE_COUNT
};

/* Return: 0; CONFIG_E_INVALID with @error naming the item. */
int person_types_check(const struct config *config, struct error *error);

enum person_type person_type_of(const struct config *config, struct span name);
const char *person_type_text(enum person_type type); /* "number" */

/*
 * Append @value as it is kept. An empty one is empty for each type. Return: 0; PERSON_TYPE_E_FORM;
 * -ENOMEM.
 */
enum { PERSON_TYPE_E_FORM = 1 };
int person_type_read(enum person_type type, struct span value, struct buffer *ret_value);

#endif
