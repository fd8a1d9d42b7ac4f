/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /consent: a browser's choice. The cookie remembers it from here on, and a consent event
 * records it, with the state that it came from. Only a page of the tracker or of its sites can
 * choose (Origin), and only this endpoint reads the cookie of a held click: who agrees to be
 * recognised within its minutes is bound to the person whose link they followed, as the click would
 * have done. Whatever the answer was, that cookie is dropped.
 *
 * Under measure the event names the link that was held and not the person, as a click would.
 */
#include "base/cleanup.h"
#include "public/consent_answer.h"
#include "public/origin.h"
#include "public/public.h"
#include "public/visit_claim.h"
#include "public/visit_commit.h"
#include "store/typed.h"
#include "text/form_body.h"
#include "track/held_click.h"

enum { STATE_COUNT = CONSENT_IDENTIFY + 1, VISITORS_MAX = 4 };

struct choice {
	enum consent chosen, before;
	/* Who is not to be tied to a person any more: the ids that came. */
	struct visitor_id untied[VISITORS_MAX];
	size_t untied_count;
	bool held_sent, has_held;
	struct held_click held;
};

/* STATE_COUNT when @text is no state. */
static enum consent find_state(struct span text)
{
	enum consent state = CONSENT_PENDING;

	while ((int)state < STATE_COUNT && !span_equal(text, span_text(consent_text(state))))
		state++;
	return state;
}

/* Who is not to be tied to a person is not found by the tags that were given out before either, nor
 * handed over to another tracker; and no link that they followed opens anything any more. */
static void forget_browser(const struct visit *visit, const struct identity_request *asked,
			   struct choice *choice)
{
	const struct visitor_id *untied = choice->untied;

	choice->untied_count = identity_visitors(asked, choice->untied, VISITORS_MAX);
	for (size_t i = 0; i < choice->untied_count; i++) {
		handovers_forget(&visit->app->handovers, &untied[i]);
		recent_claims_forget(&visit->app->recent_claims, &untied[i]);
		recent_tags_forget(&visit->app->recent_tags, &untied[i]);
	}
}

static void make_choice(struct visit *visit, struct choice *choice)
{
	struct identity_request asked;

	visit_ask(visit, &asked);
	asked.scripted = !consent_answer_is_to_form(visit->request, visit->tracker);
	choice->before = identity_choose(&asked, choice->chosen, &visit->identity);
	if (visit->identity.consent != CONSENT_IDENTIFY)
		forget_browser(visit, &asked, choice);
	choice->has_held =
		held_click_take(&asked, &choice->held, &choice->held_sent) &&
		visit->identity.consent == choice->chosen &&
		(choice->chosen == CONSENT_MEASURE || choice->chosen == CONSENT_IDENTIFY);
}

/* What was chosen may be something else than what is in force: GPC, or the default again. */
static void set_props(struct visit_event *builder, const struct choice *choice)
{
	struct buffer *text = builder->scratch;
	usec_t now = builder->visit->now;

	buffer_printf(text, "{\"choice\":\"%s\",\"before\":\"%s\"", consent_text(choice->chosen),
		      consent_text(choice->before));
	if (choice->has_held && now > choice->held.time)
		buffer_printf(text, ",\"held_s\":%llu",
			      (unsigned long long)((now - choice->held.time) / USEC_PER_SEC));
	buffer_append_byte(text, '}');
	visit_event_scratch(builder, EVENT_FIELD_props);
}

static void set_held(struct visit_event *builder, const struct held_click *held)
{
	visit_event_id(builder, EVENT_FIELD_link, &held->link, sizeof(held->link));
	visit_event_id(builder, EVENT_FIELD_mailing, &held->mailing, sizeof(held->mailing));
	visit_event_id(builder, EVENT_FIELD_campaign, &held->campaign, sizeof(held->campaign));
	metrics_add(&builder->visit->app->metrics, METRIC_HELD_AGREED, 1);
}

/* A link that was followed by a navigation, else it had not been held; its claim counts now. */
static int add_held(struct visit_event *builder, const struct held_click *held)
{
	const struct visit_claim claim = {.link = held->link,
					  .campaign = held->campaign,
					  .navigation = true};

	set_held(builder, held);
	if (!visit_event_person(builder, &held->prospect))
		return visit_event_add(builder);
	return visit_claim_add(builder, &claim);
}

/* Nor is what it has typed kept for it. What cannot be queued goes with retention: nobody is shown
 * it meanwhile, since the browser has another id from here on. */
static void forget_typed(struct visit_event *builder, const struct choice *choice)
{
	for (size_t i = 0; i < choice->untied_count; i++)
		(void)typed_add_forget(builder->visit->app->store, builder->ticket,
				       &choice->untied[i]);
}

/* NULL when the event is left out or cannot be made, which has been counted. */
static struct event_ticket *make_event(const struct visit *visit, const struct choice *choice)
{
	cleanup(visit_event_finish) struct visit_event builder;
	int code;

	visit_event_init(&builder, visit);
	if (visit_is_left_out(visit, EVENT_consent))
		return NULL;
	code = visit_event_begin(&builder, EVENT_consent);
	if (code == 0) {
		set_props(&builder, choice);
		code = choice->has_held ? add_held(&builder, &choice->held)
					: visit_event_add(&builder);
	}
	if (code == 0)
		forget_typed(&builder, choice);
	if (code < 0)
		event_writer_count_lost(visit->app->writer);
	return visit_event_take(&builder);
}

static enum privacy_done done_of(const struct visit *visit, const struct choice *choice)
{
	bool refused = choice->chosen != CONSENT_PENDING && choice->chosen != CONSENT_DENIED &&
		       visit->identity.consent != choice->chosen;

	return refused ? PRIVACY_SIGNAL : PRIVACY_CHOSEN;
}

static enum handled take(struct request *request, struct choice *choice, struct span language)
{
	struct consent_answer answer;
	struct event_ticket *ticket;
	struct visit visit;

	visit_init(&visit, request, EVENT_consent);
	make_choice(&visit, choice);
	visit_count_cookies(&visit);
	ticket = make_event(&visit, choice);
	consent_answer_init(&answer, &visit, language);
	if (choice->held_sent)
		consent_answer_drop_held(&answer, &visit);
	answer.done = done_of(&visit, choice);
	answer.counter = METRIC_REQUEST_CONSENT;
	return consent_answer_commit(request, ticket, &answer);
}

enum handled public_consent(struct request *request)
{
	struct form_body form = {.count = 0};
	struct choice choice = {0};
	struct span language;

	if (request->state)
		return visit_commit_again(request);
	/* A body that is no form says nothing, which is no state. */
	(void)form_body_parse(request->body, &request->arena, &form);
	language = form_body_get(&form, SPAN("lang"));
	if (!origin_allows(request, public_tracker(request)))
		return consent_answer_refuse(request, METRIC_REQUEST_CONSENT_ORIGIN, 403,
					     TEXT_refused_origin, language);
	choice.chosen = find_state(form_body_get(&form, SPAN("state")));
	if ((int)choice.chosen == STATE_COUNT)
		return consent_answer_refuse(request, METRIC_REQUEST_CONSENT_BAD, 400,
					     TEXT_refused_state, language);
	return take(request, &choice, language);
}
