/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_COLUMNS_H
#define WAYMARK_TEXT_COLUMNS_H

#include "base/bytes.h"

/*
 * Text in the cells of a terminal: a kana or kanji takes two, a mark that goes over the letter
 * before takes none. Pure; the widths are those of the C library's Unicode data, whatever locale
 * the program runs in.
 */

/*
 * Append @text as one line that cannot do anything to a terminal: valid UTF-8, and every control,
 * line end, and mark that changes the direction of writing as U+FFFD. What has no width of its own
 * (zero-width spaces) is left out, but for marks on letters.
 */
void columns_append_plain(struct buffer *to, struct span text);

/* How many cells a line of columns_append_plain() takes. */
size_t columns_of(struct span plain);

/*
 * Append @plain in exactly @width cells: filled with spaces behind it (before it, if @right), or
 * cut with '…' at its end. A cell that only half of a wide character would fit into is a space.
 */
void columns_append_cell(struct buffer *to, struct span plain, size_t width, bool right);

#endif
