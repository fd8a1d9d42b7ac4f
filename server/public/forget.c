/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /privacy/forget: this browser is to be nobody's. Its cookies are dropped, whatever ties its
 * id to a person ends ("unbind", reason "forget"), what it has sent by forms is not kept for it any
 * more, and a consent event says that it was asked for.
 * What was recorded stays, without the person; erasing a person is an operator's command.
 *
 * The hosted form has a button of its own for it ("Not you?"), which leads back to the form.
 *
 * An id is forgotten whatever the consent is, and of several cookies each: somebody may have
 * planted one, and the browser cannot say which. If what ties them cannot be ended, nothing is
 * dropped and the answer says so: a page that promises more than was done would be worse.
 */
#include "app/forms.h"
#include "base/cleanup.h"
#include "public/consent_answer.h"
#include "public/form_page.h"
#include "public/origin.h"
#include "public/public.h"
#include "public/visit_commit.h"
#include "public/visit_event.h"
#include "store/binding.h"
#include "store/typed.h"
#include "text/form_body.h"

enum { VISITORS_MAX = 4 };

struct forgetting {
	struct visitor_id visitors[VISITORS_MAX];
	size_t count;
	enum consent before;
};

static int unbind(struct visit_event *builder, const struct visitor_id *visitor)
{
	const struct visit *visit = builder->visit;
	struct binding binding;
	int code = binding_find(visit->app->store, visitor, &binding);

	handovers_forget(&visit->app->handovers, visitor);
	recent_claims_forget(&visit->app->recent_claims, visitor);
	recent_tags_forget(&visit->app->recent_tags, visitor);
	/* When state/ cannot be read it may be bound. */
	if (code == STORE_E_NOT_FOUND || code == BINDING_E_RETIRED)
		return 0;
	return binding_add_forget(visit->app->store, builder->ticket, visitor,
				  span_text(visit->tracker->host), "forget", visit->now);
}

static int add_events(struct visit_event *builder, const struct forgetting *forgetting)
{
	int code = visit_event_begin(builder, EVENT_consent);

	if (code)
		return code;
	buffer_printf(builder->scratch, "{\"choice\":\"forget\",\"before\":\"%s\"}",
		      consent_text(forgetting->before));
	visit_event_scratch(builder, EVENT_FIELD_props);
	code = visit_event_add(builder);
	for (size_t i = 0; code == 0 && i < forgetting->count; i++) {
		code = unbind(builder, &forgetting->visitors[i]);
		if (code == 0)
			code = typed_add_forget(builder->visit->app->store, builder->ticket,
						&forgetting->visitors[i]);
	}
	return code;
}

/* NULL when it cannot be recorded; counted. */
static struct event_ticket *make_events(const struct visit *visit,
					const struct forgetting *forgetting)
{
	cleanup(visit_event_finish) struct visit_event builder;

	visit_event_init(&builder, visit);
	if (visit_is_left_out(visit, EVENT_consent))
		return NULL;
	if (add_events(&builder, forgetting)) {
		event_writer_count_lost(visit->app->writer);
		return NULL;
	}
	return visit_event_take(&builder);
}

/* Back to the hosted form that was asked on ("Not you?"); NULL: it was none. */
static const char *find_back(struct request *request, struct span name, enum language language)
{
	cleanup_buffer struct buffer address = BUFFER_INIT;
	cleanup(cleanup_form) struct form *form = NULL;

	if (name.size == 0 || forms_find(request->context, name, &form) != 0)
		return NULL;
	form_page_address(form, FORM_PAGE_FORGOTTEN, language, &address);
	return (const char *)arena_copy(&request->arena, buffer_span(&address)).data;
}

static enum handled forget(struct request *request, struct span language, struct span form)
{
	struct forgetting forgetting;
	struct identity_request asked;
	struct consent_answer answer;
	struct event_ticket *ticket;
	struct visit visit;

	visit_init(&visit, request, EVENT_consent);
	visit_ask(&visit, &asked);
	forgetting.count = identity_visitors(&asked, forgetting.visitors, VISITORS_MAX);
	forgetting.before = identity_choose(&asked, CONSENT_PENDING, &visit.identity);
	visit_count_cookies(&visit);
	ticket = make_events(&visit, &forgetting);
	if (!ticket)
		return consent_answer_refuse(request, METRIC_REQUEST_FORGET_FAILED, 503,
					     TEXT_refused_busy, language);
	consent_answer_init(&answer, &visit, language);
	consent_answer_drop_held(&answer, &visit);
	answer.back = find_back(request, form, answer.language);
	answer.needs_record = true;
	answer.done = PRIVACY_FORGOTTEN;
	answer.counter = METRIC_REQUEST_FORGET;
	return consent_answer_commit(request, ticket, &answer);
}

enum handled public_forget(struct request *request)
{
	struct form_body form = {.count = 0};
	struct span language;

	if (request->state)
		return visit_commit_again(request);
	/* A body that is no form only has no language. */
	(void)form_body_parse(request->body, &request->arena, &form);
	language = form_body_get(&form, SPAN("lang"));
	if (!origin_allows(request, public_tracker(request)))
		return consent_answer_refuse(request, METRIC_REQUEST_FORGET_ORIGIN, 403,
					     TEXT_refused_origin, language);
	return forget(request, language, form_body_get(&form, SPAN("form")));
}
