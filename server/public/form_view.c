/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /f/<form>: the page of a form, filled with what this browser may be shown.
 *
 * No page but ours can read the answer; but only a navigation is answered with values, by itself or
 * into a frame of a site, since whatever else asks for it shows it to nobody. As for GET /p, values
 * leave with their event or not at all. Looking at it changes nothing.
 */
#include "base/cleanup.h"
#include "public/form_page.h"
#include "public/form_request.h"
#include "public/origin.h"
#include "public/prefill.h"
#include "public/privacy_page.h"
#include "public/public.h"
#include "public/visit_commit.h"
#include "text/form_body.h"

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	struct form_page filled, empty;
	struct form *form; /* held */
};

static enum handled send_page(struct request *request, const struct form_page *page)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;

	form_page_append(page, &html);
	return form_page_reply(request, METRIC_REQUEST_FORM, 200, page, &html);
}

static enum handled send_kept(struct request *request)
{
	const struct answer *answer = request->state;
	bool told = answer->commit.wait.state == COMMIT_STORED;

	return send_page(request, told ? &answer->filled : &answer->empty);
}

/* By itself it may be opened from anywhere; a frame on a page of nobody we know stays empty. */
static bool is_shown(struct request *request, const struct form_page *page)
{
	struct span mode = request_value(request, HEADER_SEC_FETCH_MODE);

	if (mode.data && !span_equal(mode, SPAN("navigate")))
		return false;
	return !page->framed || origin_allows_get(request, page->tracker);
}

/* A page of words alone; @form NULL: there is none, else it is closed. */
static enum handled refuse(struct request *request, const struct form *form, struct span lang)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;
	enum language language = form && form->language >= 0 ? (enum language)form->language
							     : language_choose(lang, request);
	enum text_id title = form ? TEXT_form_closed_title : TEXT_form_unknown_title;

	privacy_head_append(&html, title, language);
	buffer_append_text(&html, "<main>\n<h1>");
	text_append(&html, title, language, NULL);
	buffer_append_text(&html, "</h1>\n<p>");
	text_append(&html, form ? TEXT_form_closed : TEXT_form_unknown, language, NULL);
	buffer_append_text(&html, "</p>\n</main>\n</body>\n</html>\n");
	return form ? privacy_reply(request, METRIC_REQUEST_FORM_CLOSED, 410, language, &html)
		    : privacy_reply(request, METRIC_REQUEST_FORM_UNKNOWN, 404, language, &html);
}

static void free_kept(struct request *request)
{
	struct answer *answer = request->state;

	form_release(answer->form);
}

/* Take @ticket, and answer when it is durable or its time is up. */
static enum handled show(struct request *request, struct event_ticket *ticket,
			 const struct form_page *empty, const struct prefill *prefill,
			 struct form *form)
{
	struct answer *answer = arena_alloc(&request->arena, sizeof(*answer));

	if (!answer) {
		visit_commit_late(request, ticket);
		return send_page(request, empty);
	}
	*answer = (struct answer){.empty = *empty, .filled = *empty, .form = form_hold(form)};
	answer->filled.known = true;
	memcpy(answer->filled.values, prefill->values, sizeof(answer->filled.values));
	request->state_free = free_kept;
	return visit_commit(request, ticket, &answer->commit, send_kept);
}

enum handled public_form(struct request *request)
{
	struct form_body query = {.count = 0};
	struct event_ticket *ticket = NULL;
	struct prefill prefill;
	struct form_page page;
	struct visit visit;
	cleanup(cleanup_form) struct form *form = NULL;

	if (request->state)
		return visit_commit_again(request);
	if (visit_is_prefetch(request))
		return public_prefetched(request, METRIC_REQUEST_FORM_PREFETCH);
	/* A query that is too long or holds too much asks for nothing. */
	(void)form_body_parse(request->query, &request->arena, &query);
	form = form_request_find(request);
	if (!form || form->closed)
		return refuse(request, form, form_body_get(&query, SPAN("lang")));
	visit_init(&visit, request, EVENT_prefill);
	if (!form->kiosk)
		visit_count_cookies(&visit);
	form_page_init(&page, &visit, form, form_body_get(&query, SPAN("lang")));
	page.state = form_page_done(form_body_get(&query, SPAN("done")));
	prefill_look_up(&visit, form, is_shown(request, &page), &prefill);
	if (prefill.shows && page.state != FORM_PAGE_SENT && page.state != FORM_PAGE_CONFIRM)
		ticket = prefill_record(&visit, &prefill);
	if (!ticket)
		return send_page(request, &page);
	return show(request, ticket, &page, &prefill, form);
}
