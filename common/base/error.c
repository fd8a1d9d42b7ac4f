/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentence for a person. Formatting happens in a local buffer first, so that an argument may
 * point into the sentence that is being replaced.
 */
#include "base/error.h"

#include "base/encode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Without what is not UTF-8, and without controls: of those of two bytes a terminal obeys some. */
static void copy_printable(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1), at = 0;

	/* Never end inside a UTF-8 character: step back over its continuation bytes. */
	if (from[length] != '\0')
		while (length > 0 && ((unsigned char)from[length] & 0xC0) == 0x80)
			length--;
	while (at < length) {
		size_t before = at;
		uint32_t c = utf8_next(span_of(from, length), &at);

		bool broken = c == 0xFFFD && at - before != 3;

		if (broken || c < 0x20 || (c >= 0x7F && c < 0xA0)) {
			*to++ = '?';
		} else {
			memcpy(to, from + before, at - before);
			to += at - before;
		}
	}
	*to = '\0';
}

int error_set(struct error *error, int code, const char *format, ...)
{
	char text[2 * ERROR_TEXT_BYTES];
	va_list arguments;

	if (!error)
		return code;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	copy_printable(error->text, sizeof(error->text), text);
	return code;
}

void error_prefix(struct error *error, const char *format, ...)
{
	char text[2 * ERROR_TEXT_BYTES];
	va_list arguments;
	int length;

	if (!error)
		return;
	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(text))
		return;
	(void)snprintf(text + length, sizeof(text) - (size_t)length, "%s", error->text);
	copy_printable(error->text, sizeof(error->text), text);
}
