/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v1/links: register links, so that clicks on them redirect.
 *
 *   {"links": [{"destination": "https://…", "mailing": "…", "campaign": "…", "label": "…",
 *               "slug": "…", "pass": ["utm_source"], "trap": false}]}
 *   {"links": [{"id": "<16 hex>", "known": false}]}
 *
 * Beside the links, "names": [{"kind": "campaign", "name": "…"}] records names that no link of the
 * list carries: a self-contained link has its campaign inside and never enters the store.
 *
 * Only the destination is required. Registering is idempotent: a link that is there already with
 * the same properties is known and nothing is written; "leads" says where, if it was repointed
 * since. All items are judged before the ticket is handed on: one bad item and nothing is written.
 *
 * POST /api/v1/links/import takes the same links as a list that people have made, where a bad row
 * stops no other:
 *
 *   {"results": [{"status": "added"}, {"status": "known", "leads": "https://…"},
 *                {"error": "destination: …"}]}
 *
 * With "strict" it ends at the first bad one; and it may end earlier, since clicks wait meanwhile:
 * what has no result was not looked at.
 */
#include "app/link_registration.h"

#include "base/cleanup.h"
#include "text/url.h"

#include <errno.h>
#include <stdio.h>

enum { LINKS_MAX = 500, NAMES_MAX = 16 };

/* One link of a body, and what came of it. */
static int add_link(struct link_registration *registration, const char *where, const json_t *object,
		    bool *ret_known, json_t **ret_result, struct error *error)
{
	struct operation_call *call = registration->call;
	struct link_item item = {0};
	struct span now;
	int code;

	(void)snprintf(item.where, sizeof(item.where), "%s", where);
	code = link_item_read(&item, call->app, object, error);
	if (!code)
		code = link_registration_add(registration, &item, ret_known, &now, error);
	if (!code) {
		*ret_result = json_pack("{s:s}", "id", item.id_text);
		if (now.data)
			(void)json_object_set_new(*ret_result, "leads",
						  json_stringn((const char *)now.data, now.size));
	}
	link_item_finish(&item);
	return code ? code : *ret_result ? 0 : -ENOMEM;
}

static int register_all(struct link_registration *registration, const json_t *list, json_t *results,
			struct error *error)
{
	const json_t *object;
	size_t index;

	json_array_foreach(list, index, object)
	{
		json_t *result;
		char where[32];
		bool known;
		int code;

		(void)snprintf(where, sizeof(where), "links[%zu]", index);
		code = add_link(registration, where, object, &known, &result, error);
		if (code)
			return code;
		if (json_object_set_new(result, "known", json_boolean(known)) != 0 ||
		    json_array_append_new(results, result) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_kind(const char *where, struct span text, enum name_kind *ret_kind,
		     struct error *error)
{
	for (unsigned kind = NAME_CAMPAIGN; kind < NAME_KIND_COUNT; kind++)
		if (span_equal(text, span_text(name_kind_text((enum name_kind)kind)))) {
			*ret_kind = (enum name_kind)kind;
			return 0;
		}
	return error_set(error, OPERATION_E_REFUSED,
			 "%s.kind: must be one of campaign, mailing, list, form", where);
}

static int place_name(struct link_registration *registration, const char *where,
		      const json_t *object, struct error *error)
{
	static const char *const keys[] = {"kind", "name", NULL};
	struct span kind_text, name;
	enum name_kind kind = NAME_CAMPAIGN;
	int code = operation_check_keys(object, where, keys, error);

	if (!code)
		code = operation_text(object, where, "kind", true, 16, &kind_text, error);
	if (!code)
		code = read_kind(where, kind_text, &kind, error);
	if (!code)
		code = operation_text(object, where, "name", true, ID_NAME_MAX_BYTES, &name, error);
	if (!code && id_check_name(name) != 0)
		code = error_set(error, OPERATION_E_REFUSED,
				 "%s.name: must be 1 to %d bytes of text without controls", where,
				 ID_NAME_MAX_BYTES);
	if (!code && url_holds_address(name))
		code = error_set(error, OPERATION_E_REFUSED,
				 "%s.name: holds an e-mail address, which must not enter the store",
				 where);
	return code ? code : link_registration_add_name(registration, where, kind, name, error);
}

static int register_names(struct link_registration *registration, struct error *error)
{
	const json_t *list, *object;
	size_t index;
	int code;

	if (!json_object_get(registration->call->body, "names"))
		return 0;
	code = operation_list(registration->call->body, "names", NAMES_MAX, &list, error);
	if (code)
		return code;
	json_array_foreach(list, index, object)
	{
		char where[32];

		(void)snprintf(where, sizeof(where), "names[%zu]", index);
		code = place_name(registration, where, object, error);
		if (code)
			return code;
	}
	return 0;
}

int operation_links_register(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"links", "names", NULL};
	struct link_registration registration;
	json_t *results = json_array();
	const json_t *list;
	int code = operation_check_keys(call->body, "", keys, error);

	if (link_registration_begin(&registration, call) || !results)
		code = -ENOMEM;
	if (!code)
		code = operation_list(call->body, "links", LINKS_MAX, &list, error);
	if (!code)
		code = register_all(&registration, list, results, error);
	if (!code)
		code = register_names(&registration, error);
	if (!code) {
		call->reply = json_pack("{s:O}", "links", results);
		code = call->reply ? 0 : -ENOMEM;
	}
	link_registration_finish(&registration);
	json_decref(results);
	return code;
}

/* "row.slug: …" and "row: …" are about a row that the asker names: the rest is what is wrong. */
static json_t *refusal_of(const struct error *error)
{
	const char *text = error->text;

	if (strncmp(text, "row", 3) == 0 && (text[3] == '.' || text[3] == ':'))
		text += text[3] == '.' ? 4 : 5;
	return json_pack("{s:s}", "error", text);
}

/* Negative, or OPERATION_E_FAILED: not the row's fault. */
static int import_row(struct link_registration *registration, const json_t *object, json_t *results,
		      bool *ret_refused, struct error *error)
{
	json_t *result = NULL;
	bool known = false;
	int code = add_link(registration, "row", object, &known, &result, error);

	if (code < 0 || code == OPERATION_E_FAILED)
		return code;
	*ret_refused = code != 0;
	if (code)
		result = refusal_of(error);
	else
		(void)json_object_set_new(result, "status", json_string(known ? "known" : "added"));
	return result && json_array_append_new(results, result) == 0 ? 0 : -ENOMEM;
}

static int import_rows(struct link_registration *registration, const json_t *list, bool strict,
		       json_t *results, struct error *error)
{
	usec_t end = clock_monotonic() + OPERATION_SLICE_USEC;
	const json_t *object;
	bool refused = false;
	size_t index;
	int code;

	json_array_foreach(list, index, object)
	{
		if ((refused && strict) || (index > 0 && clock_monotonic() >= end))
			break;
		code = import_row(registration, object, results, &refused, error);
		if (code)
			return code;
	}
	return 0;
}

int operation_links_import(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"links", "strict", NULL};
	struct link_registration registration;
	json_t *results = json_array();
	const json_t *list;
	bool strict;
	int code = operation_check_keys(call->body, "", keys, error);

	if (link_registration_begin(&registration, call) || !results)
		code = -ENOMEM;
	if (!code)
		code = operation_bool(call->body, "", "strict", &strict, error);
	if (!code)
		code = operation_list(call->body, "links", LINKS_MAX, &list, error);
	if (!code)
		code = import_rows(&registration, list, strict, results, error);
	if (!code) {
		call->reply = json_pack("{s:O}", "results", results);
		code = call->reply ? 0 : -ENOMEM;
	}
	link_registration_finish(&registration);
	json_decref(results);
	return code;
}
