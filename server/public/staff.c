/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /staff/<token>: the page that an operator's link leads to, on which somebody who
 * works for the site marks the browser in their hands, or takes the mark away. GET shows how this
 * browser is counted now and changes nothing; POST rests on the token alone, sets or drops the
 * cookie (track/staff.h), and leads back to the page.
 *
 * A link whose time is over marks nobody any more; a browser that was marked before is still told
 * so there, and can undo it.
 */
#include "track/staff.h"
#include "public/page_style.h"
#include "public/privacy_page.h"
#include "public/public.h"
#include "public/visit.h"
#include "text/form_body.h"

enum { LOCATION_BYTES = 128 };

struct staff_page {
	const struct tracker *tracker;
	struct span token; /* verified, so it needs no escaping */
	enum language language;
	bool marked, expired;
};

/* False: the token did not verify, and the answer is set. */
static bool open_page(struct request *request, struct span language, struct staff_page *page)
{
	const struct settings *settings = public_settings(request);
	const struct span *cookies;
	size_t cookie_count = request_values(request, HEADER_COOKIE, &cookies);
	uint32_t second;

	page->tracker = public_tracker(request);
	page->token = request->tail;
	if (staff_open(settings->keyring, page->tracker, page->token, &second) != 0) {
		visit_count_forged(request, PURPOSE_STAFF);
		(void)public_not_found(request, METRIC_REQUEST_STAFF_FORGED);
		return false;
	}
	page->expired = clock_wall() / USEC_PER_SEC > second;
	page->marked = staff_is_marked(settings->keyring, page->tracker, cookies, cookie_count);
	page->language = language_choose(language, request);
	return true;
}

static void append_text(struct buffer *to, const struct staff_page *page, const char *element,
			enum text_id id)
{
	const struct text_value values[] = {{"host", page->tracker->host}, {NULL, NULL}};

	buffer_printf(to, "<%s>", element);
	text_append(to, id, page->language, values);
	buffer_printf(to, "</%s>\n", element);
}

static void append_form(struct buffer *to, const struct staff_page *page)
{
	buffer_printf(to,
		      "<form method=\"post\" action=\"/staff/%.*s\">\n<input type=\"hidden\" "
		      "name=\"lang\" value=\"%s\">\n<button type=\"submit\" name=\"count\" "
		      "value=\"%s\">",
		      (int)page->token.size, (const char *)page->token.data,
		      language_tag(page->language), page->marked ? "yes" : "no");
	text_append(to, page->marked ? TEXT_staff_count : TEXT_staff_leave_out, page->language,
		    NULL);
	buffer_append_text(to, "</button>\n</form>\n");
}

static void append_page(struct buffer *to, const struct staff_page *page)
{
	privacy_head_append(to, TEXT_staff_title, page->language);
	buffer_append_text(to, "<main>\n");
	append_text(to, page, "h1", TEXT_staff_title);
	append_text(to, page, "p", TEXT_staff_lead);
	buffer_append_text(to, "<p><strong>");
	text_append(to, page->marked ? TEXT_staff_is_left_out : TEXT_staff_is_counted,
		    page->language, NULL);
	buffer_append_text(to, "</strong></p>\n");
	if (page->marked || !page->expired)
		append_form(to, page);
	else
		append_text(to, page, "p", TEXT_staff_expired);
	buffer_append_text(to, "</main>\n</body>\n</html>\n");
}

enum handled public_staff(struct request *request)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;
	struct form_body query = {.count = 0};
	struct staff_page page;

	if (visit_is_prefetch(request))
		return public_prefetched(request, METRIC_REQUEST_STAFF_PREFETCH);
	/* A query that is too long or holds too much asks for nothing. */
	(void)form_body_parse(request->query, &request->arena, &query);
	if (!open_page(request, form_body_get(&query, SPAN("lang")), &page))
		return HANDLED;
	append_page(&html, &page);
	return privacy_reply(request, METRIC_REQUEST_STAFF, 200, page.language, &html);
}

/* Back to the page, which then says how this browser is counted. */
static enum handled send_back(struct request *request, const struct staff_page *page,
			      unsigned counter)
{
	cleanup_buffer struct buffer location = {.limit = LOCATION_BYTES};

	buffer_printf(&location, "/staff/%.*s?lang=%s", (int)page->token.size,
		      (const char *)page->token.data, language_tag(page->language));
	(void)reply_body(request, counter, 303, NULL, "no-store", SPAN(""));
	reply_header(request, "Location", location.error ? "" : buffer_text(&location));
	reply_header(request, "Referrer-Policy", "same-origin");
	return HANDLED;
}

enum handled public_staff_post(struct request *request)
{
	cleanup_buffer struct buffer cookie = BUFFER_INIT;
	struct form_body form = {.count = 0};
	struct staff_page page;
	bool counts;

	(void)form_body_parse(request->body, &request->arena, &form);
	if (!open_page(request, form_body_get(&form, SPAN("lang")), &page))
		return HANDLED;
	counts = span_equal(form_body_get(&form, SPAN("count")), SPAN("yes"));
	if (!counts &&
	    (page.expired || !span_equal(form_body_get(&form, SPAN("count")), SPAN("no"))))
		return send_back(request, &page, METRIC_REQUEST_STAFF);
	if (counts)
		staff_format_no_cookie(page.tracker, &cookie);
	else
		staff_format_cookie(page.tracker, page.token, &cookie);
	(void)send_back(request, &page,
			counts ? METRIC_REQUEST_STAFF_COUNTED : METRIC_REQUEST_STAFF_LEFT_OUT);
	reply_header(request, "Set-Cookie", cookie.error ? "" : buffer_text(&cookie));
	return HANDLED;
}
