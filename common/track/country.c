/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmaxminddb behind one question: what holds for an address? A record names its country, else the
 * country that the network is registered in. A listed country comes before "EU", which stands for
 * all countries that the database itself calls members; where nothing is listed the default holds.
 *
 * Whatever the library cannot answer (an address that it does not hold, a record without a country,
 * a damaged place in the file) counts as not listed: the answer to a visitor never depends on the
 * file being good. That it can be opened at all is judged when a server starts and by a reload.
 */
#include "track/country.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_TEXT_BYTES = 48, CODE_CHARS = COUNTRY_CODE_BYTES - 1 };

struct country_row {
	char code[COUNTRY_CODE_BYTES];
	enum consent consent;
};

struct country_table {
	MMDB_s database;
	bool is_open;
	size_t count;
	struct country_row rows[];
};

static void cleanup_table(struct country_table **table)
{
	country_table_free(*table);
}

void country_table_free(struct country_table *table)
{
	if (!table)
		return;
	if (table->is_open)
		MMDB_close(&table->database);
	free(table);
}

static bool parse_consent(struct span text, enum consent *ret_consent)
{
	for (enum consent consent = CONSENT_PENDING; consent <= CONSENT_IDENTIFY; consent++)
		if (span_equal(text, span_text(consent_text(consent)))) {
			*ret_consent = consent;
			return true;
		}
	return false;
}

/* "DE=pending". */
static bool parse_row(struct span text, struct country_row *ret_row)
{
	if (text.size < CODE_CHARS + 1 || text.data[CODE_CHARS] != '=')
		return false;
	for (size_t i = 0; i < CODE_CHARS; i++) {
		if (text.data[i] < 'A' || text.data[i] > 'Z')
			return false;
		ret_row->code[i] = (char)text.data[i];
	}
	ret_row->code[CODE_CHARS] = '\0';
	return parse_consent(span_slice(text, CODE_CHARS + 1, text.size), &ret_row->consent);
}

static const struct country_row *find_row(const struct country_table *table, const char *code)
{
	for (size_t i = 0; i < table->count; i++)
		if (memcmp(table->rows[i].code, code, CODE_CHARS) == 0)
			return &table->rows[i];
	return NULL;
}

static int take_row(const struct config *config, size_t index, struct country_table *table,
		    struct error *error)
{
	const char *text = config->countries.items[index];
	char key[KEY_TEXT_BYTES];
	struct country_row row;

	(void)snprintf(key, sizeof(key), "consent.countries[%zu]", index);
	if (!parse_row(span_text(text), &row))
		return config_error(config, error, key,
				    "\"%s\" is no country with its consent; write it like "
				    "DE=pending, with two capital letters (ISO 3166-1, or EU) and "
				    "pending, denied, measure or identify",
				    text);
	if (find_row(table, row.code))
		return config_error(config, error, key, "%s is listed already", row.code);
	table->rows[table->count++] = row;
	return 0;
}

int country_table_open(struct country_table *table, const struct config *config,
		       struct error *error)
{
	int code;

	if (!table || table->is_open)
		return 0;
	code = MMDB_open(config->country_file, MMDB_MODE_MMAP, &table->database);
	if (code == MMDB_SUCCESS) {
		table->is_open = true;
		return 0;
	}
	return config_error(config, error, "consent.country_file", "cannot open %s: %s",
			    config->country_file,
			    code == MMDB_FILE_OPEN_ERROR || code == MMDB_IO_ERROR
				    ? strerror(errno)
				    : MMDB_strerror(code));
}

int country_table_new(const struct config *config, struct country_table **ret_table,
		      struct error *error)
{
	cleanup(cleanup_table) struct country_table *table = NULL;
	size_t count = config->countries.count;
	int code = 0;

	if (count > 0 && !*config->country_file)
		return config_error(config, error, "consent.countries",
				    "needs consent.country_file, a database of countries in "
				    "MaxMind's format");
	if (count > 0) {
		table = calloc(1, sizeof(*table) + count * sizeof(table->rows[0]));
		if (!table)
			return -ENOMEM;
		for (size_t i = 0; code == 0 && i < count; i++)
			code = take_row(config, i, table, error);
	}
	if (code)
		return code;
	*ret_table = take_ptr(table);
	return 0;
}

static bool find_entry(const struct country_table *table, const struct address *address,
		       MMDB_entry_s *ret_entry)
{
	MMDB_lookup_result_s result;
	int code = MMDB_SUCCESS;

	if (!table->is_open || !address->known)
		return false;
	if (address_is_v4(address)) {
		struct sockaddr_in v4 = {.sin_family = AF_INET};

		memcpy(&v4.sin_addr, address->bytes + 12, sizeof(v4.sin_addr));
		result = MMDB_lookup_sockaddr(&table->database, (struct sockaddr *)&v4, &code);
	} else {
		struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

		memcpy(&v6.sin6_addr, address->bytes, sizeof(v6.sin6_addr));
		result = MMDB_lookup_sockaddr(&table->database, (struct sockaddr *)&v6, &code);
	}
	*ret_entry = result.entry;
	return code == MMDB_SUCCESS && result.found_entry;
}

static bool read_code(MMDB_entry_s *entry, const char *country, char ret_code[COUNTRY_CODE_BYTES])
{
	MMDB_entry_data_s data;

	if (MMDB_get_value(entry, &data, country, "iso_code", NULL) != MMDB_SUCCESS ||
	    !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING ||
	    data.data_size != CODE_CHARS)
		return false;
	memcpy(ret_code, data.utf8_string, CODE_CHARS);
	ret_code[CODE_CHARS] = '\0';
	return true;
}

/* @ret_country: the member of the record that the code is of. */
static bool find_code(MMDB_entry_s *entry, const char **ret_country,
		      char ret_code[COUNTRY_CODE_BYTES])
{
	static const char *const members[] = {"country", "registered_country"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (read_code(entry, members[i], ret_code)) {
			*ret_country = members[i];
			return true;
		}
	return false;
}

static bool is_member(MMDB_entry_s *entry, const char *country)
{
	MMDB_entry_data_s data;

	return MMDB_get_value(entry, &data, country, "is_in_european_union", NULL) ==
		       MMDB_SUCCESS &&
	       data.has_data && data.type == MMDB_DATA_TYPE_BOOLEAN && data.boolean;
}

bool country_table_consent(const struct country_table *table, const struct address *address,
			   enum consent *ret_consent)
{
	char code[COUNTRY_CODE_BYTES];
	const struct country_row *row;
	const char *country;
	MMDB_entry_s entry;

	if (!table || !find_entry(table, address, &entry) || !find_code(&entry, &country, code))
		return false;
	row = find_row(table, code);
	if (!row && is_member(&entry, country))
		row = find_row(table, "EU");
	if (!row)
		return false;
	*ret_consent = row->consent;
	return true;
}

bool country_table_find(const struct country_table *table, const struct address *address,
			char ret_code[COUNTRY_CODE_BYTES])
{
	const char *country;
	MMDB_entry_s entry;

	return find_entry(table, address, &entry) && find_code(&entry, &country, ret_code);
}

usec_t country_table_built(const struct country_table *table)
{
	return (usec_t)table->database.metadata.build_epoch * USEC_PER_SEC;
}
