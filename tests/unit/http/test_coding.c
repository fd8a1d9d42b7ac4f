/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which coding a client gets, by what it says that it takes.
 */
#include "http/coding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_the_best_that_is_accepted(void **state)
{
	static const struct {
		const char *accept;
		enum coding coding;
	} rows[] = {
		{"", CODING_PLAIN},
		{"gzip, deflate, br, zstd", CODING_BROTLI},
		{"gzip,br", CODING_BROTLI},
		{"GZIP", CODING_GZIP},
		{"x-gzip", CODING_GZIP},
		{"gzip;q=1.0, br;q=0.5", CODING_GZIP},
		{"gzip ; q=0.5 , br;Q=0.501", CODING_BROTLI},
		{"br;q=0", CODING_PLAIN},
		{"br;q=0.000, gzip;q=0", CODING_PLAIN},
		{"*", CODING_BROTLI},
		{"*;q=0.1, br;q=0", CODING_GZIP},
		{"*;q=0", CODING_PLAIN},
		{"identity", CODING_PLAIN},
		{"identity;q=0.5, gzip;q=0.4", CODING_PLAIN},
		{"identity;q=0, gzip;q=0.1", CODING_GZIP},
		{"deflate, compress, zstd", CODING_PLAIN},
		{"br;level=1", CODING_PLAIN},
		{"br;q=2", CODING_PLAIN},
		{"br;q=1.001", CODING_PLAIN},
		{"br;q=", CODING_PLAIN},
		{"br;q=0.1234", CODING_PLAIN},
		{"br;q=x.5, gzip", CODING_GZIP},
		{",,;,br,;q=1", CODING_BROTLI},
		{"bro", CODING_PLAIN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (coding_choose(span_text(rows[i].accept)) != rows[i].coding)
			fail_msg("'%s'", rows[i].accept);
	assert_int_equal(coding_choose((struct span){0}), CODING_PLAIN);
}

static void test_names(void **state)
{
	(void)state;
	assert_null(coding_name(CODING_PLAIN));
	assert_string_equal(coding_name(CODING_GZIP), "gzip");
	assert_string_equal(coding_name(CODING_BROTLI), "br");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_best_that_is_accepted),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
