/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two people who are one, as an operator says, and two again. Nothing merges by itself.
 *
 *   POST /api/v1/prospects/merge    {"keep": {"email": "…"}, "other": {"prospect": "…"},
 *                                    "reason": "…"}
 *   POST /api/v1/prospects/unmerge  {"email": "…"} or {"prospect": "…"}, of whom was merged in
 *                                   {"prospect": "…", "other": "…", "known": false}
 *
 * A merge is said in two places: people/ leads the other's addresses to the one that is kept and
 * has one record for both; state/, by the event, ties the browsers and so the summaries. The row is
 * committed before its event. A crash between the two, or a restore of one without the other, must
 * not leave them apart: so each is looked at by itself, and whichever lacks it is told.
 */
#include "app/person_named.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/binding_merge.h"
#include "store/people_merge.h"
#include "text/url.h"
#include "track/person_marks.h"

#include <errno.h>

enum { REASON_MAX_BYTES = 64 };

struct merge {
	struct operation_call *call;
	struct error *error;
	struct arena arena;
	struct person keep, other;
	struct person_record *kept, *theirs;
	struct buffer fields; /* of the one that is kept, as they shall be */
	struct people_change *changes[PEOPLE_MERGE_CHANGES];
	struct binding_union both;
	bool in_state; /* it says so already */
	uint64_t event;
};

static void finish(struct merge *merge)
{
	explicit_bzero(&merge->keep.key, sizeof(merge->keep.key));
	explicit_bzero(&merge->other.key, sizeof(merge->other.key));
	for (int i = 0; i < PEOPLE_MERGE_CHANGES; i++)
		people_change_free(merge->changes[i]);
	person_record_free(merge->kept);
	person_record_free(merge->theirs);
	buffer_finish(&merge->fields);
	arena_finish(&merge->arena);
}

static bool is_same(const struct handle *a, const struct handle *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool is_merged(const struct person *person)
{
	return !id_is_zero(&person->merged, sizeof(person->merged));
}

static int refuse(struct merge *merge, int code, const char *sentence)
{
	return error_set(merge->error, code, "%s", sentence);
}

static int read_reason(struct merge *merge)
{
	struct span reason;
	int code = operation_text(merge->call->body, "", "reason", false, REASON_MAX_BYTES, &reason,
				  merge->error);

	if (code)
		return code;
	if (url_holds_address(reason))
		return refuse(merge, OPERATION_E_REFUSED,
			      "reason: holds an e-mail address, which must not enter the log");
	merge->both = (struct binding_union){
		.person = merge->keep.handle,
		.other = merge->other.handle,
		.reason = reason.size > 0 ? reason : SPAN("operator"),
		.actor = merge->call->actor,
		.time = clock_wall(),
	};
	return 0;
}

static int parse(struct merge *merge, const struct person *person,
		 struct person_record **ret_record)
{
	int r = person_record_parse(person->fields, person->changed, ret_record);

	return r > 0 ? refuse(merge, OPERATION_E_FAILED, "the person's record is damaged") : r;
}

static int judge(struct merge *merge, int r)
{
	switch (r) {
	case PEOPLE_MERGE_E_MERGED:
		return refuse(merge, OPERATION_E_CONFLICT,
			      "one of the two is merged into somebody else; undo that first");
	case PEOPLE_MERGE_E_FULL:
		return refuse(merge, OPERATION_E_REFUSED,
			      "a person can have at most 64 addresses, and as many merged in");
	case PEOPLE_MERGE_E_UNNAMED:
		return refuse(merge, OPERATION_E_REFUSED,
			      "one of the two has no address; import it first");
	case PEOPLE_MERGE_E_APART:
		return 0;
	default:
		return r > 0 ? refuse(merge, OPERATION_E_ABSENT, "one of the two is gone") : r;
	}
}

/* The record of both, and the rows. */
static int merge_rows(struct merge *merge)
{
	int code = parse(merge, &merge->keep, &merge->kept);

	if (!code)
		code = parse(merge, &merge->other, &merge->theirs);
	if (!code)
		code = person_record_merge(merge->kept, merge->theirs, &merge->other.handle);
	if (!code)
		code = person_record_format(merge->kept, &merge->fields);
	if (code == PERSON_RECORD_E_LONG)
		return refuse(merge, OPERATION_E_REFUSED,
			      "what is known of the two is longer than 32768 bytes together");
	if (code)
		return code;
	return judge(merge, people_merge(merge->call->app->store, &merge->keep.handle,
					 buffer_span(&merge->fields), &merge->other.handle,
					 merge->changes));
}

static int split_rows(struct merge *merge)
{
	int code = parse(merge, &merge->keep, &merge->kept);

	if (!code)
		code = person_record_unmerge(merge->kept, &merge->other.handle);
	if (!code)
		code = person_record_format(merge->kept, &merge->fields);
	if (code)
		return code;
	return judge(merge, people_unmerge(merge->call->app->store, &merge->other.handle,
					   buffer_span(&merge->fields), merge->changes));
}

/* What state/ says of the other. Return: 0; OPERATION_E_CONFLICT; negative errno. */
static int ask_state(struct merge *merge)
{
	struct binding_merge known;
	int r = binding_find_merge(merge->call->app->store, &merge->other.handle, &known);

	if (r == STORE_E_NOT_FOUND)
		return 0;
	if (r)
		return r;
	if (!is_same(&known.into, &merge->keep.handle))
		return refuse(
			merge, OPERATION_E_CONFLICT,
			"the log says that the other is erased, or merged into somebody else");
	merge->in_state = true;
	merge->event = known.event;
	return 0;
}

/* The rows go with the event that tells of them, or with one of their own. */
static int queue(struct merge *merge, bool undo)
{
	struct operation_call *call = merge->call;
	struct event event;
	int code;

	if (merge->in_state == undo) {
		if (!call->ticket)
			call->ticket = event_ticket_new(EVENT_CLASS_BULK);
		if (!call->ticket)
			return -ENOMEM;
		code = undo ? binding_add_unmerge(call->app->store, call->ticket, &merge->both,
						  merge->event)
			    : binding_add_merge(call->ticket, &merge->both);
		operation_count(call, METRIC_EVENT_MERGE, 1);
		if (code)
			return code > 0 ? -EAGAIN : code;
	} else if (merge->changes[1]) {
		event_init(&event, EVENT_prospect, merge->both.time);
		event_set(&event, EVENT_FIELD_prospect,
			  span_of(&merge->other.handle, sizeof(struct handle)));
		event_set(&event, EVENT_FIELD_props, SPAN("{\"fields\":[]}"));
		event_set(&event, EVENT_FIELD_reason, SPAN("changed"));
		event_set(&event, EVENT_FIELD_actor, span_text(call->actor));
		operation_count(call, METRIC_EVENT_PROSPECT, 1);
		code = operation_add_event(call, &event, merge->error);
		if (code)
			return code;
	}
	if (!merge->changes[1])
		return 0;
	merge->changes[1]->told_by = call->ticket->count;
	for (int i = 0; i < PEOPLE_MERGE_CHANGES; i++)
		event_ticket_add_change(call->ticket, take_ptr(merge->changes[i]));
	return 0;
}

static int reply(struct merge *merge)
{
	char keep[2 * sizeof(struct handle) + 1], other[2 * sizeof(struct handle) + 1];

	hex_format(&merge->keep.handle, sizeof(merge->keep.handle), keep);
	hex_format(&merge->other.handle, sizeof(merge->other.handle), other);
	merge->call->reply = json_pack("{s:s, s:s, s:b}", "prospect", keep, "other", other, "known",
				       merge->call->ticket == NULL);
	return merge->call->reply ? 0 : -ENOMEM;
}

static int find_both(struct merge *merge)
{
	static const char *const keys[] = {"keep", "other", "reason", NULL};
	static const char *const names[] = {"email", "prospect", NULL};
	const json_t *body = merge->call->body;
	const json_t *keep = json_object_get(body, "keep"), *other = json_object_get(body, "other");
	int code = operation_check_keys(body, "", keys, merge->error);

	if (!code)
		code = operation_check_keys(keep, "keep", names, merge->error);
	if (!code)
		code = operation_check_keys(other, "other", names, merge->error);
	if (!code)
		code = person_named(merge->call, keep, "keep", &merge->arena, &merge->keep,
				    merge->error);
	if (!code)
		code = person_named(merge->call, other, "other", &merge->arena, &merge->other,
				    merge->error);
	return code;
}

static bool holds(struct span list, const void *item, size_t size)
{
	for (size_t at = 0; at + size <= list.size; at += size)
		if (memcmp(list.data + at, item, size) == 0)
			return true;
	return false;
}

/* By an address the one that is kept was found: which of those merged in had it? */
static int find_by_address(struct merge *merge, const json_t *email)
{
	struct span includes = merge->other.includes;
	struct prospect_id id;
	int r = 0;

	if (id_of_address(merge->call->app->keyring,
			  span_of(json_string_value(email), json_string_length(email)), &id) != 0)
		return -EINVAL;
	for (size_t at = 0; at + sizeof(struct handle) <= includes.size && !r;
	     at += sizeof(struct handle)) {
		struct handle handle;
		struct person person = {0};

		memcpy(&handle, includes.data + at, sizeof(handle));
		r = people_find_handle(merge->call->app->store, &handle, &merge->arena, &person);
		if (!r && holds(person.ids, &id, sizeof(id))) {
			merge->other = person;
			return 0;
		}
	}
	return r < 0 ? r : 0;
}

int operation_prospects_merge(struct operation_call *call, struct error *error)
{
	const json_t *email = json_object_get(json_object_get(call->body, "other"), "email");
	cleanup(finish) struct merge merge = {.call = call, .error = error};
	int code = find_both(&merge);

	if (!code && is_merged(&merge.keep))
		code = refuse(&merge, OPERATION_E_CONFLICT,
			      "keep: is merged into somebody else already");
	/* By an address that leads there already; perhaps the log was not told. */
	if (!code && email && is_same(&merge.keep.handle, &merge.other.handle))
		code = find_by_address(&merge, email);
	if (!code)
		code = read_reason(&merge);
	if (code)
		return code;
	if (is_same(&merge.keep.handle, &merge.other.handle))
		return reply(&merge);
	code = ask_state(&merge);
	if (!code)
		code = merge_rows(&merge);
	if (!code)
		code = queue(&merge, false);
	return code ? code : reply(&merge);
}

static int find_other(struct merge *merge)
{
	static const char *const keys[] = {"email", "prospect", "reason", NULL};
	struct operation_call *call = merge->call;
	const json_t *email = json_object_get(call->body, "email");
	struct binding_merge known;
	int code = operation_check_keys(call->body, "", keys, merge->error);

	if (!code)
		code = person_named(call, call->body, "", &merge->arena, &merge->other,
				    merge->error);
	if (!code && email && !is_merged(&merge->other))
		code = find_by_address(merge, email);
	if (code)
		return code;
	if (is_merged(&merge->other))
		return people_find_handle(call->app->store, &merge->other.merged, &merge->arena,
					  &merge->keep);
	/* people/ does not say so; perhaps the log does. */
	code = binding_find_merge(call->app->store, &merge->other.handle, &known);
	if (code == STORE_E_NOT_FOUND || (!code && id_is_zero(&known.into, sizeof(known.into))))
		return refuse(merge, OPERATION_E_ABSENT,
			      "the person is not merged into anybody; name the one who is");
	return code ? code
		    : people_find_handle(call->app->store, &known.into, &merge->arena,
					 &merge->keep);
}

int operation_prospects_unmerge(struct operation_call *call, struct error *error)
{
	cleanup(finish) struct merge merge = {.call = call, .error = error};
	int code = find_other(&merge);

	if (code > 0 && !error->text[0])
		code = refuse(&merge, OPERATION_E_ABSENT, "whom it was merged into is gone");
	if (!code)
		code = read_reason(&merge);
	if (!code)
		code = ask_state(&merge);
	if (!code)
		code = split_rows(&merge);
	if (!code)
		code = queue(&merge, true);
	return code ? code : reply(&merge);
}
