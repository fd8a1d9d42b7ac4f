/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of a sending, cut at every byte as a killed run or a lost machine leaves it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/send_journal.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct fixture {
	char folder[32], path[64];
};

static const uint8_t digest[32] = {1};
static const struct send_journal_facts facts = {SPAN("2026-11"), {digest, sizeof(digest)}};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	(void)snprintf(fixture->folder, sizeof(fixture->folder), "%s/waymark-test-XXXXXX",
		       P_tmpdir);
	assert_non_null(mkdtemp(fixture->folder));
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/journal", fixture->folder);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	(void)unlink(fixture->path);
	(void)rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static struct prospect_id person(uint8_t number)
{
	return (struct prospect_id){{number}};
}

static struct send_journal *open_journal(const struct fixture *fixture)
{
	struct send_journal *journal = NULL;
	struct error error = {""};

	if (send_journal_open(fixture->path, &facts, &journal, &error) != 0)
		fail_msg("%s", error.text);
	return journal;
}

static struct send_entry find(const struct send_journal *journal, uint8_t number)
{
	struct prospect_id id = person(number);
	struct send_entry entry;

	send_journal_find(journal, &id, &entry);
	return entry;
}

static void begin(struct send_journal *journal, uint8_t number)
{
	struct prospect_id id = person(number);
	struct error error;

	assert_int_equal(send_journal_begin(journal, &id, &error), 0);
}

static void end(struct send_journal *journal, struct send_entry entry)
{
	struct error error;

	assert_int_equal(send_journal_end(journal, &entry, &error), 0);
}

/* 1 was sent, 2 refused, 3 not taken, 4 in doubt, 5 on its way. */
static struct send_journal *fill(const struct fixture *fixture)
{
	struct send_journal *journal = open_journal(fixture);

	begin(journal, 1);
	end(journal, (struct send_entry){.state = SEND_SENT});
	begin(journal, 2);
	end(journal, (struct send_entry){.state = SEND_REFUSED,
					 .status = {550, 5, 1, 1},
					 .fault = DELIVERY_ADDRESS});
	begin(journal, 3);
	end(journal, (struct send_entry){.state = SEND_NEW});
	begin(journal, 4);
	send_journal_doubt(journal);
	begin(journal, 5);
	return journal;
}

static void check_filled(const struct send_journal *journal)
{
	static const enum send_state states[] = {SEND_NEW, SEND_SENT,	  SEND_REFUSED,
						 SEND_NEW, SEND_DOUBTFUL, SEND_DOUBTFUL};
	struct send_entry entry;

	for (uint8_t i = 0; i < 6; i++)
		assert_int_equal(find(journal, i).state, states[i]);
	entry = find(journal, 2);
	assert_int_equal(entry.number, 2);
	assert_false(entry.told);
	assert_true(entry.time > 0);
	assert_int_equal(entry.status.code, 550);
	assert_int_equal(entry.status.detail, 1);
	assert_int_equal(entry.fault, DELIVERY_ADDRESS);
}

static void it_says_the_same_to_the_next_run(void **state)
{
	struct send_journal *journal = fill(*state);
	char id[17];

	check_filled(journal);
	assert_false(send_journal_is_resumed(journal));
	memcpy(id, send_journal_id(journal), sizeof(id));
	send_journal_close(journal);
	journal = open_journal(*state);
	check_filled(journal);
	assert_true(send_journal_is_resumed(journal));
	assert_string_equal(send_journal_id(journal), id);
	/* One that was in doubt is sent again. */
	begin(journal, 4);
	end(journal, (struct send_entry){.state = SEND_SENT});
	assert_int_equal(find(journal, 4).number, 6);
	send_journal_close(journal);
	journal = open_journal(*state);
	assert_int_equal(find(journal, 4).state, SEND_SENT);
	send_journal_close(journal);
}

static void what_the_log_knows_is_told_once(void **state)
{
	struct send_journal *journal = fill(*state);
	struct error error;

	send_journal_told(journal, 1);
	send_journal_told(journal, 4);
	assert_int_equal(send_journal_sync(journal, &error), 0);
	assert_true(find(journal, 1).told);
	send_journal_close(journal);
	journal = open_journal(*state);
	assert_true(find(journal, 1).told);
	assert_false(find(journal, 2).told);
	assert_false(find(journal, 4).told); /* 2 is before it */
	send_journal_told(journal, 2);
	send_journal_told(journal, 4);
	send_journal_told(journal, 5);
	assert_int_equal(send_journal_sync(journal, &error), 0);
	send_journal_close(journal);
	journal = open_journal(*state);
	for (uint8_t i = 1; i <= 5; i++)
		assert_true(find(journal, i).told);
	assert_int_equal(find(journal, 5).state, SEND_DOUBTFUL);
	send_journal_close(journal);
}

static size_t read_all(const struct fixture *fixture, char *to, size_t room)
{
	cleanup_fclose FILE *file = fopen(fixture->path, "r");

	assert_non_null(file);
	return fread(to, 1, room, file);
}

static void write_all(const struct fixture *fixture, const char *text, size_t size)
{
	cleanup_fclose FILE *file = fopen(fixture->path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
}

static void cut_anywhere_it_goes_on(void **state)
{
	static char text[4096];
	const struct fixture *fixture = *state;
	size_t size;

	send_journal_close(fill(fixture));
	size = read_all(fixture, text, sizeof(text));
	for (size_t cut = 0; cut <= size; cut++) {
		struct send_journal *journal;
		unsigned known = 0, before = 0;

		write_all(fixture, text, cut);
		journal = open_journal(fixture);
		for (uint8_t i = 1; i <= 5; i++)
			known += find(journal, i).state != SEND_NEW;
		for (size_t i = 0; i < cut; i++)
			before += text[i] == '\n' && i > 0;
		assert_true(known <= before);
		begin(journal, 9);
		end(journal, (struct send_entry){.state = SEND_SENT});
		send_journal_close(journal);
		journal = open_journal(fixture);
		assert_int_equal(find(journal, 9).state, SEND_SENT);
		send_journal_close(journal);
	}
}

static void refuse(const struct fixture *fixture, const struct send_journal_facts *of,
		   const char *sentence)
{
	struct send_journal *journal = NULL;
	struct error error = {""};

	assert_int_equal(send_journal_open(fixture->path, of, &journal, &error), COMMAND_FAILED);
	if (!strstr(error.text, sentence))
		fail_msg("%s", error.text);
}

static void what_is_none_is_left_as_it_is(void **state)
{
	static const char *const texts[] = {"email\na@example.com\n", "email",
					    "waymark-sending 2 x\n"};
	const struct fixture *fixture = *state;
	char after[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_all(fixture, texts[i], strlen(texts[i]));
		refuse(fixture, &facts, "is no journal");
		assert_int_equal(read_all(fixture, after, sizeof(after)), strlen(texts[i]));
		assert_memory_equal(after, texts[i], strlen(texts[i]));
	}
}

static void damage_is_named_by_its_line(void **state)
{
	static const char *const lines[] = {"X\n",    "B 12\n",	    "S\n",
					    "S 12\n", "E 9\n",	    "R 1 550 - what\n",
					    "E x\n",  "\n",	    "L 1\n",
					    "B\n",    "S 1\nS 2\n", "R 1 5.1.1\n"};
	const struct fixture *fixture = *state;
	static char text[4096];
	size_t size;

	send_journal_close(open_journal(fixture));
	size = read_all(fixture, text, sizeof(text));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		(void)strcpy(text + size, lines[i]);
		write_all(fixture, text, size + strlen(lines[i]));
		refuse(fixture, &facts, ":2: is damaged");
	}
}

static void one_run_and_one_mailing(void **state)
{
	static const struct send_journal_facts other = {SPAN("2026-12"), {digest, 32}};
	static const uint8_t changed[32] = {2};
	static const struct send_journal_facts edited = {SPAN("2026-11"), {changed, 32}};
	const struct fixture *fixture = *state;
	struct send_journal *journal = open_journal(fixture);
	struct error error;
	struct stat status;

	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	refuse(fixture, &facts, "another run");
	send_journal_close(journal);
	refuse(fixture, &other, "'2026-11'");
	assert_int_equal(send_journal_open(fixture->path, &edited, &journal, &error), 0);
	assert_true(send_journal_has_other_message(journal));
	send_journal_close(journal);
}

static void set_file_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A disk that was full for a moment leaves the beginning of a line, and nothing may follow it. */
static void behind_half_a_line_nothing_is_written(void **state)
{
	struct send_journal *journal = open_journal(*state);
	struct prospect_id id = person(2);
	struct error error;
	struct stat status;

	(void)signal(SIGXFSZ, SIG_IGN);
	begin(journal, 1);
	end(journal, (struct send_entry){.state = SEND_SENT});
	send_journal_told(journal, 1);
	assert_int_equal(stat(((const struct fixture *)*state)->path, &status), 0);
	set_file_limit((rlim_t)status.st_size + 10);
	assert_int_equal(send_journal_begin(journal, &id, &error), COMMAND_FAILED);
	set_file_limit(RLIM_INFINITY);
	assert_int_equal(send_journal_begin(journal, &id, &error), COMMAND_FAILED);
	assert_int_equal(send_journal_sync(journal, &error), COMMAND_FAILED);
	send_journal_close(journal);
	journal = open_journal(*state);
	assert_int_equal(find(journal, 1).state, SEND_SENT);
	assert_int_equal(find(journal, 2).state, SEND_NEW);
	send_journal_close(journal);
}

/* Or the next run would keep, and look through, all that this one has sent. */
static void what_the_log_knows_is_noted_before_the_run_ends(void **state)
{
	struct send_journal *journal = open_journal(*state);

	for (unsigned i = 1; i <= 1000; i++) {
		struct prospect_id id = {{(uint8_t)i, (uint8_t)(i >> 8)}};
		struct error error;

		assert_int_equal(send_journal_begin(journal, &id, &error), 0);
		end(journal, (struct send_entry){.state = SEND_SENT});
		send_journal_told(journal, i);
	}
	send_journal_close(journal);
	journal = open_journal(*state);
	assert_true(find(journal, 1).told);
	assert_int_equal(find(journal, 1).state, SEND_SENT);
	assert_true(find(journal, 200).told);
	send_journal_close(journal);
}

static void nobody_stands_there(void **state)
{
	const struct fixture *fixture = *state;
	struct prospect_id id = {"prospect id!"};
	struct send_journal *journal = open_journal(fixture);
	static char text[4096];
	struct error error;
	size_t size;

	assert_int_equal(send_journal_begin(journal, &id, &error), 0);
	send_journal_close(journal);
	size = read_all(fixture, text, sizeof(text));
	assert_null(memmem(text, size, "70726f7370656374", 16));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(it_says_the_same_to_the_next_run),
		TEST(what_the_log_knows_is_told_once),
		TEST(cut_anywhere_it_goes_on),
		TEST(what_is_none_is_left_as_it_is),
		TEST(damage_is_named_by_its_line),
		TEST(one_run_and_one_mailing),
		TEST(behind_half_a_line_nothing_is_written),
		TEST(what_the_log_knows_is_noted_before_the_run_ends),
		TEST(nobody_stands_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
