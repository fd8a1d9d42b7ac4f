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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_quoted_and_escaped),
		cmocka_unit_test(level_decides),
		cmocka_unit_test(outside_the_journal_a_line_has_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
