/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --utm adds without a query of its own. Names are any text, so they are escaped to what is
 * unreserved in a URL (RFC 3986 section 2.3).
 */
#include "commands/rewrite_utm.h"

static void append_value(struct buffer *to, struct span name)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t byte = name.data[i];

		if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
		    (byte >= 'a' && byte <= 'z') || memchr("-._~", byte, 4))
			buffer_append_byte(to, byte);
		else
			buffer_printf(to, "%%%02X", byte);
	}
}

void rewrite_utm_standard(const struct rewrite_options *options, struct buffer *to)
{
	struct span campaign = options->campaign, source = options->mailing;

	if (campaign.size == 0)
		campaign = span_text(options->tracker->campaign);
	buffer_append_text(to, "utm_source=");
	append_value(to, source.size ? source : SPAN("newsletter"));
	buffer_append_text(to, "&utm_medium=email&utm_campaign=");
	append_value(to, campaign);
}
