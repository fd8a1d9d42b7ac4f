/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_MEMO_H
#define WAYMARK_SUMMARY_MEMO_H

#include "base/bytes.h"

/*
 * A table from a key of three numbers to one number, for what a fold has met. It is emptied without
 * being touched, because most units are of a few events, and a fold has two million of them. Nobody
 * outside can choose keys that fall into one place: the hash is keyed by chance.
 */
struct memo_key {
	uint64_t a, b, c;
};

struct memo_row {
	struct memo_key key;
	uint64_t value;
	uint64_t round; /* of the memo, when it was put in; another: the place is free */
};

struct memo {
	struct memo_row *rows;
	size_t capacity, count; /* a power of two; 0: none yet */
	uint64_t round;

	/* 0: everything is remembered; else about the last @limit keys, at least, and twice as
	 * many at most. What is asked for again counts as the last. */
	size_t limit;
	struct memo_row *old_rows; /* of the generation before; NULL: there is none */
	size_t old_capacity;
	uint64_t old_round;
};

/* {0} is an empty memo; with {.limit = …} one that forgets. */
void memo_finish(struct memo *memo);
void memo_clear(struct memo *memo);

/*
 * The place of @key's value: 0 when it is new (*ret_new, which may be NULL). Valid until the next
 * call. NULL when out of memory.
 */
uint64_t *memo_at(struct memo *memo, const struct memo_key *key, bool *ret_new);

#endif
