/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is meant: operations on people name them by address or by handle.
 */
#include "app/person_named.h"

#include "base/encode.h"

int person_parse_handle(struct span text, const char *where, struct handle *ret_handle,
			struct error *error)
{
	if (text.size != 2 * sizeof(*ret_handle) ||
	    hex_parse(text, ret_handle, sizeof(*ret_handle)) != 0)
		return error_set(error, OPERATION_E_REFUSED,
				 "%s: a handle is 24 hexadecimal digits", where);
	return 0;
}

static int find_by_handle(struct operation_call *call, struct span text, struct arena *arena,
			  struct person *ret_person, struct error *error)
{
	struct handle handle;
	int code = person_parse_handle(text, "prospect", &handle, error);

	if (code)
		return code;
	code = people_find_handle(call->app->store, &handle, arena, ret_person);
	if (code > 0)
		return error_set(error, OPERATION_E_ABSENT, "nobody is known by that handle");
	return code;
}

static int find_by_email(struct operation_call *call, struct span email, struct arena *arena,
			 struct person *ret_person, struct error *error)
{
	struct prospect_id id;
	int code;

	if (id_of_address(call->app->keyring, email, &id) != 0)
		return error_set(error, OPERATION_E_REFUSED,
				 "email: that is not an e-mail address");
	code = people_find(call->app->store, &id, arena, ret_person);
	if (code > 0)
		return error_set(error, OPERATION_E_ABSENT, "nobody is known by that address");
	return code;
}

static int find(struct operation_call *call, const json_t *object, struct arena *arena,
		struct person *ret_person, struct error *error)
{
	struct span email, text;
	int code = operation_text(object, "", "email", false, ID_ADDRESS_MAX_BYTES, &email, error);

	if (!code)
		code = operation_text(object, "", "prospect", false, 2 * sizeof(struct handle),
				      &text, error);
	if (code)
		return code;
	if (!email.data == !text.data)
		return error_set(error, OPERATION_E_REFUSED,
				 "either an email or a prospect is needed");
	return text.data ? find_by_handle(call, text, arena, ret_person, error)
			 : find_by_email(call, email, arena, ret_person, error);
}

int person_named(struct operation_call *call, const json_t *object, const char *where,
		 struct arena *arena, struct person *ret_person, struct error *error)
{
	int code = find(call, object, arena, ret_person, error);

	if (code > 0 && where[0])
		error_prefix(error, "%s: ", where);
	return code;
}
