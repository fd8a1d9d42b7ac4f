/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same agents, languages and pages come again and again: kept once, a click takes less than
 * half of its bytes, and a commit half of its pages.
 *
 * Whether a text is in the table is decided by the writer alone and in the transaction of the
 * record that names it, so neither can be there without the other. A transaction may fail and be
 * run again: everything that the table learned in it is forgotten by the next text_table_begin().
 * When a commit reported an error and happened all the same, no record is written again, and the
 * table is right as it stands.
 *
 * What comes often is found by three words of its bytes and a comparison; only what is not goes
 * through the keyed hash, which nobody can aim at.
 *
 * Memory is bounded by TEXT_TABLE_MAX and TABLE_BYTES, and disk too: a text costs a row only once
 * two records of its block hold it. Without memory records stay whole.
 */
#include "store/text_table.h"
#include "base/encode.h"
#include "store/event.h"
#include "store/store_internal.h"

enum {
	INDEX_SLOTS = 4 * TEXT_TABLE_MAX,
	RECENT_SLOTS = 1024,
	SIGHTED_SLOTS = 8192,
	TABLE_BYTES = 1 << 20,
	ID_BYTES = 4,
	BASE_BYTES = 8,
	NAME_BYTES = 1 + ID_BYTES /* of a text in a record: field ‖ id */
};

struct text_entry {
	uint64_t hash;
	uint32_t id, at;
	uint32_t size;
};

/* Fields whose texts come from a few sources. What a person typed or sealed is never shared. */
static bool is_shared(uint8_t field, size_t size)
{
	if (size < TEXT_MIN_BYTES || size > TEXT_MAX_BYTES)
		return false;
	switch (field) {
	case EVENT_FIELD_tracker:
	case EVENT_FIELD_url:
	case EVENT_FIELD_referrer:
	case EVENT_FIELD_agent:
	case EVENT_FIELD_language:
	case EVENT_FIELD_sec_fetch:
		return true;
	default:
		return false;
	}
}

static bool allocate(struct text_table *table)
{
	size_t entries = TEXT_TABLE_MAX * sizeof(*table->entries);
	size_t sighted = SIGHTED_SLOTS * sizeof(*table->sighted);
	size_t index = INDEX_SLOTS * sizeof(*table->index);
	uint8_t *memory;

	if (table->entries)
		return true;
	memory = calloc(1, entries + sighted + index + RECENT_SLOTS * sizeof(*table->recent));
	if (!memory)
		return false;
	table->entries = (void *)memory;
	table->sighted = (void *)(memory + entries);
	table->index = (void *)(memory + entries + sighted);
	table->recent = (void *)(memory + entries + sighted + index);
	table->bytes.limit = TABLE_BYTES;
	short_hash_key_make(&table->key);
	return true;
}

void text_table_finish(struct text_table *table)
{
	free(table->entries);
	buffer_finish(&table->bytes);
	buffer_finish(&table->record);
	*table = (struct text_table){0};
}

static bool is_text_of(const struct text_table *table, unsigned number, struct span text)
{
	const struct text_entry *entry = &table->entries[number];

	return entry->size == text.size &&
	       memcmp(table->bytes.data + entry->at, text.data, text.size) == 0;
}

/* By the first, the middle and the last word of @text, which are TEXT_MIN_BYTES at least. */
static uint16_t *recent_of(struct text_table *table, struct span text)
{
	uint64_t first, middle, last;

	memcpy(&first, text.data, sizeof(first));
	memcpy(&middle, text.data + (text.size - sizeof(middle)) / 2, sizeof(middle));
	memcpy(&last, text.data + text.size - sizeof(last), sizeof(last));
	first = (first ^ text.size) * UINT64_C(0x9E3779B97F4A7C15);
	middle = (middle ^ (first >> 32)) * UINT64_C(0xC2B2AE3D27D4EB4F);
	last = (last ^ (middle >> 32)) * UINT64_C(0x165667B19E3779F9);
	return &table->recent[(last >> 40) % RECENT_SLOTS];
}

static uint16_t *slot_of(struct text_table *table, uint64_t hash, struct span text)
{
	for (size_t i = hash % INDEX_SLOTS;; i = (i + 1) % INDEX_SLOTS) {
		unsigned number = table->index[i];

		if (number == 0 || (table->entries[number - 1].hash == hash &&
				    is_text_of(table, number - 1, text)))
			return &table->index[i];
	}
}

static void clear_index(struct text_table *table)
{
	memset(table->index, 0, INDEX_SLOTS * sizeof(*table->index));
	memset(table->recent, 0, RECENT_SLOTS * sizeof(*table->recent));
}

static void rebuild_index(struct text_table *table)
{
	clear_index(table);
	for (unsigned i = 0; i < table->count; i++) {
		const struct text_entry *entry = &table->entries[i];
		struct span text = span_of(table->bytes.data + entry->at, entry->size);

		*slot_of(table, entry->hash, text) = (uint16_t)(i + 1);
	}
}

static void begin_block(struct text_table *table, uint64_t sequence)
{
	table->base = sequence;
	table->count = 0;
	table->full = false;
	buffer_clear(&table->bytes);
	table->durable = (struct text_mark){.next = table->durable.next};
	clear_index(table);
	memset(table->sighted, 0, SIGHTED_SLOTS * sizeof(*table->sighted));
}

void text_table_begin(struct text_table *table, struct txn *txn, uint64_t sequence)
{
	struct span key, value;

	if (!allocate(table))
		return;
	if (table->next == 0) {
		txn_last(txn, EVENTS_TEXTS, &key, &value);
		if (txn->error)
			return;
		table->durable.next = key.size == ID_BYTES ? get_u32(key.data) + 1 : 1;
	}
	table->next = table->durable.next;
	if (table->count > table->durable.count) {
		table->count = table->durable.count;
		table->bytes.size = table->durable.bytes;
		rebuild_index(table);
	}
	if (table->base == 0 || table->full || sequence - table->base >= TEXT_BLOCK_EVENTS)
		begin_block(table, sequence);
}

void text_table_committed(struct text_table *table)
{
	table->durable = (struct text_mark){table->count, table->bytes.size, table->next};
}

static uint32_t add(struct text_table *table, struct txn *txn, uint64_t hash, struct span text,
		    uint16_t *slot)
{
	uint8_t key[ID_BYTES], value[BASE_BYTES + TEXT_MAX_BYTES];
	struct text_entry *entry = &table->entries[table->count];

	table->full = table->count == TEXT_TABLE_MAX || table->next == UINT32_MAX ||
		      table->bytes.size + text.size > TABLE_BYTES;
	if (table->full || !buffer_reserve(&table->bytes, text.size)) {
		table->bytes.error = 0;
		return 0;
	}
	*entry = (struct text_entry){.hash = hash, .id = table->next};
	entry->at = (uint32_t)table->bytes.size;
	entry->size = (uint32_t)text.size;
	buffer_append_span(&table->bytes, text);
	put_u32(key, entry->id);
	put_u64(value, table->base);
	memcpy(value + BASE_BYTES, text.data, text.size);
	txn_append(txn, EVENTS_TEXTS, span_of(key, sizeof(key)),
		   span_of(value, BASE_BYTES + text.size));
	*slot = (uint16_t)++table->count;
	table->next++;
	return entry->id;
}

/* The id of @text in the table; 0: it stays in its record. */
static uint32_t id_of(struct text_table *table, struct txn *txn, struct span text)
{
	uint16_t *recent = recent_of(table, text), *slot;
	uint32_t *sighted, rest;
	uint64_t hash;

	if (*recent && is_text_of(table, *recent - 1u, text))
		return table->entries[*recent - 1].id;
	hash = short_hash(&table->key, text);
	slot = slot_of(table, hash, text);
	if (*slot) {
		*recent = *slot;
		return table->entries[*slot - 1].id;
	}
	sighted = &table->sighted[hash % SIGHTED_SLOTS];
	rest = (uint32_t)(hash >> 32) | 1;
	if (*sighted == rest)
		return add(table, txn, hash, text, slot);
	*sighted = rest;
	return 0;
}

struct span text_table_write(struct text_table *table, struct txn *txn, uint64_t sequence,
			     struct span record)
{
	uint8_t names[TEXT_NAMES_MAX * NAME_BYTES];
	struct buffer *to = &table->record;
	size_t size = 0, at = EVENT_HEADER_BYTES, kept = 0, start;
	struct span value;
	uint8_t field;

	if (table->next == 0 || record.size <= EVENT_HEADER_BYTES ||
	    sequence - table->base >= TEXT_BLOCK_MAX_EVENTS)
		return record;
	buffer_clear(to);
	for (start = at; record_next(record, &at, &field, &value) == 0; start = at) {
		uint32_t id = 0;

		if (is_shared(field, value.size) && size < sizeof(names))
			id = id_of(table, txn, value);
		if (id == 0)
			continue;
		buffer_append_span(to, span_slice(record, kept, start - kept));
		kept = at;
		names[size] = field;
		put_u32(names + size + 1, id);
		size += NAME_BYTES;
	}
	if (size == 0)
		return record;
	buffer_append_span(to, span_slice(record, kept, record.size));
	record_append(to, EVENT_FIELD_SHARED, span_of(names, size));
	if (to->error)
		return record;
	to->data[0] = RECORD_VERSION_SHARED;
	return buffer_span(to);
}

void text_table_prune(struct txn *txn, uint64_t through)
{
	uint32_t ids[TEXT_PRUNE_STEP];
	struct span key, value;
	struct txn_walk walk;
	unsigned count = 0;
	uint8_t id[ID_BYTES];

	txn_walk_begin(txn, EVENTS_TEXTS, span_of(NULL, 0), &walk);
	while (count < TEXT_PRUNE_STEP && txn_walk_next(&walk, &key, &value) &&
	       key.size == ID_BYTES && value.size > BASE_BYTES &&
	       get_u64(value.data) + TEXT_BLOCK_MAX_EVENTS <= through)
		ids[count++] = get_u32(key.data);
	txn_walk_end(&walk);
	for (unsigned i = 0; i < count; i++) {
		put_u32(id, ids[i]);
		txn_delete(txn, EVENTS_TEXTS, span_of(id, sizeof(id)));
	}
}

static struct span find(struct text_reader *reader, struct txn *txn, const uint8_t *id)
{
	uint32_t number = get_u32(id);
	struct span row;

	if (number == 0)
		return span_of(NULL, 0);
	if (reader->slots[number % TEXT_READER_SLOTS].id != number) {
		row = txn_get(txn, EVENTS_TEXTS, span_of(id, ID_BYTES));
		if (row.size <= BASE_BYTES)
			return span_of(NULL, 0);
		reader->slots[number % TEXT_READER_SLOTS].id = number;
		reader->slots[number % TEXT_READER_SLOTS].text =
			span_of(row.data + BASE_BYTES, row.size - BASE_BYTES);
	}
	return reader->slots[number % TEXT_READER_SLOTS].text;
}

/* The names of texts are a record's last field. */
static struct span find_names(struct span record)
{
	struct span value, last = {0};
	size_t at = EVENT_HEADER_BYTES;
	uint8_t field = 0;

	while (record_next(record, &at, &field, &value) == 0)
		last = value;
	return field == EVENT_FIELD_SHARED ? last : span_of(NULL, 0);
}

/* Append the shared texts whose fields come before @field. False: one is not there. */
static bool append_texts(struct text_reader *reader, struct txn *txn, struct span names,
			 size_t *name, uint8_t field, struct buffer *to)
{
	for (; *name < names.size && names.data[*name] < field; *name += NAME_BYTES) {
		struct span text = find(reader, txn, names.data + *name + 1);

		if (!text.data)
			return false;
		record_append(to, names.data[*name], text);
	}
	return true;
}

bool text_reader_expand(struct text_reader *reader, struct txn *txn, struct span record,
			struct buffer *to)
{
	struct span value,
		names = record.size > EVENT_HEADER_BYTES ? find_names(record) : span_of(NULL, 0);
	size_t at = EVENT_HEADER_BYTES, name = 0, start = to->size;
	uint8_t field;

	/* More names than are ever written are damage, and could make much of little. */
	if (names.size == 0 || names.size % NAME_BYTES || names.size > TEXT_NAMES_MAX * NAME_BYTES)
		return false;
	buffer_append_span(to, span_slice(record, 0, EVENT_HEADER_BYTES));
	while (record_next(record, &at, &field, &value) == 0) {
		if (!append_texts(reader, txn, names, &name, field, to))
			return false;
		if (field != EVENT_FIELD_SHARED)
			record_append(to, field, value);
	}
	if (!to->error)
		to->data[start] = RECORD_VERSION;
	return !to->error;
}
