/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field list that all records share (schema.h): id, length in LEB128, bytes.
 *
 * A record comes back from disk, where anything can have happened to it, so the reader trusts
 * nothing: each length is checked against what is left before it is used, ids must ascend (which
 * also means that no field is there twice), and a length has exactly one form. What it returns are
 * views of the record; it allocates nothing.
 */
#include "store/event.h"

#include <errno.h>

enum { LENGTH_BYTES_MAX = 3, LENGTH_MAX = (1 << 21) - 1 };

static size_t length_bytes(size_t length)
{
	return length < 0x80 ? 1 : length < 0x4000 ? 2 : LENGTH_BYTES_MAX;
}

void record_append(struct buffer *to, uint8_t field, struct span value)
{
	size_t length = value.size;
	uint8_t *at;

	if (length > LENGTH_MAX) {
		if (!to->error)
			to->error = -EMSGSIZE;
		return;
	}
	at = buffer_reserve(to, 1 + length_bytes(length) + length);
	if (!at)
		return;
	*at++ = field;
	for (; length >= 0x80; length >>= 7)
		*at++ = (uint8_t)(length | 0x80);
	*at++ = (uint8_t)length;
	if (value.size > 0)
		memcpy(at, value.data, value.size);
	to->size = (size_t)(at - to->data) + value.size;
}

static int length_next(struct span record, size_t *at, size_t *ret_length)
{
	size_t length = 0;

	for (unsigned i = 0; i < LENGTH_BYTES_MAX; i++) {
		uint8_t byte;

		if (*at >= record.size)
			return EVENT_E_FORM;
		byte = record.data[(*at)++];
		length |= (size_t)(byte & 0x7F) << (7 * i);
		if (byte & 0x80)
			continue;
		if (byte == 0 && i > 0)
			return EVENT_E_FORM;
		*ret_length = length;
		return 0;
	}
	return EVENT_E_FORM;
}

int record_next_any(struct span record, size_t *at, uint8_t *ret_field, struct span *ret_value)
{
	size_t here = *at, length;
	uint8_t field;

	if (here >= record.size)
		return here == record.size ? RECORD_END : EVENT_E_FORM;
	field = record.data[here++];
	if (field == 0 || length_next(record, &here, &length) || length > record.size - here)
		return EVENT_E_FORM;
	*ret_field = field;
	*ret_value = span_of(record.data + here, length);
	*at = here + length;
	return 0;
}

int record_read_row(struct span row, const uint32_t *max_bytes, size_t count,
		    struct span *ret_fields)
{
	struct span value;
	uint8_t field;
	size_t at = 1;
	int r;

	memset(ret_fields, 0, sizeof(*ret_fields) * count);
	if (row.size < 1 || row.data[0] != RECORD_VERSION)
		return -EBADMSG;
	while (!(r = record_next(row, &at, &field, &value))) {
		if (field >= count)
			continue;
		if (value.size > max_bytes[field])
			return -EBADMSG;
		ret_fields[field] = value;
	}
	return r == RECORD_END ? 0 : -EBADMSG;
}
