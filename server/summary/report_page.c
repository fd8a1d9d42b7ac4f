/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small pieces of HTML. There is one way for a text into the page, page_escape(), and everything
 * that is not a constant of ours goes it, our own sentences too: who adds a '<' to one of them must
 * not make an element of it.
 */
#include "summary/report_page.h"

#include "base/cleanup.h"
#include "text/html_escape.h"

#include <stdio.h>

void page_put(struct report_page *page, const char *html)
{
	buffer_append_text(page->to, html);
}

void page_escape(struct report_page *page, struct span text)
{
	html_escape(text, page->to);
}

void page_text(struct report_page *page, enum report_text id)
{
	page_escape(page, span_text(report_text(id, page->language)));
}

void page_end_cell(struct report_page *page)
{
	page_escape(page, buffer_span(&page->cell));
	if (page->cell.error)
		page->to->error = page->cell.error;
	buffer_clear(&page->cell);
}

void page_say(struct report_page *page, enum report_text id, const struct report_value *values)
{
	report_say(&page->cell, id, page->language, values);
	page_end_cell(page);
}

void page_element(struct report_page *page, const char *element, enum report_text id)
{
	size_t name = strcspn(element, " ");

	buffer_printf(page->to, "<%s>", element);
	page_text(page, id);
	buffer_printf(page->to, "</%.*s>\n", (int)name, element);
}

void page_count(struct report_page *page, int64_t count)
{
	report_count_append(page->to, count);
}

void page_begin_section(struct report_page *page, const char *id, enum report_text title)
{
	char heading[64];

	buffer_printf(page->to, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n", id, id);
	(void)snprintf(heading, sizeof(heading), "h2 id=\"%s-title\"", id);
	page_element(page, heading, title);
}

void page_end_section(struct report_page *page)
{
	page_put(page, "</section>\n");
}

void page_figure_heading(struct report_page *page, enum report_figure figure)
{
	const struct report_figure_row *row = report_figure(figure);

	buffer_printf(page->to, "<th scope=\"col\"><a href=\"#def-%s\" title=\"", row->key);
	page_escape(page, span_text(row->definition[page->language]));
	page_put(page, "\">");
	page_escape(page, span_text(row->heading[page->language]));
	page_put(page, "</a></th>");
}

void page_begin_cell(struct report_page *page, const char *label)
{
	page_put(page, "<td data-label=\"");
	page_escape(page, span_text(label));
	page_put(page, "\">");
}

/* Both counts of a rate, and how it would be if machines counted. */
static void append_parts(struct report_page *page, const struct report_figure_row *row,
			 const int64_t *counts)
{
	cleanup_buffer struct buffer part = BUFFER_INIT, whole = BUFFER_INIT, rate = BUFFER_INIT;

	if (counts[row->of] <= 0)
		return;
	report_count_append(&part, counts[row->count]);
	report_count_append(&whole, counts[row->of]);
	report_percent_append(&rate, counts[row->beside], counts[row->of]);
	page_put(page, "<small>");
	page_say(page, REPORT_TEXT_of_two,
		 (struct report_value[]){{"part", buffer_text(&part)},
					 {"whole", buffer_text(&whole)},
					 {NULL, NULL}});
	page_put(page, "</small>");
	if (row->beside == row->count)
		return;
	page_put(page, "<small>");
	page_say(page, REPORT_TEXT_with_machines,
		 (struct report_value[]){{"percent", buffer_text(&rate)}, {NULL, NULL}});
	page_put(page, "</small>");
}

void page_figure_cell(struct report_page *page, enum report_figure figure, const int64_t *counts)
{
	const struct report_figure_row *row = report_figure(figure);

	page_begin_cell(page, row->heading[page->language]);
	page_put(page, "<span>");
	report_figure_append(page->to, figure, counts, page->language);
	page_put(page, "</span>");
	if (row->form == REPORT_RATE)
		append_parts(page, row, counts);
	page_put(page, "</td>");
}

void page_count_cell(struct report_page *page, const char *label, int64_t count)
{
	page_begin_cell(page, label);
	page_count(page, count);
	page_put(page, "</td>");
}

void page_others(struct report_page *page, uint64_t others)
{
	cleanup_buffer struct buffer number = BUFFER_INIT;

	if (others == 0)
		return;
	report_count_append(&number, (int64_t)others);
	page_put(page, "<p class=\"soft\">");
	page_say(page, REPORT_TEXT_others,
		 (struct report_value[]){{"rows", buffer_text(&number)}, {NULL, NULL}});
	page_put(page, "</p>\n");
}

size_t page_shown(const struct report_page *page, size_t count)
{
	return count < page->options->rows ? count : page->options->rows;
}
