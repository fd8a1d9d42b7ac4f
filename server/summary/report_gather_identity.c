/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the people of a report are, as far as somebody may know and asked: their address and company,
 * the grade that the rules give for their fields, and with these how likely they are. The fields
 * are looked at here and not kept.
 *
 * Without an identity all that is left is the score: neither company nor grade, and a likelihood in
 * which they have no part.
 */
#include "summary/company.h"
#include "summary/fold.h"
#include "summary/likelihood.h"
#include "summary/report_gather.h"
#include "summary/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct identity {
	const json_t *fields;
	struct company company;
};

static struct span text_at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_string(value) ? span_of(json_string_value(value), json_string_length(value))
				     : (struct span){0};
}

/* What a criterion of a grade asks for; three names are made here (grade.h). */
static struct span value_of(void *context, const char *field)
{
	const struct identity *identity = context;

	if (strcmp(field, "company") == 0 && identity->company.name[0])
		return span_text(identity->company.name);
	if (strcmp(field, "email_domain") == 0)
		return span_text(identity->company.domain);
	if (strcmp(field, "free_mail") == 0)
		return identity->company.is_free_mail ? SPAN("yes") : SPAN("no");
	return text_at(identity->fields, field);
}

void gather_identity(struct gather *gather, const json_t *identity, const struct score *score,
		     struct report_person *person)
{
	const struct summary_rules *rules = score->rules;
	struct identity known = {.fields = json_object_get(identity, "fields")};
	struct span address = text_at(identity, "email");
	enum grade grade = GRADE_NONE;
	struct likelihood likelihood;
	struct buffer why = BUFFER_INIT;

	if (identity) {
		company_of(rules ? rules->companies : NULL, address,
			   text_at(known.fields, "company"), &known.company);
		if (rules && rules->grades)
			grade = grade_of(rules->grades, value_of, &known, NULL);
	}
	person->address = gather_plain(gather, address);
	if (known.company.name[0])
		person->company = gather_plain(gather, span_text(known.company.name));
	(void)snprintf(person->grade, sizeof(person->grade), "%s", grade_text(grade));
	likelihood_of(score, grade, known.company.excluded, &likelihood);
	person->likelihood = likelihood.percent;
	likelihood_explain(score, grade, known.company.excluded, &why);
	person->why = gather_plain(gather, buffer_span(&why));
	buffer_finish(&why);
}

static int by_company(const void *left, const void *right)
{
	const struct report_person *const *a = left, *const *b = right;
	struct span x = (*a)->company, y = (*b)->company;
	int order = memcmp(x.data, y.data, x.size < y.size ? x.size : y.size);

	return order ? order : x.size < y.size ? -1 : x.size > y.size;
}

static void add_person(struct report_company *company, const struct report_person *person)
{
	const struct report_window *window = &person->windows[REPORT_WINDOWS - 2];

	company->people++;
	company->score += person->score;
	if (person->last.time > company->last)
		company->last = person->last.time;
	company->window.views += window->views;
	company->window.sessions += window->sessions;
	company->window.visible_ms += window->visible_ms;
	company->window.clicks += window->clicks;
	company->window.clicks_machine += window->clicks_machine;
	company->window.opens += window->opens;
	company->window.downloads += window->downloads;
	company->window.searches += window->searches;
	company->window.submits += window->submits;
	company->window.logins += window->logins;
	company->window.purchases += window->purchases;
}

static int by_score(const void *left, const void *right)
{
	const struct report_company *a = left, *b = right;

	return a->score < b->score ? 1 : a->score > b->score ? -1 : 0;
}

/* Neighbours in @people are of one company, or of two. */
static void add_people(struct report *report, const struct report_person *const *people,
		       size_t count)
{
	struct report_company *company = report->companies;

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !span_equal(people[i]->company, company->name)) {
			company = &report->companies[report->company_count++];
			*company = (struct report_company){.name = people[i]->company};
		}
		add_person(company, people[i]);
	}
	if (report->company_count > 1)
		qsort(report->companies, report->company_count, sizeof(*report->companies),
		      by_score);
}

int gather_companies(struct gather *gather)
{
	struct report *report = gather->report;
	const struct report_person **people =
		arena_alloc(&report->arena, (report->people_count + 1) * sizeof(*people));
	size_t count = 0;

	report->companies = arena_alloc(&report->arena,
					(report->people_count + 1) * sizeof(*report->companies));
	if (!people || !report->companies)
		return -ENOMEM;
	for (size_t i = 0; i < report->people_count; i++)
		if (report->people[i].company.size > 0)
			people[count++] = &report->people[i];
	if (count > 1)
		qsort(people, count, sizeof(*people), by_company);
	add_people(report, people, count);
	return 0;
}
