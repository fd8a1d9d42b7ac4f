/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Robots fill in forms. They fill in what people do not see (the honeypot, form_answer.h), and they
 * are quick: a form may ask for a signed view, which says when it was shown, and for how long a
 * person at least takes to fill it in. A view is the page's own and, where its browser had a
 * visitor, that visitor's; it may be posted from again, since people correct what they wrote.
 *
 * A post that comes again is known by the key that its sender gives it (a header, or a parameter),
 * else by its view, its sender and all that it says: a double click sends the same twice.
 */
#include "public/form_page.h"
#include "public/form_post.h"
#include "public/public.h"

enum { VIEW_MAX_AGE_S = 86400, KEY_MAX_BYTES = 255 };

/* Without a cookie there is no telling whose view it was. */
static bool is_of_browser(const struct form_post *post, const struct token *token)
{
	const struct visitor_id *visitor = &post->visit.identity.visitor;

	if (id_is_zero(&token->tag, sizeof(token->tag)) || id_is_zero(visitor, sizeof(*visitor)) ||
	    post->visit.identity.is_new)
		return true;
	return id_tag_is_of_visitor(post->visit.settings->keyring, post->visit.tracker->index,
				    &token->tag, visitor);
}

static enum form_refusal judge_view(struct form_post *post)
{
	const uint64_t now = post->visit.now / USEC_PER_SEC;
	struct token token;

	if (post->view.size == 0)
		return FORM_REFUSAL_NO_VIEW;
	if (token_open(post->visit.settings->keyring, PURPOSE_FORM_VIEW, post->visit.tracker->index,
		       post->view, &token) != 0 ||
	    memcmp(&token.form, &post->form->id, sizeof(token.form)) != 0 ||
	    !is_of_browser(post, &token)) {
		visit_count_forged(post->request, PURPOSE_FORM_VIEW);
		return FORM_REFUSAL_NO_VIEW;
	}
	if (now < token.second || now - token.second > VIEW_MAX_AGE_S)
		return FORM_REFUSAL_NO_VIEW;
	return now - token.second < post->form->minimum_seconds ? FORM_REFUSAL_TOO_FAST
								: FORM_REFUSAL_NONE;
}

static struct span find_key(const struct form_post *post)
{
	struct span key = request_header(post->request, "Idempotency-Key");

	return key.size > 0 ? key : form_body_get(&post->body, SPAN(FORM_POST_KEY));
}

/* One client of one network address: who is behind it cannot be told better. */
static void append_client(const struct form_post *post, struct buffer *to)
{
	const struct address *client = &post->request->client;

	if (!client->known)
		return;
	buffer_append(to, client->bytes, sizeof(client->bytes));
	buffer_append_span(to, request_value(post->request, HEADER_USER_AGENT));
}

/* The browser; without a cookie its client: views of one second are alike, and so are short forms,
 * which must not make two people one. */
static void append_sender(const struct form_post *post, struct buffer *to)
{
	const struct identity *identity = &post->visit.identity;

	if (identity->is_new || id_is_zero(&identity->visitor, sizeof(identity->visitor)))
		append_client(post, to);
	else
		buffer_append(to, &identity->visitor, sizeof(identity->visitor));
}

/* The form, and the key or else who sends it, as far as that is known, and what. */
static void set_key(struct form_post *post)
{
	cleanup_buffer struct buffer name = BUFFER_INIT;
	struct span key = find_key(post);

	if (key.size == 0 && post->view.size == 0)
		return;
	buffer_append(&name, &post->form->id, sizeof(post->form->id));
	buffer_append_byte(&name, key.size > 0 ? 'k' : 'v');
	if (key.size > 0 && key.size <= KEY_MAX_BYTES) {
		buffer_append_span(&name, key);
	} else {
		append_sender(post, &name);
		buffer_append_span(&name, post->request->body);
	}
	if (!name.error)
		post->key = arena_copy(&post->request->arena, buffer_span(&name));
}

void form_post_guard(struct form_post *post)
{
	post->view = form_body_get(&post->body, SPAN(FORM_PAGE_VIEW));
	set_key(post);
	if (post->answer.errors > 0)
		post->refusal = FORM_REFUSAL_FIELDS;
	else if (post->form->minimum_seconds > 0)
		post->refusal = judge_view(post);
}

/* A double click sends two posts before an answer comes, and the browser keeps the cookie of either
 * answer: so both give the same. */
static void resume(struct form_post *post, const struct visitor_id *visitor)
{
	struct identity *identity = &post->visit.identity;
	struct identity_request asked;

	if (id_is_zero(visitor, sizeof(*visitor)) ||
	    id_is_zero(&identity->visitor, sizeof(identity->visitor)) ||
	    memcmp(visitor, &identity->visitor, sizeof(*visitor)) == 0)
		return;
	visit_ask(&post->visit, &asked);
	identity_resume(&asked, visitor, identity);
}

enum post_seen form_post_seen(struct form_post *post)
{
	cleanup_buffer struct buffer client = BUFFER_INIT;
	struct post_copy copy = {.name = post->key,
				 .content = post->request->body,
				 .now = post->visit.app->now};
	struct visitor_id visitor;
	enum post_seen seen;

	if (!post->key.data)
		return POST_NEW;
	append_client(post, &client);
	copy.client = buffer_span(&client);
	seen = posts_take(&post->visit.app->posts, &copy, &visitor);
	if (seen != POST_AGAIN && seen != POST_PENDING)
		return seen;
	resume(post, &visitor);
	/* Nobody got what would be a new visitor's cookie. */
	if (post->visit.identity.is_new && id_is_zero(&visitor, sizeof(visitor)))
		post->visit.identity.set_cookie = false;
	return seen;
}
