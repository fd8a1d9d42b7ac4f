/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How our own pages are sent. They carry Referrer-Policy: same-origin, because with no-referrer a
 * browser would write "Origin: null" for their forms, which /consent and /privacy/forget refuse.
 */
#include "public/privacy_page.h"

enum { RETURN_BYTES = 64 };

enum handled privacy_reply(struct request *request, unsigned counter, unsigned status,
			   enum language language, struct buffer *html)
{
	/* A page that could not be made whole is not sent: an empty type makes it a 500. */
	(void)reply_body(request, counter, status, html->error ? "" : "text/html; charset=utf-8",
			 "private, no-store", buffer_span(html));
	reply_header(request, "Content-Language", language_tag(language));
	reply_header(request, "Vary", "Accept-Language, Cookie");
	reply_header(request, "Referrer-Policy", "same-origin");
	reply_header(request, "Content-Security-Policy",
		     "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
		     "base-uri 'none'; frame-ancestors 'none'");
	return HANDLED;
}

enum handled privacy_redirect(struct request *request, unsigned counter, const char *location)
{
	(void)reply_body(request, counter, 303, NULL, "no-store", SPAN(""));
	reply_header(request, "Location", location);
	reply_header(request, "Referrer-Policy", "same-origin");
	return HANDLED;
}

enum handled privacy_return(struct request *request, unsigned counter, enum language language,
			    enum privacy_done done)
{
	cleanup_buffer struct buffer location = {.limit = RETURN_BYTES};
	const char *word = privacy_done_text(done);

	buffer_printf(&location, "/privacy?lang=%s%s%s", language_tag(language),
		      word ? "&done=" : "", word ? word : "");
	return privacy_redirect(request, counter, location.error ? "" : buffer_text(&location));
}
