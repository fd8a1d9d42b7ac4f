/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_CSV_ROW_H
#define WAYMARK_SUMMARY_CSV_ROW_H

#include "base/bytes.h"

/*
 * A row of CSV as a CRM's bulk import takes it (RFC 4180, but lines end with LF): texts in double
 * quotes, in valid UTF-8, cut to the field's length in characters, without controls but line feeds.
 *
 * A text that a spreadsheet would take for a formula gets an apostrophe before it: one that begins
 * with = + - @, their full-width forms, TAB or CR, also behind white space. So does "#N/A", which
 * the bulk import takes for "empty this field", and which a visitor may well have searched for.
 */
enum { CSV_FIELD_MAX_CHARACTERS = 32000 };

struct csv_row {
	struct buffer *to;
	bool begun; /* there is a cell before this one */
};

/* @text of ours: digits, times, ids; it goes out as it is. Empty: an empty cell. */
void csv_row_plain(struct csv_row *row, struct span text);
/* Any text; @max_characters 0: CSV_FIELD_MAX_CHARACTERS. */
void csv_row_text(struct csv_row *row, struct span text, size_t max_characters, bool guard);
void csv_row_end(struct csv_row *row);

/* Would a spreadsheet run it? */
bool csv_is_formula(struct span text);

#endif
