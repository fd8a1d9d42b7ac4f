/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of campaigns, mailings, lists and forms, recorded at their first use.
 */
#include "app/record_name.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "text/url.h"

#include <errno.h>
#include <stdio.h>

enum { NAME_ARENA_BYTES = 4096 };

static int refuse(enum name_kind kind, int code, const char *sentence, struct error *error)
{
	return error_set(error, code, "%s: %s", name_kind_text(kind), sentence);
}

static int conflict(enum name_kind kind, struct error *error)
{
	return refuse(kind, OPERATION_E_CONFLICT,
		      "another name has the same id; choose another name", error);
}

static int add_event(struct operation_call *call, enum name_kind kind, struct span name,
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

/* 0: not yet; 1: this call did; OPERATION_E_CONFLICT; -ENOMEM. */
static int meet(json_t *met, const char *key, struct span name)
{
	const json_t *known = json_object_get(met, key);

	if (known)
		return span_equal(span_of(json_string_value(known), json_string_length(known)),
				  name)
			       ? 1
			       : OPERATION_E_CONFLICT;
	return json_object_set_new(met, key, json_stringn((const char *)name.data, name.size)) == 0
		       ? 0
		       : -ENOMEM;
}

int record_name(struct operation_call *call, json_t *met, enum name_kind kind, struct span name,
		struct error *error)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(NAME_ARENA_BYTES);
	uint8_t id[8] = {0};
	char text[17], key[48];
	struct span known;
	int code;

	if (id_check_name(name) != 0)
		return refuse(kind, OPERATION_E_REFUSED,
			      "a name must be 1 to 255 bytes of text without controls", error);
	if (url_holds_address(name))
		return refuse(kind, OPERATION_E_REFUSED,
			      "holds an e-mail address, which must not enter the log", error);
	id_of_name(kind, name, id);
	hex_format(id, name_kind_id_bytes(kind), text);
	(void)snprintf(key, sizeof(key), "name:%d:%s", (int)kind, text);
	code = meet(met, key, name);
	if (code)
		return code == 1 ? 0 : code > 0 ? conflict(kind, error) : code;
	code = name_find(call->app->store, kind, id, &arena, &known);
	if (code == STORE_E_NOT_FOUND)
		return add_event(call, kind, name, id, error);
	if (code)
		return code;
	return span_equal(known, name) ? 0 : conflict(kind, error);
}
