/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A post that has to wait is read once for its addresses, and once more when it goes on: so nothing
 * of it has happened yet while it waits, and whoever goes away meanwhile leaves nothing behind but
 * what was learnt. Its state is that of a request which waits for a commit, without one.
 */
#include "public/form_mail.h"

#include "public/public.h"
#include "public/visit_commit.h"
#include "ship/mail_domains.h"
#include "text/email_address.h"

struct form_mail {
	struct visit_commit commit; /* without an answer: nothing is committed */
	usec_t deadline;	    /* monotonic */
	struct span domains[FORM_FIELDS_MAX];
	size_t count;
};

bool form_mail_waits(const struct request *request)
{
	const struct visit_commit *commit = request->state;

	return commit && !commit->answer;
}

static bool asks(const struct form *form)
{
	for (size_t i = 0; i < form->field_count; i++)
		if (form->fields[i].mx)
			return true;
	return false;
}

/* The domain of a field's address that is worth asking for; absent when there is none. */
static struct span domain_of(const struct form *form, const struct form_answer *answer,
			     size_t field)
{
	if (!form->fields[field].mx || answer->reasons[field] != FORM_REASON_NONE)
		return span_of(NULL, 0);
	return email_address_domain(answer->values[field]);
}

/* What to wait for; NULL: nothing that can be found out. */
static struct form_mail *begin(struct request *request, const struct form *form)
{
	const struct app *app = request->context;
	struct form_mail *mail = arena_alloc(&request->arena, sizeof(*mail));
	struct form_answer answer;
	struct form_body body;

	if (!mail ||
	    form_body_read(request_value(request, HEADER_CONTENT_TYPE), request->body,
			   span_text(form->charset), &request->arena, &body) != 0 ||
	    form_answer_judge(form, &body, public_settings(request)->free_mail, &request->arena,
			      &answer) != 0 ||
	    answer.trapped)
		return NULL;
	*mail = (struct form_mail){.deadline = app->now + FORM_MAIL_WAIT_MS * USEC_PER_MS};
	for (size_t i = 0; i < form->field_count; i++) {
		struct span domain = domain_of(form, &answer, i);

		if (domain.size > 0)
			mail->domains[mail->count++] = domain;
	}
	return mail;
}

static bool is_known(struct app *app, const struct form_mail *mail)
{
	enum dns_mail ignored;
	bool known = true;

	for (size_t i = 0; i < mail->count; i++)
		known &= mail_domains_find(app->mail_domains, mail->domains[i], &ignored);
	return known;
}

bool form_mail_ask(struct request *request, const struct form *form)
{
	struct app *app = request->context;
	struct form_mail *mail = request->state;

	if (!app->mail_domains || !asks(form))
		mail = NULL;
	else if (!mail)
		mail = begin(request, form);
	request->state = NULL;
	if (!mail || app->now >= mail->deadline || is_known(app, mail))
		return false;
	request->state = mail;
	return true;
}

void form_mail_judge(struct app *app, const struct form *form, struct form_answer *answer)
{
	enum dns_mail mail;

	for (size_t i = 0; app->mail_domains && i < form->field_count; i++) {
		struct span domain = domain_of(form, answer, i);

		if (domain.size > 0 && mail_domains_find(app->mail_domains, domain, &mail) &&
		    mail == DNS_MAIL_REFUSED)
			form_answer_refuse(answer, form, i, FORM_REASON_NO_MX);
	}
}
