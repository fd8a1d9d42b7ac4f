/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout in two passes: every cell is kept, then each column gets the width of its widest cell and
 * of its heading, wrapped. What does not fit beside a first column of GRID_FIRST_MIN cells is left
 * out from the right: the figures that matter most stand left.
 */
#include "summary/report_grid.h"

#include "base/encode.h"
#include "text/columns.h"

#include <errno.h>

enum { GAP = 2, CELLS_AT_FIRST = 256, EIGHTHS = 8, HEADING_LINES_MAX = 4 };

void grid_init(struct grid *grid, struct arena *arena)
{
	*grid = (struct grid){.arena = arena};
}

void grid_column(struct grid *grid, const char *heading, bool right)
{
	if (grid->column_count == GRID_COLUMNS_MAX)
		return;
	grid->columns[grid->column_count++] =
		(struct grid_column){.heading = span_text(heading), .right = right};
}

static int grow(struct grid *grid)
{
	size_t capacity = grid->cell_capacity ? grid->cell_capacity * 2 : CELLS_AT_FIRST;
	struct span *cells;

	if (grid->cell_count < grid->cell_capacity)
		return 0;
	cells = arena_alloc(grid->arena, capacity * sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	if (grid->cell_count > 0)
		memcpy(cells, grid->cells, grid->cell_count * sizeof(*cells));
	grid->cells = cells;
	grid->cell_capacity = capacity;
	return 0;
}

void grid_cell(struct grid *grid, struct span plain)
{
	struct span copy = arena_copy(grid->arena, plain);

	if (grow(grid) != 0 || (plain.data && !copy.data)) {
		grid->error = -ENOMEM;
		return;
	}
	grid->cells[grid->cell_count++] = copy;
}

/*
 * The first line of @text that fits into @width cells: up to a space if there is one, else (in
 * Japanese) up to where it is full. Return: its bytes.
 */
static size_t line_of(struct span text, size_t width)
{
	size_t at = 0, fits = 0, space = 0;

	while (at < text.size) {
		(void)utf8_next(text, &at);
		if (columns_of(span_slice(text, 0, at)) > width)
			return space ? space : fits ? fits : at;
		fits = at;
		if (at < text.size && text.data[at] == ' ')
			space = at;
	}
	return text.size;
}

/* Japanese can be broken anywhere, so only words of letters count. */
static size_t longest_word(struct span heading)
{
	size_t at = 0, longest = 0;

	while (at < heading.size) {
		size_t end = span_find(heading, ' ', at);
		size_t width = columns_of(span_slice(heading, at, end - at));

		if (heading.data[at] < 0x80)
			longest = width > longest ? width : longest;
		at = end + 1;
	}
	return longest;
}

static size_t heading_width(struct span heading)
{
	size_t whole = columns_of(heading), word = longest_word(heading);

	if (whole <= GRID_HEADING_WIDTH || (word == 0 && whole <= GRID_HEADING_WIDE))
		return whole;
	return word > GRID_HEADING_WIDTH ? word : GRID_HEADING_WIDTH;
}

static void set_widths(struct grid *grid)
{
	for (size_t column = 0; column < grid->column_count; column++)
		grid->columns[column].width = heading_width(grid->columns[column].heading);
	for (size_t i = 0; i < grid->cell_count; i++) {
		struct grid_column *column = &grid->columns[i % grid->column_count];
		size_t width = columns_of(grid->cells[i]);

		column->width = width > column->width ? width : column->width;
	}
}

/* How many columns there is room for; the first one is as wide as is left. */
static size_t fit(struct grid *grid, size_t width)
{
	size_t wanted = grid->columns[0].width, others = 0, shown = grid->column_count;

	for (size_t column = 1; column < grid->column_count; column++)
		others += grid->columns[column].width + GAP;
	while (shown > 1 && others + (wanted < GRID_FIRST_MIN ? wanted : GRID_FIRST_MIN) > width)
		others -= grid->columns[--shown].width + GAP;
	if (wanted + others > width)
		grid->columns[0].width = width > others ? width - others : 1;
	return shown;
}

static void end_line(struct buffer *to)
{
	while (to->size > 0 && to->data[to->size - 1] == ' ')
		to->size--;
	buffer_append_byte(to, '\n');
}

static void append_headings(struct grid *grid, size_t shown, struct buffer *to)
{
	struct span rest[GRID_COLUMNS_MAX];
	bool more = true;

	for (size_t column = 0; column < shown; column++)
		rest[column] = grid->columns[column].heading;
	for (size_t line = 0; more && line < HEADING_LINES_MAX; line++) {
		more = false;
		for (size_t column = 0; column < shown; column++) {
			struct grid_column *wide = &grid->columns[column];
			size_t size = line + 1 < HEADING_LINES_MAX
					      ? line_of(rest[column], wide->width)
					      : rest[column].size;

			if (column > 0)
				buffer_append_text(to, "  ");
			columns_append_cell(to, span_slice(rest[column], 0, size), wide->width,
					    wide->right);
			rest[column] = span_trim(span_slice(rest[column], size, rest[column].size));
			more |= rest[column].size > 0;
		}
		end_line(to);
	}
}

void grid_append(struct grid *grid, size_t width, struct buffer *to)
{
	size_t shown;

	if (grid->column_count == 0)
		return;
	set_widths(grid);
	shown = fit(grid, width);
	append_headings(grid, shown, to);
	for (size_t i = 0; i + grid->column_count <= grid->cell_count; i += grid->column_count) {
		for (size_t column = 0; column < shown; column++) {
			if (column > 0)
				buffer_append_text(to, "  ");
			columns_append_cell(to, grid->cells[i + column],
					    grid->columns[column].width,
					    grid->columns[column].right);
		}
		end_line(to);
	}
}

void grid_wrap_append(struct buffer *to, struct span plain, size_t width)
{
	do {
		size_t size = line_of(plain, width);

		buffer_append_span(to, span_slice(plain, 0, size));
		buffer_append_byte(to, '\n');
		plain = span_trim(span_slice(plain, size, plain.size));
	} while (plain.size > 0);
}

void grid_bar_append(struct buffer *to, double share, size_t width, bool plain_text)
{
	double filled = (share < 0 ? 0 : share > 1 ? 1 : share) * (double)(width * EIGHTHS);
	size_t eighths = (size_t)(filled + 0.5);

	if (plain_text) {
		eighths = (eighths + EIGHTHS / 2) / EIGHTHS;
		for (size_t i = 0; i < eighths || (i == 0 && share > 0); i++)
			buffer_append_byte(to, '#');
		return;
	}
	if (eighths == 0 && share > 0)
		eighths = 1;
	for (; eighths >= EIGHTHS; eighths -= EIGHTHS)
		utf8_append(to, 0x2588);
	if (eighths > 0)
		utf8_append(to, 0x2590 - (uint32_t)eighths);
}
