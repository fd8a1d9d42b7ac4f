/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking somebody who was erased as a new person.
 *
 *   POST /api/v1/prospects/anew   {"email": "…"}
 *                                 {"prospect": "<24 hex>"}
 *
 * An erased address stays refused, or the next import from a CRM that has not deleted its record
 * yet would bring everybody back. Whoever asks to be known again is a decision of an operator's,
 * one by one. The new person has another handle and key: nothing of before is theirs.
 *
 * The mark beside the keys goes first: a crash behind that leaves somebody who is still erased, and
 * the other way round the next start would erase the new person.
 */
#include "app/erased_file.h"
#include "app/operation.h"
#include "app/person_change.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people_erase.h"

#include <errno.h>

static int check_erased(struct operation_call *call, const struct prospect_id *id,
			struct error *error)
{
	struct person person = {0};
	bool erased = false;
	int code = people_find(call->app->store, id, NULL, &person);

	sodium_memzero(&person.key, sizeof(person.key));
	if (code == 0)
		return error_set(error, OPERATION_E_CONFLICT, "this person is known, not erased");
	if (code == PEOPLE_E_NOT_FOUND)
		code = people_is_erased(call->app->store, id, &erased);
	if (code)
		return code;
	return erased ? 0
		      : error_set(error, OPERATION_E_ABSENT,
				  "nobody of that address was erased; import adds new people");
}

/* Return: 0; OPERATION_E_* with @error; negative errno. */
static int take_anew(struct operation_call *call, struct span address, const struct prospect_id *id,
		     struct handle *ret_handle, struct error *error)
{
	struct people_change *change = NULL;
	uint8_t mark[PEOPLE_MARK_BYTES];
	int code = check_erased(call, id, error);

	if (code)
		return code;
	id_of_erased(call->app->keyring, id, mark);
	code = erased_file_remove(call->app->config->keys_file, span_of(mark, sizeof(mark)), error);
	if (code > 0)
		return OPERATION_E_FAILED;
	if (!code)
		code = people_prepare_anew(call->app->store, id, address, (struct span){0},
					   ret_handle, &change);
	return code ? code
		    : person_change_add(call, change, SPAN("{\"fields\":[]}"), SPAN("added"),
					error);
}

int operation_prospects_anew(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"email", NULL};
	cleanup_buffer struct buffer address = BUFFER_INIT;
	char text[2 * sizeof(struct handle) + 1];
	struct prospect_id id;
	struct handle handle;
	struct span email;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_text(call->body, "", "email", true, ID_ADDRESS_MAX_BYTES, &email,
				      error);
	if (code)
		return code;
	if (id_normalise_address(email, &address) != 0 ||
	    id_of_address(call->app->keyring, buffer_span(&address), &id) != 0)
		return error_set(error, OPERATION_E_REFUSED,
				 "email: that is not an e-mail address");
	code = take_anew(call, buffer_span(&address), &id, &handle, error);
	if (code)
		return code;
	hex_format(&handle, sizeof(handle), text);
	call->reply = json_pack("{s:s}", "prospect", text);
	return call->reply ? 0 : -ENOMEM;
}
