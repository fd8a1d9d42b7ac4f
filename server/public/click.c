/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /c/<token>, GET /c/<link part>/<prospect part>: a tracked e-mail click.
 *
 * The two forms differ only in where the person comes from. In the first one MAC covers link and
 * person; in the second a mailer's merge field fills in the person, so it can be missing, wrong or
 * of another mailing, and then the link still works, without the person.
 */
#include "public/click_answer.h"
#include "public/public.h"
#include "store/store.h"

static const struct click_target click_counters = {
	.counter = METRIC_REQUEST_CLICK,
	.probe_counter = METRIC_REQUEST_CLICK_PROBE,
	.prefetch_counter = METRIC_REQUEST_CLICK_PREFETCH,
};

/* Read what the path says. Return: 0, or a TOKEN_E_* of the token that carries the link. */
static int open_tokens(struct request *request, struct token *token, struct token *person,
		       bool *ret_two_parts, bool *ret_has_person)
{
	const struct keyring *keyring = public_settings(request)->keyring;
	size_t slash = span_find(request->tail, '/', 0);
	struct span second = span_slice(request->tail, slash + 1, request->tail.size);
	bool two_parts = slash < request->tail.size;
	enum purpose purpose = two_parts ? PURPOSE_LINK_PART : PURPOSE_CLICK;
	int code = token_open(keyring, purpose, 0, span_slice(request->tail, 0, slash), token);

	if (code) {
		visit_count_forged(request, purpose);
		return code;
	}
	*ret_two_parts = two_parts;
	*ret_has_person =
		!two_parts || token_open(keyring, PURPOSE_PROSPECT_PART, 0, second, person) == 0;
	if (!*ret_has_person)
		visit_count_forged(request, PURPOSE_PROSPECT_PART);
	return 0;
}

static void take_link(struct click_target *target, const struct link *link)
{
	target->destination = link->destination;
	target->url = link->url;
	target->mailing = link->mailing;
	target->campaign = link->campaign;
	target->trap = (link->flags & LINK_FLAG_TRAP) != 0;
}

/* A valid token whose link is not registered here leads to the tracker's fallback. */
static void take_fallback(struct request *request, struct click_target *target)
{
	struct app *app = request->context;

	metrics_add(&app->metrics, METRIC_UNKNOWN_LINKS, 1);
	target->destination = span_text(public_tracker(request)->fallback);
	target->counter = METRIC_REQUEST_CLICK_UNKNOWN;
}

/* A part for one mailing needs a link that is known to be of it. */
static void take_person(struct request *request, struct click_target *target,
			const struct token *token, bool two_parts, bool known)
{
	struct app *app = request->context;

	if (two_parts && !id_is_zero(&token->mailing, sizeof(token->mailing)) &&
	    (!known || memcmp(&token->mailing, &target->mailing, sizeof(token->mailing)) != 0)) {
		metrics_add(&app->metrics, METRIC_OTHER_MAILING, known);
		return;
	}
	target->has_prospect = true;
	target->prospect = token->prospect;
}

enum handled public_click(struct request *request)
{
	const struct app *app = request->context;
	struct click_target target = click_counters;
	struct token token, person;
	bool two_parts, has_person;
	struct link link;
	int code;

	if (request->state)
		return click_answer_again(request);
	if (open_tokens(request, &token, &person, &two_parts, &has_person) != 0)
		return public_not_found(request, METRIC_REQUEST_CLICK_FORGED);
	code = link_find(app->store, &token.link, &request->arena, &link);
	if (code < 0)
		return public_unreadable(request, METRIC_REQUEST_CLICK_UNREADABLE);
	target.link = token.link;
	target.two_parts = two_parts;
	if (code == 0)
		take_link(&target, &link);
	if (has_person)
		take_person(request, &target, two_parts ? &person : &token, two_parts, code == 0);
	if (!target.has_prospect)
		target.counter = METRIC_REQUEST_CLICK_ANONYMOUS;
	if (code != 0)
		take_fallback(request, &target);
	return click_answer(request, &target);
}
