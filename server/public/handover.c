/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /h/<token>: a visitor arrives from a site of another tracker of the same owner. Whoever has a
 * token that verifies gets to the page that it signs, whatever else is wrong with it; what else is
 * judged only says whether this browser is who the other one was.
 *
 * It is, if a person follows the link (a top-level navigation that a page began: what is typed,
 * pasted or opened out of a mail is not), in time, for the first time, with the same agent, and
 * from the page that asked for it. So a link that was passed on hands nobody over, nor does one
 * that somebody made for their own browser and put in another's way.
 *
 * A page may keep to itself that it asked. Then the same network has to do, and since a neighbour
 * may be there, too, the link says no more than any that may have been passed on: it is a claim.
 *
 * The visitor then has this tracker's own cookie, as by a click, and is tied to the person whom the
 * first browser id is tied to now, by the same evidence or that claim, as far as consent goes here.
 * A browser that is known as somebody else's stays so: two known people are never one.
 */
#include "track/handover.h"
#include "public/handover_event.h"
#include "public/origin.h"
#include "public/public.h"
#include "public/visit_commit.h"

struct answer {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	struct span location;
	const char *cookie; /* whole Set-Cookie value, or NULL */
	unsigned counter;
};

static enum handled send_answer(struct request *request, const struct answer *answer)
{
	return reply_redirect(request, answer->counter, answer->location, answer->cookie);
}

static enum handled send_kept(struct request *request)
{
	return send_answer(request, request->state);
}

/* Followed by a person on a page, and not a part of one. */
static bool is_followed(const struct visit *visit)
{
	struct span site = request_value(visit->request, HEADER_SEC_FETCH_SITE);

	return visit->identity.navigation && !span_equal(site, SPAN("none"));
}

/* *ret_most: what it may say at most of whose browser this is. */
static bool is_same_browser(const struct visit *visit, const struct handover *handover,
			    enum evidence *ret_most)
{
	const struct request *request = visit->request;
	struct span agent = request_value(request, HEADER_USER_AGENT);
	struct span referrer = request_value(request, HEADER_REFERER);
	struct address network = request->client;

	*ret_most = referrer.size > 0 ? EVIDENCE_PROOF : EVIDENCE_CLAIM;
	if (handovers_agent(&visit->app->handovers, agent) != handover->agent)
		return false;
	if (referrer.size > 0)
		return span_equal(origin_of_url(referrer), span_text(handover->origin));
	address_truncate(&network);
	return network.known && handover->network.known &&
	       memcmp(network.bytes, handover->network.bytes, sizeof(network.bytes)) == 0;
}

/* What the token is good for; the nonce is used up by the first who follows the link. */
static enum metric judge(const struct visit *visit, const struct token *token,
			 struct handover *ret_handover, enum evidence *ret_most)
{
	if (!is_followed(visit))
		return METRIC_HANDOVERS_NOT_FOLLOWED;
	if (!handovers_take(&visit->app->handovers, &token->nonce, ret_handover))
		return METRIC_HANDOVERS_USED;
	if (visit->now / USEC_PER_SEC > token->second)
		return METRIC_HANDOVERS_EXPIRED;
	if (!is_same_browser(visit, ret_handover, ret_most))
		return METRIC_HANDOVERS_ELSEWHERE;
	return METRIC_HANDOVERS_TAKEN;
}

/* NULL: nobody is handed over, and why has been counted. */
static struct event_ticket *take(const struct visit *visit, const struct token *token)
{
	struct event_ticket *ticket = NULL;
	struct handover handover;
	enum evidence most;
	enum metric result;
	int code;

	if (visit_is_left_out(visit, EVENT_event))
		return NULL;
	result = judge(visit, token, &handover, &most);
	if (result == METRIC_HANDOVERS_TAKEN) {
		code = handover_event_ticket(visit, &handover, most, token->url, &ticket);
		if (code == VISIT_EVENT_E_NOT_STORED)
			result = METRIC_HANDOVERS_CONSENT;
		else if (code != 0)
			event_writer_count_lost(visit->app->writer);
	}
	metrics_add(&visit->app->metrics, result, 1);
	return ticket;
}

static enum handled arrive(struct request *request, struct visit *visit, const struct token *token)
{
	struct answer now = {.counter = METRIC_REQUEST_HANDOVER}, *answer;
	struct event_ticket *ticket;

	now.location = handover_leads_to(visit->tracker, token->url)
			       ? arena_copy(&request->arena, token->url)
			       : span_text(visit->tracker->fallback);
	now.cookie = visit_format_cookie(visit);
	if (visit->head)
		now.counter = METRIC_REQUEST_HANDOVER_PROBE;
	ticket = visit->head ? NULL : take(visit, token);
	if (!ticket)
		return send_answer(request, &now);
	answer = arena_alloc(&request->arena, sizeof(*answer));
	if (!answer) {
		visit_commit_late(request, ticket);
		return send_answer(request, &now);
	}
	*answer = now;
	return visit_commit(request, ticket, &answer->commit, send_kept);
}

enum handled public_handover(struct request *request)
{
	struct token token;
	struct visit visit;

	if (request->state)
		return visit_commit_again(request);
	if (token_open(public_settings(request)->keyring, PURPOSE_HANDOVER,
		       public_tracker(request)->index, request->tail, &token) != 0) {
		visit_count_forged(request, PURPOSE_HANDOVER);
		return public_not_found(request, METRIC_REQUEST_HANDOVER_FORGED);
	}
	/* Its cookie is a click's: set and refreshed by navigation. */
	visit_init(&visit, request, EVENT_click);
	visit_count_cookies(&visit);
	if (visit.prefetch)
		return public_prefetched(request, METRIC_REQUEST_HANDOVER_PREFETCH);
	return arrive(request, &visit, &token);
}
