/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /f/<form>: what a visitor has filled in, on our own page or on one of the site's.
 *
 * A post from a page of ours (Origin) is its browser's: the cookie says whose, and a good address
 * in it declares whose the browser is. Any other post is taken as well, since servers post forms,
 * too, but neither reads nor sets a cookie and ties nobody; likewise all posts to a kiosk's form,
 * whose browser is everybody's.
 *
 * One that comes again (a double click) is thanked once the first one is recorded, and is the first
 * one itself should that be lost.
 *
 * Whoever posts is answered the same whether the address is known to us or not. What fell into the
 * trap is thanked for and thrown away, so that a robot does not learn to do better.
 */
#include "public/form_post.h"

#include "app/forms.h"
#include "base/cleanup.h"
#include "public/form_mail.h"
#include "public/origin.h"
#include "public/public.h"
#include "public/visit_commit.h"

static bool is_listed(const struct form *form, struct span origin)
{
	for (size_t i = 0; i < form->site_count; i++)
		if (span_equal(origin, span_text(form->sites[i])))
			return true;
	return form->site_count == 0;
}

static bool is_trusted(const struct form_post *post)
{
	const struct tracker *tracker = public_tracker(post->request);
	struct span origin = span_trim(request_value(post->request, HEADER_ORIGIN));

	return !post->form->kiosk && origin_allows(post->request, tracker) &&
	       (span_equal(origin, span_text(tracker->origin)) || is_listed(post->form, origin));
}

/* As a browser that sends no cookie, and gets none. */
static void forget_browser(struct form_post *post)
{
	struct identity_request asked;

	visit_ask(&post->visit, &asked);
	asked.cookie_count = 0;
	asked.probe = true;
	identity_resolve(&asked, EVENT_submit, &post->visit.identity);
}

static int read_body(struct form_post *post)
{
	struct request *request = post->request;
	int code = form_body_read(request_value(request, HEADER_CONTENT_TYPE), request->body,
				  span_text(post->form->charset), &request->arena, &post->body);

	if (!code)
		code = form_answer_judge(post->form, &post->body, post->visit.settings->free_mail,
					 &request->arena, &post->answer);
	if (!code)
		form_mail_judge(post->visit.app, post->form, &post->answer);
	return code;
}

struct waiting {
	struct visit_commit commit; /* first: request->state is a struct visit_commit */
	struct span key;	    /* of the posts */
};

static enum handled take_again(struct request *request);

static enum handled wait_for_first(struct form_post *post)
{
	struct app *app = post->visit.app;
	struct waiting *waiting = arena_alloc(&post->request->arena, sizeof(*waiting));

	if (!waiting)
		return form_post_thank(post, NULL);
	*waiting = (struct waiting){.commit.answer = take_again, .key = post->key};
	commit_wait_start_beside(&waiting->commit.wait, &app->clicks, app->now);
	post->request->state = waiting;
	return WAITING;
}

static void look_at_first(struct request *request)
{
	struct waiting *waiting = request->state;
	struct app *app = request->context;

	if (waiting->commit.answer == take_again && !posts_is_pending(&app->posts, waiting->key))
		commit_wait_end(&waiting->commit.wait);
}

static enum handled take(struct form_post *post)
{
	struct event_ticket *ticket = NULL;

	if (post->answer.trapped)
		return form_post_thank(post, form_post_refused(post));
	if (post->refusal != FORM_REFUSAL_NONE)
		return form_post_refuse(post, form_post_refused(post));
	switch (form_post_seen(post)) {
	case POST_PENDING:
		if (!post->late)
			return wait_for_first(post);
		return form_post_thank(post, NULL);
	case POST_AGAIN:
		return form_post_thank(post, NULL);
	case POST_OTHER:
		return form_post_fail(post->request, METRIC_REQUEST_POST_BAD, 422,
				      "Another form was sent before",
				      "This key was used before, to send something else.");
	case POST_NEW:
		break;
	}
	if (form_post_take(post, &ticket) == 0)
		return form_post_thank(post, ticket);
	if (post->key.data)
		posts_forget(&post->visit.app->posts, post->key);
	return form_post_fail(post->request, METRIC_REQUEST_POST_FAILED, 503,
			      "Try again in a moment",
			      "What you sent could not be stored. Nothing was changed.");
}

static enum handled post_to(struct request *request, const struct form *form, bool late)
{
	struct form_post post = {.request = request, .form = form, .late = late};
	struct app *app = request->context;
	int code;

	post.trusted = is_trusted(&post);
	visit_init(&post.visit, request, EVENT_submit);
	if (!post.trusted)
		forget_browser(&post);
	visit_count_cookies(&post.visit);
	code = read_body(&post);
	if (code < 0)
		return form_post_fail(request, METRIC_REQUEST_POST_FAILED, 503,
				      "Try again in a moment", "There is no memory for it now.");
	if (code) {
		event_writer_count_rejected(app->writer);
		metrics_add(&app->metrics, METRIC_REJECTED_MALFORMED, 1);
		return form_post_fail(request, METRIC_REQUEST_POST_BAD,
				      code == FORM_BODY_E_TYPE ? 415 : 400, "That is no form",
				      "What was sent is not what a form sends.");
	}
	form_post_set_locations(&post);
	form_post_guard(&post);
	return take(&post);
}

static enum handled post_form(struct request *request, bool late)
{
	cleanup(cleanup_form) struct form *form = NULL;
	int code = forms_find(request->context, request->tail, &form);

	if (code == FORMS_E_ABSENT)
		return form_post_fail(request, METRIC_REQUEST_POST_UNKNOWN, 404, "Form not found",
				      "There is no form at this address.");
	if (code)
		return form_post_fail(request, METRIC_REQUEST_POST_FAILED, 503,
				      "Try again in a moment",
				      "The form cannot be looked up right now.");
	if (form->closed)
		return form_post_fail(request, METRIC_REQUEST_POST_CLOSED, 410,
				      "This form is closed", "It takes nothing more.");
	return form_mail_ask(request, form) ? WAITING : post_to(request, form, late);
}

static enum handled take_again(struct request *request)
{
	const struct waiting *waiting = request->state;
	bool late = waiting->commit.wait.state == COMMIT_LATE;

	request->state = NULL;
	return post_form(request, late);
}

enum handled public_form_post(struct request *request)
{
	struct app *app = request->context;

	if (request->state && !form_mail_waits(request)) {
		look_at_first(request);
		return visit_commit_again(request);
	}
	if (!request->state && admission_knows(app->trackers, &request->client) &&
	    !rate_limit_take(&app->posts.clients, address_name(&request->client), app->now, 0)) {
		event_writer_count_rejected(app->writer);
		metrics_add(&app->metrics, METRIC_REJECTED_ADDRESS, 1);
		return reply_limited(request, METRIC_REQUEST_POST_LIMITED);
	}
	return post_form(request, false);
}
