/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_PERSON_ITEM_H
#define WAYMARK_APP_PERSON_ITEM_H

#include "app/operation.h"
#include "store/people.h"

/*
 * A person as people/ has them, for an operator to read; a new reference.
 *
 *   {"prospect": "…", "email": "…", "created": "…", "changed": "…",
 *    "fields": {"company": "…"},              what is known, by name
 *    "record": {"values": {…}, …},            with source, evidence and time (person_record.h)
 *    "merged_into": "…",                      only of whom it is true
 *    "merged": [{"prospect": "…", "email": "…"}]}
 *
 * Return: 0; OPERATION_E_FAILED with @error; negative errno.
 */
int person_item(struct store *store, const struct person *person, json_t **ret_item,
		struct error *error);

#endif
