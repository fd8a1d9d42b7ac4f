/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values are most of a head. They are looked at in eight bytes at once; a group that holds a byte
 * below 0x20 or a DEL is looked at again byte by byte, since the byte may be a TAB.
 */
#include "http/byte_class.h"

enum {
	HT = BYTE_HOST | BYTE_TARGET,
	TT = BYTE_TOKEN | BYTE_TARGET,
	ALL = BYTE_TOKEN | BYTE_HOST | BYTE_TARGET,
	NUM = ALL | BYTE_DIGIT,
	UP = ALL | BYTE_UPPER
};

const uint8_t byte_classes[256] = {
	['!'] = ALL,
	['"'] = BYTE_TARGET,
	['#'] = BYTE_TOKEN,
	['$' ... '\''] = ALL,
	['(' ... ')'] = HT,
	['*' ... '+'] = ALL,
	[','] = HT,
	['-' ... '.'] = ALL,
	['/'] = BYTE_TARGET,
	['0' ... '9'] = NUM,
	[':'] = BYTE_TARGET,
	[';'] = HT,
	['<'] = BYTE_TARGET,
	['='] = HT,
	['>' ... '@'] = BYTE_TARGET,
	['A' ... 'Z'] = UP,
	['[' ... ']'] = BYTE_TARGET,
	['^'] = TT,
	['_'] = ALL,
	['`'] = TT,
	['a' ... 'z'] = ALL,
	['{'] = BYTE_TARGET,
	['|'] = TT,
	['}'] = BYTE_TARGET,
	['~'] = ALL,
};

static bool is_value_byte(uint8_t byte)
{
	return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

/* Whether one of the eight bytes may be below 0x20 or DEL; never no when one is. */
static bool may_hold_control(uint64_t group)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	const uint64_t no_del = group ^ (ones * 0x7f);
	const uint64_t below = (group - ones * 0x20) & ~group;

	return ((below | ((no_del - ones) & ~no_del)) & high) != 0;
}

bool bytes_are_value(struct span text)
{
	size_t at = 0;

	while (at < text.size) {
		const size_t end = text.size - at < 8 ? text.size : at + 8;
		uint64_t group;

		if (end - at == 8) {
			memcpy(&group, text.data + at, sizeof(group));
			if (!may_hold_control(group)) {
				at = end;
				continue;
			}
		}
		for (; at < end; at++)
			if (!is_value_byte(text.data[at]))
				return false;
	}
	return true;
}
