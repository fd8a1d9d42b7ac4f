/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Line ends are no part of what a mail says, and quoted-printable and base64 hide their own: so
 * they are made what the protocol wants, in one pass that copies what stands between them.
 */
#include "commands/mail_wire.h"

#include "text/mime.h"

#include <string.h>
#include <time.h>

/* By hand: names of days and months must not follow the locale. */
static void append_date(struct buffer *to, usec_t now)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSep"
								       "OctNovDec";
	time_t seconds = (time_t)(now / USEC_PER_SEC);
	struct tm tm;

	(void)gmtime_r(&seconds, &tm);
	buffer_printf(to, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n", days + 3 * tm.tm_wday,
		      tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		      tm.tm_sec);
}

static size_t line_end(struct span message, size_t from)
{
	while (from < message.size && message.data[from] != '\r' && message.data[from] != '\n')
		from++;
	return from;
}

int mail_wire_append(struct buffer *to, struct span message, usec_t now)
{
	struct span header = span_slice(message, 0, mime_header_bytes(message));
	struct span field, value;
	size_t at = 0, end;

	if (!mime_header_next(header, SPAN("Date"), &at, &field, &value))
		append_date(to, now);
	for (at = 0; at < message.size; at = end) {
		end = line_end(message, at);
		buffer_append_span(to, span_slice(message, at, end - at));
		buffer_append_text(to, "\r\n");
		if (end < message.size && message.data[end] == '\r')
			end++;
		/* Behind a CR it is the same end. */
		if (end < message.size && message.data[end] == '\n' &&
		    (end == 0 || message.data[end - 1] == '\r' || end == line_end(message, at)))
			end++;
	}
	return to->error;
}
