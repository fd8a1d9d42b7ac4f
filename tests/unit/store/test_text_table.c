/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared texts: what is read is what was written, whatever became of the transactions in between,
 * and neither memory nor disk grows by what comes only once.
 */
#include "fixture.h"

#include <inttypes.h>

#include "base/encode.h"
#include "store/store_internal.h"

enum { BATCH_AGENTS = 128 };

struct bench {
	char path[64];
	struct env env;
	struct text_table table;
};

static int bench_new(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct error error = {""};

	assert_non_null(bench);
	(void)snprintf(bench->path, sizeof(bench->path), "%s/waymark-texts-XXXXXX", P_tmpdir);
	assert_non_null(mkdtemp(bench->path));
	assert_int_equal(crypto_init(), 0);
	assert_int_equal(env_open(&bench->env, bench->path, store_events_databases, true, 1 << 26,
				  &error),
			 0);
	*state = bench;
	return 0;
}

static int bench_free(void **state)
{
	struct bench *bench = *state;

	text_table_finish(&bench->table);
	env_close(&bench->env);
	remove_tree(bench->path);
	free(bench);
	return 0;
}

static void make_record(struct buffer *to, const char *agent, const char *page)
{
	struct event event;

	event_init(&event, EVENT_click, 1000);
	event_set(&event, EVENT_FIELD_tracker, SPAN("go.example.com"));
	event_set(&event, EVENT_FIELD_url, span_text(page));
	event_set(&event, EVENT_FIELD_agent, span_text(agent));
	event_set_choice(&event, EVENT_FIELD_consent, 3);
	event_encode(&event, to);
	assert_int_equal(to->error, 0);
}

struct step {
	struct bench *bench;
	const char *agent, *page;
	uint64_t sequence;
	bool fails;
	uint64_t ahead; /* of the sequence that the batch begins with */
	size_t stored;	/* bytes of the record that went in */
};

static void append_step(struct txn *txn, struct step *step)
{
	cleanup_buffer struct buffer whole = BUFFER_INIT;
	struct span record;
	uint8_t key[8];

	make_record(&whole, step->agent, step->page);
	record = text_table_write(&step->bench->table, txn, step->sequence + step->ahead,
				  buffer_span(&whole));
	put_u64(key, step->sequence + step->ahead);
	txn_append(txn, EVENTS_EVENTS, span_of(key, sizeof(key)), record);
	step->stored = record.size;
}

static void write_step(struct txn *txn, void *context)
{
	struct step *step = context;

	text_table_begin(&step->bench->table, txn, step->sequence);
	append_step(txn, step);
	if (step->fails)
		txn_fail(txn, -EIO);
}

static size_t write_record(struct bench *bench, uint64_t sequence, const char *agent,
			   const char *page)
{
	struct step step = {bench, agent, page, sequence, false, 0, 0};

	assert_int_equal(txn_write(&bench->env, write_step, &step), 0);
	text_table_committed(&bench->table);
	return step.stored;
}

static void fail_to_write(struct bench *bench, uint64_t sequence, const char *agent)
{
	struct step step = {bench, agent, "https://www.example.com/", sequence, true, 0, 0};

	assert_int_equal(txn_write(&bench->env, write_step, &step), -EIO);
}

static void check_record(struct bench *bench, uint64_t sequence, const char *agent,
			 const char *page)
{
	cleanup_buffer struct buffer whole = BUFFER_INIT;
	struct event_slice slice = {0};
	struct span record;
	uint64_t found;

	make_record(&whole, agent, page);
	assert_int_equal(event_slice_read(&bench->env, sequence - 1, &slice), 0);
	assert_true(event_slice_next(&slice, &found, &record));
	assert_int_equal(found, sequence);
	assert_int_equal(record.size, whole.size);
	assert_memory_equal(record.data, whole.data, whole.size);
	event_slice_finish(&slice);
}

/* A batch of records, each agent @times in a row. */
struct batch {
	struct step step;
	unsigned agents, times;
};

static void name_agent(char name[static 64], uint64_t number)
{
	(void)snprintf(name, 64, "agent number %" PRIu64, number);
}

static void write_batch(struct txn *txn, void *context)
{
	struct batch *batch = context;
	uint64_t number = batch->step.sequence / batch->times;
	char agent[64];

	batch->step.agent = agent;
	text_table_begin(&batch->step.bench->table, txn, batch->step.sequence);
	for (uint64_t i = 0; i < batch->agents * batch->times; i++) {
		name_agent(agent, number + i / batch->times);
		batch->step.ahead = i;
		append_step(txn, &batch->step);
	}
}

/* @batches of them, a commit each: a table does not care how often a disk is synced. */
static void write_agents(struct bench *bench, unsigned batches, unsigned times)
{
	struct batch batch = {{bench, NULL, "https://www.example.com/", times, false, 0, 0},
			      BATCH_AGENTS,
			      times};

	for (unsigned i = 0; i < batches; i++) {
		assert_int_equal(txn_write(&bench->env, write_batch, &batch), 0);
		text_table_committed(&bench->table);
		batch.step.sequence += BATCH_AGENTS * times;
	}
}

static void check_agent(struct bench *bench, uint64_t sequence, uint64_t number)
{
	char agent[64];

	name_agent(agent, number);
	check_record(bench, sequence, agent, "https://www.example.com/");
}

static unsigned count_texts(struct bench *bench)
{
	struct span key, value;
	struct txn_walk walk;
	unsigned count = 0;
	struct txn txn;

	txn_begin_read(&txn, &bench->env);
	txn_walk_begin(&txn, EVENTS_TEXTS, span_of(NULL, 0), &walk);
	while (txn_walk_next(&walk, &key, &value))
		count++;
	txn_walk_end(&walk);
	assert_int_equal(txn_finish(&txn), 0);
	return count;
}

static void test_the_third_record_is_short_and_reads_as_it_was(void **state)
{
	static const char agent[] = "an agent that comes again and again",
			  page[] = "https://www.example.com/page";
	struct bench *bench = *state;
	size_t first = write_record(bench, 1, agent, page), second, third;

	assert_int_equal(count_texts(bench), 0);
	second = write_record(bench, 2, agent, page);
	third = write_record(bench, 3, agent, page);
	assert_int_equal(count_texts(bench), 3);
	assert_int_equal(second, third);
	assert_true(third < first * 2 / 3);
	for (uint64_t sequence = 1; sequence <= 3; sequence++)
		check_record(bench, sequence, agent, page);
}

static void test_what_came_once_stays_in_its_record(void **state)
{
	struct bench *bench = *state;

	write_agents(bench, 40, 1);
	/* The tracker and the page, and whatever the filter takes for seen. */
	assert_in_range(count_texts(bench), 2, 3);
	check_agent(bench, 4711, 4711);
}

static void test_a_failed_transaction_is_forgotten(void **state)
{
	static const char one[] = "the first of the agents", other[] = "the other of the agents";
	struct bench *bench = *state;

	(void)write_record(bench, 1, one, "https://www.example.com/");
	fail_to_write(bench, 2, one);
	fail_to_write(bench, 2, other);
	assert_int_equal(count_texts(bench), 0);
	(void)write_record(bench, 2, other, "https://www.example.com/");
	(void)write_record(bench, 3, one, "https://www.example.com/");
	(void)write_record(bench, 4, other, "https://www.example.com/");
	check_record(bench, 2, other, "https://www.example.com/");
	check_record(bench, 3, one, "https://www.example.com/");
	check_record(bench, 4, other, "https://www.example.com/");
}

static void test_a_new_process_goes_on_behind_the_old_ids(void **state)
{
	static const char agent[] = "an agent of two processes";
	struct bench *bench = *state;

	(void)write_record(bench, 1, agent, "https://www.example.com/");
	(void)write_record(bench, 2, agent, "https://www.example.com/");
	text_table_finish(&bench->table);
	(void)write_record(bench, 3, agent, "https://www.example.com/");
	(void)write_record(bench, 4, agent, "https://www.example.com/");
	assert_int_equal(count_texts(bench), 6);
	for (uint64_t sequence = 1; sequence <= 4; sequence++)
		check_record(bench, sequence, agent, "https://www.example.com/");
}

static void prune_texts(struct txn *txn, void *context)
{
	text_table_prune(txn, *(const uint64_t *)context);
}

static void test_texts_go_with_the_last_record_of_their_block(void **state)
{
	static const char agent[] = "an agent of two blocks";
	struct bench *bench = *state;
	uint64_t next = TEXT_BLOCK_EVENTS + 1, through = TEXT_BLOCK_MAX_EVENTS;

	(void)write_record(bench, 1, agent, "https://www.example.com/");
	(void)write_record(bench, 2, agent, "https://www.example.com/");
	(void)write_record(bench, next, agent, "https://www.example.com/");
	(void)write_record(bench, next + 1, agent, "https://www.example.com/");
	assert_int_equal(count_texts(bench), 6);
	assert_int_equal(txn_write(&bench->env, prune_texts, &through), 0);
	assert_int_equal(count_texts(bench), 6);
	through++;
	assert_int_equal(txn_write(&bench->env, prune_texts, &through), 0);
	assert_int_equal(count_texts(bench), 3);
	check_record(bench, next + 1, agent, "https://www.example.com/");
}

static void test_a_batch_of_any_length_outlives_no_text(void **state)
{
	static const char agent[] = "an agent of one long batch";
	struct bench *bench = *state;
	struct step last = {bench, agent, "https://www.example.com/", 3, false, 0, 0};
	size_t whole = write_record(bench, 1, agent, "https://www.example.com/"), shared;
	uint64_t through = TEXT_BLOCK_MAX_EVENTS + 1;

	shared = write_record(bench, 2, agent, "https://www.example.com/");
	last.ahead = TEXT_BLOCK_MAX_EVENTS;
	assert_int_equal(txn_write(&bench->env, write_step, &last), 0);
	assert_true(shared < whole);
	assert_int_equal(last.stored, whole);
	assert_int_equal(txn_write(&bench->env, prune_texts, &through), 0);
	assert_int_equal(count_texts(bench), 0);
	check_record(bench, 3 + TEXT_BLOCK_MAX_EVENTS, agent, "https://www.example.com/");
}

static void test_a_full_table_makes_way(void **state)
{
	const unsigned batches = TEXT_TABLE_MAX / BATCH_AGENTS + 4;
	struct bench *bench = *state;

	write_agents(bench, batches, 2);
	assert_true(count_texts(bench) > TEXT_TABLE_MAX);
	assert_true(bench->table.count <= TEXT_TABLE_MAX);
	check_agent(bench, 2, 1);
	check_agent(bench, 1 + batches * BATCH_AGENTS * 2, batches * BATCH_AGENTS);
}

static void clear_texts(struct txn *txn, void *context)
{
	(void)context;
	txn_clear(txn, EVENTS_TEXTS);
}

struct named {
	unsigned names;
	bool expands;
};

/* A record that names text 1 again and again. */
static void expand_named(struct txn *txn, void *context)
{
	uint8_t header[EVENT_HEADER_BYTES] = {RECORD_VERSION_SHARED, EVENT_click};
	uint8_t names[16 * 5] = {0};
	cleanup_buffer struct buffer record = BUFFER_INIT, whole = BUFFER_INIT;
	struct text_reader reader = {0};
	struct named *named = context;

	for (unsigned i = 0; i < named->names; i++) {
		names[5 * i] = (uint8_t)(100 + i);
		put_u32(names + 5 * i + 1, 1);
	}
	buffer_append(&record, header, sizeof(header));
	record_append(&record, EVENT_FIELD_SHARED, span_of(names, 5 * named->names));
	named->expands = text_reader_expand(&reader, txn, buffer_span(&record), &whole);
}

static void test_more_names_than_are_written_are_damage(void **state)
{
	struct bench *bench = *state;
	struct named named = {.names = TEXT_NAMES_MAX};

	for (uint64_t i = 1; i <= 2; i++)
		(void)write_record(bench, i, "an agent of text 1", "https://www.example.com/");
	assert_int_equal(txn_read(&bench->env, expand_named, &named), 0);
	assert_true(named.expands);
	named.names = TEXT_NAMES_MAX + 1;
	assert_int_equal(txn_read(&bench->env, expand_named, &named), 0);
	assert_false(named.expands);
}

static void test_a_record_whose_text_is_gone_cannot_be_read(void **state)
{
	struct event_slice slice = {0};
	struct bench *bench = *state;
	struct event event;
	struct span record;
	uint64_t sequence;

	for (uint64_t i = 1; i <= 3; i++)
		(void)write_record(bench, i, "an agent to be lost", "https://www.example.com/");
	assert_int_equal(txn_write(&bench->env, clear_texts, NULL), 0);
	assert_int_equal(event_slice_read(&bench->env, 0, &slice), 0);
	assert_true(event_slice_next(&slice, &sequence, &record));
	assert_int_equal(event_decode(record, &event), 0);
	assert_true(event_slice_next(&slice, &sequence, &record));
	assert_int_equal(sequence, 2);
	assert_int_equal(event_decode(record, &event), EVENT_E_FORM);
	event_slice_finish(&slice);
}

#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_new, bench_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BENCH(test_the_third_record_is_short_and_reads_as_it_was),
		ON_BENCH(test_what_came_once_stays_in_its_record),
		ON_BENCH(test_a_failed_transaction_is_forgotten),
		ON_BENCH(test_a_new_process_goes_on_behind_the_old_ids),
		ON_BENCH(test_texts_go_with_the_last_record_of_their_block),
		ON_BENCH(test_a_batch_of_any_length_outlives_no_text),
		ON_BENCH(test_a_full_table_makes_way),
		ON_BENCH(test_more_names_than_are_written_are_damage),
		ON_BENCH(test_a_record_whose_text_is_gone_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
