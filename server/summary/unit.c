/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "units" and its other side, "members": a subject that is counted under another one has a row in
 * each, and one that is its own unit has none. Erased ones have a row of zeros, so that nothing of
 * theirs that turns up late is counted for anybody.
 */
#include "summary/unit.h"

#include "base/encode.h"

enum { UNIT_VALUE_BYTES = SUBJECT_BYTES + 8, MEMBER_KEY_BYTES = 2 * SUBJECT_BYTES };

bool unit_find(struct txn *txn, const struct subject *subject, struct subject *ret_unit)
{
	static const struct subject erased;
	struct span value = summary_get(txn, SUMMARY_UNITS, span_of(subject, sizeof(*subject)));

	if (value.size != UNIT_VALUE_BYTES) {
		*ret_unit = *subject;
		return true;
	}
	memcpy(ret_unit, value.data, sizeof(*ret_unit));
	return memcmp(ret_unit, &erased, sizeof(erased)) != 0;
}

static struct span member_key(const struct subject *unit, const struct subject *member,
			      uint8_t to[MEMBER_KEY_BYTES])
{
	memcpy(to, unit->bytes, SUBJECT_BYTES);
	memcpy(to + SUBJECT_BYTES, member->bytes, SUBJECT_BYTES);
	return span_of(to, MEMBER_KEY_BYTES);
}

void unit_set(struct txn *txn, const struct subject *subject, const struct subject *unit,
	      uint64_t sequence)
{
	uint8_t value[UNIT_VALUE_BYTES] = {0}, key[MEMBER_KEY_BYTES];
	struct span name = span_of(subject, sizeof(*subject));
	struct subject old;

	if (unit_find(txn, subject, &old))
		summary_delete(txn, SUMMARY_MEMBERS, member_key(&old, subject, key));
	if (unit && memcmp(unit, subject, sizeof(*unit)) == 0) {
		summary_delete(txn, SUMMARY_UNITS, name);
		return;
	}
	if (unit) {
		memcpy(value, unit->bytes, SUBJECT_BYTES);
		summary_put(txn, SUMMARY_MEMBERS, member_key(unit, subject, key), SPAN(""));
	}
	put_u64(value + SUBJECT_BYTES, sequence);
	summary_put(txn, SUMMARY_UNITS, name, span_of(value, sizeof(value)));
}

struct members {
	const struct subject *unit;
	void (*each)(void *context, const struct subject *member);
	void *context;
};

static bool visit_member(void *context, struct span key, struct span value)
{
	const struct members *members = context;
	struct subject member;

	(void)value;
	if (key.size != MEMBER_KEY_BYTES ||
	    memcmp(key.data, members->unit->bytes, SUBJECT_BYTES) != 0)
		return false;
	memcpy(member.bytes, key.data + SUBJECT_BYTES, SUBJECT_BYTES);
	members->each(members->context, &member);
	return true;
}

void unit_each_member(struct txn *txn, const struct subject *unit,
		      void (*each)(void *context, const struct subject *member), void *context)
{
	struct members members = {unit, each, context};

	summary_each(txn, SUMMARY_MEMBERS, span_of(unit->bytes, SUBJECT_BYTES), visit_member,
		     &members);
}

bool unit_find_person(struct txn *txn, struct span from, struct subject *ret_person)
{
	static const enum summary_database databases[] = {SUMMARY_FACTS, SUMMARY_MEMBERS};
	static const uint8_t first = SUBJECT_PERSON;
	struct span key, value, begin = from.size > 0 ? from : span_of(&first, 1);
	bool found = false;

	for (size_t i = 0; i < sizeof(databases) / sizeof(*databases); i++) {
		if (!summary_ceiling(txn, databases[i], begin, &key, &value) ||
		    key.size < SUBJECT_BYTES || key.data[0] != SUBJECT_PERSON)
			continue;
		if (!found || memcmp(key.data, ret_person->bytes, SUBJECT_BYTES) < 0)
			memcpy(ret_person->bytes, key.data, SUBJECT_BYTES);
		found = true;
	}
	return found;
}

void subject_step(struct subject *subject)
{
	for (size_t i = SUBJECT_BYTES; i-- > 0;)
		if (++subject->bytes[i] != 0)
			return;
}
