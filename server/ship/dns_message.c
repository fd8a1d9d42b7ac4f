/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer counts only when it repeats the number and the question, byte for byte. What is in it
 * is walked with every length checked against its end, and a count that promises more than is there
 * ends with the bytes. An answer that was cut for its length has something in it, which is all that
 * is asked here.
 */
#include "ship/dns_message.h"

#include "base/encode.h"
#include "crypto/random.h"

enum { HEADER_BYTES = 12, LABEL_MAX_BYTES = 63, CLASS_IN = 1 };
enum { CODE_NONE = 0, CODE_NO_NAME = 3 };

size_t dns_question_write(const char *domain, uint16_t type, uint8_t to[DNS_QUESTION_MAX_BYTES])
{
	struct span rest = span_text(domain);
	size_t at = HEADER_BYTES;

	if (rest.size == 0 || rest.size > DNS_DOMAIN_MAX_BYTES)
		return 0;
	memset(to, 0, HEADER_BYTES);
	random_take(to, 2);
	put_u16(to + 2, 0x0100); /* recursion is wanted */
	put_u16(to + 4, 1);
	while (rest.size > 0) {
		struct span label = span_slice(rest, 0, span_find(rest, '.', 0));

		if (label.size == 0 || label.size > LABEL_MAX_BYTES)
			return 0;
		to[at++] = (uint8_t)label.size;
		memcpy(to + at, label.data, label.size);
		at += label.size;
		rest = span_slice(rest, label.size + 1, rest.size);
	}
	to[at++] = 0;
	put_u16(to + at, type);
	put_u16(to + at + 2, CLASS_IN);
	return at + 4;
}

static bool answers(struct span answer, struct span question)
{
	return answer.size >= question.size && memcmp(answer.data, question.data, 2) == 0 &&
	       answer.data[2] & 0x80 && get_u16(answer.data + 4) == 1 &&
	       memcmp(answer.data + HEADER_BYTES, question.data + HEADER_BYTES,
		      question.size - HEADER_BYTES) == 0;
}

/* Behind the name at @at; 0 when it does not end. */
static size_t skip_name(struct span answer, size_t at)
{
	while (at < answer.size) {
		uint8_t length = answer.data[at];

		if (length == 0)
			return at + 1;
		if (length >= 0xC0)
			return at + 2;
		at += 1 + length;
	}
	return 0;
}

static void count_records(struct span answer, size_t at, uint16_t type, struct dns_records *records)
{
	for (unsigned left = get_u16(answer.data + 6); left > 0; left--) {
		struct span data;

		at = skip_name(answer, at);
		if (at == 0 || answer.size < 10 || at > answer.size - 10)
			return;
		data = span_slice(answer, at + 10, get_u16(answer.data + at + 8));
		if (get_u16(answer.data + at) == type) {
			records->count++;
			/* A preference and the root: it takes no mail. */
			records->null_count += data.size == 3 && data.data[2] == 0;
		}
		at += 10 + (size_t)get_u16(answer.data + at + 8);
	}
}

bool dns_answer_read(struct span answer, struct span question, uint16_t type,
		     struct dns_records *ret_records)
{
	struct dns_records records = {.known = false};
	unsigned code;

	if (!answers(answer, question))
		return false;
	code = answer.data[3] & 0x0F;
	records.known = code == CODE_NONE || code == CODE_NO_NAME;
	records.no_name = code == CODE_NO_NAME;
	if (records.known)
		count_records(answer, question.size, type, &records);
	if (records.known && answer.data[2] & 0x02 && records.count == 0)
		records.count = 1;
	*ret_records = records;
	return true;
}
