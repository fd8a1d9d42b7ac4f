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
#include "app/record_name.h"

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

static int record_names(struct operation_call *call, const struct form *form, struct error *error)
{
	json_t *met = json_object();
	int code = met ? 0 : -ENOMEM;

	if (!code)
		code = record_name(call, met, NAME_FORM, span_text(form->name), error);
	if (!code && form->campaign[0])
		code = record_name(call, met, NAME_CAMPAIGN, span_text(form->campaign), error);
	json_decref(met);
	return code;
}

static int place_form(struct operation_call *call, const struct form *form,
		      const json_t *definition, struct error *error)
{
	char id[2 * sizeof(form->id) + 1];
	bool known = false;
	int code = record_names(call, form, error);

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
