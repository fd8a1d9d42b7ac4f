/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /h: a page of this tracker's sites is about to lead its visitor to a page on a site of
 * another tracker here, and asks how to get there. The answer is always an address for that page:
 * by way of the other tracker's /h/<token>, where the visitor consents to be known and has a cookie
 * of ours, and otherwise the page itself. So a site's script goes wherever it is told, and the
 * answer says as little of a known person as of a stranger.
 *
 * It reads the cookie and sets none.
 */
#include "base/cleanup.h"
#include "crypto/token.h"
#include "public/origin.h"
#include "public/public.h"
#include "public/visit.h"
#include "text/form_body.h"
#include "track/handover.h"

#include <jansson.h>
#include <stdio.h>

static bool keep(const struct visit *visit, struct token_nonce *ret_nonce)
{
	struct handovers *handovers = &visit->app->handovers;
	const struct request *request = visit->request;
	struct span origin = span_trim(request_value(request, HEADER_ORIGIN));
	struct handover handover = {
		.visitor = visit->identity.visitor,
		.agent = handovers_agent(handovers, request_value(request, HEADER_USER_AGENT)),
		.network = request->client,
	};

	if (origin.size >= sizeof(handover.origin))
		return false;
	memcpy(handover.origin, origin.data, origin.size);
	address_truncate(&handover.network);
	return handovers_put(handovers, &handover, ret_nonce);
}

/* Put the way by @to's /h/ in the place of @page. False: there is none. */
static bool sign(const struct visit *visit, const struct tracker *to, struct buffer *page)
{
	struct token token = {
		.second = (uint32_t)(visit->now / USEC_PER_SEC) + HANDOVER_SECONDS,
		.url = buffer_span(page),
	};
	char text[TOKEN_MAX_CHARS + 1];

	if (to == visit->tracker ||
	    id_is_zero(&visit->identity.visitor, sizeof(visit->identity.visitor)) ||
	    !keep(visit, &token.nonce) ||
	    token_mint(visit->settings->keyring, PURPOSE_HANDOVER, to->index, &token, text) != 0)
		return false;
	buffer_clear(page);
	buffer_printf(page, "%s/h/%s", to->origin, text);
	return true;
}

static enum handled answer(struct request *request, struct buffer *url)
{
	json_t *root = json_pack("{s:s}", "url", buffer_text(url));
	cleanup_free char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;

	json_decref(root);
	(void)reply_body(request, METRIC_REQUEST_HANDOVER_ASK, text ? 200 : 500, "application/json",
			 "private, no-store", text ? span_text(text) : SPAN("{}"));
	reply_header(request, "Vary", "Origin, Cookie");
	origin_share(request);
	return HANDLED;
}

static enum handled refuse(struct request *request, unsigned counter, unsigned status,
			   const char *sentence)
{
	(void)reply_json_error(request, counter, status, sentence);
	reply_header(request, "Vary", "Origin, Cookie");
	return HANDLED;
}

enum handled public_handover_ask(struct request *request)
{
	cleanup_buffer struct buffer url = BUFFER_INIT;
	struct form_body form = {.count = 0};
	const struct tracker *to;
	struct visit visit;

	if (!origin_allows(request, public_tracker(request)))
		return refuse(request, METRIC_REQUEST_HANDOVER_ORIGIN, 403,
			      "A hand-over is for the pages of this tracker's sites.");
	/* A cookie that may be tied to a person is one that a login may be for. */
	visit_init(&visit, request, EVENT_login);
	visit_count_cookies(&visit);
	/* A body that is no form names no page. */
	(void)form_body_parse(request->body, &request->arena, &form);
	to = handover_find(visit.settings->trackers, visit.tracker, form_body_get(&form, SPAN("u")),
			   &url);
	if (!to) {
		(void)refuse(request, METRIC_REQUEST_HANDOVER_BAD, 400,
			     "u is no address of a page on a site of one of the trackers here.");
		origin_share(request);
		return HANDLED;
	}
	if (sign(&visit, to, &url))
		metrics_add(&visit.app->metrics, METRIC_HANDOVERS_MADE, 1);
	return answer(request, &url);
}
