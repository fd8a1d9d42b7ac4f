/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations on bindings: which browser is tied to which person.
 *
 *   POST /api/v1/bindings        {"after": 0, "prospect": "…", "visitor": "…", "holds": true}
 *                                {"bindings": [{"binding": 43, …}], "next": 43}
 *   POST /api/v1/bindings/undo   {"binding": 43, "reason": "…"}
 *                                {"binding": 43, "visitor": "…", "prospect": "…", "known": false}
 *
 * A binding is named by the sequence of its bind event. Everything in a list's body is optional;
 * "next" is null at the end, else what to give as "after" for more. A row that cannot be read says
 * "damaged": true and nothing else. A list looks at state/ for as
 * long as a call may take of the thread that answers clicks, so it can end early, even empty.
 */
#include "app/operation.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/binding.h"
#include "text/url.h"

#include <errno.h>

enum { LIST_MAX = 500, REASON_MAX_BYTES = 64 };

struct list {
	bool has_person, has_visitor, holds;
	struct handle person;
	struct visitor_id visitor;
	json_t *rows;
	usec_t deadline;
	uint64_t last;
	bool more;
};

static int read_hex(const struct operation_call *call, const char *key, void *ret_id, size_t size,
		    bool *ret_given, struct error *error)
{
	struct span text;
	int code = operation_text(call->body, "", key, false, 2 * size, &text, error);

	*ret_given = text.data != NULL;
	if (code || !text.data)
		return code;
	if (text.size != 2 * size || hex_parse(text, ret_id, size) != 0)
		return error_set(error, OPERATION_E_REFUSED, "%s: must be %zu hexadecimal digits",
				 key, 2 * size);
	return 0;
}

static json_t *hex_value(const void *id, size_t size)
{
	char text[2 * sizeof(struct visitor_id) + 1];

	hex_format(id, size, text);
	return json_string(text);
}

static json_t *row_of(const struct binding *binding)
{
	bool has_scope = !id_is_zero(&binding->scope, sizeof(binding->scope));
	char time[CLOCK_TEXT_BYTES];
	json_t *row;

	clock_format(binding->time, time);
	row = json_pack("{s:I, s:s, s:o, s:o, s:s, s:o}", "binding", (json_int_t)binding->event,
			"time", time, "visitor",
			hex_value(&binding->visitor, sizeof(binding->visitor)), "prospect",
			hex_value(&binding->person, sizeof(binding->person)), "evidence",
			event_field_row(EVENT_FIELD_evidence)->choices[binding->evidence], "link",
			has_scope ? hex_value(&binding->scope, sizeof(binding->scope))
				  : json_null());
	if (row && binding->undone &&
	    (json_object_set_new(row, "undone_by", json_integer((json_int_t)binding->undone_by)) ||
	     json_object_set_new(row, "reason", json_string(binding->reason)))) {
		json_decref(row);
		return NULL;
	}
	return row;
}

static bool is_wanted(const struct list *list, const struct binding *binding)
{
	if (list->holds && binding->undone)
		return false;
	if (list->has_person && memcmp(&list->person, &binding->person, sizeof(list->person)) != 0)
		return false;
	return !list->has_visitor ||
	       memcmp(&list->visitor, &binding->visitor, sizeof(list->visitor)) == 0;
}

static int list_one(void *context, const struct binding *binding)
{
	struct list *list = context;
	json_t *row;

	if (json_array_size(list->rows) == LIST_MAX || clock_monotonic() > list->deadline) {
		list->more = true;
		return 1;
	}
	list->last = binding->event;
	if (binding->damaged)
		row = json_pack("{s:I, s:b}", "binding", (json_int_t)binding->event, "damaged", 1);
	else if (!is_wanted(list, binding))
		return 0;
	else
		row = row_of(binding);
	return json_array_append_new(list->rows, row) == 0 ? 0 : -ENOMEM;
}

static int read_list(const struct operation_call *call, struct list *list, uint64_t *ret_after,
		     struct error *error)
{
	static const char *const keys[] = {"after", "prospect", "visitor", "holds", NULL};
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code && json_object_get(call->body, "after"))
		code = operation_number(call->body, "", "after", 0, INT64_MAX, ret_after, error);
	if (!code)
		code = read_hex(call, "prospect", &list->person, sizeof(list->person),
				&list->has_person, error);
	if (!code)
		code = read_hex(call, "visitor", &list->visitor, sizeof(list->visitor),
				&list->has_visitor, error);
	if (!code)
		code = operation_bool(call->body, "", "holds", &list->holds, error);
	return code;
}

int operation_bindings_list(struct operation_call *call, struct error *error)
{
	struct list list = {.deadline = clock_monotonic() + OPERATION_SLICE_USEC};
	uint64_t after = 0;
	int code = read_list(call, &list, &after, error);

	if (code)
		return code;
	list.last = after;
	list.rows = json_array();
	code = list.rows ? binding_find_person(call->app->store, &list.person, &list.person)
			 : -ENOMEM;
	if (!code)
		code = binding_each(call->app->store, after, list_one, &list);
	if (code >= 0) {
		call->reply =
			json_pack("{s:O, s:o}", "bindings", list.rows, "next",
				  list.more ? json_integer((json_int_t)list.last) : json_null());
		code = call->reply ? 0 : -ENOMEM;
	}
	json_decref(list.rows);
	return code;
}

static int read_undo(const struct operation_call *call, uint64_t *ret_sequence,
		     struct buffer *ret_reason, struct error *error)
{
	static const char *const keys[] = {"binding", "reason", NULL};
	struct span reason;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_number(call->body, "", "binding", 1, INT64_MAX, ret_sequence,
					error);
	if (!code)
		code = operation_text(call->body, "", "reason", false, REASON_MAX_BYTES, &reason,
				      error);
	if (code)
		return code;
	if (url_holds_address(reason))
		return error_set(error, OPERATION_E_REFUSED,
				 "reason: holds an e-mail address, which must not enter the log");
	buffer_append_span(ret_reason, reason.size > 0 ? reason : SPAN("operator"));
	return ret_reason->error;
}

static int add_undo(struct operation_call *call, const struct binding *binding, const char *reason)
{
	int code;

	call->ticket = event_ticket_new(EVENT_CLASS_BULK);
	if (!call->ticket)
		return -ENOMEM;
	code = binding_add_undo(call->app->store, call->ticket, binding, reason, call->actor,
				clock_wall());
	call->ticket->folds = true;
	if (code == 0)
		operation_count(call, METRIC_EVENT_UNBIND, 1);
	return code > 0 ? -EAGAIN : code;
}

int operation_bindings_undo(struct operation_call *call, struct error *error)
{
	cleanup_buffer struct buffer reason = BUFFER_INIT;
	struct binding binding;
	uint64_t sequence = 0;
	int code = read_undo(call, &sequence, &reason, error);

	if (!code)
		code = binding_find_event(call->app->store, sequence, &binding);
	if (code == STORE_E_NOT_FOUND)
		return error_set(error, OPERATION_E_ABSENT, "event %llu made no binding",
				 (unsigned long long)sequence);
	if (code == -EBADMSG)
		return error_set(error, OPERATION_E_FAILED,
				 "binding %llu: its row in state/ is damaged",
				 (unsigned long long)sequence);
	if (!code && !binding.undone)
		code = add_undo(call, &binding, buffer_text(&reason));
	if (code)
		return code;
	call->reply = json_pack("{s:I, s:o, s:o, s:b}", "binding", (json_int_t)sequence, "visitor",
				hex_value(&binding.visitor, sizeof(binding.visitor)), "prospect",
				hex_value(&binding.person, sizeof(binding.person)), "known",
				binding.undone);
	return call->reply ? 0 : -ENOMEM;
}
