/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_COUNTRY_H
#define WAYMARK_TRACK_COUNTRY_H

#include "base/clock.h"
#include "config/config.h"
#include "text/address.h"

/*
 * The consent of browsers that have not said anything, by the country of their network address:
 * consent.countries over consent.country_file, a database in MaxMind's format. The country itself
 * is not kept anywhere. Immutable once made; the file is mapped, so it is replaced by renaming
 * another into its place.
 */
struct country_table;

enum { COUNTRY_E_INVALID = 1, COUNTRY_CODE_BYTES = 3 };

/*
 * From the configuration; @ret_table is NULL when it lists no country. Its file is not asked for
 * yet: a mailer's machine that shares the configuration has none.
 *
 * Return: 0; COUNTRY_E_INVALID with @error naming file, line and key; negative errno.
 */
int country_table_new(const struct config *config, struct country_table **ret_table,
		      struct error *error);
void country_table_free(struct country_table *table); /* NULL allowed */

/* Open the database, once. NULL is allowed, and 0. Return: likewise. */
int country_table_open(struct country_table *table, const struct config *config,
		       struct error *error);

/* The consent that is listed for @address. False where none is, for NULL, and before it is open. */
bool country_table_consent(const struct country_table *table, const struct address *address,
			   enum consent *ret_consent);

/* For doctor: ISO 3166-1 code of the country of @address; and when the database was made (wall). */
bool country_table_find(const struct country_table *table, const struct address *address,
			char ret_code[COUNTRY_CODE_BYTES]);
usec_t country_table_built(const struct country_table *table);

#endif
