/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts on disk. What one subject does in a row is alike: the same agent, network, tracker, often
 * the same page. So a fact is a mask of what differs from the one before it, and only that; a view
 * of a known visitor takes about 20 bytes. The bits of the mask are part of the format: what
 * changes most is lowest, so that the mask is short.
 *
 *   fact:  time (difference, zigzag) ‖ sequence (difference, zigzag) ‖ mask ‖ fields in order of
 * bit
 *
 * All numbers are LEB128 but ids, which are their bytes. The first fact of a row differs from one
 * that says no more than its subject.
 */
#include "summary/fact.h"

#include <string.h>

enum { VARINT_MAX_BYTES = 10 };

/* NUMBER(bit, member), BYTES(bit, member): append only. */
/* clang-format off */
#define USUAL_FIELDS(NUMBER, BYTES)                                                                \
	NUMBER(0, type) NUMBER(1, page) BYTES(2, view) NUMBER(3, visible_ms) NUMBER(4, depth)      \
	NUMBER(5, bits) NUMBER(6, referrer) BYTES(7, link) NUMBER(8, method) NUMBER(9, name)       \
	NUMBER(10, agent) NUMBER(11, network) NUMBER(12, tracker) BYTES(13, campaign)              \
	BYTES(14, mailing) NUMBER(15, evidence) BYTES(16, person) BYTES(17, visitor)
/* Most facts have none of these, and are asked for all of them at once. */
#define RARE_FIELDS(NUMBER, BYTES)                                                                 \
	NUMBER(18, net) BYTES(19, form) BYTES(20, list) NUMBER(21, utm[0]) NUMBER(22, utm[1])      \
	NUMBER(23, utm[2]) NUMBER(24, utm[3]) NUMBER(25, utm[4]) NUMBER(26, click_ids)             \
	NUMBER(27, product) NUMBER(28, order) NUMBER(29, currency) NUMBER(30, amount)              \
	NUMBER(31, count)
/* clang-format on */
enum { RARE_FROM = 18 };

static uint8_t *put_number(uint8_t *to, uint64_t number)
{
	while (number >= 0x80) {
		*to++ = (uint8_t)(number | 0x80);
		number >>= 7;
	}
	*to++ = (uint8_t)number;
	return to;
}

/* False: it is cut short, or longer than any number. */
static inline bool get_number(struct span row, size_t *at, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (unsigned shift = 0; shift < 7 * VARINT_MAX_BYTES && *at < row.size; shift += 7) {
		uint8_t byte = row.data[(*at)++];

		number |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_number = number;
			return true;
		}
	}
	return false;
}

static uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ (uint64_t)((int64_t)difference >> 63);
}

static uint64_t unzigzag(uint64_t number)
{
	return number >> 1 ^ (0 - (number & 1));
}

void fact_origin(const struct subject *subject, struct fact *ret_fact)
{
	memset(ret_fact, 0, sizeof(*ret_fact));
	if (subject_kind(subject) == SUBJECT_VISITOR)
		memcpy(&ret_fact->visitor, subject->bytes + 1, sizeof(ret_fact->visitor));
	else if (subject_kind(subject) == SUBJECT_PERSON)
		memcpy(&ret_fact->person, subject->bytes + 1, sizeof(ret_fact->person));
}

/* What lies between may differ, too: then the fields are asked, and say that they do not. */
static bool rare_differ(const struct fact *a, const struct fact *b)
{
	return a->net != b->net ||
	       memcmp(&a->form, &b->form,
		      offsetof(struct fact, tracker) - offsetof(struct fact, form)) != 0 ||
	       memcmp(a->utm, b->utm, offsetof(struct fact, view) - offsetof(struct fact, utm)) !=
		       0 ||
	       memcmp(&a->product, &b->product,
		      sizeof(struct fact) - offsetof(struct fact, product)) != 0;
}

static uint32_t find_differences(const struct fact *before, const struct fact *fact)
{
	uint32_t mask = 0;

#define NUMBER(bit, member) mask |= (uint32_t)(before->member != fact->member) << (bit);
#define BYTES(bit, member)                                                                    \
	mask |= (uint32_t)(memcmp(&before->member, &fact->member, sizeof(fact->member)) != 0) \
		<< (bit);
	USUAL_FIELDS(NUMBER, BYTES)
	if (rare_differ(before, fact)) {
		RARE_FIELDS(NUMBER, BYTES)
	}
#undef NUMBER
#undef BYTES
	return mask;
}

void fact_append(const struct fact *before, const struct fact *fact, struct buffer *to)
{
	uint32_t mask = find_differences(before, fact);
	uint8_t *start = buffer_reserve(to, FACT_MAX_BYTES), *at = start;

	if (!start)
		return;
	at = put_number(at, zigzag(fact->time - before->time));
	at = put_number(at, zigzag(fact->sequence - before->sequence));
	at = put_number(at, mask);
#define NUMBER(bit, member)              \
	if (mask & UINT32_C(1) << (bit)) \
		at = put_number(at, (uint64_t)fact->member);
#define BYTES(bit, member)                                       \
	if (mask & UINT32_C(1) << (bit)) {                       \
		memcpy(at, &fact->member, sizeof(fact->member)); \
		at += sizeof(fact->member);                      \
	}
	USUAL_FIELDS(NUMBER, BYTES)
	if (mask >> RARE_FROM) {
		RARE_FIELDS(NUMBER, BYTES)
	}
#undef NUMBER
#undef BYTES
	to->size += (size_t)(at - start);
}

int fact_read(struct span row, size_t *at, struct fact *fact)
{
	uint64_t time, sequence, mask, number;

	if (*at >= row.size)
		return FACT_E_END;
	if (!get_number(row, at, &time) || !get_number(row, at, &sequence) ||
	    !get_number(row, at, &mask))
		return FACT_E_FORM;
	fact->time += unzigzag(time);
	fact->sequence += unzigzag(sequence);
#define NUMBER(bit, member)                                      \
	if (mask & UINT32_C(1) << (bit)) {                       \
		if (!get_number(row, at, &number))               \
			return FACT_E_FORM;                      \
		fact->member = (__typeof__(fact->member))number; \
	}
#define BYTES(bit, member)                                                   \
	if (mask & UINT32_C(1) << (bit)) {                                   \
		if (row.size - *at < sizeof(fact->member))                   \
			return FACT_E_FORM;                                  \
		memcpy(&fact->member, row.data + *at, sizeof(fact->member)); \
		*at += sizeof(fact->member);                                 \
	}
	USUAL_FIELDS(NUMBER, BYTES)
	if (mask >> RARE_FROM) {
		RARE_FIELDS(NUMBER, BYTES)
	}
#undef NUMBER
#undef BYTES
	return 0;
}
