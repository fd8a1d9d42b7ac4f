/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_PERSON_INTERNAL_H
#define WAYMARK_TRACK_PERSON_INTERNAL_H

#include "track/person_marks.h"

/*
 * A record as its JSON tree, which has the shape that person_record.h shows: whoever changes it
 * keeps it so. Private to person_*.c.
 */
struct person_record {
	json_t *root;
};

/* An object of the root by that name: NULL when it is not there, or, made, when memory is out. */
json_t *person_part(const struct person_record *record, const char *part);
json_t *person_part_made(struct person_record *record, const char *part);

/* A new reference, without what is absent, zero or none; NULL: out of memory, or no UTF-8. */
json_t *person_entry(const struct person_value *value);
/* What an entry says, but for the name; borrowed from it. */
void person_entry_read(const json_t *entry, struct person_value *ret_value);
/* Does it bear the mark of a merge: of @from, or (NULL) of any? */
bool person_entry_is_from(const json_t *entry, const struct handle *from);

/* Note that @value is proposed for its field; the same value once, and its last time. */
int person_propose(struct person_record *record, const struct person_value *value);
/* Take away what is proposed for the field @name, or only @value of it (absent: all). */
void person_unpropose(struct person_record *record, struct span name, struct span value);
/* Bytes of names and values that no operator set. */
size_t person_offered_bytes(const struct person_record *record);

#endif
