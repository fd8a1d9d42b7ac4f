/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of each thing and day that changed, in a table by hash. A unit that is folded before and
 * after an event takes away most of what it then adds again, so what comes out is small, and rows
 * that did not change are not touched.
 *
 * Where the table is larger than a cache each entry is one miss, so an entry is one line of it: the
 * counters that a kind's things mostly have lie together, in the order in which that kind came to
 * use them. A kind that uses more of them has several entries for a row.
 *
 * Writing goes through the entries in the order of their keys, so that the pages of the totals are
 * met once.
 */
#include "summary/tally.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "base/large.h"

#include <assert.h>
#include <errno.h>

enum { ENTRIES_MIN = 1 << 11, ENTRIES_KEPT = 1 << 15, VALUE_MAX_BYTES = TOTAL_COUNT * 10 };
enum { COUNTERS = 6, UNUSED = 255 };

/*
 * Key of the row, its id filled up with zeros, and which of the kind's entries it is, as two
 * numbers whose order is that of the keys: kind 1 ‖ id 7, id 2 ‖ day 2 ‖ part 1 ‖ zeros 3.
 */
struct place {
	uint64_t high, low;
};
#define ROW_OF(low) ((low) >> 32) /* without the part */
#define FREE	    UINT64_MAX	  /* high of an entry that is none */

struct entry {
	struct place place;
	int64_t by[COUNTERS];
};
static_assert(sizeof(struct entry) == 64, "a line of a cache");

/* Of a kind: which counter a total is, of all entries of a row, and back. */
struct layout {
	uint8_t counter[TOTAL_COUNT], total[TOTAL_COUNT];
	uint8_t used;
};

struct tally {
	struct entry *entries; /* by hash; see FREE */
	size_t slots, count;
	int64_t sign;
	int error;
	struct layout layouts[TOTAL_KIND_COUNT];
};

static struct entry *allocate(size_t slots)
{
	struct entry *entries = large_alloc(slots * sizeof(*entries));

	for (size_t i = 0; entries && i < slots; i++)
		entries[i].place.high = FREE;
	return entries;
}

int tally_new(struct tally **ret_tally)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (tally)
		tally->entries = allocate(ENTRIES_MIN);
	if (!tally || !tally->entries) {
		free(tally);
		return -ENOMEM;
	}
	tally->slots = ENTRIES_MIN;
	tally->sign = 1;
	memset(tally->layouts, UNUSED, sizeof(tally->layouts));
	for (unsigned kind = 0; kind < TOTAL_KIND_COUNT; kind++)
		tally->layouts[kind].used = 0;
	*ret_tally = tally;
	return 0;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	free(tally->entries);
	free(tally);
}

void tally_set_sign(struct tally *tally, int sign)
{
	tally->sign = sign;
}

size_t tally_bytes(const struct tally *tally)
{
	return tally->count * 2 * sizeof(*tally->entries);
}

static size_t hash(const struct place *place)
{
	uint64_t mixed = (place->high ^ place->low >> 29) * UINT64_C(0x9E3779B97F4A7C15);

	mixed = (place->low ^ mixed >> 29) * UINT64_C(0xC2B2AE3D27D4EB4F);
	return mixed >> 32;
}

static bool is_same(const struct place *a, const struct place *b)
{
	return a->high == b->high && a->low == b->low;
}

/* Its entry, or the free one that would be. */
static struct entry *find(struct entry *entries, size_t slots, const struct place *place)
{
	for (size_t i = hash(place);; i++) {
		struct entry *entry = &entries[i & (slots - 1)];

		if (entry->place.high == FREE || is_same(&entry->place, place))
			return entry;
	}
}

static int grow(struct tally *tally)
{
	struct entry *entries = allocate(2 * tally->slots);

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < tally->slots; i++)
		if (tally->entries[i].place.high != FREE)
			*find(entries, 2 * tally->slots, &tally->entries[i].place) =
				tally->entries[i];
	free(tally->entries);
	tally->entries = entries;
	tally->slots *= 2;
	return 0;
}

/* Sums of absurd amounts go around, so that taking them away again leads back. */
static int64_t add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static unsigned counter_of(struct layout *layout, enum total total)
{
	if (layout->counter[total] == UNUSED) {
		layout->total[layout->used] = (uint8_t)total;
		layout->counter[total] = layout->used++;
	}
	return layout->counter[total];
}

/* Of the sizes that ids have, the usual ones first. */
static struct place make_place(enum total_kind kind, struct span id, uint16_t day, unsigned counter)
{
	struct place place = {.high = (uint64_t)kind << 56,
			      .low = (uint64_t)day << 32 | (uint64_t)(counter / COUNTERS) << 24};
	uint8_t bytes[sizeof(uint64_t) + 1] = {0};

	if (id.size == 0)
		return place;
	if (id.size == 4) {
		place.high |= (uint64_t)get_u32(id.data) << 24;
		return place;
	}
	assert(id.size <= sizeof(bytes));
	memcpy(bytes, id.data, id.size);
	place.high |= get_u64(bytes) >> 8;
	place.low |= (uint64_t)get_u16(bytes + 7) << 48;
	return place;
}

void tally_expect(void *context, enum total_kind kind, struct span id, uint16_t day)
{
	const struct tally *tally = context;
	struct place place = make_place(kind, id, day, 0);

	__builtin_prefetch(&tally->entries[hash(&place) & (tally->slots - 1)], 1);
}

void tally_count(void *context, enum total_kind kind, struct span id, uint16_t day,
		 enum total total, int64_t by)
{
	struct tally *tally = context;
	unsigned counter = counter_of(&tally->layouts[kind], total);
	struct place place = make_place(kind, id, day, counter);
	struct entry *entry;

	if (2 * tally->count >= tally->slots && !tally->error)
		tally->error = grow(tally);
	if (tally->error)
		return;
	entry = find(tally->entries, tally->slots, &place);
	if (entry->place.high == FREE) {
		*entry = (struct entry){.place = place};
		tally->count++;
	}
	counter %= COUNTERS;
	entry->by[counter] = add(entry->by[counter], tally->sign * by);
}

void tally_clear(struct tally *tally)
{
	struct entry *fewer = tally->slots > ENTRIES_KEPT ? allocate(ENTRIES_MIN) : NULL;

	if (fewer) {
		free(tally->entries);
		tally->entries = fewer;
		tally->slots = ENTRIES_MIN;
	} else if (tally->count > 0) {
		for (size_t i = 0; i < tally->slots; i++)
			tally->entries[i].place.high = FREE;
	}
	tally->count = 0;
	tally->error = 0;
}

static int compare(const void *a, const void *b)
{
	const struct place *left = &(*(const struct entry *const *)a)->place;
	const struct place *right = &(*(const struct entry *const *)b)->place;

	if (left->high != right->high)
		return left->high < right->high ? -1 : 1;
	return left->low < right->low ? -1 : left->low > right->low;
}

static bool changes(const struct entry *entry)
{
	if (entry->place.high == FREE)
		return false;
	for (unsigned i = 0; i < COUNTERS; i++)
		if (entry->by[i] != 0)
			return true;
	return false;
}

/* Those that change something, in order. NULL: out of memory. */
static const struct entry **sorted(const struct tally *tally, size_t *ret_count)
{
	const struct entry **entries = reallocarray(NULL, tally->count + 1, sizeof(*entries));
	size_t count = 0;

	for (size_t i = 0; entries && i < tally->slots; i++)
		if (changes(&tally->entries[i]))
			entries[count++] = &tally->entries[i];
	if (entries)
		qsort(entries, count, sizeof(*entries), compare);
	*ret_count = count;
	return entries;
}

static size_t put_signed(uint8_t *to, int64_t number)
{
	size_t size = 0;

	for (;;) {
		uint8_t byte = number & 0x7f;

		number >>= 7;
		if ((number == 0 && !(byte & 0x40)) || (number == -1 && byte & 0x40)) {
			to[size++] = byte;
			return size;
		}
		to[size++] = byte | 0x80;
	}
}

static int64_t get_signed(struct span value, size_t *at)
{
	uint64_t number = 0;
	unsigned shift = 0;
	uint8_t byte = 0;

	do {
		byte = value.data[(*at)++];
		number |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && *at < value.size && shift < 64);
	if (shift < 64 && byte & 0x40)
		number |= ~UINT64_C(0) << shift;
	return (int64_t)number;
}

static void read_counts(struct span value, int64_t ret_counts[TOTAL_COUNT])
{
	size_t at = 0;

	memset(ret_counts, 0, TOTAL_COUNT * sizeof(*ret_counts));
	for (unsigned i = 0; i < TOTAL_COUNT && at < value.size; i++)
		ret_counts[i] = get_signed(value, &at);
}

/* Without zeros at the end; 0: nothing is left. */
static size_t write_counts(const int64_t counts[TOTAL_COUNT], uint8_t to[VALUE_MAX_BYTES])
{
	unsigned count = TOTAL_COUNT;
	size_t size = 0;

	while (count > 0 && counts[count - 1] == 0)
		count--;
	for (unsigned i = 0; i < count; i++)
		size += put_signed(to + size, counts[i]);
	return size;
}

static enum total_kind kind_of(const struct place *place)
{
	return (enum total_kind)(place->high >> 56);
}

static struct span key_of(const struct place *place, uint8_t to[TOTAL_KEY_MAX_BYTES])
{
	size_t id_bytes = total_kind_row(kind_of(place))->id_bytes;
	uint8_t bytes[sizeof(*place)];

	put_u64(bytes, place->high);
	put_u64(bytes + sizeof(place->high), place->low);
	memcpy(to, bytes, 1 + id_bytes);
	memcpy(to + 1 + id_bytes, bytes + 1 + TOTAL_ID_MAX_BYTES, 2);
	return span_of(to, 1 + id_bytes + 2);
}

static void add_entry(const struct layout *layout, const struct entry *entry,
		      int64_t counts[TOTAL_COUNT])
{
	for (unsigned i = 0; i < COUNTERS; i++) {
		unsigned counter = (unsigned)(entry->place.low >> 24 & 255) * COUNTERS + i;

		if (counter < layout->used)
			counts[layout->total[counter]] =
				add(counts[layout->total[counter]], entry->by[i]);
	}
}

static bool is_row(const struct place *a, const struct place *b)
{
	return a->high == b->high && ROW_OF(a->low) == ROW_OF(b->low);
}

/* All entries of one row. Return: how many these are. */
static size_t write_row(const struct tally *tally, const struct entry *const *entries, size_t count,
			struct txn *txn, enum summary_database database)
{
	const struct place *place = &entries[0]->place;
	uint8_t key_bytes[TOTAL_KEY_MAX_BYTES], value[VALUE_MAX_BYTES];
	struct span key = key_of(place, key_bytes);
	int64_t counts[TOTAL_COUNT];
	size_t i, size;

	read_counts(summary_get(txn, database, key), counts);
	for (i = 0; i < count && is_row(&entries[i]->place, place); i++)
		add_entry(&tally->layouts[kind_of(place)], entries[i], counts);
	size = write_counts(counts, value);
	if (size > 0)
		summary_put(txn, database, key, span_of(value, size));
	else
		summary_delete(txn, database, key);
	return i;
}

int tally_write(struct tally *tally, struct txn *txn, enum summary_database database)
{
	size_t count, at = 0;
	cleanup_free const struct entry **entries = tally->error ? NULL : sorted(tally, &count);

	if (!entries)
		return tally->error ? tally->error : -ENOMEM;
	while (at < count && !summary_failed(txn))
		at += write_row(tally, entries + at, count - at, txn, database);
	return 0;
}

bool tally_read_row(struct span key, struct span value, struct span *ret_id, uint16_t *ret_day,
		    int64_t ret_counts[TOTAL_COUNT])
{
	size_t id_bytes;

	if (key.size < 1 || key.data[0] >= TOTAL_KIND_COUNT)
		return false;
	id_bytes = total_kind_row((enum total_kind)key.data[0])->id_bytes;
	if (key.size != 1 + id_bytes + 2)
		return false;
	*ret_id = span_slice(key, 1, id_bytes);
	*ret_day = get_u16(key.data + 1 + id_bytes);
	read_counts(value, ret_counts);
	return true;
}
