/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log line is one line, whatever the values hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char captured[4096];

/* What one call writes to standard error. */
#define CAPTURE(call)                                                              \
	do {                                                                       \
		int pipe_ends[2], saved = dup(STDERR_FILENO);                      \
		assert_int_equal(pipe(pipe_ends), 0);                              \
		dup2(pipe_ends[1], STDERR_FILENO);                                 \
		close(pipe_ends[1]);                                               \
		call;                                                              \
		dup2(saved, STDERR_FILENO);                                        \
		close(saved);                                                      \
		ssize_t size = read(pipe_ends[0], captured, sizeof(captured) - 1); \
		captured[size > 0 ? size : 0] = '\0';                              \
		close(pipe_ends[0]);                                               \
	} while (0)

static void values_are_quoted_and_escaped(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "1:2", 1);
	CAPTURE(log_warning("started", "at", "127.0.0.1:80", "why", "a \"b\"\n<0>x", "none", NULL,
			    "empty", ""));
	assert_string_equal(captured, "<4>level=warning event=started at=127.0.0.1:80 "
				      "why=\"a \\\"b\\\"\\x0a<0>x\" none=- empty=\"\"\n");
}

static void level_decides(void **state)
{
	(void)state;
	CAPTURE({
		log_debug("hidden");
		log_error("shown");
	});
	assert_string_equal(captured, "<3>level=error event=shown\n");
}

static void outside_the_journal_a_line_has_its_time(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	CAPTURE(log_info("x"));
	assert_int_equal(strlen(captured), 27 + strlen(" level=info event=x\n"));
}

static void a_flood_of_one_event_is_counted_and_hides_no_other(void **state)
{
	char *line = captured;

	(void)state;
	setenv("JOURNAL_STREAM", "1:2", 1);
	CAPTURE({
		for (int i = 0; i < 1000; i++)
			log_warning("flood");
		log_error("other");
		log_settle();
	});
	for (int i = 0; i < LOG_LINES_PER_SECOND; i++) {
		const char *expected = "<4>level=warning event=flood\n";

		assert_memory_equal(line, expected, strlen(expected));
		line += strlen(expected);
	}
	assert_string_equal(line, "<3>level=error event=other\n");
}

static void what_was_held_back_is_said_when_its_second_is_over(void **state)
{
	char expected[80];
	int count = 0;

	(void)state;
	do {
		CAPTURE(log_settle());
	} while (captured[0] == '\0' && ++count < 10000000);
	(void)snprintf(expected, sizeof(expected), "<4>level=warning event=flood held_back=%d\n",
		       1000 - LOG_LINES_PER_SECOND);
	assert_string_equal(captured, expected);
	CAPTURE(log_settle());
	assert_string_equal(captured, "");
	CAPTURE(log_warning("flood"));
	assert_string_equal(captured, "<4>level=warning event=flood\n");
}

static void the_next_line_says_what_was_held_back(void **state)
{
	(void)state;
	do {
		CAPTURE(log_info("next"));
	} while (captured[0] != '\0');
	do {
		CAPTURE(log_info("next"));
	} while (captured[0] == '\0');
	assert_memory_equal(captured, "<6>level=info event=next held_back=", 35);
}

static void any_number_of_events_is_bounded(void **state)
{
	char name[32];

	(void)state;
	CAPTURE({
		for (int i = 0; i < 100; i++) {
			(void)snprintf(name, sizeof(name), "many-%d", i);
			log_debug(name);
			log_info(name);
		}
	});
	assert_non_null(strstr(captured, "event=many-0\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_quoted_and_escaped),
		cmocka_unit_test(level_decides),
		cmocka_unit_test(outside_the_journal_a_line_has_its_time),
		cmocka_unit_test(a_flood_of_one_event_is_counted_and_hides_no_other),
		cmocka_unit_test(what_was_held_back_is_said_when_its_second_is_over),
		cmocka_unit_test(the_next_line_says_what_was_held_back),
		cmocka_unit_test(any_number_of_events_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
