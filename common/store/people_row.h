/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_PEOPLE_ROW_H
#define WAYMARK_STORE_PEOPLE_ROW_H

#include "base/arena.h"
#include "store/people.h"

/*
 * The value of people/ "rows" (schema.h: PERSON_FIELDS). Private to store/.
 */
enum person_field {
#define PERSON(id, name, ...) PERSON_##name = (id),
	PERSON_FIELDS(PERSON)
#undef PERSON
		PERSON_FIELD_COUNT
};

extern const uint32_t person_field_max_bytes[PERSON_FIELD_COUNT];

/* Appends the row; the sticky error of @row says whether it worked. */
void person_encode(const struct person *person, struct buffer *row);
/* A view of @row; the handle stays as it is. Return: 0; -EBADMSG. */
int person_decode(struct span row, struct person *person);
/* Its spans into @arena; without one they become absent. Return: 0; -ENOMEM. */
int person_copy_spans(struct arena *arena, struct person *person);

#endif
