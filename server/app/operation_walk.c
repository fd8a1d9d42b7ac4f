/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everybody, without saying who they are: for what can only be seen by looking at all.
 *
 *   POST /api/v1/prospects/walk  {"want": "alike", "after": "<24 hex>"}
 *     {"people": [{"prospect": "…", "created": µs, "known": true,
 *                  "alike": [{"key": "…", "why": ["tag"]}]}], "next": "<24 hex>"}
 *   "want": "accounts"
 *     {"people": [{"domain": "example.com", "company": "…", "account": "001…"}], "next": null}
 *
 * "alike": keys that two people share who may be one: of their address without what providers
 * ignore (track/person_alike.h), and of their ids in the CRM. A key is a mark, from which nobody
 * learns the address. "accounts": where the CRM has an account, and which company it is of. Without
 * addresses and names nobody is looked at, and no access is recorded.
 *
 * "next" is null at the end, else what to give as "after". A call looks at people for as long as it
 * may take of the thread that answers clicks, so it can end early, even empty.
 */
#include "app/operation.h"

#include "app/person_named.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people_walk.h"
#include "track/person_alike.h"
#include "track/person_marks.h"

#include <errno.h>

enum { PEOPLE_MAX = 2000, PAGE_ARENA_BYTES = 4 << 20 };

struct walk {
	struct operation_call *call;
	bool accounts;
	json_t *people;
	struct handle after;
	bool more;
	usec_t deadline;
};

static json_t *text_value(struct span text)
{
	return json_stringn((const char *)text.data, text.size);
}

static json_t *key_value(const void *mark, size_t size, json_t *why)
{
	char text[2 * ID_SOURCE_MARK_BYTES + 1];

	hex_format(mark, size, text);
	return json_pack("{s:s, s:o}", "key", text, "why", why);
}

static int add_address_key(const struct walk *walk, struct span address, json_t *keys)
{
	cleanup_buffer struct buffer form = BUFFER_INIT;
	json_t *why = json_array();
	struct prospect_id id;
	unsigned rules = 0;
	int code = person_alike_form(address, &form, &rules);

	if (!code && id_of_address(walk->call->app->keyring, buffer_span(&form), &id) != 0) {
		json_decref(why);
		return 0;
	}
	for (unsigned rule = 1; rule <= PERSON_ALIKE_DOMAIN; rule <<= 1)
		if (rules & rule)
			(void)json_array_append_new(why, json_string(person_alike_text(
								 (enum person_alike_rule)rule)));
	if (code) {
		json_decref(why);
		return code;
	}
	return json_array_append_new(keys, key_value(&id, sizeof(id), why)) ? -ENOMEM : 0;
}

/* An account is many people's; the others are one person's. */
static int add_id_keys(const struct person_record *record, json_t *keys)
{
	static const enum person_external kinds[] = {PERSON_EXTERNAL_salesforce_lead,
						     PERSON_EXTERNAL_salesforce_contact};
	uint8_t mark[ID_SOURCE_MARK_BYTES];
	int failed = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *name = person_external_text(kinds[i]);
		struct span id = person_record_external(record, kinds[i]);

		if (id.size == 0)
			continue;
		id_of_source(span_text(name), id, mark);
		failed |= json_array_append_new(keys, key_value(mark, sizeof(mark),
								json_pack("[s]", name)));
	}
	return failed ? -ENOMEM : 0;
}

static int add_alike(struct walk *walk, const struct person *person,
		     const struct person_record *record)
{
	char handle[2 * sizeof(person->handle) + 1];
	bool known = person_record_external(record, PERSON_EXTERNAL_salesforce_lead).size > 0 ||
		     person_record_external(record, PERSON_EXTERNAL_salesforce_contact).size > 0;
	json_t *keys = json_array();
	int code = person->address.data ? add_address_key(walk, person->address, keys) : 0;

	if (!code)
		code = add_id_keys(record, keys);
	hex_format(&person->handle, sizeof(person->handle), handle);
	if (!code && json_array_size(keys) > 0 &&
	    json_array_append_new(walk->people,
				  json_pack("{s:s, s:I, s:b, s:O}", "prospect", handle, "created",
					    (json_int_t)person->created, "known", known, "alike",
					    keys)))
		code = -ENOMEM;
	json_decref(keys);
	return code;
}

static int add_account(struct walk *walk, const struct person *person,
		       const struct person_record *record)
{
	struct span account = person_record_external(record, PERSON_EXTERNAL_salesforce_account);
	struct person_value company = {.value = SPAN("")};
	size_t at = person->address.size;

	if (account.size == 0 || !person->address.data)
		return 0;
	while (at > 0 && person->address.data[at - 1] != '@')
		at--;
	(void)person_record_find(record, SPAN("company"), &company);
	return json_array_append_new(walk->people,
				     json_pack("{s:o, s:o, s:o}", "domain",
					       text_value(span_slice(person->address, at,
								     person->address.size)),
					       "company", text_value(company.value), "account",
					       text_value(account)))
		       ? -ENOMEM
		       : 0;
}

/* Whoever was merged into another is that one, and a record that is damaged says nothing. */
static int add_person(struct walk *walk, const struct person *person)
{
	struct person_record *record = NULL;
	int code;

	if (!id_is_zero(&person->merged, sizeof(person->merged)))
		return 0;
	code = person_record_parse(person->fields, person->changed, &record);
	if (!code)
		code = walk->accounts ? add_account(walk, person, record)
				      : add_alike(walk, person, record);
	person_record_free(record);
	return code < 0 ? code : 0;
}

static bool is_over(const struct walk *walk)
{
	return json_array_size(walk->people) >= PEOPLE_MAX ||
	       (walk->call->app->role == APP_SERVE && clock_monotonic() > walk->deadline);
}

/* A piece of a page at most: what is looked at is behind @after then. */
static int walk_page(struct walk *walk, struct person people[PEOPLE_PAGE_ROWS])
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(PAGE_ARENA_BYTES);
	size_t count = 0;
	int code = people_read_page(walk->call->app->store, &walk->after, &arena, people, &count);

	walk->more = count == PEOPLE_PAGE_ROWS;
	for (size_t i = 0; i < count && !code; i++) {
		code = add_person(walk, &people[i]);
		walk->after = people[i].handle;
		if (is_over(walk) && i + 1 < count) {
			walk->more = true;
			break;
		}
	}
	return code;
}

static int read_body(struct walk *walk, struct error *error)
{
	static const char *const keys[] = {"after", "want", NULL};
	const json_t *body = walk->call->body;
	struct span after, want;
	int code = operation_check_keys(body, "", keys, error);

	if (!code)
		code = operation_text(body, "", "want", true, 16, &want, error);
	if (!code)
		code = operation_text(body, "", "after", false, 2 * sizeof(struct handle), &after,
				      error);
	if (code)
		return code;
	walk->accounts = span_equal(want, SPAN("accounts"));
	if (!walk->accounts && !span_equal(want, SPAN("alike")))
		return error_set(error, OPERATION_E_REFUSED, "want: must be alike or accounts");
	return after.data ? person_parse_handle(after, "after", &walk->after, error) : 0;
}

int operation_prospects_walk(struct operation_call *call, struct error *error)
{
	struct walk walk = {.call = call,
			    .more = true,
			    .deadline = clock_monotonic() + OPERATION_SLICE_USEC};
	struct person *people = calloc(PEOPLE_PAGE_ROWS, sizeof(*people));
	char next[2 * sizeof(struct handle) + 1];
	int code = people ? read_body(&walk, error) : -ENOMEM;

	walk.people = json_array();
	while (!code && walk.more) {
		code = walk_page(&walk, people);
		if (is_over(&walk))
			break;
	}
	if (!code) {
		hex_format(&walk.after, sizeof(walk.after), next);
		call->reply = json_pack("{s:O, s:o}", "people", walk.people, "next",
					walk.more ? json_string(next) : json_null());
		code = call->reply ? 0 : -ENOMEM;
	}
	json_decref(walk.people);
	free(people);
	return code;
}
