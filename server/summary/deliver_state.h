/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DELIVER_STATE_H
#define WAYMARK_SUMMARY_DELIVER_STATE_H

#include "base/error.h"
#include "crypto/id.h"

/*
 * What was delivered so far: for each row of each person, a mark of its bytes. Rows whose mark is
 * the same are not delivered again. In the order of handle, kind and sub; read and written in one
 * pass, so memory does not grow with the number of people.
 *
 * On disk: "waymark deliver 1\n", number 8, then entries of 29 bytes: handle 12 ‖ kind 1 ‖ sub 8 ‖
 * mark 8; then SHA-256 of all before, as 64 hexadecimal digits. It holds no address and no name.
 */
enum deliver_kind {
	DELIVER_KIND_PERSON, /* the line of persons.ndjson; each person delivered has one */
	DELIVER_KIND_RECORD, /* Lead or Contact; sub: which of them */
	DELIVER_KIND_SUMMARY,
	DELIVER_KIND_MEMBER, /* sub: campaign id ‖ zeros */
	DELIVER_KIND_TASK    /* sub: sequence */
};

struct deliver_entry {
	struct handle person;
	uint8_t kind;
	uint64_t sub, mark;
};

/* By person, kind and sub: below 0, 0, above. */
int deliver_entry_compare(const struct deliver_entry *a, const struct deliver_entry *b);

struct deliver_state; /* one that is read */

enum { DELIVER_STATE_E_DAMAGED = 1, DELIVER_STATE_E_ABSENT = 2 };

/* @folder: of the file ".state". Return: 0; DELIVER_STATE_E_* (@error: DAMAGED); negative errno. */
int deliver_state_open(int folder, struct deliver_state **ret_state, struct error *error);
void deliver_state_close(struct deliver_state *state);		  /* NULL allowed */
uint64_t deliver_state_number(const struct deliver_state *state); /* of the delivery; NULL: 0 */
/* The entry at hand; false at the end, and of NULL. */
bool deliver_state_peek(const struct deliver_state *state, struct deliver_entry *ret_entry);
void deliver_state_skip(struct deliver_state *state);
/* A place to come back to. */
size_t deliver_state_tell(const struct deliver_state *state);
void deliver_state_seek(struct deliver_state *state, size_t place);

struct deliver_state_writer;

/* A new ".state" in @folder. Return: 0; negative errno. */
int deliver_state_create(int folder, uint64_t number, struct deliver_state_writer **ret_writer);
/* Entries in their order. A failure is kept until deliver_state_finish(). */
void deliver_state_put(struct deliver_state_writer *writer, const struct deliver_entry *entry);
/* Write what is left, and sync it. Frees @writer. Return: 0; negative errno. */
int deliver_state_finish(struct deliver_state_writer *writer);
void deliver_state_discard(struct deliver_state_writer *writer); /* NULL allowed */

#endif
