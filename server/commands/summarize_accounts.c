/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts by company: a table in memory, sorted once. Domains and names of companies are asked
 * for, no addresses, so nobody is looked at. Of a mailbox provider's domain a company is known only
 * by the name that they wrote, as in all summaries.
 */
#include "commands/summarize_accounts.h"

#include "base/cleanup.h"

#include <errno.h>

struct row {
	char *key, *account;
};

struct summarize_accounts {
	struct row *rows;
	size_t count, capacity;
};

void summarize_accounts_free(struct summarize_accounts *accounts)
{
	if (!accounts)
		return;
	for (size_t i = 0; i < accounts->count; i++) {
		free(accounts->rows[i].key);
		free(accounts->rows[i].account);
	}
	free(accounts->rows);
	free(accounts);
}

static int add(struct summarize_accounts *accounts, const char *key, const char *account)
{
	struct row row = {.key = strdup(key), .account = strdup(account)};

	if (accounts->count == accounts->capacity) {
		size_t capacity = accounts->capacity ? 2 * accounts->capacity : 64;
		struct row *rows = reallocarray(accounts->rows, capacity, sizeof(*rows));

		if (rows) {
			accounts->rows = rows;
			accounts->capacity = capacity;
		}
	}
	if (!row.key || !row.account || accounts->count == accounts->capacity) {
		free(row.key);
		free(row.account);
		return -ENOMEM;
	}
	accounts->rows[accounts->count++] = row;
	return 0;
}

static int take(struct summarize_accounts *accounts, const struct company_rules *rules,
		const json_t *item)
{
	const char *domain = json_string_value(json_object_get(item, "domain"));
	const char *written = json_string_value(json_object_get(item, "company"));
	const char *account = json_string_value(json_object_get(item, "account"));
	cleanup_buffer struct buffer address = BUFFER_INIT;
	struct company company;

	if (!domain || !account)
		return 0;
	buffer_printf(&address, "x@%s", domain);
	if (address.error)
		return address.error;
	company_of(rules, buffer_span(&address), span_text(written), &company);
	return company.key[0] ? add(accounts, company.key, account) : 0;
}

/* All of one call; *after is where the next one goes on, NULL at the end. */
static int ask(struct session *session, const struct company_rules *rules,
	       struct summarize_accounts *accounts, char **after, struct error *error)
{
	json_t *body = json_pack("{s:s, s:s*}", "want", "accounts", "after", *after);
	json_t *reply = NULL;
	const json_t *item;
	const char *next;
	size_t index;
	int code = body ? session_call(session, "/api/v1/prospects/walk", body, &reply, error)
			: -ENOMEM;

	json_array_foreach(json_object_get(reply, "people"), index, item) code =
		code ? code : take(accounts, rules, item);
	next = json_string_value(json_object_get(reply, "next"));
	free(*after);
	*after = next ? strdup(next) : NULL;
	if (!code && next && !*after)
		code = -ENOMEM;
	json_decref(reply);
	json_decref(body);
	return code;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *left = a, *right = b;
	int order = strcmp(left->key, right->key);

	return order ? order : strcmp(left->account, right->account);
}

int summarize_accounts_new(struct session *session, const struct company_rules *rules,
			   struct summarize_accounts **ret_accounts, struct error *error)
{
	struct summarize_accounts *accounts = calloc(1, sizeof(*accounts));
	char *after = NULL;
	int code = accounts ? 0 : -ENOMEM;

	do
		code = code ? code : ask(session, rules, accounts, &after, error);
	while (!code && after);
	free(after);
	if (code) {
		summarize_accounts_free(accounts);
		return code;
	}
	if (accounts->count > 0)
		qsort(accounts->rows, accounts->count, sizeof(*accounts->rows), compare_rows);
	*ret_accounts = accounts;
	return 0;
}

static size_t first_of(const struct summarize_accounts *accounts, const char *key)
{
	size_t low = 0, high = accounts->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(accounts->rows[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct span summarize_accounts_find(const struct summarize_accounts *accounts,
				    const struct company *company)
{
	size_t at = first_of(accounts, company->key), most = 0;
	struct span found = {0};

	while (at < accounts->count && strcmp(accounts->rows[at].key, company->key) == 0) {
		const struct row *row = &accounts->rows[at];
		size_t same = 0;

		for (; at < accounts->count && compare_rows(&accounts->rows[at], row) == 0; at++)
			same++;
		if (same > most) {
			most = same;
			found = span_text(row->account);
		}
	}
	return found;
}
