/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An external merge sort. Memory is filled with records, sorted by what is kept of their keys in a
 * table beside them, and written out as a run; in the end the runs are merged by a heap. If all fit
 * into memory nothing is written.
 *
 *   record: length 2 (of what follows) ‖ subject 17 ‖ time 8 ‖ sequence 8 ‖ fact (fact.c)
 *
 * The table is sorted by the first bits of the key, digit by digit, which no comparison does: ids
 * are drawn by chance, so these bits tell nearly all subjects apart, and records of one come in the
 * order of their times already, as the log has them. Where they do not, they are compared.
 *
 * The file lies on the disk of the data, not in a memory file system, and has no name, so that
 * nothing stays of it after a crash.
 */
#include "summary/fact_sort.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "base/large.h"
#include "summary/fact_store.h"

#include <errno.h>
#include <fcntl.h>

enum {
	LENGTH_BYTES = 2,
	HEAD_BYTES = LENGTH_BYTES + FACT_KEY_BYTES,
	RECORD_MAX_BYTES = HEAD_BYTES + FACT_MAX_BYTES,
	RUN_BUFFER_BYTES = 1 << 18,
	RUNS_MAX = 4096,
	RECORD_USUAL_BYTES = 80,
	AHEAD = 12 /* records that are asked for before they are needed */
};

/* Of the key's first eight bytes: the kind, which takes two bits, and the upper half of the id. */
enum { DIGIT_BITS = 9, DIGITS = 4, DIGIT_VALUES = 1 << DIGIT_BITS, ID_BITS = 34 };

struct place {
	uint64_t prefix; /* the digits; nothing above them */
	uint32_t at;
};

/* The next record of a run, as the heap compares them. */
struct head {
	uint64_t prefix; /* first bytes of its key */
	struct run *run;
};

/* A run that is being read. */
struct run {
	off_t at, end; /* of what is not in @buffer yet */
	uint8_t *buffer;
	size_t used, size;
	const uint8_t *record; /* the next */
};

struct fact_sort {
	int fd; /* -1: nothing was written */
	off_t written;
	uint8_t *memory;
	size_t memory_bytes, used;
	struct place *places, *spare;
	size_t count, capacity, next;
	off_t ends[RUNS_MAX];
	struct run *runs;
	size_t run_count;
	struct head *heap; /* of the runs that have not ended */
	size_t alive;
	char *directory;
};

int fact_sort_new(const char *directory, size_t memory_bytes, struct fact_sort **ret_sort)
{
	struct fact_sort *sort = calloc(1, sizeof(*sort));

	if (!sort)
		return -ENOMEM;
	sort->fd = -1;
	sort->memory_bytes = memory_bytes < UINT32_MAX ? memory_bytes : UINT32_MAX;
	sort->capacity = sort->memory_bytes / RECORD_USUAL_BYTES + 16;
	sort->memory = large_alloc(sort->memory_bytes + RECORD_MAX_BYTES);
	sort->places = large_alloc(sort->capacity * sizeof(*sort->places));
	sort->spare = large_alloc(sort->capacity * sizeof(*sort->spare));
	sort->directory = strdup(directory);
	if (!sort->memory || !sort->places || !sort->spare || !sort->directory) {
		fact_sort_free(sort);
		return -ENOMEM;
	}
	*ret_sort = sort;
	return 0;
}

void fact_sort_free(struct fact_sort *sort)
{
	if (!sort)
		return;
	for (size_t i = 0; sort->runs && i < sort->run_count; i++)
		free(sort->runs[i].buffer);
	free(sort->runs);
	free(sort->heap);
	free(sort->places);
	free(sort->spare);
	free(sort->memory);
	free(sort->directory);
	if (sort->fd >= 0)
		(void)close(sort->fd);
	free(sort);
}

static uint64_t digits_of(const uint8_t *key)
{
	uint64_t first = get_u64(key);

	return first >> 56 << ID_BITS | (first << 8) >> (64 - ID_BITS);
}

/* By one digit, from @from to @to; those that have the same one stay in their order. */
static void sort_digit(const struct place *from, struct place *to, size_t count, unsigned digit)
{
	uint32_t begins[DIGIT_VALUES] = {0};
	unsigned shift = digit * DIGIT_BITS;
	uint32_t sum = 0;

	for (size_t i = 0; i < count; i++)
		begins[from[i].prefix >> shift & (DIGIT_VALUES - 1)]++;
	for (size_t i = 0; i < DIGIT_VALUES; i++) {
		uint32_t here = begins[i];

		begins[i] = sum;
		sum += here;
	}
	for (size_t i = 0; i < count; i++)
		to[begins[from[i].prefix >> shift & (DIGIT_VALUES - 1)]++] = from[i];
}

static int compare_places(const void *a, const void *b, void *memory)
{
	const struct place *left = a, *right = b;
	int order = memcmp((const uint8_t *)memory + left->at + LENGTH_BYTES,
			   (const uint8_t *)memory + right->at + LENGTH_BYTES, FACT_KEY_BYTES);

	return order ? order : left->at < right->at ? -1 : 1;
}

static void ask_for(const struct fact_sort *sort, size_t number)
{
	if (number < sort->count)
		__builtin_prefetch(sort->memory + sort->places[number].at);
}

/* The digits say nothing about the order of these: mostly they are in order as they came. */
static void sort_alike(const struct fact_sort *sort, size_t from, size_t to)
{
	bool sorted = true;

	for (size_t i = from; i + 1 < to && sorted; i++) {
		ask_for(sort, i + AHEAD);
		sorted = compare_places(&sort->places[i], &sort->places[i + 1], sort->memory) < 0;
	}
	if (!sorted)
		qsort_r(sort->places + from, to - from, sizeof(*sort->places), compare_places,
			sort->memory);
}

static void sort_memory(struct fact_sort *sort)
{
	size_t from = 0;

	for (unsigned digit = 0; digit < DIGITS; digit++) {
		struct place *sorted = sort->spare;

		sort_digit(sort->places, sorted, sort->count, digit);
		sort->spare = sort->places;
		sort->places = sorted;
	}
	for (size_t i = 1; i <= sort->count; i++) {
		if (i < sort->count && sort->places[i].prefix == sort->places[from].prefix)
			continue;
		if (i - from > 1)
			sort_alike(sort, from, i);
		from = i;
	}
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			data += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

static size_t record_bytes(const uint8_t *record)
{
	return LENGTH_BYTES + get_u16(record);
}

static int write_run(struct fact_sort *sort)
{
	cleanup_free uint8_t *buffer = malloc(RUN_BUFFER_BYTES);
	size_t used = 0;
	int r = buffer ? 0 : -ENOMEM;

	for (size_t i = 0; i < sort->count && !r; i++) {
		const uint8_t *record = sort->memory + sort->places[i].at;
		size_t size = record_bytes(record);

		ask_for(sort, i + AHEAD);
		if (used + size > RUN_BUFFER_BYTES) {
			r = write_all(sort->fd, buffer, used);
			sort->written += (off_t)used;
			used = 0;
		}
		memcpy(buffer + used, record, size);
		used += size;
	}
	if (!r)
		r = write_all(sort->fd, buffer, used);
	sort->written += (off_t)used;
	return r;
}

static int spill(struct fact_sort *sort)
{
	int r;

	if (sort->fd < 0)
		sort->fd = open(sort->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (sort->fd < 0)
		return -errno;
	if (sort->run_count == RUNS_MAX)
		return -EFBIG;
	sort_memory(sort);
	r = write_run(sort);
	sort->ends[sort->run_count++] = sort->written;
	sort->used = sort->count = 0;
	return r;
}

/* What a record's fact differs from: time and sequence are in its key. */
static void make_origin(const struct subject *subject, usec_t time, uint64_t sequence,
			struct fact *ret_origin)
{
	fact_origin(subject, ret_origin);
	ret_origin->time = time;
	ret_origin->sequence = sequence;
}

int fact_sort_add(struct fact_sort *sort, const struct subject *subject, const struct fact *fact,
		  uint32_t bits)
{
	uint8_t *record;
	struct fact origin, copy = *fact;
	struct buffer to = BUFFER_INIT;
	int r = 0;

	if (sort->used + RECORD_MAX_BYTES > sort->memory_bytes || sort->count == sort->capacity)
		r = spill(sort);
	if (r)
		return r;
	record = sort->memory + sort->used;
	fact_key(subject, fact->time, fact->sequence, record + LENGTH_BYTES);
	make_origin(subject, fact->time, fact->sequence, &origin);
	to.data = record + HEAD_BYTES;
	to.capacity = FACT_MAX_BYTES;
	copy.bits = bits;
	fact_append(&origin, &copy, &to);
	put_u16(record, (uint16_t)(FACT_KEY_BYTES + to.size));
	sort->places[sort->count++] =
		(struct place){digits_of(record + LENGTH_BYTES), (uint32_t)sort->used};
	sort->used += HEAD_BYTES + to.size;
	return 0;
}

/* More of the run into its buffer, behind what is left of it. */
static int fill(struct fact_sort *sort, struct run *run)
{
	size_t left = run->size - run->used;
	ssize_t got = 1;

	memmove(run->buffer, run->buffer + run->used, left);
	run->used = 0;
	run->size = left;
	while (run->at < run->end && run->size < RUN_BUFFER_BYTES && got > 0) {
		size_t room = RUN_BUFFER_BYTES - run->size;
		size_t size =
			(off_t)room < run->end - run->at ? room : (size_t)(run->end - run->at);

		got = pread(sort->fd, run->buffer + run->size, size, run->at);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got <= 0)
			return got < 0 ? -errno : -EIO;
		else {
			run->size += (size_t)got;
			run->at += got;
		}
	}
	return 0;
}

/* run->record: the next one; NULL at the end. */
static int step(struct fact_sort *sort, struct run *run)
{
	int r = 0;

	if (run->record)
		run->used += record_bytes(run->record);
	if (run->size - run->used < RECORD_MAX_BYTES && run->at < run->end)
		r = fill(sort, run);
	run->record = run->used < run->size ? run->buffer + run->used : NULL;
	return r;
}

static bool comes_before(const struct head *a, const struct head *b)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix;
	return memcmp(a->run->record + LENGTH_BYTES, b->run->record + LENGTH_BYTES,
		      FACT_KEY_BYTES) < 0;
}

static void sink_down(struct fact_sort *sort, size_t at)
{
	struct head *heap = sort->heap, sinking = heap[at];

	for (size_t child; (child = 2 * at + 1) < sort->alive; at = child) {
		if (child + 1 < sort->alive && comes_before(&heap[child + 1], &heap[child]))
			child++;
		if (!comes_before(&heap[child], &sinking))
			break;
		heap[at] = heap[child];
	}
	heap[at] = sinking;
}

static struct head head_of(struct run *run)
{
	return (struct head){get_u64(run->record + LENGTH_BYTES), run};
}

static int open_runs(struct fact_sort *sort)
{
	int r = 0;

	sort->runs = calloc(sort->run_count, sizeof(*sort->runs));
	sort->heap = calloc(sort->run_count, sizeof(*sort->heap));
	if (!sort->runs || !sort->heap)
		return -ENOMEM;
	for (size_t i = 0; i < sort->run_count && !r; i++) {
		struct run *run = &sort->runs[i];

		run->buffer = malloc(RUN_BUFFER_BYTES);
		run->at = i == 0 ? 0 : sort->ends[i - 1];
		run->end = sort->ends[i];
		r = run->buffer ? step(sort, run) : -ENOMEM;
		if (!r && run->record)
			sort->heap[sort->alive++] = head_of(run);
	}
	for (size_t i = sort->alive / 2; i-- > 0 && !r;)
		sink_down(sort, i);
	return r;
}

int fact_sort_finish(struct fact_sort *sort)
{
	int r;

	if (sort->run_count == 0) {
		sort_memory(sort);
		return 0;
	}
	r = sort->count > 0 ? spill(sort) : 0;
	free(take_ptr(sort->places));
	free(take_ptr(sort->spare));
	free(take_ptr(sort->memory));
	return r ? r : open_runs(sort);
}

static int read_record(const uint8_t *record, struct subject *ret_subject, struct fact *ret_fact)
{
	size_t at = 0;

	const uint8_t *key = record + LENGTH_BYTES;

	memcpy(ret_subject->bytes, key, SUBJECT_BYTES);
	make_origin(ret_subject, get_u64(key + SUBJECT_BYTES), get_u64(key + SUBJECT_BYTES + 8),
		    ret_fact);
	return fact_read(span_of(record + HEAD_BYTES, record_bytes(record) - HEAD_BYTES), &at,
			 ret_fact)
		       ? -EBADMSG
		       : 0;
}

int fact_sort_next(struct fact_sort *sort, struct subject *ret_subject, struct fact *ret_fact)
{
	struct run *run;
	int r;

	if (!sort->runs) {
		if (sort->next == sort->count)
			return FACT_E_END;
		ask_for(sort, sort->next + AHEAD);
		return read_record(sort->memory + sort->places[sort->next++].at, ret_subject,
				   ret_fact);
	}
	if (sort->alive == 0)
		return FACT_E_END;
	run = sort->heap[0].run;
	r = read_record(run->record, ret_subject, ret_fact);
	if (!r)
		r = step(sort, run);
	if (r)
		return r;
	sort->heap[0] = run->record ? head_of(run) : sort->heap[--sort->alive];
	sink_down(sort, 0);
	return 0;
}
