/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v1/forms: define a form, or define it anew.
 *
 *   {"form": {"name": "contact", "fields": [{"name": "email", "type": "email"}]}}
 *   {"id": "<16 hex>", "name": "contact", "known": false}
 *
 * The form is judged as a whole by what track/form.h says, and its places by the sites of the
 * trackers in force. The same definition again is known, and nothing is written. The names of form,
 * campaign and list are recorded with it at their first use.
 */
#include "app/operation.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/form_row.h"
#include "track/form.h"

#include <errno.h>

static int store_failure(int code, struct error *error)
{
	return error_set(error, OPERATION_E_FAILED, "form: the store cannot be read: %s",
			 strerror(-code));
}

static int add_name(struct operation_call *call, enum name_kind kind, struct span name,
		    const uint8_t *id, struct error *error)
{
	struct event event;

	event_init(&event, EVENT_name, clock_wall());
	event_set_choice(&event, EVENT_FIELD_kind, (uint8_t)kind);
	event_set(&event, EVENT_FIELD_name_id, span_of(id, name_kind_id_bytes(kind)));
	event_set(&event, EVENT_FIELD_name, name);
	operation_count(call, METRIC_EVENT_NAME, 1);
	return operation_add_event(call, &event, error);
}

/* Make sure that @name, if there is one, is recorded, and that no other name has its id. */
static int place_name(struct operation_call *call, enum name_kind kind, const char *name,
		      struct error *error)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	uint8_t id[8] = {0};
	struct span known;
	int code;

	if (!name[0])
		return 0;
	id_of_name(kind, span_text(name), id);
	code = name_find(call->app->store, kind, id, &arena, &known);
	if (code == STORE_E_NOT_FOUND)
		return add_name(call, kind, span_text(name), id, error);
	if (code)
		return store_failure(code, error);
	if (span_equal(known, span_text(name)))
		return 0;
	return error_set(error, OPERATION_E_CONFLICT,
			 "form: another %s has a name with the same id; choose another name",
			 name_kind_text(kind));
}

/* Is @row of the same definition? However its keys are ordered. */
static bool is_same(const struct form_row *row, const json_t *definition)
{
	json_t *known =
		json_loadb((const char *)row->definition.data, row->definition.size, 0, NULL);
	bool same = known && json_equal(known, definition);

	json_decref(known);
	return same;
}

static int find_known(struct operation_call *call, const struct form *form,
		      const json_t *definition, bool *ret_known, struct error *error)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct form_row row;
	int code = form_row_find(call->app->store, &form->id, &arena, &row);

	if (code < 0)
		return store_failure(code, error);
	*ret_known = code == 0 && is_same(&row, definition);
	return 0;
}

static int add_form(struct operation_call *call, const struct form *form, struct error *error)
{
	struct event event;

	event_init(&event, EVENT_form, clock_wall());
	event_set(&event, EVENT_FIELD_form, span_of(&form->id, sizeof(form->id)));
	event_set(&event, EVENT_FIELD_props, span_text(form->definition));
	event_set(&event, EVENT_FIELD_actor, span_text(call->actor));
	operation_count(call, METRIC_EVENT_FORM, 1);
	return operation_add_event(call, &event, error);
}

static int place_form(struct operation_call *call, const struct form *form,
		      const json_t *definition, struct error *error)
{
	char id[2 * sizeof(form->id) + 1];
	bool known = false;
	int code = place_name(call, NAME_FORM, form->name, error);

	if (!code)
		code = place_name(call, NAME_CAMPAIGN, form->campaign, error);
	if (!code)
		code = find_known(call, form, definition, &known, error);
	if (!code && !known)
		code = add_form(call, form, error);
	if (code)
		return code;
	hex_format(&form->id, sizeof(form->id), id);
	call->reply = json_pack("{s:s, s:s, s:b}", "id", id, "name", form->name, "known", known);
	return call->reply ? 0 : -ENOMEM;
}

int operation_forms_set(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"form", NULL};
	cleanup(cleanup_form) struct form *form = NULL;
	const json_t *definition = json_object_get(call->body, "form");
	cleanup_free char *text = NULL;
	int code = operation_check_keys(call->body, "", keys, error);

	if (code)
		return code;
	if (!json_is_object(definition))
		return error_set(error, OPERATION_E_REFUSED, "form: must be an object");
	text = json_dumps(definition, JSON_COMPACT);
	if (!text)
		return -ENOMEM;
	code = form_parse("form", span_text(text), call->app->trackers, &form, error);
	if (code)
		return code == FORM_E_INVALID ? OPERATION_E_REFUSED : code;
	return place_form(call, form, definition, error);
}
