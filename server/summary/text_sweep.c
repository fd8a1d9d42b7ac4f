/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mark, then sweep, by the one writer between two batches, so nothing moves meanwhile. Facts and
 * totals (those that are frozen, too) say which numbers are in use; every text without its bit is
 * removed, with the row by which it was found.
 *
 * Numbers are not given out again, so whoever remembers the text of one, as those who judge agents
 * do, is never wrong. But who remembers the number of a text would name one that is gone.
 *
 * A number in a total may be of something else (totals.h: a campaign, in a source). Then a bit too
 * many is set, and a text stays that could go.
 */
#include "summary/text_sweep.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "summary/fact_store.h"
#include "summary/totals.h"

#include <errno.h>
#include <stdlib.h>

enum { SLICE_ROWS = 65536, LOOSE_AT_ONCE = 4096, KEY_MAX_BYTES = 64 };

struct sweep {
	struct summary_env *env;
	struct text_ids *texts;
	bool (*stop)(void);
	uint8_t *named; /* a bit for each number */
	uint32_t count; /* they are below it */
	int error;

	/* The slice. */
	uint8_t from[KEY_MAX_BYTES];
	size_t from_bytes, rows;
	bool more;
	uint32_t loose[LOOSE_AT_ONCE];
	size_t loose_count;
};

void text_sweep_note(struct txn *txn, uint64_t facts)
{
	if (facts > 0)
		summary_put_number(txn, "loose_facts",
				   summary_get_number(txn, "loose_facts", 0) + facts);
}

struct before {
	uint64_t loose, at, texts;
};

static void read_before(struct txn *txn, void *context)
{
	struct before *before = context;

	before->loose = summary_get_number(txn, "loose_facts", 0);
	before->at = summary_get_number(txn, "swept_at", 0);
	before->texts = summary_get_number(txn, "next_text", 1);
}

int text_sweep_is_due(struct summary_env *env, usec_t as_of, bool *ret_due)
{
	struct before before = {0};
	int r = summary_env_read(env, read_before, &before);

	*ret_due = !r && before.loose > 0 && (!before.at || as_of >= before.at + USEC_PER_DAY);
	return r;
}

static void name(struct sweep *sweep, uint32_t id)
{
	if (id < sweep->count)
		sweep->named[id / 8] |= (uint8_t)(1U << id % 8);
}

static bool is_named(const struct sweep *sweep, uint32_t id)
{
	return id >= sweep->count || sweep->named[id / 8] >> id % 8 & 1;
}

static void name_fact(struct sweep *sweep, const struct fact *fact)
{
	const uint32_t ids[] = {fact->agent,   fact->net,      fact->tracker,
				fact->page,    fact->referrer, fact->name,
				fact->product, fact->order,    fact->currency};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		name(sweep, ids[i]);
	for (size_t i = 0; i < UTM_COUNT; i++)
		name(sweep, fact->utm[i]);
}

/* False: the slice ends before the row with this key. */
static bool goes_on(struct sweep *sweep, struct span key)
{
	if (sweep->rows++ < SLICE_ROWS || key.size > sizeof(sweep->from))
		return true;
	memcpy(sweep->from, key.data, key.size);
	sweep->from_bytes = key.size;
	sweep->more = true;
	return false;
}

static bool name_row(void *context, struct span key, struct span row)
{
	struct sweep *sweep = context;
	struct subject subject;
	struct fact fact;
	size_t at = 0;
	int r;

	if (!goes_on(sweep, key))
		return false;
	if (key.size != FACT_KEY_BYTES)
		return true;
	memcpy(subject.bytes, key.data, SUBJECT_BYTES);
	fact_origin(&subject, &fact);
	while (!(r = fact_read(row, &at, &fact)))
		name_fact(sweep, &fact);
	sweep->error = r == FACT_E_END ? 0 : -EBADMSG;
	return !sweep->error;
}

static bool name_total(void *context, struct span key, struct span value)
{
	static const struct {
		uint8_t kind, at;
	} texts[] = {
#define TEXT(name, at) {TOTAL_KIND_##name, at},
		TOTAL_KIND_TEXTS(TEXT)
#undef TEXT
	};
	struct sweep *sweep = context;

	(void)value;
	if (!goes_on(sweep, key))
		return false;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (key.data[0] == texts[i].kind && key.size >= 1U + texts[i].at + 4)
			name(sweep, get_u32(key.data + 1 + texts[i].at));
	return true;
}

static void read_slice(struct txn *txn, struct sweep *sweep, enum summary_database database,
		       summary_each_fn each)
{
	sweep->rows = 0;
	sweep->more = false;
	summary_each(txn, database,
		     span_of(sweep->from_bytes ? sweep->from : NULL, sweep->from_bytes), each,
		     sweep);
	summary_fail(txn, sweep->error);
}

static void read_facts(struct txn *txn, void *context)
{
	read_slice(txn, context, SUMMARY_FACTS, name_row);
}

static void read_totals(struct txn *txn, void *context)
{
	read_slice(txn, context, SUMMARY_TOTALS, name_total);
}

static void read_frozen(struct txn *txn, void *context)
{
	read_slice(txn, context, SUMMARY_FROZEN, name_total);
}

static bool take_loose(void *context, struct span key, struct span text)
{
	struct sweep *sweep = context;

	(void)text;
	if (sweep->loose_count == LOOSE_AT_ONCE)
		sweep->rows = SLICE_ROWS;
	if (!goes_on(sweep, key))
		return false;
	if (key.size == 4 && !is_named(sweep, get_u32(key.data)))
		sweep->loose[sweep->loose_count++] = get_u32(key.data);
	return true;
}

static void read_texts(struct txn *txn, void *context)
{
	struct sweep *sweep = context;

	sweep->loose_count = 0;
	read_slice(txn, sweep, SUMMARY_TEXTS, take_loose);
}

static void remove_loose(struct txn *txn, void *context)
{
	const struct sweep *sweep = context;

	for (size_t i = 0; i < sweep->loose_count && !summary_failed(txn); i++)
		text_ids_remove(sweep->texts, txn, sweep->loose[i]);
}

/* All of one database, a slice at a time; what a slice finds loose is removed before the next. */
static int each_slice(struct sweep *sweep, void (*read)(struct txn *txn, void *context))
{
	int r;

	sweep->from_bytes = sweep->loose_count = 0;
	do {
		if (sweep->stop && sweep->stop())
			return -ECANCELED;
		r = summary_env_read(sweep->env, read, sweep);
		if (!r && sweep->loose_count > 0)
			r = summary_env_write(sweep->env, remove_loose, sweep);
	} while (!r && sweep->more);
	return r;
}

static void write_end(struct txn *txn, void *context)
{
	const usec_t *as_of = context;

	summary_put_number(txn, "loose_facts", 0);
	summary_put_number(txn, "swept_at", *as_of);
}

int text_sweep_run(struct summary_env *env, struct text_ids *texts, usec_t as_of,
		   bool (*stop)(void))
{
	cleanup_free uint8_t *named = NULL;
	struct sweep sweep = {.env = env, .texts = texts, .stop = stop};
	struct before before = {0};
	int r = summary_env_read(env, read_before, &before);

	if (r)
		return r;
	sweep.count = (uint32_t)before.texts;
	sweep.named = named = calloc(sweep.count / 8 + 1, 1);
	if (!named)
		return -ENOMEM;
	r = each_slice(&sweep, read_facts);
	if (!r)
		r = each_slice(&sweep, read_totals);
	if (!r)
		r = each_slice(&sweep, read_frozen);
	if (!r)
		r = each_slice(&sweep, read_texts);
	return r ? r : summary_env_write(env, write_end, &as_of);
}
