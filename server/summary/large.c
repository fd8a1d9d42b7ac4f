/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sorted list, since it is asked for every unit of every batch and rarely changes. When it is
 * full the one that may be folded first gives way: forgetting a unit costs a fold, and nothing
 * else.
 *
 * Folding takes about half a microsecond a fact, and each time is two folds; so a millisecond a
 * fact between two times is a thousandth.
 */
#include "summary/large.h"

#define PAUSE_PER_FACT USEC_PER_MS

/* Where @unit is, or would be. */
static unsigned place_of(const struct large *large, const struct subject *unit, bool *ret_found)
{
	unsigned low = 0, high = large->count;

	*ret_found = false;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = memcmp(unit, &large->units[middle].unit, sizeof(*unit));

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void remove_at(struct large *large, unsigned place)
{
	large->count--;
	memmove(&large->units[place], &large->units[place + 1],
		(large->count - place) * sizeof(large->units[0]));
}

static void make_room(struct large *large)
{
	unsigned first = 0;

	for (unsigned i = 1; i < large->count; i++)
		if (large->units[i].next < large->units[first].next)
			first = i;
	remove_at(large, first);
}

usec_t large_note(struct large *large, const struct subject *unit, uint64_t facts, usec_t as_of)
{
	bool found;
	unsigned place = place_of(large, unit, &found);

	if (found)
		remove_at(large, place);
	if (facts <= LARGE_FACTS)
		return 0;
	if (large->count == LARGE_UNITS_MAX) {
		make_room(large);
		place = place_of(large, unit, &found);
	}
	memmove(&large->units[place + 1], &large->units[place],
		(large->count - place) * sizeof(large->units[0]));
	large->count++;
	large->units[place] = (struct large_unit){*unit, as_of + facts * PAUSE_PER_FACT};
	return large->units[place].next;
}

usec_t large_next(const struct large *large, const struct subject *unit)
{
	bool found;
	unsigned place = place_of(large, unit, &found);

	return found ? large->units[place].next : 0;
}
