/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order is what makes an erasure certain. The marks are in the file beside the keys before
 * anything else happens: from then on each start brings the erasure to its end, whatever was lost.
 * people/ loses the rows before the log says so, and the ticket comes back when people/ was written
 * anew (people_erase.h).
 *
 * At a start three lists are compared: the marks beside the keys, those in people/, and the
 * erasures that people/ says have not ended. Nearly always nothing differs, and it costs reading
 * one small file.
 */
#include "app/erase.h"

#include "app/erased_file.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "store/binding.h"
#include "store/people_erase.h"
#include "store/people_merge.h"

#include <errno.h>

enum { RESUME_PEOPLE_MAX = 500 }; /* in one ticket */

void erase_finish(struct erase_set *erasure)
{
	buffer_finish(&erasure->handles);
	buffer_finish(&erasure->marks);
}

static int add_handle(void *context, const struct handle *handle)
{
	struct buffer *handles = context;

	for (size_t at = 0; at < handles->size; at += sizeof(*handle))
		if (memcmp(handles->data + at, handle, sizeof(*handle)) == 0)
			return 0;
	buffer_append(handles, handle, sizeof(*handle));
	return handles->error;
}

int erase_find(struct app *app, const struct handle *person, struct erase_set *erasure)
{
	struct handle now;
	int r = binding_find_person(app->store, person, &now);

	/* people/ may know of a merge that the log does not, after a restore. */
	if (!r)
		r = people_read_union(app->store, person, &erasure->handles);
	/* The log says that they are erased, but people/ is older. */
	if (r || id_is_zero(&now, sizeof(now)))
		return r;
	r = add_handle(&erasure->handles, &now);
	return r ? r : binding_each_merged(app->store, &now, add_handle, &erasure->handles);
}

int erase_join(struct erase_set *erasure, const struct erase_set *other)
{
	int r = 0;

	for (size_t at = 0; at < other->handles.size && !r; at += sizeof(struct handle)) {
		struct handle handle;

		memcpy(&handle, other->handles.data + at, sizeof(handle));
		r = add_handle(&erasure->handles, &handle);
	}
	return r;
}

static int add_events(const struct buffer *handles, const char *actor, struct span reason,
		      struct event_ticket *ticket)
{
	int code = 0;

	for (size_t at = 0; at < handles->size && !code; at += sizeof(struct handle)) {
		struct event event;

		event_init(&event, EVENT_erase, clock_wall());
		event_set(&event, EVENT_FIELD_prospect,
			  span_of(handles->data + at, sizeof(struct handle)));
		event_set(&event, EVENT_FIELD_actor, span_text(actor));
		event_set(&event, EVENT_FIELD_reason, reason);
		code = event_ticket_add(ticket, &event);
	}
	return code;
}

static void attach(struct event_ticket *ticket, struct people_change *changes)
{
	struct people_change *last = changes;

	if (!changes)
		return;
	while (last->next)
		last = last->next;
	last->next = ticket->changes;
	ticket->changes = changes;
}

int erase_add(struct app *app, struct erase_set *erasure, const char *actor, struct span reason,
	      struct event_ticket **ticket, struct error *error)
{
	struct people_change *changes = NULL;
	int code = people_prepare_erase(app->store, (const struct handle *)erasure->handles.data,
					erasure->handles.size / sizeof(struct handle), &changes,
					&erasure->marks);

	if (code)
		return code;
	if (!*ticket)
		*ticket = event_ticket_new(EVENT_CLASS_BULK);
	code = *ticket ? add_events(&erasure->handles, actor, reason, *ticket) : -ENOMEM;
	/* Nothing but the disk can refuse them now. */
	if (!code) {
		code = erased_file_add(app->config->keys_file, buffer_span(&erasure->marks), error);
		code = code > 0 ? APP_E_FAILED : code;
	}
	if (code) {
		people_erasure_free(changes);
		return code;
	}
	attach(*ticket, changes);
	return 0;
}

/* What is in @all and not in @known; both are sorted. */
static void subtract(const struct buffer *all, const struct buffer *known, struct buffer *ret_rest)
{
	size_t at = 0;

	for (size_t i = 0; i < all->size; i += PEOPLE_MARK_BYTES) {
		int order = 1;

		while (at < known->size &&
		       (order = memcmp(known->data + at, all->data + i, PEOPLE_MARK_BYTES)) < 0)
			at += PEOPLE_MARK_BYTES;
		if (at >= known->size || order != 0)
			buffer_append(ret_rest, all->data + i, PEOPLE_MARK_BYTES);
	}
}

struct resumption {
	struct app *app;
	struct buffer handles;		    /* to be erased, again */
	struct buffer beside, inside, lost; /* marks; @lost: those that people/ lacks */
	struct error *error;
};

static int compare_all(struct resumption *resumption)
{
	struct app *app = resumption->app;
	cleanup_buffer struct buffer unknown = BUFFER_INIT;
	int code = erased_file_read(app->config->keys_file, &resumption->beside, resumption->error);

	if (!code)
		code = people_read_marks(app->store, &resumption->inside);
	if (!code)
		code = people_read_erasing(app->store, &resumption->handles);
	if (code)
		return code;
	subtract(&resumption->beside, &resumption->inside, &resumption->lost);
	subtract(&resumption->inside, &resumption->beside, &unknown);
	if (unknown.size > 0)
		code = erased_file_add(app->config->keys_file, buffer_span(&unknown),
				       resumption->error);
	if (!code && resumption->lost.size > 0)
		code = people_find_marked(app->store, buffer_span(&resumption->lost),
					  &resumption->handles);
	return code;
}

/* Return: 0; negative errno, and then it is left for the next start. */
static int write_out(struct app *app, struct event_ticket *ticket)
{
	int code = event_writer_append_and_wait(app->writer, ticket);

	if (code != -ETIMEDOUT)
		event_ticket_free(ticket);
	return code > 0 ? -EIO : code;
}

static int write_marks(struct resumption *resumption)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	struct people_change *change = NULL;
	int code = ticket ? people_prepare_marks(resumption->app->store,
						 buffer_span(&resumption->lost), &change)
			  : -ENOMEM;

	if (code) {
		event_ticket_free(ticket);
		return code;
	}
	attach(ticket, change);
	return write_out(resumption->app, ticket);
}

static int erase_again(struct resumption *resumption)
{
	struct app *app = resumption->app;
	size_t at = 0;
	int code = 0;

	while (at < resumption->handles.size && !code) {
		struct erase_set erasure = {.handles = BUFFER_INIT, .marks = BUFFER_INIT};
		struct event_ticket *ticket = NULL;

		for (; at < resumption->handles.size && !code &&
		       erasure.handles.size < RESUME_PEOPLE_MAX * sizeof(struct handle);
		     at += sizeof(struct handle)) {
			struct handle handle;

			memcpy(&handle, resumption->handles.data + at, sizeof(handle));
			code = erase_find(app, &handle, &erasure);
		}
		if (!code)
			code = erase_add(app, &erasure, "owner", SPAN("erased before"), &ticket,
					 resumption->error);
		if (!code)
			code = write_out(app, ticket);
		else
			event_ticket_free(ticket);
		erase_finish(&erasure);
	}
	return code;
}

static int resume(struct resumption *resumption)
{
	int code = compare_all(resumption);

	if (!code && resumption->handles.size > 0)
		code = erase_again(resumption);
	/* Who is not there is erased all the same when their old link is clicked. */
	if (!code && resumption->lost.size > 0)
		code = write_marks(resumption);
	return code;
}

int erase_resume(struct app *app, struct error *error)
{
	struct resumption resumption = {.app = app, .error = error};
	int code = resume(&resumption);
	size_t people = resumption.handles.size / sizeof(struct handle);

	if (code == 0 && people > 0)
		log_info("erase", "result", "brought to its end");
	if (code < 0)
		log_warning("erase", "reason", strerror(-code), "meaning",
			    "whether somebody has to be erased again is looked at by the next "
			    "start");
	buffer_finish(&resumption.handles);
	buffer_finish(&resumption.beside);
	buffer_finish(&resumption.inside);
	buffer_finish(&resumption.lost);
	return code > 0 ? APP_E_FAILED : 0;
}
