/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who of a list may be mailed, for whoever sends.
 *
 *   POST /api/v1/mailings/check   {"emails": ["…", …], "list": "news"}
 *                                 {"results": [{"status": "may"}, …]}
 *
 * In the order of the question; a status is "may", or why not: "opted_out", "bounced",
 * "unsubscribed" (of the list, which may be missing), "erased". What is no address has "error".
 * Nothing is changed, and nothing is told that a mail's sender does not have to know. Fewer results
 * than addresses mean that the rest was not looked at and must be asked again: this runs on the
 * thread that answers clicks, so it takes as many as fit into a slice of time.
 */
#include "app/operation.h"

#include "app/person_named.h"
#include "base/cleanup.h"
#include "store/people_erase.h"
#include "track/person_marks.h"

#include <errno.h>

enum { EMAILS_MAX = 1000 };

struct check {
	struct operation_call *call;
	struct list_id list;
	bool has_list;
	json_t *results;
};

static const char *const statuses[] = {
	[PERSON_MAY_BE_MAILED] = "may",
	[PERSON_UNSUBSCRIBED] = "unsubscribed",
	[PERSON_BOUNCED] = "bounced",
	[PERSON_OPTED_OUT] = "opted_out",
};

/* Return: 0; PEOPLE_E_NOT_FOUND; PERSON_RECORD_E_DAMAGED; negative errno. */
static int find_mailing(const struct check *check, const struct prospect_id *id,
			enum person_mailing *ret_mailing)
{
	struct arena arena = ARENA_INIT(PERSON_ARENA_BYTES);
	struct person_record *record = NULL;
	struct person person = {0};
	int code = people_find(check->call->app->store, id, &arena, &person);

	if (code == 0)
		code = person_record_parse(person.fields, person.changed, &record);
	if (code == 0)
		*ret_mailing = person_record_mailing(record, check->has_list ? &check->list : NULL);
	person_record_free(record);
	sodium_memzero(&person.key, sizeof(person.key));
	arena_finish(&arena);
	return code;
}

/* Nobody is known by the id, unless somebody was. */
static int status_of_unknown(const struct check *check, const struct prospect_id *id,
			     const char **ret_status)
{
	bool erased = false;
	int code = people_is_erased(check->call->app->store, id, &erased);

	*ret_status = erased ? "erased" : "may";
	return code;
}

static json_t *judge(const struct check *check, const json_t *email, int *ret_code)
{
	enum person_mailing mailing = PERSON_MAY_BE_MAILED;
	struct prospect_id id;
	const char *status;

	*ret_code = 0;
	if (!json_is_string(email) ||
	    id_of_address(check->call->app->keyring,
			  span_of(json_string_value(email), json_string_length(email)), &id) != 0)
		return json_pack("{s:s}", "error", "that is not an e-mail address");
	*ret_code = find_mailing(check, &id, &mailing);
	if (*ret_code == PERSON_RECORD_E_DAMAGED) {
		*ret_code = 0;
		return json_pack("{s:s}", "error", "what is known of this person is damaged");
	}
	status = statuses[mailing];
	if (*ret_code == PEOPLE_E_NOT_FOUND)
		*ret_code = status_of_unknown(check, &id, &status);
	return *ret_code ? NULL : json_pack("{s:s}", "status", status);
}

static int check_all(struct check *check, const json_t *emails)
{
	usec_t began = clock_monotonic();
	const json_t *email;
	size_t index;
	int code = 0;

	json_array_foreach(emails, index, email)
	{
		json_t *result;

		if (index > 0 && check->call->app->role == APP_SERVE &&
		    clock_monotonic() - began > OPERATION_SLICE_USEC)
			break;
		result = judge(check, email, &code);
		if (code)
			return code < 0 ? code : -EIO;
		if (json_array_append_new(check->results, result) != 0)
			return -ENOMEM;
	}
	return 0;
}

int operation_mailings_check(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"emails", "list", NULL};
	struct check check = {.call = call, .results = json_array()};
	const json_t *emails;
	struct span list;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_text(call->body, "", "list", false, ID_NAME_MAX_BYTES, &list,
				      error);
	if (!code)
		code = operation_list(call->body, "emails", EMAILS_MAX, &emails, error);
	if (!code && list.size > 0) {
		if (id_check_name(list) != 0)
			code = error_set(error, OPERATION_E_REFUSED, "list: cannot be a name");
		else
			id_of_name(NAME_LIST, list, &check.list);
		check.has_list = true;
	}
	if (!code)
		code = check_all(&check, emails);
	if (!code) {
		call->reply = json_pack("{s:O}", "results", check.results);
		code = call->reply ? 0 : -ENOMEM;
	}
	json_decref(check.results);
	return code;
}
