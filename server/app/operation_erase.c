/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Erasing people, as the owner of the data asks for it.
 *
 *   POST /api/v1/prospects/erase
 *     {"people": [{"email": "…"}, {"prospect": "<24 hex>"}], "reason": "request"}
 *     {"results": [{"status": "erased", "prospects": ["<24 hex>", …], "marks": ["<64 hex>", …]},
 *                  {"status": "unknown"}, {"status": "erased before", "marks": ["…"]}]}
 *   with "look": true nothing is erased, and "status" is "known" instead of "erased"
 *
 * The reply leaves when nothing is left in people/, state/ has retired the browsers, and the log
 * says so; then it is true. Whoever got none sends it again. What was put elsewhere (deliveries,
 * copies of people/) is the command's to clean: the server need not be able to write there.
 *
 * "prospects" and "marks" of one person are told to whoever asks and are nowhere kept together:
 * the two are all that could tell whose the events were.
 */
#include "app/erase.h"
#include "app/operation.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people_erase.h"
#include "text/url.h"

#include <errno.h>
#include <stdio.h>

enum { PEOPLE_MAX = 100, REASON_MAX_BYTES = 64, PERSON_ARENA_BYTES = 1 << 20 };

struct request_of_erasure {
	struct operation_call *call;
	struct erase_set all; /* of everybody in the call */
	struct span reason;
	bool look;
	json_t *results;
};

enum standing { UNKNOWN, KNOWN, ERASED };

static int stand_by_email(struct operation_call *call, struct span email, const char *where,
			  enum standing *ret_standing, struct handle *ret_handle,
			  struct prospect_id *ret_id, struct error *error)
{
	struct person person = {0};
	bool erased = false;
	int code;

	if (id_of_address(call->app->keyring, email, ret_id) != 0)
		return error_set(error, OPERATION_E_REFUSED,
				 "%s.email: that is not an e-mail address", where);
	code = people_find(call->app->store, ret_id, NULL, &person);
	explicit_bzero(&person.key, sizeof(person.key));
	if (code == PEOPLE_E_NOT_FOUND)
		code = people_is_erased(call->app->store, ret_id, &erased);
	else if (code == 0)
		*ret_handle = person.handle;
	if (code == 0)
		*ret_standing = erased ? ERASED : person.created ? KNOWN : UNKNOWN;
	return code;
}

static int stand_by_handle(struct operation_call *call, struct span text, const char *where,
			   enum standing *ret_standing, struct handle *ret_handle,
			   struct error *error)
{
	struct person person = {0};
	int code;

	if (text.size != 2 * sizeof(*ret_handle) ||
	    hex_parse(text, ret_handle, sizeof(*ret_handle)) != 0)
		return error_set(error, OPERATION_E_REFUSED,
				 "%s.prospect: a handle is 24 hexadecimal digits", where);
	code = people_find_handle(call->app->store, ret_handle, NULL, &person);
	explicit_bzero(&person.key, sizeof(person.key));
	*ret_standing = code == 0 ? KNOWN : UNKNOWN;
	return code == PEOPLE_E_NOT_FOUND ? 0 : code;
}

/* "key": the pieces of @bytes, each of @size, as a list of hexadecimal texts. */
static int set_list(json_t *object, const char *key, const struct buffer *bytes, size_t size)
{
	json_t *list = json_array();
	char text[2 * PEOPLE_MARK_BYTES + 1];
	int failed = list == NULL;

	for (size_t at = 0; at < bytes->size && !failed; at += size) {
		hex_format(bytes->data + at, size, text);
		failed = json_array_append_new(list, json_string(text));
	}
	return failed | json_object_set_new(object, key, list) ? -ENOMEM : 0;
}

static int add_result(struct request_of_erasure *request, const char *status,
		      const struct erase_set *one)
{
	json_t *result = json_pack("{s:s}", "status", status);
	int code = result ? 0 : -ENOMEM;

	if (!code && one->handles.size > 0)
		code = set_list(result, "prospects", &one->handles, sizeof(struct handle));
	if (!code && one->marks.size > 0)
		code = set_list(result, "marks", &one->marks, PEOPLE_MARK_BYTES);
	if (json_array_append_new(request->results, result))
		return -ENOMEM;
	return code;
}

/* Who that is, with all handles. */
static int look_at(struct request_of_erasure *request, const struct handle *handle,
		   struct erase_set *one)
{
	int code = erase_find(request->call->app, handle, one);

	return code ? code : erase_join(&request->all, one);
}

static bool has_text(const json_t *list, const char *text)
{
	const json_t *item;
	size_t index;

	json_array_foreach(list, index, item)
	{
		if (strcmp(json_string_value(item), text) == 0)
			return true;
	}
	return false;
}

/* To each result whose person it is. */
static int add_mark(struct request_of_erasure *request, const struct people_mark_of *mark)
{
	char handle[2 * sizeof(mark->person) + 1], text[2 * PEOPLE_MARK_BYTES + 1];
	json_t *result, *marks;
	size_t index;

	hex_format(&mark->person, sizeof(mark->person), handle);
	hex_format(mark->mark, sizeof(mark->mark), text);
	json_array_foreach(request->results, index, result)
	{
		if (!has_text(json_object_get(result, "prospects"), handle))
			continue;
		marks = json_object_get(result, "marks");
		if (!marks && json_object_set_new(result, "marks", json_array()))
			return -ENOMEM;
		marks = json_object_get(result, "marks");
		if (!has_text(marks, text) && json_array_append_new(marks, json_string(text)))
			return -ENOMEM;
	}
	return 0;
}

/* The marks that there will be. For all at once: it looks through everybody's ids. */
static int add_marks(struct request_of_erasure *request)
{
	const struct buffer *people = &request->all.handles;
	cleanup_buffer struct buffer marks = BUFFER_INIT;
	struct people_mark_of mark;
	int code = 0;

	if (people->size > 0)
		code = people_read_marks_of(request->call->app->store,
					    (const struct handle *)people->data,
					    people->size / sizeof(struct handle), &marks);
	for (size_t at = 0; at < marks.size && !code; at += sizeof(mark)) {
		memcpy(&mark, marks.data + at, sizeof(mark));
		code = add_mark(request, &mark);
	}
	return code;
}

static int take_one(struct request_of_erasure *request, const json_t *item, const char *where,
		    struct erase_set *one, struct error *error)
{
	static const char *const keys[] = {"email", "prospect", NULL};
	struct operation_call *call = request->call;
	uint8_t mark[PEOPLE_MARK_BYTES];
	enum standing standing = UNKNOWN;
	struct handle handle = {{0}};
	struct prospect_id id = {{0}};
	struct span email, text;
	int code = operation_check_keys(item, where, keys, error);

	if (!code)
		code = operation_text(item, where, "email", false, ID_ADDRESS_MAX_BYTES, &email,
				      error);
	if (!code)
		code = operation_text(item, where, "prospect", false, 24, &text, error);
	if (code)
		return code;
	if (!email.data == !text.data)
		return error_set(error, OPERATION_E_REFUSED,
				 "%s: either an email or a prospect is needed", where);
	code = email.data ? stand_by_email(call, email, where, &standing, &handle, &id, error)
			  : stand_by_handle(call, text, where, &standing, &handle, error);
	if (code)
		return code;
	if (standing == ERASED) {
		id_of_erased(call->app->keyring, &id, mark);
		buffer_append(&one->marks, mark, sizeof(mark));
		return add_result(request, "erased before", one);
	}
	if (standing == KNOWN)
		code = look_at(request, &handle, one);
	if (code)
		return code;
	return add_result(request,
			  standing == UNKNOWN ? "unknown"
			  : request->look     ? "known"
					      : "erased",
			  one);
}

static int take_all(struct request_of_erasure *request, struct error *error)
{
	const json_t *list, *item;
	size_t index;
	int code = operation_list(request->call->body, "people", PEOPLE_MAX, &list, error);

	if (code)
		return code;
	json_array_foreach(list, index, item)
	{
		struct erase_set one = {.handles = BUFFER_INIT, .marks = BUFFER_INIT};
		char where[32];

		(void)snprintf(where, sizeof(where), "people[%zu]", index);
		code = take_one(request, item, where, &one, error);
		erase_finish(&one);
		if (code)
			return code;
	}
	return 0;
}

/* A copy that is being made, or waits to be taken away, would bring them back. */
static int stop_copies(struct app *app, struct error *error)
{
	struct error why;

	if (people_backup_state(app->people_backup, &why) == PEOPLE_BACKUP_RUNNING)
		return error_set(error, OPERATION_E_CONFLICT,
				 "a copy of people/ is being made; try again when it is done");
	people_backup_discard(app->people_backup);
	return 0;
}

static int erase_all(struct request_of_erasure *request, struct error *error)
{
	struct operation_call *call = request->call;
	int code;

	if (request->all.handles.size == 0)
		return 0;
	code = stop_copies(call->app, error);
	if (code)
		return code;
	code = erase_add(call->app, &request->all, call->actor, request->reason, &call->ticket,
			 error);
	if (code == EVENT_TICKET_E_FULL)
		return error_set(error, OPERATION_E_REFUSED,
				 "this is too much for one call; send it in several");
	if (code > 0)
		return OPERATION_E_FAILED;
	if (!code)
		operation_count(call, METRIC_EVENT_ERASE, call->ticket->count);
	return code;
}

static int read_request(struct request_of_erasure *request, struct error *error)
{
	static const char *const keys[] = {"people", "reason", "look", NULL};
	const json_t *body = request->call->body;
	int code = operation_check_keys(body, "", keys, error);

	if (!code)
		code = operation_bool(body, "", "look", &request->look, error);
	if (!code)
		code = operation_text(body, "", "reason", false, REASON_MAX_BYTES, &request->reason,
				      error);
	if (code)
		return code;
	if (request->reason.size == 0)
		request->reason = SPAN("operator");
	if (id_check_name(request->reason) != 0 || url_holds_address(request->reason))
		return error_set(error, OPERATION_E_REFUSED,
				 "reason: must be a word or two, without an address");
	return 0;
}

int operation_prospects_erase(struct operation_call *call, struct error *error)
{
	struct request_of_erasure request = {.call = call, .results = json_array()};
	int code = read_request(&request, error);

	/* And whoever was erased before without coming to the end of it. */
	if (!code && !request.look)
		code = people_read_erasing(call->app->store, &request.all.handles);
	if (!code)
		code = take_all(&request, error);
	if (!code)
		code = add_marks(&request);
	if (!code && !request.look)
		code = erase_all(&request, error);
	if (!code) {
		call->reply = json_pack("{s:O}", "results", request.results);
		code = call->reply ? 0 : -ENOMEM;
	}
	json_decref(request.results);
	erase_finish(&request.all);
	return code;
}
