/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_PERSON_NAMED_H
#define WAYMARK_APP_PERSON_NAMED_H

#include "app/operation.h"
#include "base/arena.h"
#include "store/people.h"

/* Of the arena for one person, whose record is at most 32 KiB. */
enum { PERSON_ARENA_BYTES = 1 << 20 };

/*
 * The person whom @object (at @where in messages, "" for the body) names: by "email" or by
 * "prospect", a handle; one of the two. An address gives whom it leads to now, a handle its own
 * row, also when that was merged into another one. The caller wipes the key.
 *
 * Return: 0; OPERATION_E_REFUSED or _ABSENT with @error; negative errno.
 */
int person_named(struct operation_call *call, const json_t *object, const char *where,
		 struct arena *arena, struct person *ret_person, struct error *error);

/* 24 hexadecimal digits. Return: 0; OPERATION_E_REFUSED with @error. */
int person_parse_handle(struct span text, const char *where, struct handle *ret_handle,
			struct error *error);

#endif
