/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounce is an event of the log, and what follows from it is a mark in people/, which whoever
 * sends asks for. Both are in one ticket, so that there is never one without the other.
 */
#include "app/bounced.h"

#include "app/person_change.h"
#include "app/person_named.h"
#include "base/cleanup.h"
#include "store/people.h"
#include "track/person_marks.h"

#include <errno.h>

static int store(struct operation_call *call, const struct prospect_id *id,
		 struct person_record *record, struct error *error)
{
	cleanup_buffer struct buffer fields = BUFFER_INIT;
	struct people_change *change = NULL;
	struct handle handle;
	bool same = true;
	int code = person_record_format(record, &fields);

	if (code)
		return code < 0 ? code : 0;
	code = people_prepare(call->app->store, id, (struct span){0}, buffer_span(&fields), &handle,
			      &change, &same);
	if (code == PEOPLE_E_ERASED || code == -EMSGSIZE || (code == 0 && same))
		return 0;
	return code ? code
		    : person_change_add(call, change, SPAN("{\"fields\":[\"bounced\"]}"),
					SPAN("changed"), error);
}

static int read_record(struct operation_call *call, const struct prospect_id *id,
		       struct person_record **ret_record)
{
	struct arena arena = ARENA_INIT(PERSON_ARENA_BYTES);
	struct person person = {0};
	int code = people_find(call->app->store, id, &arena, &person);

	if (code == 0)
		code = person_record_parse(person.fields, person.changed, ret_record);
	sodium_memzero(&person.key, sizeof(person.key));
	arena_finish(&arena);
	return code;
}

int bounced_note(struct operation_call *call, const struct prospect_id *id, struct span source,
		 usec_t time, struct error *error)
{
	struct person_record *record = NULL;
	bool changed = false;
	int code = read_record(call, id, &record);

	if (code == 0)
		code = person_record_set_mailing(record, PERSON_BOUNCED, NULL, true, source, time,
						 &changed);
	if (code == 0 && changed)
		code = store(call, id, record, error);
	else if (code > 0)
		code = 0;
	person_record_free(record);
	return code;
}
