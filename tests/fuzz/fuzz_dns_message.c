/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the answer of a resolver to a question of ours: the first byte chooses the type. The
 * number and the question are put into what follows, so that the rest is looked at, too; as it
 * came it is an answer only if it repeats both.
 */
#include "base/bytes.h"
#include "ship/dns_message.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct dns_records *records, size_t size)
{
	/* Each takes eleven bytes at least; one stands for those that were cut off. */
	assert(records->count <= size / 11 + 1);
	assert(records->null_count <= records->count);
	assert(records->known || (records->count == 0 && !records->no_name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = {DNS_TYPE_MX, DNS_TYPE_A, DNS_TYPE_AAAA};
	uint16_t type = types[size ? data[0] % 3 : 0];
	uint8_t question[DNS_QUESTION_MAX_BYTES], *answer;
	size_t asked = dns_question_write("mail.example.com", type, question);
	struct dns_records records;

	assert(asked > 12 && dns_question_write("a..b", type, question) == 0);
	asked = dns_question_write("mail.example.com", type, question);
	if (dns_answer_read(span_of(data, size), span_of(question, asked), type, &records))
		check(&records, size);
	if (size > DNS_ANSWER_MAX_BYTES)
		return 0;
	answer = malloc(asked + size);
	assert(answer);
	memcpy(answer, question, asked);
	if (size > 12) {
		memcpy(answer + 2, data + 1, 2);
		answer[2] |= 0x80;
		memcpy(answer + 6, data + 3, 6);
		memcpy(answer + asked, data + 9, size - 9);
		assert(dns_answer_read(span_of(answer, asked + size - 9), span_of(question, asked),
				       type, &records));
		check(&records, size);
	}
	free(answer);
	return 0;
}
