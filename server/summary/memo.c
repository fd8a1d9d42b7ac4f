/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing, at most three quarters full. A round number in each row says whether the row is
 * of this unit, so that emptying is one addition. One unit of a million events must not make every
 * later one walk through its memory: what has grown large is given back.
 *
 * One that forgets has two generations: when the young one is full the old one goes, and the young
 * one becomes the old. What is found in the old one moves to the young. So what is forgotten
 * follows from the order of the keys alone, and the same facts fold the same again.
 */
#include "summary/memo.h"

#include "crypto/random.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64, KEPT_CAPACITY = 1 << 12 };

static uint64_t multiply(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* One secret for the life of the process: what it decides is seen nowhere. */
static const uint64_t *secret(void)
{
	static uint64_t numbers[4];

	if (numbers[0] == 0) {
		random_take(numbers, sizeof(numbers));
		numbers[0] |= 1;
	}
	return numbers;
}

static size_t place_of(const struct memo_key *key, size_t capacity)
{
	const uint64_t *numbers = secret();
	uint64_t hash = multiply(key->a ^ numbers[0], key->b ^ numbers[1]);

	hash = multiply(hash ^ key->c ^ numbers[2], numbers[3] | 1);
	return (size_t)hash & (capacity - 1);
}

static bool is_equal(const struct memo_key *a, const struct memo_key *b)
{
	return a->a == b->a && a->b == b->b && a->c == b->c;
}

/* The row of @key, or the free one that would be its. */
static struct memo_row *find(const struct memo *memo, const struct memo_key *key)
{
	size_t at = place_of(key, memo->capacity);

	while (memo->rows[at].round == memo->round && !is_equal(&memo->rows[at].key, key))
		at = (at + 1) & (memo->capacity - 1);
	return &memo->rows[at];
}

/* What the generation before has of @key; false: nothing. */
static bool find_old(const struct memo *memo, const struct memo_key *key, uint64_t *ret_value)
{
	const struct memo old = {.rows = memo->old_rows,
				 .capacity = memo->old_capacity,
				 .round = memo->old_round};
	const struct memo_row *row = memo->old_rows ? find(&old, key) : NULL;

	if (!row || row->round != old.round)
		return false;
	*ret_value = row->value;
	return true;
}

static void forget_old(struct memo *memo)
{
	free(memo->old_rows);
	memo->old_rows = NULL;
}

static void age(struct memo *memo)
{
	forget_old(memo);
	memo->old_rows = memo->rows;
	memo->old_capacity = memo->capacity;
	memo->old_round = memo->round;
	memo->rows = NULL;
	memo->capacity = memo->count = 0;
}

static bool grow(struct memo *memo)
{
	struct memo larger = *memo;

	larger.capacity = memo->capacity ? memo->capacity * 2 : FIRST_CAPACITY;
	larger.round = 1;
	larger.rows = calloc(larger.capacity, sizeof(*larger.rows));
	if (!larger.rows)
		return false;
	for (size_t i = 0; i < memo->capacity; i++) {
		if (memo->rows[i].round != memo->round)
			continue;
		memo->rows[i].round = larger.round;
		*find(&larger, &memo->rows[i].key) = memo->rows[i];
	}
	free(memo->rows);
	*memo = larger;
	return true;
}

uint64_t *memo_at(struct memo *memo, const struct memo_key *key, bool *ret_new)
{
	struct memo_row *row;
	uint64_t value = 0;
	bool is_new;

	if (memo->limit && memo->count >= memo->limit)
		age(memo);
	if (memo->count >= memo->capacity / 4 * 3 && !grow(memo))
		return NULL;
	row = find(memo, key);
	is_new = row->round != memo->round;
	if (is_new) {
		is_new = !find_old(memo, key, &value);
		*row = (struct memo_row){.key = *key, .value = value, .round = memo->round};
		memo->count++;
	}
	if (ret_new)
		*ret_new = is_new;
	return &row->value;
}

void memo_clear(struct memo *memo)
{
	if (memo->capacity > KEPT_CAPACITY) {
		memo_finish(memo);
		return;
	}
	forget_old(memo);
	memo->count = 0;
	memo->round++;
}

void memo_finish(struct memo *memo)
{
	free(memo->rows);
	free(memo->old_rows);
	*memo = (struct memo){.limit = memo->limit};
}
