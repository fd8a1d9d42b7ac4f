/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an address to a handle, for operations that are told of people: an import of events, and
 * what a site's own server reports. The address itself goes to people/ alone.
 */
#include "app/person_of_address.h"

#include "app/person_change.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people.h"

#include <errno.h>

static int prepare(struct operation_call *call, const struct prospect_id *id, struct span address,
		   struct handle *ret_handle, struct error *error)
{
	struct people_change *change = NULL;
	bool same = true;
	int code = people_prepare(call->app->store, id, address, (struct span){0}, ret_handle,
				  &change, &same);

	if (code == PEOPLE_E_ERASED)
		return error_set(error, OPERATION_E_REFUSED, "this person was erased");
	if (code || same)
		return code;
	return person_change_add(call, change, SPAN("{\"fields\":[]}"),
				 change->is_new ? SPAN("added") : SPAN("changed"), error);
}

int person_of_address(struct operation_call *call, json_t *met, struct span email,
		      struct handle *ret_handle, struct error *error)
{
	cleanup_buffer struct buffer address = BUFFER_INIT;
	char key[2 * sizeof(struct prospect_id) + sizeof("person:")] = "person:";
	char text[2 * sizeof(struct handle) + 1];
	struct prospect_id id;
	const json_t *known;
	int code;

	if (id_normalise_address(email, &address) != 0 ||
	    id_of_address(call->app->keyring, buffer_span(&address), &id) != 0)
		return error_set(error, OPERATION_E_REFUSED, "that is not an e-mail address");
	hex_format(&id, sizeof(id), key + 7);
	known = json_object_get(met, key);
	if (known)
		return hex_parse(span_of(json_string_value(known), json_string_length(known)),
				 ret_handle, sizeof(*ret_handle));
	code = prepare(call, &id, buffer_span(&address), ret_handle, error);
	if (code)
		return code;
	hex_format(ret_handle, sizeof(*ret_handle), text);
	return json_object_set_new(met, key, json_string(text)) == 0 ? 0 : -ENOMEM;
}
