/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_GRID_H
#define WAYMARK_SUMMARY_REPORT_GRID_H

#include "base/arena.h"

/*
 * A table for a terminal: the first column takes what the others leave, headings wrap over several
 * lines, and columns from the right are left out where the terminal is too narrow. Widths are in
 * cells (text/columns.h), so Japanese lines up.
 */
enum {
	GRID_COLUMNS_MAX = 16,
	GRID_FIRST_MIN = 20,
	GRID_HEADING_WIDTH = 10, /* longer ones wrap; */
	GRID_HEADING_WIDE = 14	 /* in Japanese, which has no spaces to wrap at, longer than this */
};

struct grid_column {
	struct span heading;
	bool right, is_bar; /* a bar is as wide as it came, and its heading goes with it */
	size_t width;
};

struct grid {
	struct arena *arena;
	struct grid_column columns[GRID_COLUMNS_MAX];
	size_t column_count;
	struct span *cells; /* by row */
	size_t cell_count, cell_capacity;
	int error; /* -ENOMEM: some cells are not there */
};

/* @arena keeps the cells, and must live as long. */
void grid_init(struct grid *grid, struct arena *arena);
void grid_column(struct grid *grid, const char *heading, bool right);
/* The next cell, left to right, row by row; copied. It is plain (columns_append_plain()). */
void grid_cell(struct grid *grid, struct span plain);
/* Append the table in lines of at most @width cells. */
void grid_append(struct grid *grid, size_t width, struct buffer *to);

/* Append @plain in lines of at most @width cells, broken at spaces, in Japanese anywhere. */
void grid_wrap_append(struct buffer *to, struct span plain, size_t width);

/*
 * A bar of @width cells, filled as far as @share says, in eighths of a cell; with @plain_text in
 * '#'. What is more than nothing shows.
 */
void grid_bar_append(struct buffer *to, double share, size_t width, bool plain_text);

#endif
