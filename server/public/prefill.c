/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Five lookups, whoever asks: what ties the browser to a person, whether it is the only one, and as
 * whom it sent what it sent (state/), what that was and what is known of the person (people/).
 * Whatever cannot be read is not shown.
 *
 * Values are looked up by the person's field that a field of the form fills, so what was typed into
 * one form is there in the next. The address is the person's own where no value of that field is
 * kept apart.
 */
#include "public/prefill.h"

#include "base/cleanup.h"
#include "public/visit_event.h"
#include "store/typed.h"
#include "track/person_record.h"

#include <errno.h>
#include <jansson.h>

/* What is known, as it was looked up; texts in the request's arena. */
struct known {
	struct prefill_situation situation;
	struct person person;
	struct person_record *record; /* NULL: nothing */
	struct typed typed;
	json_t *sent; /* what the browser sent, by the person's field; NULL: nothing */
};

/* Who is asked for: the browser as its cookie says, or one that does not exist. */
static struct visitor_id choose_visitor(const struct visit *visit, const struct form *form,
					bool allowed)
{
	struct visitor_id visitor;

	if (allowed && !form->kiosk && !visit_is_probe(visit) &&
	    !id_is_zero(&visit->identity.visitor, sizeof(visitor)))
		return visit->identity.visitor;
	id_random_visitor(&visitor);
	return visitor;
}

/* The person of @visitor, or one that does not exist. */
static struct handle find_person(struct store *store, const struct visitor_id *visitor,
				 struct binding *bound)
{
	struct handle nobody;

	if (binding_find_evenly(store, visitor, bound) == 0)
		return bound->person;
	*bound = (struct binding){.evidence = EVIDENCE_NONE};
	id_random_handle(&nobody);
	return nobody;
}

/* What @visitor has sent; true where that was as @person, whom others may have been merged into. */
static bool find_typed(struct store *store, const struct visitor_id *visitor,
		       const struct handle *person, struct arena *arena, struct typed *typed)
{
	struct handle now;

	if (typed_find(store, visitor, arena, typed) != 0) {
		*typed = (struct typed){.time = 0};
		id_random_handle(&typed->person);
	}
	return binding_find_person(store, &typed->person, &now) == 0 &&
	       memcmp(&now, person, sizeof(now)) == 0;
}

static void look_up(const struct visit *visit, const struct visitor_id *visitor,
		    struct prefill *prefill, struct known *known)
{
	struct prefill_situation *situation = &known->situation;
	struct arena *arena = &visit->request->arena;
	struct store *store = visit->app->store;
	struct handle person = find_person(store, visitor, &prefill->bound);

	situation->evidence = prefill->bound.evidence;
	situation->now = visit->now;
	situation->claimed = recent_claims_find(&visit->app->recent_claims, visitor, &person);
	if (binding_is_only(store, &person, visitor, &situation->only) != 0)
		situation->only = false;
	situation->typed = find_typed(store, visitor, &person, arena, &known->typed);
	if (people_find_handle(store, &person, arena, &known->person) != 0)
		known->person = (struct person){.created = 0};
	sodium_memzero(&known->person.key, sizeof(known->person.key));
}

/* Without memory, or where it is damaged, as if nothing was known. */
static void read_texts(struct known *known)
{
	struct span sent = known->typed.values;

	if (person_record_parse(known->person.fields, known->person.changed, &known->record) != 0)
		known->record = NULL;
	if (sent.data)
		known->sent = json_loadb((const char *)sent.data, sent.size, 0, NULL);
}

static void forget_texts(struct known *known)
{
	person_record_free(known->record);
	json_decref(known->sent);
}

static struct span sent_value(const struct known *known, const struct form_field *field)
{
	const json_t *value = json_object_get(known->sent, field->key);

	return json_is_string(value) ? span_of(json_string_value(value), json_string_length(value))
				     : span_of(NULL, 0);
}

static struct span known_value(const struct known *known, const struct form *form, size_t index)
{
	const struct form_field *field = &form->fields[index];
	struct person_value value;

	if (known->record && person_record_find(known->record, span_text(field->key), &value))
		return value.value;
	return form->email == (int)index ? known->person.address : span_of(NULL, 0);
}

static void choose_value(const struct visit *visit, const struct known *known, size_t index,
			 struct prefill *prefill)
{
	const struct form_field *field = &prefill->form->fields[index];
	struct span sent = sent_value(known, field), value = {0};
	enum prefill_source source =
		prefill_choose(&prefill->rights, field->prefill, sent.size > 0);

	if (source == PREFILL_TYPED)
		value = sent;
	else if (source == PREFILL_KNOWN)
		value = known_value(known, prefill->form, index);
	if (value.size == 0 || field->hidden || !prefill_fits(field, value))
		return;
	prefill->values[index] = arena_copy(&visit->request->arena, value);
	if (!prefill->values[index].data)
		return;
	prefill->sources[index] = source;
	prefill->shows = true;
}

void prefill_look_up(const struct visit *visit, const struct form *form, bool allowed,
		     struct prefill *ret_prefill)
{
	struct visitor_id visitor = choose_visitor(visit, form, allowed);
	struct known known = {.record = NULL};

	*ret_prefill = (struct prefill){.form = form};
	look_up(visit, &visitor, ret_prefill, &known);
	prefill_judge(&known.situation, &ret_prefill->rights);
	read_texts(&known);
	for (size_t i = 0; i < form->field_count; i++)
		choose_value(visit, &known, i, ret_prefill);
	forget_texts(&known);
}

/* By which level a value was opened: the weakest that did. */
static const char *level_of(const struct prefill *prefill, size_t index)
{
	if (prefill->sources[index] == PREFILL_TYPED)
		return form_level_text(FORM_LEVEL_OWN);
	return form_level_text(prefill->rights.confirmed ? FORM_LEVEL_CONFIRMED : FORM_LEVEL_CLICK);
}

/* {"fields":{"company":"click"},"evidence":["n1.1-42"]}; what is not stored yet has no id. */
static json_t *make_props(const struct visit *visit, const struct prefill *prefill)
{
	json_t *fields = json_object(), *evidence = json_array();

	for (size_t i = 0; i < prefill->form->field_count; i++)
		if (prefill->sources[i] != PREFILL_NOTHING)
			(void)json_object_set_new(fields, prefill->form->fields[i].name,
						  json_string(level_of(prefill, i)));
	if (prefill->bound.event > 0)
		(void)json_array_append_new(
			evidence, json_sprintf("%s.%u-%llu", store_node(visit->app->store),
					       (unsigned)store_incarnation(visit->app->store),
					       (unsigned long long)prefill->bound.event));
	return json_pack("{s:o,s:o}", "fields", fields, "evidence", evidence);
}

static int add_event(struct visit_event *builder, const struct prefill *prefill)
{
	json_t *props;
	cleanup_free char *text = NULL;
	int code = visit_event_begin(builder, EVENT_prefill);

	if (code)
		return code;
	props = make_props(builder->visit, prefill);
	text = props ? json_dumps(props, JSON_COMPACT) : NULL;
	json_decref(props);
	if (!text)
		return -ENOMEM;
	visit_event_id(builder, EVENT_FIELD_form, &prefill->form->id, sizeof(prefill->form->id));
	visit_event_text(builder, EVENT_FIELD_props, span_text(text));
	return visit_event_add(builder);
}

struct event_ticket *prefill_record(const struct visit *visit, const struct prefill *prefill)
{
	cleanup(visit_event_finish) struct visit_event builder;

	visit_event_init(&builder, visit);
	if (visit_is_left_out(visit, EVENT_prefill))
		return NULL;
	builder.bound = prefill->bound;
	builder.looked = true;
	if (add_event(&builder, prefill) != 0) {
		event_writer_count_lost(visit->app->writer);
		return NULL;
	}
	return visit_event_take(&builder);
}
