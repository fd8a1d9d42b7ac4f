/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_BYTE_CLASS_H
#define WAYMARK_HTTP_BYTE_CLASS_H

#include "base/bytes.h"

/*
 * Which bytes may stand where in the head of a request, as one table, so that a check is one access
 * per byte: RFC 9110 section 5.6.2 (token), RFC 3986 section 3.2.2 (a registered name as host), and
 * of a target every printable byte but '#'. Private to http/.
 */
enum byte_class {
	BYTE_TOKEN = 1,
	BYTE_HOST = 2,
	BYTE_TARGET = 4,
	BYTE_DIGIT = 8,
	BYTE_UPPER = 0x20 /* what makes an upper-case letter a lower-case one, if added */
};

extern const uint8_t byte_classes[256];

/* True when each byte of @text has @class; of no bytes, too. */
static inline bool bytes_have(struct span text, enum byte_class class)
{
	uint8_t all = (uint8_t) class;

	for (size_t i = 0; i < text.size; i++)
		all &= byte_classes[text.data[i]];
	return all != 0;
}

/* True without a control byte, but for TAB: visible characters, spaces, bytes above ASCII. */
bool bytes_are_value(struct span text);

#endif
