/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a post makes of the record of the person whom it names. Typing an address is not owning it
 * (track/person_record.h): what is empty is filled, and all else is proposed for an operator to
 * see, unless the browser has proved to be that person's, or the form says otherwise. Nothing of
 * the record leaves by here, so whoever posts learns nothing of it.
 */
#include "base/cleanup.h"
#include "public/form_post.h"
#include "public/person_keep.h"
#include "track/person_marks.h"

#include <errno.h>

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

/* The address itself is what the person is known by, and no field. */
static int offer_all(const struct form_post *post, struct person_keep *keep)
{
	const struct form *form = post->form;
	bool changed;
	int r = 0;

	for (size_t i = 0; r == 0 && i < form->field_count; i++) {
		if (!post->answer.values[i].data || (int)i == form->email)
			continue;
		keep->offer.overwrite = form->overwrite;
		keep->offer.keep_first = form->fields[i].keep_first;
		r = person_keep_offer(keep, span_text(form->fields[i].key), post->answer.values[i]);
	}
	return r ? r
		 : person_record_register(keep->record, keep->source, post->visit.now, &changed);
}

int form_post_keep(const struct form_post *post, struct form_post_person *person,
		   const struct binding *known, struct event_ticket *ticket)
{
	static const struct person_keep_event how = {.actor = {(const uint8_t *)"form", 4}};
	cleanup_buffer struct buffer source = BUFFER_INIT, address = BUFFER_INIT;
	cleanup(person_keep_finish) struct person_keep keep;
	int r;

	buffer_printf(&source, "form:%s", post->form->name);
	r = person_keep_begin(&keep, &post->visit, &person->id, buffer_span(&source));
	if (r)
		return r == PERSON_KEEP_E_DAMAGED ? 0 : r;
	keep.offer.confirmed = known && known->evidence == EVIDENCE_PROOF && keep.row.created &&
			       memcmp(&known->person, &keep.row.handle, sizeof(known->person)) == 0;
	keep.evidence = keep.offer.confirmed ? PERSON_EVIDENCE_PROOF : PERSON_EVIDENCE_DECLARATION;
	person->confirmed = keep.offer.confirmed;
	r = offer_all(post, &keep);
	if (r)
		return r > 0 ? -EIO : r;
	if (person->named && !keep.row.address.data)
		(void)id_normalise_address(post->answer.address, &address);
	r = person_keep_queue(&keep, address.size > 0 ? buffer_span(&address) : span_of(NULL, 0),
			      &how, ticket);
	person->erased = r == PERSON_KEEP_E_ERASED;
	return person->erased ? 0 : r;
}
