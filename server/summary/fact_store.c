/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of facts. A row is filled up to a size at which two of them fit into a page; one that grows
 * beyond it is cut in two, so a fact that comes late costs one or two rows, wherever it belongs.
 * The key of a row is its first fact's place, hence the row of a fact is the last one that begins
 * at or before it.
 *
 * A stream over a unit is a merge of its subjects' rows by a heap: most units have one subject, few
 * have many.
 */
#include "summary/fact_store.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <errno.h>

void fact_key(const struct subject *subject, usec_t time, uint64_t sequence,
	      uint8_t ret_key[FACT_KEY_BYTES])
{
	memcpy(ret_key, subject->bytes, SUBJECT_BYTES);
	put_u64(ret_key + SUBJECT_BYTES, time);
	put_u64(ret_key + SUBJECT_BYTES + 8, sequence);
}

/* Keys are compared as bytes, so the next one is the same with one more at its end. */
static void step_key(uint8_t key[FACT_KEY_BYTES])
{
	for (size_t i = FACT_KEY_BYTES; i-- > 0;)
		if (++key[i] != 0)
			return;
}

static bool is_of(const struct subject *subject, struct span key)
{
	return key.size == FACT_KEY_BYTES && memcmp(key.data, subject->bytes, SUBJECT_BYTES) == 0;
}

/* The row that @key belongs into: the last that begins at or before it, else the first. */
static bool find_row(struct txn *txn, const struct subject *subject, struct span key,
		     struct span *ret_key, struct span *ret_row)
{
	if (summary_floor(txn, SUMMARY_FACTS, key, ret_key, ret_row) && is_of(subject, *ret_key))
		return true;
	return summary_ceiling(txn, SUMMARY_FACTS, key, ret_key, ret_row) &&
	       is_of(subject, *ret_key);
}

/* Of facts that are written one after the other. */
struct rows {
	struct txn *txn;
	const struct subject *subject;
	struct fact before;
	uint8_t key[FACT_KEY_BYTES];
	struct buffer row;
	size_t limit;
};

static void flush(struct rows *rows)
{
	if (rows->row.size > 0)
		summary_put(rows->txn, SUMMARY_FACTS, span_of(rows->key, sizeof(rows->key)),
			    buffer_span(&rows->row));
	summary_fail(rows->txn, rows->row.error);
	buffer_clear(&rows->row);
}

static void add(struct rows *rows, const struct fact *fact)
{
	if (rows->row.size >= rows->limit)
		flush(rows);
	if (rows->row.size == 0) {
		fact_origin(rows->subject, &rows->before);
		fact_key(rows->subject, fact->time, fact->sequence, rows->key);
	}
	fact_append(&rows->before, fact, &rows->row);
	rows->before = *fact;
}

/* The facts of @row with @fact among them. A row that only gets longer at its end stays full. */
static bool insert(struct rows *rows, struct span row, const struct fact *fact)
{
	struct fact next;
	bool placed = false, same = false;
	size_t at = 0;
	int r;

	fact_origin(rows->subject, &next);
	while (!(r = fact_read(row, &at, &next))) {
		if (!placed && fact_compare(fact, &next) <= 0) {
			same = fact->sequence == next.sequence;
			if (!same) {
				if (row.size >= FACT_ROW_MAX_BYTES)
					rows->limit = row.size / 2;
				add(rows, fact);
			}
			placed = true;
		}
		add(rows, &next);
	}
	if (!placed)
		add(rows, fact);
	if (r != FACT_E_END)
		summary_fail(rows->txn, -EBADMSG);
	return !same;
}

bool fact_store_insert(struct txn *txn, const struct subject *subject, const struct fact *fact)
{
	cleanup_buffer struct buffer old = BUFFER_INIT;
	struct rows rows = {.txn = txn, .subject = subject, .limit = FACT_ROW_MAX_BYTES};
	uint8_t key[FACT_KEY_BYTES], old_key[FACT_KEY_BYTES];
	struct span found, row;
	bool added = true;

	fact_key(subject, fact->time, fact->sequence, key);
	if (!find_row(txn, subject, span_of(key, sizeof(key)), &found, &row)) {
		add(&rows, fact);
	} else {
		memcpy(old_key, found.data, sizeof(old_key));
		buffer_append_span(&old, row);
		summary_fail(txn, old.error);
		if (memcmp(key, old_key, sizeof(key)) < 0)
			summary_delete(txn, SUMMARY_FACTS, span_of(old_key, sizeof(old_key)));
		added = insert(&rows, buffer_span(&old), fact);
	}
	flush(&rows);
	buffer_finish(&rows.row);
	return added;
}

void fact_store_mark(struct txn *txn, const struct subject *subject, usec_t time, uint64_t sequence,
		     uint32_t bits)
{
	cleanup_buffer struct buffer old = BUFFER_INIT;
	struct rows rows = {.txn = txn, .subject = subject, .limit = SIZE_MAX};
	uint8_t key[FACT_KEY_BYTES];
	struct span found, row;
	struct fact next;
	size_t at = 0;

	fact_key(subject, time, sequence, key);
	if (!find_row(txn, subject, span_of(key, sizeof(key)), &found, &row))
		return;
	buffer_append_span(&old, row);
	fact_origin(subject, &next);
	while (fact_read(buffer_span(&old), &at, &next) == 0) {
		struct fact marked = next;

		marked.bits |= next.sequence == sequence ? bits : 0;
		add(&rows, &marked);
	}
	flush(&rows);
	buffer_finish(&rows.row);
}

static uint64_t count_facts(const struct subject *subject, struct span row)
{
	struct fact fact;
	uint64_t count = 0;
	size_t at = 0;

	fact_origin(subject, &fact);
	while (fact_read(row, &at, &fact) == 0)
		count++;
	return count;
}

uint64_t fact_store_delete(struct txn *txn, const struct subject *subject)
{
	uint8_t from[FACT_KEY_BYTES], key[FACT_KEY_BYTES];
	struct span found, row;
	uint64_t count = 0;

	fact_key(subject, 0, 0, from);
	while (summary_ceiling(txn, SUMMARY_FACTS, span_of(from, sizeof(from)), &found, &row) &&
	       is_of(subject, found)) {
		count += count_facts(subject, row);
		memcpy(key, found.data, sizeof(key));
		summary_delete(txn, SUMMARY_FACTS, span_of(key, sizeof(key)));
	}
	return count;
}

bool fact_row_is_expired(const struct subject *subject, struct span row,
			 const struct fact_range *range)
{
	struct fact fact;
	size_t at = 0;

	fact_origin(subject, &fact);
	while (fact_read(row, &at, &fact) == 0)
		if (fact_is_expired(range, &fact))
			return true;
	return false;
}

/* What is left of a row, under the key of its first fact. Return: how many facts went. */
static uint64_t expire_row(struct txn *txn, const struct subject *subject, struct span row,
			   const struct fact_range *range)
{
	struct rows rows = {.txn = txn, .subject = subject, .limit = SIZE_MAX};
	struct fact fact;
	uint64_t count = 0;
	size_t at = 0;
	int r;

	fact_origin(subject, &fact);
	while (!(r = fact_read(row, &at, &fact))) {
		if (fact_is_expired(range, &fact))
			count++;
		else
			add(&rows, &fact);
	}
	if (r != FACT_E_END)
		summary_fail(txn, -EBADMSG);
	flush(&rows);
	buffer_finish(&rows.row);
	return count;
}

uint64_t fact_store_expire(struct txn *txn, const struct subject *subject,
			   const struct fact_range *range, bool *ret_empty)
{
	cleanup_buffer struct buffer old = BUFFER_INIT;
	uint8_t key[FACT_KEY_BYTES];
	struct span found, row;
	uint64_t count = 0;

	fact_key(subject, 0, 0, key);
	while (summary_ceiling(txn, SUMMARY_FACTS, span_of(key, sizeof(key)), &found, &row) &&
	       is_of(subject, found)) {
		memcpy(key, found.data, sizeof(key));
		if (fact_row_is_expired(subject, row, range)) {
			buffer_clear(&old);
			buffer_append_span(&old, row);
			summary_fail(txn, old.error);
			summary_delete(txn, SUMMARY_FACTS, span_of(key, sizeof(key)));
			count += expire_row(txn, subject, buffer_span(&old), range);
		}
		step_key(key);
	}
	fact_key(subject, 0, 0, key);
	*ret_empty =
		!summary_ceiling(txn, SUMMARY_FACTS, span_of(key, sizeof(key)), &found, &row) ||
		!is_of(subject, found);
	return count;
}

/* One subject of a stream. */
struct fact_source {
	struct subject subject;
	struct span row;
	uint8_t key[FACT_KEY_BYTES]; /* of @row */
	size_t at;
	struct fact fact; /* the next one */
};

/* The row at or after source->key. False: the subject has no more. */
static bool open_row(struct fact_stream *stream, struct fact_source *source)
{
	struct span key;

	if (!summary_ceiling(stream->txn, SUMMARY_FACTS, span_of(source->key, sizeof(source->key)),
			     &key, &source->row) ||
	    !is_of(&source->subject, key))
		return false;
	memcpy(source->key, key.data, sizeof(source->key));
	source->at = 0;
	fact_origin(&source->subject, &source->fact);
	return true;
}

static bool advance(struct fact_stream *stream, struct fact_source *source)
{
	int r = fact_read(source->row, &source->at, &source->fact);

	if (r == FACT_E_END) {
		step_key(source->key);
		if (!open_row(stream, source))
			return false;
		r = fact_read(source->row, &source->at, &source->fact);
	}
	if (r)
		stream->error = -EBADMSG;
	return r == 0;
}

static void swap(struct fact_source *a, struct fact_source *b)
{
	struct fact_source c = *a;

	*a = *b;
	*b = c;
}

static void sink_down(struct fact_stream *stream, size_t at)
{
	struct fact_source *heap = stream->sources;

	for (;;) {
		size_t least = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < stream->count;
		     child++)
			if (fact_compare(&heap[child].fact, &heap[least].fact) < 0)
				least = child;
		if (least == at)
			return;
		swap(&heap[at], &heap[least]);
		at = least;
	}
}

static void add_source(void *context, const struct subject *subject)
{
	struct fact_stream *stream = context;
	struct fact_source *source;

	if (stream->count == stream->capacity) {
		size_t capacity = stream->capacity ? 2 * stream->capacity : 8;

		source = reallocarray(stream->sources, capacity, sizeof(*source));
		if (!source) {
			stream->error = -ENOMEM;
			return;
		}
		stream->sources = source;
		stream->capacity = capacity;
	}
	source = &stream->sources[stream->count];
	source->subject = *subject;
	fact_key(subject, 0, 0, source->key);
	stream->count++;
}

int fact_stream_begin(struct fact_stream *stream, struct txn *txn, const struct subject *unit)
{
	struct subject under;
	size_t used = 0;

	stream->txn = txn;
	stream->count = 0;
	stream->error = 0;
	/* What is counted under another one, or erased, is no unit any more. */
	if (!unit_find(txn, unit, &under) || memcmp(&under, unit, sizeof(under)) != 0)
		return 0;
	add_source(stream, unit);
	if (subject_kind(unit) == SUBJECT_PERSON)
		unit_each_member(txn, unit, add_source, stream);
	for (size_t i = 0; i < stream->count && !stream->error; i++) {
		struct fact_source *source = &stream->sources[i];

		if (open_row(stream, source) && advance(stream, source))
			stream->sources[used++] = *source;
	}
	stream->count = used;
	for (size_t i = used / 2; i-- > 0;)
		sink_down(stream, i);
	return stream->error;
}

static bool pop(struct fact_stream *stream, struct fact *ret_fact)
{
	if (stream->count == 0 || stream->error)
		return false;
	*ret_fact = stream->sources[0].fact;
	if (!advance(stream, &stream->sources[0]))
		stream->sources[0] = stream->sources[--stream->count];
	sink_down(stream, 0);
	return true;
}

static bool is_in_range(const struct fact_stream *stream, const struct fact *fact)
{
	const struct fact_range *range = &stream->range;

	return (range->through == 0 || fact->sequence <= range->through) &&
	       !fact_is_expired(range, fact);
}

bool fact_stream_next(struct fact_stream *stream, struct fact *ret_fact)
{
	struct fact other;

	do {
		if (!pop(stream, ret_fact))
			return false;
		while (stream->count > 0 &&
		       stream->sources[0].fact.sequence == ret_fact->sequence &&
		       pop(stream, &other))
			ret_fact->bits |= other.bits;
	} while (!stream->error && !is_in_range(stream, ret_fact));
	return !stream->error;
}

void fact_stream_finish(struct fact_stream *stream)
{
	free(stream->sources);
	*stream = (struct fact_stream){0};
}
