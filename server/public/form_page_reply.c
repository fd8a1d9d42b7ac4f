/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a form's page is asked for and sent. Only the form's sites may have it in a frame, so that no
 * other page can lay something over it; where it leads and what it may load is what the form says.
 * Its script-src is none: what a visitor typed or an operator wrote cannot run.
 *
 * Browsers hold a form's redirect to the policy of its page as well, so form-action names the sites
 * that a post may lead to. With Referrer-Policy: same-origin they write our origin on the post,
 * which no-referrer would make null.
 */
#include "public/form_page.h"

#include "http/reply.h"
#include "public/origin.h"
#include "public/public.h"

static const char *const words[] = {
	[FORM_PAGE_FORGOTTEN] = "forgotten",
	[FORM_PAGE_SENT] = "sent",
	[FORM_PAGE_CONFIRM] = "confirm",
};

enum form_page_state form_page_done(struct span word)
{
	for (size_t state = 0; state < sizeof(words) / sizeof(words[0]); state++)
		if (words[state] && span_equal(word, span_text(words[state])))
			return (enum form_page_state)state;
	return FORM_PAGE_ASKS;
}

void form_page_address(const struct form *form, enum form_page_state state, enum language language,
		       struct buffer *to)
{
	buffer_printf(to, "/f/%s?done=%s&lang=%s", form->name, words[state],
		      language_tag(language));
}

static bool is_framed(const struct request *request)
{
	struct span dest = request_value(request, HEADER_SEC_FETCH_DEST);

	return span_equal(dest, SPAN("iframe")) || span_equal(dest, SPAN("frame"));
}

static void sign_view(const struct visit *visit, const struct form *form, char *ret_text)
{
	const struct visitor_id *visitor = &visit->identity.visitor;
	struct token token = {.form = form->id, .second = (uint32_t)(visit->now / USEC_PER_SEC)};

	if (!form->kiosk && !id_is_zero(visitor, sizeof(*visitor)))
		id_tag_of_visitor(visit->settings->keyring, visit->tracker->index, visitor,
				  &token.tag);
	if (token_mint(visit->settings->keyring, PURPOSE_FORM_VIEW, visit->tracker->index, &token,
		       ret_text) != 0)
		*ret_text = '\0';
}

void form_page_init(struct form_page *page, const struct visit *visit, const struct form *form,
		    struct span lang)
{
	char view[TOKEN_MAX_CHARS + 1];

	*page = (struct form_page){
		.form = form,
		.tracker = visit->tracker,
		.css = form_place_holds(visit->settings->trackers, span_text(form->css)) ? form->css
											 : "",
		.language = form->language >= 0 ? (enum language)form->language
						: language_choose(lang, visit->request),
		.framed = is_framed(visit->request),
	};
	sign_view(visit, form, view);
	memcpy(page->view, view, strnlen(view, sizeof(page->view) - 1));
}

/* Of the form's sites those that are still in the configuration. */
static void append_sites(const struct tracker_set *trackers, const struct form_page *page,
			 struct buffer *to)
{
	const struct form *form = page->form;
	const struct tracker *tracker = page->tracker;

	buffer_append_text(to, " 'self'");
	for (size_t i = 0; i < form->site_count; i++)
		if (form_site_is_listed(trackers, form->sites[i]))
			buffer_printf(to, " %s", form->sites[i]);
	for (size_t i = 0; form->site_count == 0 && i < tracker->site_count; i++)
		buffer_printf(to, " %s", tracker->sites[i]);
}

/* NULL: no memory. */
static const char *policy_of(struct request *request, const struct form_page *page)
{
	const struct tracker_set *trackers = public_settings(request)->trackers;
	cleanup_buffer struct buffer policy = BUFFER_INIT;

	buffer_append_text(&policy, "default-src 'none'; base-uri 'none'; style-src "
				    "'unsafe-inline'");
	if (*page->css) {
		buffer_append_byte(&policy, ' ');
		buffer_append_span(&policy, origin_of_url(span_text(page->css)));
	}
	buffer_append_text(&policy, "; form-action");
	append_sites(trackers, page, &policy);
	buffer_append_text(&policy, "; frame-ancestors");
	append_sites(trackers, page, &policy);
	if (policy.error)
		return NULL;
	return (const char *)arena_copy(&request->arena, buffer_span(&policy)).data;
}

enum handled form_page_reply(struct request *request, unsigned counter, unsigned status,
			     const struct form_page *page, const struct buffer *html)
{
	const char *policy = policy_of(request, page);

	/* A page that could not be made whole is not sent: an empty type makes it a 500. */
	(void)reply_body(request, counter, status,
			 html->error || !policy ? "" : "text/html; charset=utf-8",
			 "private, no-store", buffer_span(html));
	reply_header(request, "Content-Language", language_tag(page->language));
	reply_header(request, "Vary", "Accept-Language, Cookie");
	reply_header(request, "Referrer-Policy", "same-origin");
	if (policy)
		reply_header(request, "Content-Security-Policy", policy);
	return HANDLED;
}
