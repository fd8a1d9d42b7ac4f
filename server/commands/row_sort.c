/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sort by merging. Rows fill the memory; when it is full they are sorted and written as a run.
 * In the end the same memory is shared out among the runs, a window each, and a heap of the runs by
 * their next rows gives the order. With more runs than rows of memory there would be no window, and
 * that many are refused: at a hundred bytes a row these are 400 GB.
 *
 * Rows that compare as equal come in any order; who needs one puts it into the comparison.
 */
#include "commands/row_sort.h"

#include "base/cleanup.h"
#include "commands/import_scratch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct run {
	uint64_t next, end;    /* rows of the file that are not in the window yet */
	size_t window, at, of; /* where the window lies in memory; its next row, and how many */
};

struct row_sort {
	size_t row_bytes;
	int (*compare)(const void *a, const void *b);
	uint8_t *rows;
	size_t count, given; /* in memory */
	int scratch;
	uint64_t written; /* rows */
	struct run *runs; /* sorted: a heap by their next rows */
	size_t run_count, run_capacity, window;
	bool giving, took;
};

int row_sort_new(size_t row_bytes, int (*compare)(const void *a, const void *b),
		 struct row_sort **ret_sort, struct error *error)
{
	struct row_sort *sort = calloc(1, sizeof(*sort));

	if (!sort)
		return -ENOMEM;
	sort->row_bytes = row_bytes;
	sort->compare = compare;
	sort->rows = reallocarray(NULL, ROW_SORT_ROWS, row_bytes);
	sort->scratch = sort->rows ? import_scratch_open(error) : -1;
	if (sort->scratch < 0) {
		int r = sort->rows ? ROW_SORT_E_SCRATCH : -ENOMEM;

		row_sort_free(sort);
		return r;
	}
	*ret_sort = sort;
	return 0;
}

void row_sort_free(struct row_sort *sort)
{
	if (!sort)
		return;
	if (sort->scratch >= 0)
		(void)close(sort->scratch);
	free(sort->runs);
	free(sort->rows);
	free(sort);
}

static uint8_t *row_at(const struct row_sort *sort, size_t place)
{
	return sort->rows + place * sort->row_bytes;
}

static int transfer(const struct row_sort *sort, bool out, size_t place, uint64_t row, size_t count)
{
	uint8_t *at = row_at(sort, place);
	size_t left = count * sort->row_bytes;
	off_t offset = (off_t)(row * sort->row_bytes);

	while (left > 0) {
		ssize_t done = out ? pwrite(sort->scratch, at, left, offset)
				   : pread(sort->scratch, at, left, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		at += done;
		offset += done;
		left -= (size_t)done;
	}
	return 0;
}

static struct run *add_run(struct row_sort *sort)
{
	size_t capacity = sort->run_capacity ? 2 * sort->run_capacity : 64;
	struct run *runs;

	if (sort->run_count == sort->run_capacity) {
		runs = reallocarray(sort->runs, capacity, sizeof(*runs));
		if (!runs)
			return NULL;
		sort->runs = runs;
		sort->run_capacity = capacity;
	}
	return &sort->runs[sort->run_count++];
}

/* What is in memory becomes a run. */
static int write_run(struct row_sort *sort)
{
	struct run *run;
	int r;

	qsort(sort->rows, sort->count, sort->row_bytes, sort->compare);
	if (sort->run_count == ROW_SORT_ROWS)
		return -EFBIG;
	r = transfer(sort, true, 0, sort->written, sort->count);
	run = r ? NULL : add_run(sort);
	if (!run)
		return r ? r : -ENOMEM;
	*run = (struct run){.next = sort->written, .end = sort->written + sort->count};
	sort->written += sort->count;
	sort->count = 0;
	return 0;
}

int row_sort_add(struct row_sort *sort, const void *row)
{
	int r = sort->count == ROW_SORT_ROWS ? write_run(sort) : 0;

	if (!r)
		memcpy(row_at(sort, sort->count++), row, sort->row_bytes);
	return r;
}

static const uint8_t *next_of(const struct row_sort *sort, size_t run)
{
	return row_at(sort, sort->runs[run].window + sort->runs[run].at);
}

static void sink(struct row_sort *sort, size_t at)
{
	for (;;) {
		size_t least = at;
		struct run run;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < sort->run_count;
		     child++)
			if (sort->compare(next_of(sort, child), next_of(sort, least)) < 0)
				least = child;
		if (least == at)
			return;
		run = sort->runs[at];
		sort->runs[at] = sort->runs[least];
		sort->runs[least] = run;
		at = least;
	}
}

/* The next rows of the run into its window; run->of is 0 at its end. */
static int fill_window(struct row_sort *sort, struct run *run)
{
	uint64_t left = run->end - run->next;
	int r;

	run->at = 0;
	run->of = left < sort->window ? (size_t)left : sort->window;
	r = transfer(sort, false, run->window, run->next, run->of);
	run->next += run->of;
	return r;
}

static int begin(struct row_sort *sort)
{
	int r = 0;

	sort->giving = true;
	if (sort->run_count == 0) {
		qsort(sort->rows, sort->count, sort->row_bytes, sort->compare);
		return 0;
	}
	if (sort->count > 0)
		r = write_run(sort);
	sort->window = ROW_SORT_ROWS / sort->run_count;
	for (size_t i = 0; i < sort->run_count && !r; i++) {
		sort->runs[i].window = i * sort->window;
		r = fill_window(sort, &sort->runs[i]);
	}
	for (size_t i = sort->run_count / 2; i-- > 0 && !r;)
		sink(sort, i);
	return r;
}

/* Behind the row that was given last. */
static int step(struct row_sort *sort)
{
	struct run *run = &sort->runs[0];
	int r = 0;

	if (++run->at == run->of)
		r = fill_window(sort, run);
	if (r)
		return r;
	if (run->of == 0)
		*run = sort->runs[--sort->run_count];
	sink(sort, 0);
	return 0;
}

int row_sort_next(struct row_sort *sort, const void **ret_row)
{
	int r = 0;

	if (!sort->giving)
		r = begin(sort);
	else if (sort->took)
		r = step(sort);
	if (r)
		return r;
	*ret_row = NULL;
	if (sort->written == 0 && sort->given < sort->count)
		*ret_row = row_at(sort, sort->given++);
	sort->took = sort->written > 0 && sort->run_count > 0;
	if (sort->took)
		*ret_row = next_of(sort, 0);
	return 0;
}
