/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a post makes of the record of the person whom it names. Typing an address is not owning it
 * (track/person_record.h): what is empty is filled, and all else is proposed for an operator to
 * see, unless the browser has proved to be that person's, or the form says otherwise. Nothing of
 * the record leaves by here, so whoever posts learns nothing of it.
 */
#include "base/cleanup.h"
#include "public/form_post.h"
#include "public/public.h"
#include "track/person_marks.h"
#include "track/person_type.h"

#include <errno.h>

struct keeping {
	const struct form_post *post;
	struct form_post_person *person;
	struct person row; /* as it is in people/; all zeros: there is none */
	struct person_record *record;
	struct buffer source;	   /* "form:<name>" */
	json_t *fields, *proposed; /* names of those that change */
};

static void finish(struct keeping *keeping)
{
	sodium_memzero(&keeping->row.key, sizeof(keeping->row.key));
	person_record_free(keeping->record);
	buffer_finish(&keeping->source);
	json_decref(keeping->fields);
	json_decref(keeping->proposed);
}

json_t *form_post_values(const struct form_post *post, bool keys)
{
	const struct form *form = post->form;
	json_t *object = json_object();

	for (size_t i = 0; object && i < form->field_count; i++) {
		const struct form_field *field = &form->fields[i];
		struct span value = post->answer.values[i];

		if (!value.data || (keys && field->prefill == FORM_LEVEL_NEVER))
			continue;
		if (json_object_set_new(object, keys ? field->key : field->name,
					json_stringn((const char *)value.data, value.size)) == 0)
			continue;
		json_decref(object);
		object = NULL;
	}
	return object;
}

static int note(json_t *names, const char *name)
{
	return json_array_append_new(names, json_string(name)) == 0 ? 0 : -ENOMEM;
}

static int offer(struct keeping *keeping, size_t i)
{
	const struct form *form = keeping->post->form;
	const struct form_field *field = &form->fields[i];
	const struct person_offer how = {.confirmed = keeping->person->confirmed,
					 .overwrite = form->overwrite,
					 .keep_first = field->keep_first};
	struct person_value value = {
		.name = span_text(field->key),
		.value = keeping->post->answer.values[i],
		.source = buffer_span(&keeping->source),
		.evidence = keeping->person->confirmed ? PERSON_EVIDENCE_PROOF
						       : PERSON_EVIDENCE_DECLARATION,
		.time = keeping->post->visit.now,
	};
	cleanup_buffer struct buffer kept = BUFFER_INIT;
	enum person_outcome outcome;
	int r;

	/* The address is what the person is known by. What is too long, or is not what the field
	 * takes, stays in the event alone. */
	if (!value.value.data || (int)i == form->email || person_value_refusal(value.value))
		return 0;
	r = person_type_read(person_type_of(keeping->post->visit.app->config, value.name),
			     value.value, &kept);
	if (r)
		return r < 0 ? r : 0;
	value.value = buffer_span(&kept);
	r = person_record_offer(keeping->record, &value, &how, &outcome);
	if (r)
		return r;
	if (outcome == PERSON_PROPOSED)
		return note(keeping->proposed, field->key);
	return outcome == PERSON_FILLED || outcome == PERSON_REPLACED
		       ? note(keeping->fields, field->key)
		       : 0;
}

static int change(struct keeping *keeping)
{
	bool changed;
	int r = person_record_parse(keeping->row.fields, keeping->row.changed, &keeping->record);

	for (size_t i = 0; r == 0 && i < keeping->post->form->field_count; i++)
		r = offer(keeping, i);
	if (r == 0)
		r = person_record_register(keeping->record, buffer_span(&keeping->source),
					   keeping->post->visit.now, &changed);
	return r;
}

static int add_event(struct keeping *keeping, const struct handle *handle,
		     struct event_ticket *ticket)
{
	json_t *props =
		json_pack("{s:O, s:O}", "fields", keeping->fields, "proposed", keeping->proposed);
	cleanup_free char *text = props ? json_dumps(props, JSON_COMPACT) : NULL;
	struct event event;
	int code;

	json_decref(props);
	if (!text)
		return -ENOMEM;
	event_init(&event, EVENT_prospect, keeping->post->visit.now);
	event_set(&event, EVENT_FIELD_prospect, span_of(handle, sizeof(*handle)));
	event_set(&event, EVENT_FIELD_props, span_text(text));
	event_set(&event, EVENT_FIELD_reason,
		  keeping->row.created ? SPAN("changed") : SPAN("added"));
	event_set(&event, EVENT_FIELD_actor, SPAN("form"));
	code = event_ticket_add(ticket, &event);
	if (code == 0)
		metrics_add(&keeping->post->visit.app->metrics, METRIC_EVENT_PROSPECT, 1);
	return code;
}

static int queue(struct keeping *keeping, struct span address, struct event_ticket *ticket)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct app *app = keeping->post->visit.app;
	struct people_change *changed = NULL;
	struct handle handle;
	bool same;
	int r = person_record_format(keeping->record, &text);

	/* It holds as much as it may: the event alone tells of this post. */
	if (r)
		return r > 0 ? 0 : r;
	r = people_prepare(app->store, &keeping->person->id, address, buffer_span(&text), &handle,
			   &changed, &same);
	keeping->person->erased = r == PEOPLE_E_ERASED;
	if (r || same)
		return r > 0 ? 0 : r;
	r = add_event(keeping, &handle, ticket);
	if (r) {
		people_change_free(changed);
		return r > 0 ? -EIO : r;
	}
	changed->told_by = ticket->count;
	event_ticket_add_change(ticket, changed);
	return 0;
}

/* The row; whether the browser has proved to be that person's. */
static int look_up(struct keeping *keeping, const struct binding *known)
{
	struct form_post_person *person = keeping->person;
	int r = people_find(keeping->post->visit.app->store, &person->id,
			    &keeping->post->request->arena, &keeping->row);

	person->confirmed =
		r == 0 && known && known->evidence == EVIDENCE_PROOF &&
		memcmp(&known->person, &keeping->row.handle, sizeof(known->person)) == 0;
	return r == PEOPLE_E_NOT_FOUND ? 0 : r;
}

int form_post_keep(const struct form_post *post, struct form_post_person *person,
		   const struct binding *known, struct event_ticket *ticket)
{
	cleanup(finish) struct keeping keeping = {
		.post = post,
		.person = person,
		.source = BUFFER_INIT,
		.fields = json_array(),
		.proposed = json_array(),
	};
	cleanup_buffer struct buffer address = BUFFER_INIT;
	int r;

	buffer_printf(&keeping.source, "form:%s", post->form->name);
	if (!keeping.fields || !keeping.proposed || keeping.source.error)
		return -ENOMEM;
	r = look_up(&keeping, known);
	if (r == 0)
		r = change(&keeping);
	/* What cannot be read is left as it is, for whoever restores it. */
	if (r)
		return r == PERSON_RECORD_E_DAMAGED ? 0 : r > 0 ? -EIO : r;
	if (person->named && !keeping.row.address.data)
		(void)id_normalise_address(post->answer.address, &address);
	return queue(&keeping, address.size > 0 ? buffer_span(&address) : span_of(NULL, 0), ticket);
}
