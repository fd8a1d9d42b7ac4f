/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record is read, changed and written as one text (track/person_record.h), and the row travels
 * with the prospect event that names the fields, never their values. A record that holds as much as
 * it may stays as it is: what was said is in the log.
 */
#include "public/person_keep.h"

#include "base/cleanup.h"
#include "public/public.h"
#include "track/person_type.h"

#include <errno.h>

int person_keep_begin(struct person_keep *keep, const struct visit *visit,
		      const struct prospect_id *id, struct span source)
{
	int r;

	*keep = (struct person_keep){
		.visit = visit,
		.id = *id,
		.source = source,
		.evidence = PERSON_EVIDENCE_DECLARATION,
		.fields = json_array(),
		.proposed = json_array(),
	};
	if (!keep->fields || !keep->proposed)
		return -ENOMEM;
	r = people_find(visit->app->store, id, &visit->request->arena, &keep->row);
	if (r && r != PEOPLE_E_NOT_FOUND)
		return r;
	r = person_record_parse(keep->row.fields, keep->row.changed, &keep->record);
	return r == PERSON_RECORD_E_DAMAGED ? PERSON_KEEP_E_DAMAGED : r;
}

void person_keep_finish(struct person_keep *keep)
{
	sodium_memzero(&keep->row.key, sizeof(keep->row.key));
	person_record_free(keep->record);
	json_decref(keep->fields);
	json_decref(keep->proposed);
}

static int note(struct person_keep *keep, enum person_outcome outcome, struct span name)
{
	json_t *names = NULL;

	if (outcome == PERSON_PROPOSED)
		names = keep->proposed;
	else if (outcome == PERSON_FILLED || outcome == PERSON_REPLACED)
		names = keep->fields;
	if (!names ||
	    json_array_append_new(names, json_stringn((const char *)name.data, name.size)) == 0)
		return 0;
	return -ENOMEM;
}

int person_keep_offer(struct person_keep *keep, struct span name, struct span value)
{
	cleanup_buffer struct buffer kept = BUFFER_INIT;
	struct person_value offered = {
		.name = name,
		.source = keep->source,
		.evidence = keep->evidence,
		.time = keep->visit->now,
	};
	enum person_outcome outcome;
	int r;

	if (person_name_refusal(name) || person_value_refusal(value))
		return 0;
	r = person_type_read(person_type_of(keep->visit->app->config, name), value, &kept);
	if (r)
		return r < 0 ? r : 0;
	offered.value = buffer_span(&kept);
	r = person_record_offer(keep->record, &offered, &keep->offer, &outcome);
	return r ? r : note(keep, outcome, name);
}

static void set(struct event *event, enum event_field field, struct span text)
{
	if (text.data)
		event_set(event, field, text);
}

static int add_event(struct person_keep *keep, const struct handle *handle,
		     const struct person_keep_event *how, struct event_ticket *ticket)
{
	json_t *props = json_pack("{s:O, s:O}", "fields", keep->fields, "proposed", keep->proposed);
	cleanup_free char *text = props ? json_dumps(props, JSON_COMPACT) : NULL;
	struct event event;
	int code;

	json_decref(props);
	if (!text)
		return -ENOMEM;
	event_init(&event, EVENT_prospect, keep->visit->now);
	event_set(&event, EVENT_FIELD_prospect, span_of(handle, sizeof(*handle)));
	event_set(&event, EVENT_FIELD_props, span_text(text));
	event_set(&event, EVENT_FIELD_reason,
		  how->reason.data    ? how->reason
		  : keep->row.created ? SPAN("changed")
				      : SPAN("added"));
	set(&event, EVENT_FIELD_actor, how->actor);
	set(&event, EVENT_FIELD_source, how->source);
	set(&event, EVENT_FIELD_source_id, how->source_id);
	code = event_ticket_add(ticket, &event);
	if (code == 0)
		metrics_add(&keep->visit->app->metrics, METRIC_EVENT_PROSPECT, 1);
	return code > 0 ? -EIO : code;
}

int person_keep_queue(struct person_keep *keep, struct span address,
		      const struct person_keep_event *how, struct event_ticket *ticket)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct people_change *changed = NULL;
	struct handle handle;
	bool same;
	int r = person_record_format(keep->record, &text);

	if (r == PERSON_RECORD_E_LONG && how->whole)
		return PERSON_KEEP_E_FULL;
	if (r == PERSON_RECORD_E_LONG)
		buffer_clear(&text);
	else if (r)
		return r;
	r = people_prepare(keep->visit->app->store, &keep->id, address,
			   text.size > 0 ? buffer_span(&text) : span_of(NULL, 0), &handle, &changed,
			   &same);
	if (r == PEOPLE_E_ERASED)
		return PERSON_KEEP_E_ERASED;
	if (r || (same && !how->always))
		return r;
	r = add_event(keep, &handle, how, ticket);
	if (r || !changed) {
		people_change_free(changed);
		return r;
	}
	changed->told_by = ticket->count;
	event_ticket_add_change(ticket, changed);
	return 0;
}
