/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /privacy: what is recorded and the visitor's choice, in the language that they read. Looking
 * at it records nothing and sets nothing. It tells each browser its own state, so no cache keeps
 * it, and no browser gets it before its reader looks.
 */
#include "public/privacy_page.h"

#include "public/public.h"
#include "public/visit.h"
#include "text/form_body.h"

enum handled public_privacy(struct request *request)
{
	cleanup_buffer struct buffer html = BUFFER_INIT;
	struct form_body query = {.count = 0};
	struct privacy_page page;
	struct visit visit;

	if (visit_is_prefetch(request))
		return public_prefetched(request, METRIC_REQUEST_PRIVACY_PREFETCH);
	/* A query that is too long or holds too much asks for nothing. */
	(void)form_body_parse(request->query, &request->arena, &query);
	visit_init(&visit, request, EVENT_consent);
	visit_count_cookies(&visit);
	page = (struct privacy_page){
		.config = visit.settings->config,
		.tracker = visit.tracker,
		.identity = &visit.identity,
		.language = language_choose(form_body_get(&query, SPAN("lang")), request),
		.done = privacy_done_find(form_body_get(&query, SPAN("done"))),
	};
	privacy_page_append(&page, &html);
	return privacy_reply(request, METRIC_REQUEST_PRIVACY, 200, page.language, &html);
}
