/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list is kept sorted while it grows, its rows as the text that will be written: a person's
 * summary is gone when the next one comes. Most people are weaker than the last of a full list and
 * cost one comparison.
 *
 * ranking.csv is for a spreadsheet, so texts in it are always guarded against formulas.
 */
#include "summary/deliver_ranking.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <errno.h>
#include <search.h>

struct row {
	uint32_t weight;
	usec_t last;
	struct handle person;
	char *text; /* the row behind its rank */
};

struct company_row {
	char *key, *name, *domain;
	bool excluded;
	uint64_t persons, views_30, sessions_30, clicks_30, submits, purchases;
	int64_t score;
	uint8_t best;
	usec_t last;
};

struct deliver_ranking {
	struct row *rows;
	size_t count, max_rows;
	void *companies; /* of tsearch(3) */
};

static void free_company(void *company)
{
	struct company_row *row = company;

	free(row->key);
	free(row->name);
	free(row->domain);
	free(row);
}

struct deliver_ranking *deliver_ranking_new(size_t max_rows)
{
	struct deliver_ranking *ranking = calloc(1, sizeof(*ranking));

	if (!ranking)
		return NULL;
	ranking->max_rows = max_rows;
	ranking->rows = calloc(max_rows + 1, sizeof(*ranking->rows));
	if (!ranking->rows) {
		free(ranking);
		return NULL;
	}
	return ranking;
}

void deliver_ranking_free(struct deliver_ranking *ranking)
{
	if (!ranking)
		return;
	for (size_t i = 0; i < ranking->count; i++)
		free(ranking->rows[i].text);
	free(ranking->rows);
	tdestroy(ranking->companies, free_company);
	free(ranking);
}

static bool is_before(const struct row *a, const struct row *b)
{
	if (a->weight != b->weight)
		return a->weight > b->weight;
	if (a->last != b->last)
		return a->last > b->last;
	return memcmp(&a->person, &b->person, sizeof(a->person)) < 0;
}

static const char *const shown[] = {"likelihood", "email",	    "company",		"score",
				    "grade",	  "likelihood_why", "last_interaction", "last_type",
				    "last_page",  "last_touch",	    "views_30",		"evidence",
				    "id"};

void deliver_ranking_header(struct buffer *to)
{
	struct csv_row row = {.to = to};

	csv_row_plain(&row, SPAN("rank"));
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		csv_row_plain(&row, span_text(shown[i]));
	csv_row_end(&row);
}

static void write_row(const struct deliver_item *item, struct buffer *to)
{
	struct csv_row row = {.to = to, .begun = true};

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const struct deliver_value *value = deliver_value_find(span_text(shown[i]));
		cleanup_buffer struct buffer text = BUFFER_INIT;

		deliver_value_write(value, item, &text);
		if (text.error)
			to->error = text.error;
		if (value->type == DELIVER_TYPE_TEXT || value->type == DELIVER_TYPE_LONG)
			csv_row_text(&row, buffer_span(&text), 0, true);
		else
			csv_row_plain(&row, buffer_span(&text));
	}
	csv_row_end(&row);
}

static int add_row(struct deliver_ranking *ranking, const struct deliver_item *item)
{
	struct row row = {.weight = item->likelihood.weight,
			  .last = item->summary->last.time,
			  .person = item->person};
	cleanup_buffer struct buffer text = BUFFER_INIT;
	size_t at = ranking->count;

	if (row.weight == 0 ||
	    (at == ranking->max_rows && (at == 0 || !is_before(&row, &ranking->rows[at - 1]))))
		return 0;
	write_row(item, &text);
	row.text = buffer_text(&text) ? span_dup(buffer_span(&text)) : NULL;
	if (!row.text)
		return -ENOMEM;
	while (at > 0 && is_before(&row, &ranking->rows[at - 1])) {
		ranking->rows[at] = ranking->rows[at - 1];
		at--;
	}
	ranking->rows[at] = row;
	if (ranking->count < ranking->max_rows)
		ranking->count++;
	else
		free(ranking->rows[ranking->max_rows].text);
	return 0;
}

static int compare_companies(const void *a, const void *b)
{
	return strcmp(((const struct company_row *)a)->key, ((const struct company_row *)b)->key);
}

static struct company_row *new_company(const struct company *company)
{
	struct company_row *row = calloc(1, sizeof(*row));

	if (!row)
		return NULL;
	row->key = strdup(company->key);
	row->name = strdup(company->name);
	row->domain = strdup(company->is_free_mail ? "" : company->domain);
	row->excluded = company->excluded;
	if (row->key && row->name && row->domain)
		return row;
	free_company(row);
	return NULL;
}

static struct company_row *find_company(struct deliver_ranking *ranking,
					const struct company *company)
{
	struct company_row probe = {.key = (char *)(uintptr_t)company->key}, *row;
	struct company_row **found = tfind(&probe, &ranking->companies, compare_companies);

	if (found)
		return *found;
	row = new_company(company);
	if (!row)
		return NULL;
	if (tsearch(row, &ranking->companies, compare_companies))
		return row;
	free_company(row);
	return NULL;
}

int deliver_ranking_add(struct deliver_ranking *ranking, const struct deliver_item *item)
{
	const struct person_summary *summary = item->summary;
	const struct person_counts *recent = &summary->windows[PERSON_WINDOW_30];
	struct company_row *row;

	if (item->company.key[0]) {
		row = find_company(ranking, &item->company);
		if (!row)
			return -ENOMEM;
		row->persons++;
		row->views_30 += recent->views;
		row->sessions_30 += recent->sessions;
		row->clicks_30 += recent->clicks;
		row->submits += summary->windows[PERSON_WINDOW_ALL].submits;
		row->purchases += summary->windows[PERSON_WINDOW_ALL].purchases;
		row->score += summary->score ? summary->score->total : 0;
		if (item->likelihood.percent > row->best)
			row->best = item->likelihood.percent;
		if (summary->last.time > row->last)
			row->last = summary->last.time;
	}
	return add_row(ranking, item);
}

struct writing {
	struct deliver_files *files;
	int code;
};

static json_t *company_json(const struct company_row *row)
{
	char last[CLOCK_TEXT_BYTES];

	clock_format(row->last, last);
	return json_pack("{s:s, s:s, s:b, s:I, s:I, s:i, s:s?, s:I, s:I, s:I, s:I, s:I}", "company",
			 row->name, "domain", row->domain, "excluded", row->excluded, "persons",
			 (json_int_t)row->persons, "score", (json_int_t)row->score,
			 "likelihood_best", (int)row->best, "last_interaction",
			 row->last ? last : NULL, "views_30", (json_int_t)row->views_30,
			 "sessions_30", (json_int_t)row->sessions_30, "clicks_30",
			 (json_int_t)row->clicks_30, "submits", (json_int_t)row->submits,
			 "purchases", (json_int_t)row->purchases);
}

static void write_company(const void *node, VISIT which, void *context)
{
	const struct company_row *row = *(struct company_row *const *)node;
	struct writing *writing = context;
	cleanup_buffer struct buffer line = BUFFER_INIT;
	cleanup_free char *text = NULL;
	json_t *json;

	if (which != postorder && which != leaf)
		return;
	json = company_json(row);
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!text) {
		writing->code = -ENOMEM;
		return;
	}
	buffer_append_text(&line, text);
	buffer_append_byte(&line, '\n');
	if (line.error)
		writing->code = line.error;
	else
		deliver_files_add(writing->files, DELIVER_FILE_companies, buffer_span(&line));
}

int deliver_ranking_write(const struct deliver_ranking *ranking, struct deliver_files *files)
{
	struct writing writing = {.files = files};

	for (size_t i = 0; i < ranking->count; i++) {
		cleanup_buffer struct buffer row = BUFFER_INIT;

		buffer_printf(&row, "%zu", i + 1);
		buffer_append_text(&row, ranking->rows[i].text);
		if (row.error)
			return row.error;
		deliver_files_add(files, DELIVER_FILE_ranking, buffer_span(&row));
	}
	twalk_r(ranking->companies, write_company, &writing);
	return writing.code;
}
