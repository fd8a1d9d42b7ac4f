/* SPDX-License-Identifier: Apache-2.0 */
/* The list of the erased beside the keys: sorted, each once, and never read in part. */
#include "app/erased_file.h"
#include "base/cleanup.h"
#include "store/people.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

struct folder {
	char path[64], keys[80], list[96];
};

static int set_up(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	assert_non_null(folder);
	(void)snprintf(folder->path, sizeof(folder->path), "%s/waymark-erased-XXXXXX", P_tmpdir);
	assert_non_null(mkdtemp(folder->path));
	(void)snprintf(folder->keys, sizeof(folder->keys), "%s/keys.json", folder->path);
	(void)snprintf(folder->list, sizeof(folder->list), "%s.erased", folder->keys);
	*state = folder;
	return 0;
}

static int tear_down(void **state)
{
	struct folder *folder = *state;

	(void)unlink(folder->list);
	(void)rmdir(folder->path);
	free(folder);
	return 0;
}

static void fill(uint8_t *mark, int byte)
{
	memset(mark, byte, PEOPLE_MARK_BYTES);
}

static void put(const struct folder *folder, const char *text, mode_t mode)
{
	cleanup_close int fd = open(folder->list, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void expect(const struct folder *folder, const char *bytes)
{
	cleanup_buffer struct buffer marks = BUFFER_INIT;
	struct error error = {""};

	assert_int_equal(erased_file_read(folder->keys, &marks, &error), 0);
	assert_int_equal(marks.size, strlen(bytes) * PEOPLE_MARK_BYTES);
	for (size_t i = 0; i < marks.size; i++)
		assert_int_equal(marks.data[i], bytes[i / PEOPLE_MARK_BYTES]);
}

static void marks_lie_in_order_each_once(void **state)
{
	const struct folder *folder = *state;
	uint8_t marks[3 * PEOPLE_MARK_BYTES];
	struct error error = {""};
	struct stat status;

	expect(folder, "");
	fill(marks, 'c');
	fill(marks + PEOPLE_MARK_BYTES, 'a');
	fill(marks + 2 * PEOPLE_MARK_BYTES, 'c');
	assert_int_equal(erased_file_add(folder->keys, span_of(marks, sizeof(marks)), &error), 0);
	expect(folder, "ac");
	fill(marks, 'b');
	assert_int_equal(erased_file_add(folder->keys, span_of(marks, PEOPLE_MARK_BYTES), &error),
			 0);
	expect(folder, "abc");
	assert_int_equal(stat(folder->list, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(erased_file_remove(folder->keys, span_of(marks, PEOPLE_MARK_BYTES),
					    &error),
			 0);
	expect(folder, "ac");
	assert_int_equal(erased_file_remove(folder->keys, span_of(marks, PEOPLE_MARK_BYTES),
					    &error),
			 0);
	expect(folder, "ac");
}

static void what_is_no_list_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *place;
	} rows[] = {
		{"", ":1: "},
		{"waymark erased 2\n", ":1: "},
		{"waymark erased 1\nabcd\n", ":2: "},
		{"waymark erased 1\n"
		 "0000000000000000000000000000000000000000000000000000000000000000\n"
		 "000000000000000000000000000000000000000000000000000000000000000g\n",
		 ":3: "},
	};
	const struct folder *folder = *state;
	uint8_t mark[PEOPLE_MARK_BYTES] = {1};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer marks = BUFFER_INIT;
		struct error error = {""};

		put(folder, rows[i].text, 0600);
		assert_int_equal(erased_file_read(folder->keys, &marks, &error),
				 ERASED_FILE_E_FAILED);
		assert_non_null(strstr(error.text, rows[i].place));
		assert_non_null(strstr(error.text, folder->list));
		assert_int_equal(marks.size, 0);
		/* Nor is it written over. */
		assert_int_equal(erased_file_add(folder->keys, span_of(mark, sizeof(mark)), &error),
				 ERASED_FILE_E_FAILED);
	}
}

static void others_must_not_read_it(void **state)
{
	const struct folder *folder = *state;
	cleanup_buffer struct buffer marks = BUFFER_INIT;
	struct error error = {""};

	put(folder, "waymark erased 1\n", 0600);
	assert_int_equal(chmod(folder->list, 0644), 0);
	assert_int_equal(erased_file_read(folder->keys, &marks, &error), ERASED_FILE_E_FAILED);
	assert_non_null(strstr(error.text, "chmod 600"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(marks_lie_in_order_each_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_list_is_refused_with_its_place, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(others_must_not_read_it, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
