/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of operations, which tokens may ask for them, and how their bodies are read: every key
 * is known, every value has its type and bounds, and a refusal names the place in the body.
 *
 * Bodies come from commands of ours, from an operator's script, or from whoever got hold of a
 * token; all are read in the same strict way.
 */
#include "app/operation.h"

#include "base/encode.h"

#include <assert.h>
#include <stdio.h>

/* clang-format off */
static const struct operation operations[] = {
	{"/api/v1/bindings",         operation_bindings_list},
	{"/api/v1/bindings/undo",    operation_bindings_undo},
	{"/api/v1/events",           operation_events_report, .scope = SCOPE_EVENTS_WRITE},
	{"/api/v1/events/import",    operation_events_import, .scope = SCOPE_EVENTS_IMPORT},
	{"/api/v1/forms",            operation_forms_set},
	{"/api/v1/inspect",          operation_inspect, .at_once = true},
	{"/api/v1/keys/retire",      operation_keys_retire},
	{"/api/v1/keys/rotate",      operation_keys_rotate},
	{"/api/v1/links",            operation_links_register, .scope = SCOPE_LINKS_WRITE},
	{"/api/v1/links/checked",    operation_links_checked, .at_once = true},
	{"/api/v1/links/import",     operation_links_import, .scope = SCOPE_LINKS_WRITE},
	{"/api/v1/links/repoint",    operation_links_repoint},
	{"/api/v1/mailings/check",   operation_mailings_check, .scope = SCOPE_PROSPECTS_READ},
	{"/api/v1/people/copy",      operation_people_copy},
	{"/api/v1/prospects",        operation_prospects_import, .scope = SCOPE_PROSPECTS_WRITE},
	{"/api/v1/prospects/anew",   operation_prospects_anew},
	{"/api/v1/prospects/erase",  operation_prospects_erase},
	{"/api/v1/prospects/export", operation_prospects_export},
	{"/api/v1/prospects/find",   operation_prospects_find, .scope = SCOPE_PROSPECTS_READ},
	{"/api/v1/prospects/identities", operation_prospects_identities},
	{"/api/v1/prospects/merge",  operation_prospects_merge},
	{"/api/v1/prospects/reveal", operation_prospects_reveal},
	{"/api/v1/prospects/unmerge", operation_prospects_unmerge},
	{"/api/v1/prospects/walk",   operation_prospects_walk},
	{"/api/v1/readers",          operation_readers_set},
	{"/api/v1/readers/forget",   operation_readers_forget},
	{"/api/v1/tokens",           operation_tokens_new},
	{"/api/v1/tokens/revoke",    operation_tokens_revoke},
};
/* clang-format on */

const struct operation *operation_find(const char *path)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i].path, path) == 0)
			return &operations[i];
	return NULL;
}

/* "links[3].slug", or the key alone at the top. */
static void format_place(const char *where, const char *key, char *ret_text, size_t size)
{
	(void)snprintf(ret_text, size, "%s%s%s", where, where[0] ? "." : "", key);
}

int operation_check_keys(const json_t *object, const char *where, const char *const *allowed,
			 struct error *error)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return error_set(error, OPERATION_E_REFUSED, "%s: must be an object",
				 where[0] ? where : "the body");
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		size_t i = 0;

		while (allowed[i] && strcmp(allowed[i], key) != 0)
			i++;
		if (!allowed[i])
			return error_set(error, OPERATION_E_REFUSED,
					 "%s%s%s: there is no such key here", where,
					 where[0] ? "." : "", key);
	}
	return 0;
}

static int refuse(const char *where, const char *key, const char *what, struct error *error)
{
	char place[128];

	format_place(where, key, place, sizeof(place));
	return error_set(error, OPERATION_E_REFUSED, "%s: %s", place, what);
}

int operation_text(const json_t *object, const char *where, const char *key, bool required,
		   size_t max_bytes, struct span *ret_text, struct error *error)
{
	const json_t *value = json_object_get(object, key);
	char sentence[64];
	struct span text;

	if (!value || json_is_null(value)) {
		if (required)
			return refuse(where, key, "is missing", error);
		*ret_text = (struct span){0};
		return 0;
	}
	if (!json_is_string(value))
		return refuse(where, key, "must be a text", error);
	text = span_of(json_string_value(value), json_string_length(value));
	if (required && text.size == 0)
		return refuse(where, key, "must not be empty", error);
	if (text.size > max_bytes) {
		(void)snprintf(sentence, sizeof(sentence), "is longer than %zu bytes", max_bytes);
		return refuse(where, key, sentence, error);
	}
	*ret_text = text;
	return 0;
}

int operation_bool(const json_t *object, const char *where, const char *key, bool *ret_value,
		   struct error *error)
{
	const json_t *value = json_object_get(object, key);

	if (value && !json_is_boolean(value))
		return refuse(where, key, "must be true or false", error);
	*ret_value = json_is_true(value);
	return 0;
}

int operation_number(const json_t *object, const char *where, const char *key, uint64_t minimum,
		     uint64_t maximum, uint64_t *ret_value, struct error *error)
{
	const json_t *value = json_object_get(object, key);
	char sentence[96];

	if (!value)
		return refuse(where, key, "is missing", error);
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) < minimum ||
	    (uint64_t)json_integer_value(value) > maximum) {
		(void)snprintf(sentence, sizeof(sentence),
			       "must be a whole number from %llu to %llu",
			       (unsigned long long)minimum, (unsigned long long)maximum);
		return refuse(where, key, sentence, error);
	}
	*ret_value = (uint64_t)json_integer_value(value);
	return 0;
}

int operation_list(const json_t *object, const char *key, size_t max_items, const json_t **ret_list,
		   struct error *error)
{
	const json_t *value = json_object_get(object, key);
	char sentence[96];

	if (!json_is_array(value))
		return refuse("", key, "must be a list", error);
	if (json_array_size(value) > max_items) {
		(void)snprintf(sentence, sizeof(sentence),
			       "holds more than %zu items; send them in several calls", max_items);
		return refuse("", key, sentence, error);
	}
	*ret_list = value;
	return 0;
}

int operation_add_event(struct operation_call *call, const struct event *event, struct error *error)
{
	int code;

	if (!call->ticket) {
		call->ticket = event_ticket_new(EVENT_CLASS_BULK);
		if (!call->ticket)
			return error_set(error, OPERATION_E_FAILED, "out of memory");
	}
	code = event_ticket_add(call->ticket, event);
	if (code == EVENT_TICKET_E_FULL)
		return error_set(error, OPERATION_E_REFUSED,
				 "this is too much for one call; send it in several");
	if (code)
		return error_set(error, OPERATION_E_FAILED, "the %s event cannot be recorded: %s",
				 event_type_row(event->type)->name, strerror(-code));
	return 0;
}

void operation_count(struct operation_call *call, enum metric metric, uint64_t count)
{
	unsigned i = 0;

	while (i < call->count_count && call->counts[i].metric != metric)
		i++;
	assert(i < OPERATION_COUNTS_MAX);
	call->counts[i].metric = metric;
	call->counts[i].count += count;
	if (i == call->count_count)
		call->count_count++;
}

static void add_counts(const struct operation_call *call)
{
	for (unsigned i = 0; i < call->count_count; i++)
		metrics_add(&call->app->metrics, call->counts[i].metric, call->counts[i].count);
}

int operation_run(const struct operation *operation, struct operation_call *call,
		  struct error *error)
{
	int code = operation ? operation->run(call, error)
			     : error_set(error, OPERATION_E_REFUSED, "there is no such operation");

	if (code == 0) {
		add_counts(call);
		return 0;
	}
	event_ticket_free(call->ticket);
	json_decref(call->reply);
	call->ticket = NULL;
	call->reply = NULL;
	return code < 0 ? error_set(error, OPERATION_E_FAILED, "%s", strerror(-code)) : code;
}
