/* SPDX-License-Identifier: Apache-2.0 */
/* Rows about people who are to be erased go out of deliveries, and nothing else changes. */
#include "base/cleanup.h"
#include "summary/deliver_scrub.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#define GONE  "aaaaaaaaaaaaaaaaaaaaaaaa"
#define STAYS "bbbbbbbbbbbbbbbbbbbbbbbb"

static const struct span gone = {(const uint8_t *)GONE, 24};

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static int set_up(void **state)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/waymark-scrub-XXXXXX", P_tmpdir);
	assert_non_null(mkdtemp(path));
	*state = strdup(path);
	assert_non_null(*state);
	return 0;
}

static int tear_down(void **state)
{
	(void)nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return 0;
}

static void put(const char *folder, const char *delivery, const char *name, const char *text)
{
	char path[160];
	cleanup_fclose FILE *file = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, delivery);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", folder, delivery, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

/* @text NULL: it is not there. */
static void expect(const char *folder, const char *name, const char *text)
{
	char path[160], found[1024] = "";
	cleanup_fclose FILE *file = NULL;

	(void)snprintf(path, sizeof(path), "%s/000001/%s", folder, name);
	file = fopen(path, "r");
	assert_int_equal(!file, !text);
	if (!text)
		return;
	found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
	assert_string_equal(found, text);
}

static void rows_go_with_quoted_line_feeds_and_the_manifest_says_what_is_left(void **state)
{
	const char *folder = *state;
	struct deliver_scrub done = {0};
	struct error error = {""};

	put(folder, "000001", "Lead.csv",
	    "Id,Note\n" GONE ",\"two\nlines, \"\"quoted\"\"\n\"\n" STAYS ",\"a\nb\"\n");
	put(folder, "000001", "Task_Lead.csv", "Id\n" GONE "-7\n");
	put(folder, "000001", "persons.ndjson",
	    "{\"prospect\":\"" STAYS "\"}\n{\"prospect\":\"" GONE "\",\"a\":\"\\\"\"}\n");
	put(folder, "000001", "ranking.csv", "rank,id\n1," STAYS "\n");
	put(folder, "000001", "manifest.json",
	    "{\"version\":1,\"files\":[{\"name\":\"Lead.csv\",\"rows\":2,\"bytes\":9},"
	    "{\"name\":\"Task_Lead.csv\",\"rows\":1,\"bytes\":9},"
	    "{\"name\":\"ranking.csv\",\"rows\":1,\"bytes\":9}]}");
	put(folder, "other", "Lead.csv", GONE "\n");
	assert_int_equal(deliver_scrub(folder, &gone, 1, &done, &error), 0);
	assert_false(done.absent);
	assert_int_equal(done.files, 3);
	assert_int_equal(done.rows, 3);
	expect(folder, "Lead.csv", "Id,Note\n" STAYS ",\"a\nb\"\n");
	expect(folder, "Task_Lead.csv", NULL);
	expect(folder, "persons.ndjson", "{\"prospect\":\"" STAYS "\"}\n");
	expect(folder, "ranking.csv", "rank,id\n1," STAYS "\n");
	expect(folder, "manifest.json",
	       "{\n \"version\": 1,\n \"files\": [\n  {\n   \"name\": \"Lead.csv\",\n"
	       "   \"rows\": 1,\n   \"bytes\": 39\n  },\n  {\n   \"name\": \"ranking.csv\",\n"
	       "   \"rows\": 1,\n   \"bytes\": 9\n  }\n ]\n}");
	/* Again: there is nothing left to do. */
	assert_int_equal(deliver_scrub(folder, &gone, 1, &done, &error), 0);
	assert_int_equal(done.files, 0);
}

static int take_row(void *context, const char *delivery, const char *file, struct span row)
{
	assert_string_equal(delivery, "000001");
	assert_string_equal(file, "Lead.csv");
	assert_true(span_equal(row, SPAN(GONE ",\"two\nlines\"\n")));
	++*(int *)context;
	return 0;
}

static void rows_are_found_without_a_change(void **state)
{
	const char *folder = *state, *text = "Id\n" GONE ",\"two\nlines\"\n" STAYS "\n";
	struct error error = {""};
	int rows = 0;

	put(folder, "000001", "Lead.csv", text);
	assert_int_equal(deliver_find_rows(folder, &gone, 1, take_row, &rows, &error), 0);
	assert_int_equal(rows, 1);
	expect(folder, "Lead.csv", text);
}

static void a_folder_that_is_gone_holds_nobody(void **state)
{
	struct deliver_scrub done = {0};
	struct error error = {""};
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/none", (const char *)*state);
	assert_int_equal(deliver_scrub(path, &gone, 1, &done, &error), 0);
	assert_true(done.absent);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			rows_go_with_quoted_line_feeds_and_the_manifest_says_what_is_left, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(rows_are_found_without_a_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_folder_that_is_gone_holds_nobody, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
