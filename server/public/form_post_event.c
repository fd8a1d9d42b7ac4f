/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events of a post, in one ticket: what changes of the person, the submit event, and what it
 * does to the binding of its browser. What was typed is in the log only sealed, under the key of
 * one person, so that erasing that person takes it away: the one whom a good address in the post
 * names; or, where it names nobody, the one who has said in this browser who they are; or one who
 * is made for it, without an address.
 *
 * An address is a declaration (track/binding_rule.h). A browser in which somebody else has declared
 * or proved who they are gets another visitor id from here on; one that was proved to be another's
 * stays so, since people register colleagues, and what is typed for a colleague is not kept as what
 * this browser typed.
 */
#include "app/bind.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "crypto/random.h"
#include "public/confirm.h"
#include "public/form_page.h"
#include "public/form_post.h"
#include "public/public.h"
#include "store/typed.h"

#include <errno.h>

struct whom {
	struct form_post_person person;
	struct binding known; /* of the browser */
	bool is_bound;
	bool conflict; /* the browser is known as somebody else's, and stays so */
};

static void look_up_browser(struct visit_event *builder, struct whom *whom)
{
	const struct identity *identity = &builder->visit->identity;
	struct app *app = builder->visit->app;
	int r;

	if (!builder->policy->visitor || !builder->policy->person || identity->is_new ||
	    id_is_zero(&identity->visitor, sizeof(identity->visitor)))
		return;
	r = binding_find(app->store, &identity->visitor, &whom->known);
	whom->is_bound = r == 0;
	if (r < 0)
		metrics_add(&app->metrics, METRIC_BINDINGS_FAILED, 1);
}

/* The event has its person, with the key; or nobody may be known by what it says. */
static int name_person(struct visit_event *builder, const struct form_post *post, struct whom *whom)
{
	struct form_post_person *person = &whom->person;
	int code;

	builder->seals = true;
	person->named = post->answer.address.data != NULL;
	if (!person->named && whom->is_bound && whom->known.evidence >= EVIDENCE_DECLARATION &&
	    visit_event_handle(builder, &whom->known.person))
		return 0;
	if (!person->named)
		random_take(&person->id, sizeof(person->id));
	else if (id_of_address(post->visit.settings->keyring, post->answer.address, &person->id))
		return -EINVAL;
	code = form_post_keep(post, person, whom->is_bound ? &whom->known : NULL, builder->ticket);
	if (code || person->erased || visit_event_person(builder, &person->id))
		return code;
	person->erased = builder->person_code == PEOPLE_E_ERASED;
	return person->erased ? 0 : builder->person_code;
}

/* Which fields were sent; and what is in them, for nobody to read without the person's key. */
static int set_values(struct visit_event *builder, const struct form_post *post)
{
	json_t *values = form_post_values(post, false), *props = json_pack("{s:[]}", "fields");
	json_t *names = json_object_get(props, "fields"), *value;
	cleanup_free char *clear = NULL, *text = NULL;
	const char *name;

	json_object_foreach(values, name, value)(void)
		json_array_append_new(names, json_string(name));
	clear = values ? json_dumps(values, JSON_COMPACT) : NULL;
	text = props ? json_dumps(props, JSON_COMPACT) : NULL;
	json_decref(values);
	json_decref(props);
	if (!clear || !text)
		return -ENOMEM;
	visit_event_text(builder, EVENT_FIELD_props, span_text(text));
	if (builder->has_person)
		visit_event_seal(builder, EVENT_FIELD_props_sealed, span_text(clear));
	explicit_bzero(clear, strlen(clear));
	return builder->text->error;
}

/* The page that was posted from is what the Referer says, and nothing led to it. */
static void set_form(struct visit_event *builder, const struct form_post *post)
{
	const struct header_reading *page;

	visit_event_id(builder, EVENT_FIELD_form, &post->form->id, sizeof(post->form->id));
	page = header_cache_page(post->visit.app->headers, post->visit.settings->config,
				 request_value(post->request, HEADER_REFERER));
	if (page->text.size > 0)
		event_set(&builder->event, EVENT_FIELD_url, page->text);
	builder->referrer = span_of(NULL, 0);
	if (!*post->form->campaign)
		return;
	id_of_name(NAME_CAMPAIGN, span_text(post->form->campaign), &builder->campaign);
	visit_event_id(builder, EVENT_FIELD_campaign, &builder->campaign,
		       sizeof(builder->campaign));
}

static void set_evidence(const struct visit_event *builder, struct bind_evidence *evidence)
{
	const struct visit *visit = builder->visit;

	*evidence = (struct bind_evidence){
		.binding = {.person = builder->person.handle,
			    .evidence = EVIDENCE_DECLARATION,
			    .time = visit->now,
			    .tracker = span_text(visit->tracker->host)},
		.is_new = visit->identity.is_new,
	};
	if (builder->policy->visitor)
		evidence->binding.visitor = visit->identity.visitor;
}

/* From here on a second person's. */
static void renew_visitor(struct form_post *post, struct visit_event *builder)
{
	struct identity_request asked;

	visit_ask(&post->visit, &asked);
	identity_renew(&asked, &post->visit.identity);
	visit_event_id(builder, EVENT_FIELD_visitor, &post->visit.identity.visitor,
		       sizeof(post->visit.identity.visitor));
}

/* The submit event with what it does to the browser. *ret_place: the event in the ticket. */
static int declare(struct form_post *post, struct visit_event *builder, struct whom *whom,
		   uint32_t *ret_place)
{
	struct bind_evidence evidence;
	struct bind_decision decision;
	int code;

	set_evidence(builder, &evidence);
	bind_decide(post->visit.app, &evidence, &decision);
	if (decision.action == BINDING_NEW_VISITOR) {
		renew_visitor(post, builder);
		set_evidence(builder, &evidence);
		bind_decide(post->visit.app, &evidence, &decision);
	}
	whom->conflict = decision.action == BINDING_CONFLICT;
	event_set_choice(&builder->event, EVENT_FIELD_evidence, EVIDENCE_DECLARATION);
	code = visit_event_add(builder);
	*ret_place = builder->ticket->count;
	if (code == 0)
		bind_record(post->visit.app, &evidence, &decision, builder->ticket);
	return code;
}

static int add_submit(struct form_post *post, struct visit_event *builder, struct whom *whom,
		      uint32_t *ret_place)
{
	int code;

	if (whom->person.named && builder->has_person)
		return declare(post, builder, whom, ret_place);
	if (builder->has_person && !whom->person.named && whom->is_bound &&
	    memcmp(&builder->person.handle, &whom->known.person, sizeof(struct handle)) == 0)
		event_set_choice(&builder->event, EVENT_FIELD_evidence,
				 (uint8_t)whom->known.evidence);
	code = visit_event_add(builder);
	*ret_place = builder->ticket->count;
	return code;
}

/* Beside what the same browser typed as the same person; NULL: out of memory. */
static char *typed_text(const struct form_post *post, const struct handle *person)
{
	const struct visitor_id *visitor = &post->visit.identity.visitor;
	json_t *values = form_post_values(post, true), *before = NULL;
	struct typed typed;
	char *text = NULL;

	if (!post->visit.identity.is_new &&
	    typed_find(post->visit.app->store, visitor, &post->request->arena, &typed) == 0 &&
	    memcmp(&typed.person, person, sizeof(*person)) == 0)
		before = json_loadb((const char *)typed.values.data, typed.values.size, 0, NULL);
	if (before && values && json_object_update_missing(values, before) == 0)
		text = json_dumps(values, JSON_COMPACT);
	if (values && (!text || strlen(text) > TYPED_VALUES_MAX_BYTES)) {
		free(text);
		json_decref(values);
		values = form_post_values(post, true);
		text = values ? json_dumps(values, JSON_COMPACT) : NULL;
	}
	json_decref(values);
	json_decref(before);
	return text;
}

/* So that the next form in this browser shows it again. What cannot be queued is not shown. */
static void keep_typed(const struct form_post *post, const struct visit_event *builder,
		       const struct whom *whom, uint32_t place)
{
	const struct visitor_id *visitor = &post->visit.identity.visitor;
	struct typed typed = {.time = post->visit.now};
	cleanup_free char *text = NULL;

	if (!builder->policy->visitor || !builder->policy->person || !builder->has_person ||
	    whom->conflict || id_is_zero(visitor, sizeof(*visitor)))
		return;
	typed.person = builder->person.handle;
	text = typed_text(post, &typed.person);
	if (!text)
		return;
	typed.values = span_text(text);
	(void)typed_add(post->visit.app->store, builder->ticket, visitor, &typed, place);
	explicit_bzero(text, strlen(text));
}

/* Not in a browser that was proved to be somebody's: it is theirs, or stays another's. */
bool form_post_confirms(const struct form_post *post)
{
	const struct visitor_id *visitor = &post->visit.identity.visitor;
	struct app *app = post->visit.app;
	struct binding known;

	if (!post->form->confirm || !post->answer.address.data ||
	    id_is_zero(visitor, sizeof(*visitor)) || !outbox_is_open(app->outbox))
		return false;
	return post->visit.identity.is_new || binding_find(app->store, visitor, &known) != 0 ||
	       known.evidence != EVIDENCE_PROOF;
}

/*
 * The link by which the address can be confirmed: in this browser, so it needs a visitor, and not
 * where it is known to be theirs already.
 */
static void set_mail(struct form_post *post, const struct whom *whom)
{
	const struct visit *visit = &post->visit;
	cleanup_buffer struct buffer mail = BUFFER_INIT, address = BUFFER_INIT;
	struct form_page page;

	if (!post->form->confirm || whom->conflict || whom->person.confirmed ||
	    id_is_zero(&visit->identity.visitor, sizeof(visit->identity.visitor)))
		return;
	if (!outbox_is_open(visit->app->outbox)) {
		log_warning("mail", "result", "not sent", "reason",
			    "smtp.server is not set, or too many mails wait", "form",
			    post->form->name);
		return;
	}
	if (!posts_may_mail(&visit->app->posts, &whom->person.id, visit->app->now) ||
	    id_normalise_address(post->answer.address, &address) != 0)
		return;
	form_page_init(&page, visit, post->form, form_body_get(&post->body, SPAN(FORM_PAGE_LANG)));
	if (confirm_mail_append(visit, post->form, page.language, &whom->person.id,
				buffer_span(&address), &mail) != 0)
		return;
	post->mail = arena_copy(&post->request->arena, buffer_span(&mail));
	post->mail_to = arena_copy(&post->request->arena, buffer_span(&address));
	if (!post->mail_to.data)
		post->mail = span_of(NULL, 0);
}

static int add_events(struct form_post *post, struct visit_event *builder)
{
	struct whom whom = {.is_bound = false};
	uint32_t place;
	int code = visit_event_begin(builder, EVENT_submit);

	if (code)
		return code;
	look_up_browser(builder, &whom);
	code = name_person(builder, post, &whom);
	if (code)
		return code;
	set_form(builder, post);
	code = set_values(builder, post);
	if (code == 0)
		code = add_submit(post, builder, &whom, &place);
	if (code == 0)
		keep_typed(post, builder, &whom, place);
	if (code == 0 && builder->has_person && whom.person.named)
		set_mail(post, &whom);
	return code;
}

int form_post_take(struct form_post *post, struct event_ticket **ret_ticket)
{
	cleanup(visit_event_finish) struct visit_event builder;

	visit_event_init(&builder, &post->visit);
	if (visit_is_left_out(&post->visit, EVENT_submit))
		return FORM_POST_E_FAILED;
	if (add_events(post, &builder)) {
		event_writer_count_lost(post->visit.app->writer);
		return FORM_POST_E_FAILED;
	}
	if (post->key.data)
		posts_note(&post->visit.app->posts, post->key, &post->visit.identity.visitor,
			   builder.ticket);
	*ret_ticket = visit_event_take(&builder);
	return 0;
}

struct event_ticket *form_post_refused(struct form_post *post)
{
	cleanup(visit_event_finish) struct visit_event builder;
	int code;

	visit_event_init(&builder, &post->visit);
	if (visit_is_left_out(&post->visit, EVENT_submit_error))
		return NULL;
	code = visit_event_begin(&builder, EVENT_submit_error);
	if (code == 0) {
		builder.trap = post->answer.trapped;
		set_form(&builder, post);
		if (post->answer.trapped)
			buffer_append_text(builder.scratch, "trap");
		else
			form_post_append_refusal(post, builder.scratch);
		visit_event_scratch(&builder, EVENT_FIELD_reason);
		code = visit_event_add(&builder);
	}
	if (code < 0)
		event_writer_count_lost(post->visit.app->writer);
	return code == 0 ? visit_event_take(&builder) : NULL;
}
