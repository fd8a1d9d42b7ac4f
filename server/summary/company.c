/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose company somebody is: what the rules say of their domain or of the written name comes first,
 * then the domain of an address that is no free mail provider's, then the written name.
 *
 * The key begins with what it is, so that no domain is taken for a name: "rule:", "domain:",
 * "name:".
 */
#include "summary/company.h"

#include "base/cleanup.h"
#include "crypto/id.h"
#include "text/free_mail.h"

#include <errno.h>
#include <stdio.h>

/* A domain or a unified name, with the company that the rules give it. */
struct company_row {
	char *text;
	int company; /* index in @names; -1: an excluded one without a name of its own */
	bool is_domain, excluded, free_mail;
};

struct company_rules {
	char **names;
	size_t name_count;
	struct company_row *rows;
	size_t row_count;
};

/* The registrable domain of an address or of a domain alone; false: it has none. */
static bool domain_of(struct span address, char ret_domain[URL_HOST_MAX_BYTES + 1])
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	size_t at = address.size;
	const char *domain;
	struct url url;

	while (at > 0 && address.data[at - 1] != '@')
		at--;
	buffer_append_text(&text, "https://");
	buffer_append(&text, address.data + at, address.size - at);
	buffer_append_byte(&text, '/');
	if (at == address.size || text.error || url_parse(buffer_span(&text), &url) != 0 ||
	    url.path.size != 1 || url.has_userinfo)
		return false;
	domain = url_registrable_domain(url.host, url.host_is_address);
	if (!domain)
		return false;
	(void)snprintf(ret_domain, URL_HOST_MAX_BYTES + 1, "%s", domain);
	return true;
}

static void set_name(struct company *company, struct span name)
{
	size_t size = name.size < COMPANY_NAME_BYTES ? name.size : COMPANY_NAME_BYTES - 1;

	while (size < name.size && size > 0 && (name.data[size] & 0xC0) == 0x80)
		size--;
	if (size > 0)
		memcpy(company->name, name.data, size);
	company->name[size] = '\0';
}

/* What the rules say of a domain or of a unified name; a later row overrides an earlier one. */
static void apply_rows(const struct company_rules *rules, bool is_domain, const char *text,
		       struct company *company)
{
	for (size_t i = 0; rules && i < rules->row_count; i++) {
		const struct company_row *row = &rules->rows[i];

		if (row->is_domain != is_domain || strcmp(row->text, text) != 0)
			continue;
		company->excluded |= row->excluded;
		company->is_free_mail |= row->free_mail;
		if (row->company < 0)
			continue;
		(void)snprintf(company->key, sizeof(company->key), "rule:%d", row->company);
		set_name(company, span_text(rules->names[row->company]));
	}
}

static void set_own_key(struct company *company, const char *unified)
{
	if (company->domain[0] && !company->is_free_mail)
		(void)snprintf(company->key, sizeof(company->key), "domain:%s", company->domain);
	else if (unified[0])
		(void)snprintf(company->key, sizeof(company->key), "name:%.240s", unified);
}

void company_of(const struct company_rules *rules, struct span address, struct span written,
		struct company *ret_company)
{
	cleanup_buffer struct buffer unified = BUFFER_INIT;
	struct company *company = ret_company;
	const char *name;

	*company = (struct company){0};
	company_unify_name(written, &unified);
	name = buffer_text(&unified);
	if (!name)
		name = "";
	set_name(company, span_trim(written));
	if (name[0])
		apply_rows(rules, false, name, company);
	if (address.data && domain_of(address, company->domain)) {
		company->is_free_mail = free_mail_has(NULL, span_text(company->domain));
		apply_rows(rules, true, company->domain, company);
	}
	if (!company->key[0])
		set_own_key(company, name);
	if (!company->name[0] && !company->is_free_mail)
		set_name(company, span_text(company->domain));
}

static int add_row(struct company_rules *rules, const struct company_row *row, const char *text)
{
	struct company_row *grown =
		realloc(rules->rows, (rules->row_count + 1) * sizeof(*rules->rows));

	if (!grown)
		return -ENOMEM;
	rules->rows = grown;
	grown[rules->row_count] = *row;
	grown[rules->row_count].text = strdup(text);
	return grown[rules->row_count++].text ? 0 : -ENOMEM;
}

static int add_domain(const struct json_document *document, struct company_rules *rules,
		      const char *where, struct span text, struct company_row row)
{
	char domain[URL_HOST_MAX_BYTES + 1];

	row.is_domain = true;
	if (span_find(text, '@', 0) < text.size || !domain_of(text, domain))
		return json_document_refuse(document, where,
					    "\"%s\" is not a domain such as example.com",
					    (const char *)text.data);
	return add_row(rules, &row, domain);
}

/* A text with a dot and without a space is a domain, anything else a name. */
static int add_domain_or_name(const struct json_document *document, struct company_rules *rules,
			      const char *where, struct span text, struct company_row row)
{
	cleanup_buffer struct buffer unified = BUFFER_INIT;
	char domain[URL_HOST_MAX_BYTES + 1];

	if (span_find(text, ' ', 0) == text.size && span_find(text, '.', 0) < text.size &&
	    domain_of(text, domain))
		return add_domain(document, rules, where, text, row);
	company_unify_name(text, &unified);
	if (unified.error || !buffer_text(&unified))
		return -ENOMEM;
	if (unified.size == 0)
		return json_document_refuse(document, where, "is neither a domain nor a name");
	return add_row(rules, &row, buffer_text(&unified));
}

typedef int (*add_fn)(const struct json_document *document, struct company_rules *rules,
		      const char *where, struct span text, struct company_row row);

static int read_texts(const struct json_document *document, const json_t *object, const char *where,
		      const char *key, struct company_rules *rules, struct company_row row,
		      add_fn add)
{
	char place[JSON_DOCUMENT_WHERE_BYTES], item[JSON_DOCUMENT_WHERE_BYTES];
	json_t *list;
	int code = json_document_list(document, object, where, key, COMPANY_NAMES_MAX, &list);

	json_document_join(where, key, place);
	for (size_t i = 0; !code && i < json_array_size(list); i++) {
		struct span text;

		json_document_item(place, "", i, item);
		code = json_document_item_text(document, list, place, i, &text);
		if (!code)
			code = add(document, rules, item, text, row);
	}
	return code;
}

static int read_company(const struct json_document *document, const json_t *object,
			const char *where, struct company_rules *rules)
{
	static const char *const keys[] = {"domains", "name", "names", NULL};
	struct company_row row = {.company = (int)rules->name_count};
	struct span name = {0};
	int code = json_document_keys(document, object, where, keys);

	if (!code)
		code = json_document_text(document, object, where, "name", &name);
	if (!code && id_check_name(name) != 0)
		code = json_document_refuse(document, where, "needs a name, of at most %d bytes",
					    ID_NAME_MAX_BYTES);
	if (code)
		return code;
	rules->names[rules->name_count] = span_dup(name);
	if (!rules->names[rules->name_count++])
		return -ENOMEM;
	code = add_domain_or_name(document, rules, where, name, row);
	if (!code)
		code = read_texts(document, object, where, "names", rules, row, add_domain_or_name);
	return code ? code : read_texts(document, object, where, "domains", rules, row, add_domain);
}

static int read_companies(const struct json_document *document, struct company_rules *rules)
{
	char where[JSON_DOCUMENT_WHERE_BYTES];
	json_t *list;
	int code = json_document_list(document, document->root, "", "companies", COMPANY_NAMES_MAX,
				      &list);

	rules->names = code ? NULL : calloc(json_array_size(list) + 1, sizeof(*rules->names));
	if (!code && !rules->names)
		return -ENOMEM;
	for (size_t i = 0; !code && i < json_array_size(list); i++) {
		json_document_item("", "companies", i, where);
		code = read_company(document, json_array_get(list, i), where, rules);
	}
	return code;
}

/* What is excluded may be a company that the rules name: then all of its rows are. */
static void spread_exclusion(struct company_rules *rules)
{
	for (size_t i = 0; i < rules->row_count; i++)
		for (size_t j = 0; rules->rows[i].excluded && j < rules->row_count; j++) {
			const struct company_row *row = &rules->rows[j];

			if (row->company < 0 || row->is_domain != rules->rows[i].is_domain ||
			    strcmp(row->text, rules->rows[i].text) != 0)
				continue;
			for (size_t k = 0; k < rules->row_count; k++)
				rules->rows[k].excluded |= rules->rows[k].company == row->company;
		}
}

int company_rules_read(const struct json_document *document, struct company_rules **ret_rules)
{
	struct company_rules *rules = calloc(1, sizeof(*rules));
	int code = rules ? read_companies(document, rules) : -ENOMEM;

	if (!code)
		code = read_texts(document, document->root, "", "excluded_companies", rules,
				  (struct company_row){.company = -1, .excluded = true},
				  add_domain_or_name);
	if (!code)
		code = read_texts(document, document->root, "", "free_mail", rules,
				  (struct company_row){.company = -1, .free_mail = true},
				  add_domain);
	if (code) {
		company_rules_free(rules);
		return code;
	}
	spread_exclusion(rules);
	*ret_rules = rules;
	return 0;
}

void company_rules_free(struct company_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->name_count; i++)
		free(rules->names[i]);
	free(rules->names);
	for (size_t i = 0; i < rules->row_count; i++)
		free(rules->rows[i].text);
	free(rules->rows);
	free(rules);
}
